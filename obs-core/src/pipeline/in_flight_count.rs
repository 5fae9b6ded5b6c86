//! How many requests of an instance are in flight, whatever is recorded of them.

use crate::metrics::InFlightCells;

/// Requests that have arrived and have not been recorded, in every signal.
#[derive(Debug, Default)]
pub(crate) struct InFlightCount(InFlightCells);

// === impl InFlightCount ===

impl InFlightCount {
    #[inline]
    pub(crate) fn begin(&self) {
        self.0.up();
    }

    #[inline]
    pub(crate) fn end(&self) {
        self.0.down();
    }

    /// How many requests have arrived and have not been recorded.
    pub(crate) fn count(&self) -> i64 {
        self.0.value()
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        Obs,
        request::{LayerState, Observation, RequestHead},
    };

    #[test]
    fn requests_are_counted_until_they_are_recorded_also_without_their_layer() {
        let obs = Obs::builder("test").log_writer(std::io::sink()).build().unwrap();
        let count = || obs.pipeline().routes.in_flight_count.count();
        let start = |metrics| {
            let layer = LayerState::default().with(|options| {
                options.common.record_into(&obs);
                options.common.metrics = metrics;
            });
            let request = Observation::start(
                layer.instrument(),
                &RequestHead {
                    method: "GET",
                    ..Default::default()
                },
                &(),
            );
            (layer, request)
        };
        assert_eq!(count(), 0);
        let (layer, request) = start(true);
        let (other, mut others) = start(false);
        assert_eq!(count(), 2);
        drop(layer);
        assert_eq!(count(), 2);
        drop(request);
        assert_eq!(count(), 1);
        others.end();
        assert_eq!(count(), 0);
        drop((other, others));
        assert_eq!(count(), 0);
    }
}
