//! How the metrics of a client are reached.

use std::borrow::Cow;

use super::{ClientOptions, instrument::Labels};
use crate::{
    metrics::{ClientInFlight, ClientRed, Convention, Measured, RedOptions, Traits},
    names::value,
    obs::Shared,
};

/// The RED metrics of a client.
#[derive(Debug)]
pub(super) struct Red {
    red: ClientRed,
    convention: Convention,
}

/// An attempt that waits for its answer, to the metrics.
#[derive(Debug)]
pub(super) struct InFlight {
    in_flight: ClientInFlight,
    scheme: &'static str,
}

// === impl Red ===

impl Red {
    pub(super) fn new(shared: &Shared, options: &ClientOptions) -> Self {
        let options = RedOptions {
            namespace: options.namespace.clone(),
            duration_buckets: shared.duration_buckets.clone(),
            convention: options.convention,
            max_hosts: options.max_hosts,
            push: shared.push(),
            ..RedOptions::default()
        };
        Self { red: ClientRed::new(&shared.target, &options), convention: options.convention }
    }

    /// Counts an attempt in.
    pub(super) fn arrive(&self, method: &'static str, labels: &Labels<'_>) -> InFlight {
        let Labels { url, host, target } = labels;
        let scheme = url.scheme();
        let traits = Traits { scheme, ..Traits::default() };
        let is_guide = self.convention == Convention::Guide;
        let wants_port = (!is_guide || self.red.is_pushed()) && **host != *value::OTHER;
        let with_port = wants_port.then(|| format!("{host}:{}", url.port_or_default()));
        let with_port = with_port.as_deref().unwrap_or(host);
        let hosts = (if is_guide { host } else { with_port }, with_port);
        InFlight { in_flight: self.red.arrive_with(method, hosts, target, &traits), scheme }
    }
}

// === impl InFlight ===

impl InFlight {
    pub(super) fn span_name(&self) -> Cow<'static, str> {
        self.in_flight.span_name()
    }

    /// The target, which came with the answer.
    pub(super) fn retarget(&mut self, red: &Red, target: &str) {
        self.in_flight.retarget(&red.red, target);
    }

    /// The protocol's version, which comes with the answer.
    pub(super) fn answered_over(&mut self, red: &Red, protocol: &'static str) {
        self.in_flight.describe(&red.red, &Traits { scheme: self.scheme, protocol, ..Traits::default() });
    }

    /// Records everything but the gauge. A status of 0 stands for none.
    pub(super) fn record(&self, red: &Red, measured: &Measured<'_>) {
        self.in_flight.record(&red.red, measured);
    }

    /// Lowers the gauge now; dropping does it otherwise.
    pub(super) fn release(&mut self) {
        self.in_flight.release();
    }
}
