//! The RED metrics of a client.

use std::borrow::Cow;

use super::{
    DimensionValues, Measured, RedOptions, Target,
    layout::Side,
    stores::{InFlightGuards, RouteLabels, Stores},
};

/// The RED metrics of a client; clients with the same names share their series.
#[derive(Clone, Debug)]
pub(crate) struct ClientRed {
    stores: Stores,
}

/// A request that was sent; dropping it lowers the very gauge that it raised.
#[derive(Debug)]
pub(crate) struct ClientInFlight {
    guards: InFlightGuards,
}

// === impl ClientRed ===

impl ClientRed {
    /// The instruments of a client; `options` have been validated.
    pub(crate) fn new(target: &Target, options: &RedOptions) -> Self {
        Self {
            stores: Stores::new(target, Side::Client, options),
        }
    }

    /// Whether requests are recorded by the conventions of OpenTelemetry too, beside the page.
    pub(crate) fn is_pushed(&self) -> bool {
        self.stores.has_pushed()
    }

    /// Records the end of a request. `method` is a known method or `_OTHER`; `host` is told apart from so many
    /// others as the options allow; `target` is the template of the URL, empty if none was given.
    #[cfg(test)]
    pub(crate) fn arrive(&self, method: &'static str, host: &str, target: &str) -> ClientInFlight {
        self.arrive_with(method, (host, host), target, &DimensionValues::default())
    }

    /// Counts a request out that brings values for further labels. `hosts` are that of the page and that
    /// of the conventions of OpenTelemetry, which has a port.
    #[inline]
    pub(crate) fn arrive_with(
        &self,
        method: &'static str,
        hosts: (&str, &str),
        target: &str,
        values: &DimensionValues<'_>,
    ) -> ClientInFlight {
        let labels = RouteLabels {
            page: hosts.0,
            pushed: hosts.1,
            target,
        };
        ClientInFlight {
            guards: InFlightGuards::start(&self.stores, method, labels, values),
        }
    }
}

// === impl ClientInFlight ===

impl ClientInFlight {
    /// The target that records go under; none if no template was given.
    pub(crate) fn target(&self) -> Option<&Cow<'static, str>> {
        Some(&self.guards.entry().target).filter(|target| !target.is_empty())
    }

    /// Records go under another target from now on; the gauge stays where it was raised.
    pub(crate) fn retarget(&mut self, red: &ClientRed, target: &str) {
        self.guards.retarget(&red.stores, target);
    }

    /// What became known with the answer; replaces all that the request was counted out with.
    pub(crate) fn describe(&mut self, red: &ClientRed, values: &DimensionValues<'_>) {
        self.guards.describe(&red.stores, values);
    }

    /// Lowers the gauge now; dropping does it otherwise.
    pub(crate) fn release(&mut self) {
        self.guards.release();
    }

    /// Records everything but the gauge. To be called once. A status of 0 stands for none: nothing
    /// was answered.
    #[inline]
    pub(crate) fn record(&self, red: &ClientRed, measured: &Measured<'_>) {
        self.guards.record(&red.stores, measured);
    }
}
