//! How many requests of an instance are under way, whatever is recorded of them.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::{Instrument, options::WeakLayerState};

/// The layers of an instance, whose requests can be counted.
///
/// Each request that is observed holds its layer's instrument until it has been recorded, in every
/// signal. So the holders are counted when somebody asks, and no request pays for it.
#[derive(Debug, Default)]
pub(crate) struct UnderWay {
    layers: Mutex<Vec<Watched>>,
}

#[derive(Debug)]
struct Watched {
    layer: WeakLayerState,
    instrument: Weak<Instrument>,
}

// === impl UnderWay ===

impl UnderWay {
    /// Counts the requests of this layer from now on, also when it is gone itself.
    pub(super) fn watch(&self, layer: WeakLayerState, instrument: &Arc<Instrument>) {
        let mut layers = self.layers.lock().unwrap_or_else(PoisonError::into_inner);
        layers.retain(|watched| watched.instrument.strong_count() > 0);
        layers.push(Watched { layer, instrument: Arc::downgrade(instrument) });
    }

    /// How many requests have arrived and have not been recorded.
    pub(crate) fn count(&self) -> usize {
        let layers = self.layers.lock().unwrap_or_else(PoisonError::into_inner);
        layers.iter().map(Watched::requests).sum()
    }
}

// === impl Watched ===

impl Watched {
    fn requests(&self) -> usize {
        // Kept until the end, so that the number of holders that are no requests is known.
        let layer = self.layer.upgrade();
        let Some(instrument) = self.instrument.upgrade() else { return 0 };
        let others = 1 + usize::from(layer.is_some());
        Arc::strong_count(&instrument).saturating_sub(others)
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
        let count = || obs.shared().routes.under_way.count();
        let start = |metrics| {
            let layer = LayerState::default().with(|options| {
                options.obs(&obs);
                options.metrics(metrics);
            });
            let request =
                Observation::start(layer.instrument(), &RequestHead { method: "GET", ..Default::default() }, &());
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
