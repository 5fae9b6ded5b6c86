//! How the metrics of a client are reached.

use std::borrow::Cow;

use super::{ClientOptions, ClientRequest, instrument::Labels, options::LabelFn};
use crate::{
    metrics::{ClientInFlight, ClientRed, Convention, DimensionValues, Measured, RedOptions},
    names::value,
    pipeline::Pipeline,
    request::HeaderReader,
};

/// The RED metrics of a client.
#[derive(Debug)]
pub(super) struct Red {
    metrics: ClientRed,
    convention: Convention,
    /// Find the values of the client's own labels, in their order.
    label_values: Vec<LabelFn>,
}

/// An attempt that waits for its answer, to the metrics.
#[derive(Debug)]
pub(super) struct InFlight {
    attempt: ClientInFlight,
    scheme: &'static str,
    /// Values of the client's own labels.
    own_labels: Box<[&'static str]>,
}

// === impl Red ===

impl Red {
    /// `None` if metrics are switched off.
    pub(super) fn new(pipeline: &Pipeline, options: &ClientOptions) -> Option<Self> {
        let red_options = RedOptions {
            max_hosts: options.max_hosts,
            ..options.common.red_options(pipeline)?
        };
        Some(Self {
            metrics: ClientRed::new(&pipeline.target, &red_options),
            convention: red_options.convention,
            label_values: options.label_values.clone(),
        })
    }

    /// The values of the client's own labels; without labels this allocates nothing.
    fn own_labels(&self, request: &ClientRequest<'_>, headers: &dyn HeaderReader) -> Box<[&'static str]> {
        let found = |value: &LabelFn| value.call(|value| value(request, headers)).flatten();
        self.label_values
            .iter()
            .map(|value| found(value).unwrap_or_default())
            .collect()
    }

    /// Counts an attempt in.
    pub(super) fn arrive(
        &self,
        method: &'static str,
        labels: &Labels<'_>,
        request: &ClientRequest<'_>,
        headers: &dyn HeaderReader,
    ) -> InFlight {
        let Labels { url, host, target } = labels;
        let scheme = url.scheme();
        let own_labels = self.own_labels(request, headers);
        let values = DimensionValues {
            scheme,
            labels: &own_labels,
            ..DimensionValues::default()
        };
        let is_prometheus = self.convention == Convention::Prometheus;
        let wants_port = (!is_prometheus || self.metrics.is_pushed()) && **host != *value::OTHER;
        let with_port = wants_port.then(|| format!("{host}:{}", url.port_or_default()));
        let with_port = with_port.as_deref().unwrap_or(host);
        let hosts = (if is_prometheus { host } else { with_port }, with_port);
        let attempt = self.metrics.arrive_with(method, hosts, target, &values);
        InFlight {
            attempt,
            scheme,
            own_labels,
        }
    }
}

// === impl InFlight ===

impl InFlight {
    /// The target that records go under; none if no template was given.
    pub(super) fn target(&self) -> Option<&Cow<'static, str>> {
        self.attempt.target()
    }

    /// The target, which came with the answer.
    pub(super) fn retarget(&mut self, red: &Red, target: &str) {
        self.attempt.retarget(&red.metrics, target);
    }

    /// The protocol's version, which comes with the answer.
    pub(super) fn answered_over(&mut self, red: &Red, protocol: &'static str) {
        self.attempt.describe(
            &red.metrics,
            &DimensionValues {
                scheme: self.scheme,
                protocol,
                labels: &self.own_labels,
            },
        );
    }

    /// Records everything but the gauge. A status of 0 is a missing one.
    pub(super) fn record(&self, red: &Red, measured: &Measured<'_>) {
        self.attempt.record(&red.metrics, measured);
    }

    /// Lowers the gauge now; dropping does it otherwise.
    pub(super) fn release(&mut self) {
        self.attempt.release();
    }
}
