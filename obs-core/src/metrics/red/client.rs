//! The RED metrics of a client.

use std::{borrow::Cow, sync::Arc};

use super::{Measured, RedOptions, Store, Target, Traits, flight::Flight, layout::Side};

/// The RED metrics of a client; clients with the same names share their series.
#[derive(Clone, Debug)]
pub(crate) struct ClientRed {
    store: Arc<Store>,
}

/// A request that was sent; dropping it lowers the very gauge that it raised.
#[derive(Debug)]
pub(crate) struct ClientInFlight {
    flight: Flight,
}

// === impl ClientRed ===

impl ClientRed {
    /// The instruments of a client; `options` have been validated.
    pub(crate) fn new(target: &Target, options: &RedOptions) -> Self {
        Self { store: target.store(Side::Client, options) }
    }

    /// Counts a request out. `method` is a known method or `_OTHER`; `host` is told apart from so many
    /// others as the options allow; `target` is the template of the URL, empty if none was given.
    #[inline]
    pub(crate) fn arrive(&self, method: &'static str, host: &str, target: &str) -> ClientInFlight {
        self.arrive_with(method, host, target, &Traits::default())
    }

    /// Counts a request out that brings values for further labels.
    #[inline]
    pub(crate) fn arrive_with(
        &self,
        method: &'static str,
        host: &str,
        target: &str,
        traits: &Traits<'_>,
    ) -> ClientInFlight {
        ClientInFlight { flight: Flight::start(&self.store, method, host, target, traits) }
    }
}

// === impl ClientInFlight ===

impl ClientInFlight {
    /// `GET /users/{id}` with a target, else the method; `HTTP` stands for `_OTHER`.
    pub(crate) fn span_name(&self) -> Cow<'static, str> {
        self.flight.entry().span_name.clone()
    }

    /// Records go under another target from now on; the gauge stays where it was raised.
    pub(crate) fn retarget(&mut self, red: &ClientRed, target: &str) {
        self.flight.retarget(&red.store, target);
    }

    /// What became known with the answer; replaces all that the request was counted out with.
    pub(crate) fn describe(&mut self, red: &ClientRed, traits: &Traits<'_>) {
        self.flight.describe(&red.store, traits);
    }

    /// Lowers the gauge now; dropping does it otherwise.
    pub(crate) fn release(&mut self) {
        self.flight.release();
    }

    /// Records everything but the gauge. To be called once. A status of 0 stands for none: nothing
    /// was answered.
    #[inline]
    pub(crate) fn record(&self, red: &ClientRed, measured: &Measured<'_>) {
        self.flight.record(&red.store, measured);
    }
}
