//! The RED metrics of a server.

use std::{borrow::Cow, time::Duration};

use super::{
    DimensionValues, Measured, RedOptions, Target,
    layout::Side,
    stores::{InFlightGuards, Lifetimes, RouteLabels, Stores},
};

/// The RED metrics of a server, for one layer; layers with the same names share their series.
#[derive(Clone, Debug)]
pub(crate) struct ServerRed {
    stores: Stores,
}

/// A request that has arrived; dropping it lowers the very gauge that it raised.
#[derive(Debug)]
pub(crate) struct InFlight {
    guards: InFlightGuards,
}

/// Records the lifetime of one stream after its request has ended.
#[derive(Debug)]
pub(crate) struct StreamRecorder(Lifetimes);

// === impl ServerRed ===

impl ServerRed {
    /// The instruments of a layer; `options` have been validated.
    pub(crate) fn new(target: &Target, options: &RedOptions) -> Self {
        Self {
            stores: Stores::new(target, Side::Server, options),
        }
    }

    /// Counts a request in. `method` is a known method or `_OTHER`, `endpoint` the template of its
    /// route or `unmatched`.
    #[cfg(test)]
    pub(crate) fn arrive(&self, method: &'static str, endpoint: &str) -> InFlight {
        self.arrive_with(method, endpoint, &DimensionValues::default())
    }

    /// Counts a request in that brings values for further labels: the scheme and protocol of the
    /// OpenTelemetry conventions, and those of the layer's own.
    #[inline]
    pub(crate) fn arrive_with(&self, method: &'static str, endpoint: &str, values: &DimensionValues<'_>) -> InFlight {
        let labels = RouteLabels {
            page: endpoint,
            pushed: endpoint,
            target: "",
        };
        InFlight {
            guards: InFlightGuards::start(&self.stores, method, labels, values),
        }
    }
}

// === impl InFlight ===

impl InFlight {
    /// Records go under another template from now on; the gauge stays where it was raised.
    pub(crate) fn rename(&mut self, red: &ServerRed, endpoint: &str) {
        self.guards.rename(&red.stores, endpoint);
    }

    /// The template that records go under.
    pub(crate) fn endpoint(&self) -> &Cow<'static, str> {
        &self.guards.entry().endpoint_or_host
    }

    /// The latency that one in a hundred requests of its method and endpoint exceeds, at most a second old; `None` if
    /// there are too few, or if they are in a recorder of the application.
    pub(crate) fn p99(&self) -> Option<Duration> {
        self.guards.p99()
    }

    /// Lowers the gauge now; dropping does it otherwise.
    pub(crate) fn release(&mut self) {
        self.guards.release();
    }

    /// For what outlives the request: the lifetime of an upgraded connection.
    pub(crate) fn stream_recorder(&self, red: &ServerRed, status: u16) -> StreamRecorder {
        StreamRecorder(self.guards.lifetimes(&red.stores, status))
    }

    /// Records everything but the gauge, which dropping lowers. To be called once.
    #[inline]
    pub(crate) fn record(&self, red: &ServerRed, measured: &Measured<'_>) {
        self.guards.record(&red.stores, measured);
    }

    /// Records how long a streaming response lived, at its end, and with it what was not known at
    /// its head: sizes and an error, as far as `ended` has them.
    pub(crate) fn record_stream(&self, red: &ServerRed, lifetime: Duration, ended: &Measured<'_>) {
        self.guards.record_stream(&red.stores, lifetime, ended);
    }
}

// === impl StreamRecorder ===

impl StreamRecorder {
    pub(crate) fn record(&self, lifetime: Duration) {
        self.0.record(lifetime);
    }
}
