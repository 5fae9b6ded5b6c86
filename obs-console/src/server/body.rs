//! The body of a response: bytes, or a stream for a client that follows.

use std::{
    collections::VecDeque,
    convert::Infallible,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures_core::Stream;

use super::followers::Place;

/// The body of a response.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConsoleBody {
    /// All of it.
    Full(Bytes),
    /// Chunks as they come, until the client leaves, is too slow, or the service stops.
    Stream(Follower),
}

/// The chunks for a client that follows: a stream that waits for the console's thread, and needs no runtime.
#[derive(Debug)]
pub struct Follower {
    channel: Arc<Mutex<Channel>>,
    /// One of the places that followers have.
    _place: Place,
}

/// The end of the console's thread; the stream ends when it is dropped.
#[derive(Debug)]
pub(super) struct Sender(Arc<Mutex<Channel>>);

#[derive(Debug)]
struct Channel {
    chunks: VecDeque<Bytes>,
    /// The bytes of all chunks.
    bytes: usize,
    /// When a chunk was taken last, or when the first of those that wait came.
    taken: Instant,
    is_ended: bool,
    is_left: bool,
    waker: Option<Waker>,
}

/// A stream, which takes this place until it is dropped.
pub(super) fn stream(place: Place) -> (Sender, Follower) {
    let channel = Arc::new(Mutex::new(Channel {
        chunks: VecDeque::new(),
        bytes: 0,
        taken: Instant::now(),
        is_ended: false,
        is_left: false,
        waker: None,
    }));
    let sender = Sender(Arc::clone(&channel));
    let follower = Follower { channel, _place: place };
    (sender, follower)
}

fn locked(channel: &Mutex<Channel>) -> MutexGuard<'_, Channel> {
    channel.lock().unwrap_or_else(PoisonError::into_inner)
}

// === impl Sender ===

impl Sender {
    pub(super) fn push(&self, chunk: Vec<u8>) {
        let mut channel = locked(&self.0);
        if channel.bytes == 0 {
            channel.taken = Instant::now();
        }
        channel.bytes += chunk.len();
        channel.chunks.push_back(chunk.into());
        let waker = channel.waker.take();
        drop(channel);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// The bytes that wait to be taken.
    pub(super) fn waiting(&self) -> usize {
        locked(&self.0).bytes
    }

    /// For how long the client has left bytes waiting.
    pub(super) fn stalled(&self, now: Instant) -> Duration {
        let channel = locked(&self.0);
        if channel.bytes == 0 {
            return Duration::ZERO;
        }
        now.saturating_duration_since(channel.taken)
    }

    pub(super) fn is_left(&self) -> bool {
        locked(&self.0).is_left
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        let mut channel = locked(&self.0);
        channel.is_ended = true;
        let waker = channel.waker.take();
        drop(channel);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

// === impl Follower ===

impl Stream for Follower {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut channel = locked(&self.channel);
        if let Some(chunk) = channel.chunks.pop_front() {
            channel.bytes -= chunk.len();
            channel.taken = Instant::now();
            return Poll::Ready(Some(Ok(chunk)));
        }
        if channel.is_ended {
            return Poll::Ready(None);
        }
        channel.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let mut channel = locked(&self.channel);
        channel.is_left = true;
        channel.chunks.clear();
        channel.bytes = 0;
        channel.waker = None;
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::{super::followers::Places, *};

    fn next(follower: &mut Follower) -> Poll<Option<Result<Bytes, Infallible>>> {
        Pin::new(follower).poll_next(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn a_client_that_takes_nothing_is_noticed() {
        let (sender, mut follower) = stream(Places::new(1).take().unwrap());
        let later = Instant::now() + Duration::from_secs(60);
        assert_eq!((sender.waiting(), sender.stalled(later)), (0, Duration::ZERO));
        sender.push(b"a line".to_vec());
        assert!(sender.waiting() == 6 && sender.stalled(later) > Duration::from_secs(59));
        assert!(matches!(next(&mut follower), Poll::Ready(Some(Ok(chunk))) if chunk == "a line"));
        assert_eq!((sender.waiting(), sender.stalled(later)), (0, Duration::ZERO));
        assert!(next(&mut follower).is_pending());
    }

    #[test]
    fn what_was_sent_is_taken_before_the_stream_ends() {
        let (sender, mut follower) = stream(Places::new(1).take().unwrap());
        sender.push(b"last".to_vec());
        drop(sender);
        assert!(matches!(next(&mut follower), Poll::Ready(Some(Ok(_)))));
        assert!(matches!(next(&mut follower), Poll::Ready(None)));
    }

    #[test]
    fn a_client_that_leaves_gives_its_place_back() {
        let places = Places::new(1);
        let (sender, follower) = stream(places.take().unwrap());
        assert!(places.take().is_none() && !sender.is_left());
        sender.push(b"a line".to_vec());
        drop(follower);
        assert!(sender.is_left() && sender.waiting() == 0);
        assert_eq!((places.taken(), places.take().is_some()), (0, true));
    }
}
