//! Waiting until nothing is left to record.

use std::{
    thread,
    time::{Duration, Instant},
};

use obs_base::ShutdownError;

use super::Obs;
use crate::deadline;

/// How often the number of requests in flight is read.
const POLL: Duration = Duration::from_millis(1);

// === impl Obs ===

impl Obs {
    /// Waits until no request is in flight, then exports and writes everything that was recorded: for tests, which look
    /// at metrics, lines and spans afterwards.
    ///
    /// A client has the last byte of a response before the server has recorded the request: it is in flight until then.
    /// Requests that arrive meanwhile are waited for too, and so are streams without an end. Call it when the answers
    /// have arrived; a response whose body is neither read nor dropped keeps its request in flight.
    ///
    /// Returns within `timeout`; [`Duration::MAX`] waits without a limit. Blocks the calling thread: on the thread of a
    /// tokio runtime that has only one, as in `#[tokio::test]`, no request would end meanwhile; use
    /// [`flush_when_idle_async`](Self::flush_when_idle_async) there.
    ///
    /// ```
    /// # use std::time::Duration;
    /// let obs = obs_core::Obs::builder("payment-service").log_writer(std::io::sink()).build()?;
    /// // Requests …
    /// obs.flush_when_idle(Duration::from_secs(5))?;
    /// assert!(!obs.registry().render(obs_core::metrics::Format::Text).is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If requests were in flight until the timeout: their number is in [`ShutdownError::in_flight`], and nothing was
    /// flushed. Otherwise as [`flush`](Self::flush).
    pub fn flush_when_idle(&self, timeout: Duration) -> Result<(), ShutdownError> {
        let end = deadline(Instant::now(), timeout);
        let pipeline = self.pipeline();
        let in_flight = || u64::try_from(pipeline.routes.in_flight_count.count()).unwrap_or_default();
        loop {
            let requests = in_flight();
            if requests == 0 {
                break;
            }
            if Instant::now() >= end {
                return Err(ShutdownError::in_flight(requests, timeout));
            }
            thread::sleep(POLL);
        }
        let left = end.saturating_duration_since(Instant::now());
        self.flush(left).map_err(|mut error| {
            error.timeout = timeout;
            error
        })
    }

    /// [`flush_when_idle`](Self::flush_when_idle) without blocking: it waits on a thread of its own, and works on any
    /// runtime.
    ///
    /// # Errors
    ///
    /// As [`flush_when_idle`](Self::flush_when_idle).
    ///
    /// ```
    /// # use std::time::Duration;
    /// # async fn test() -> Result<(), Box<dyn std::error::Error>> {
    /// let obs = obs_core::Obs::builder("payment-service").log_writer(std::io::sink()).build()?;
    /// // Requests …
    /// obs.flush_when_idle_async(Duration::from_secs(5)).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "tokio")]
    pub async fn flush_when_idle_async(&self, timeout: Duration) -> Result<(), ShutdownError> {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let obs = self.clone();
        let wait = move || drop(sender.send(obs.flush_when_idle(timeout)));
        let thread = thread::Builder::new().name("obs-idle".to_owned()).spawn(wait);
        match (thread, receiver.await) {
            (Ok(_), Ok(flushed)) => flushed,
            // The thread can't be started.
            (_, _) => self.flush(timeout),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use super::*;
    use crate::request::{LayerState, Observation, RequestHead};

    /// Keeps what is written.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn start(obs: &Obs) -> Observation {
        let layer = LayerState::default().with(|options| options.common.record_into(obs));
        Observation::start(layer.instrument(), &RequestHead::default(), &())
    }

    #[test]
    fn requests_that_have_not_ended_are_counted_in_the_error() {
        let obs = Obs::builder("test").log_writer(io::sink()).build().unwrap();
        let requests = [start(&obs), start(&obs)];
        let error = obs.flush_when_idle(Duration::from_millis(5)).unwrap_err();
        assert_eq!((error.in_flight, &*error.unfinished), (2, &[][..]));
        assert_eq!(error.to_string(), "2 requests in flight after 5ms, nothing was flushed");
        drop(requests);
        obs.flush_when_idle(Duration::from_secs(60)).unwrap();
    }

    #[test]
    fn it_ends_once_the_last_request_has_and_its_line_is_written() {
        let lines = Lines::default();
        let obs = Obs::builder("test").log_writer(lines.clone()).build().unwrap();
        let request = start(&obs);
        let waiting = thread::spawn({
            let obs = obs.clone();
            move || obs.flush_when_idle(Duration::MAX)
        });
        drop(request);
        waiting.join().unwrap().unwrap();
        assert!(String::from_utf8_lossy(&lines.0.lock().unwrap()).contains("cancelled"));
    }
}
