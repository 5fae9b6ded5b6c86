//! How the metrics of a client are reached.

use std::{borrow::Cow, sync::Arc};

use super::{ClientOptions, instrument::Labels};
use crate::{
    metrics::{ClientInFlight, ClientRed, Convention, DimensionValues, Measured, RedOptions},
    names::value,
    pipeline::Pipeline,
    request::LabelValues,
};

/// The RED metrics of a client.
#[derive(Debug)]
pub(super) struct Red {
    metrics: ClientRed,
    convention: Convention,
    /// The lists of the client's own labels, in their order.
    lists: Vec<Vec<Arc<str>>>,
}

/// An attempt that waits for its answer, to the metrics.
#[derive(Debug)]
pub(super) struct InFlight {
    attempt: ClientInFlight,
    scheme: &'static str,
    /// Values of the client's own labels, from their lists; empty for any other.
    own_labels: Box<[Arc<str>]>,
}

// === impl Red ===

impl Red {
    /// `None` if metrics are switched off.
    pub(super) fn new(pipeline: &Pipeline, options: &ClientOptions) -> Option<Self> {
        let red_options = RedOptions {
            max_hosts: options.max_hosts,
            ..options.common.red_options(pipeline)?
        };
        let list = |(_, values): &(String, Vec<String>)| values.iter().map(|value| value.as_str().into()).collect();
        Some(Self {
            lists: red_options.labels.iter().map(list).collect(),
            metrics: ClientRed::new(&pipeline.target, &red_options),
            convention: red_options.convention,
        })
    }

    /// The values as their lists have them; without labels this allocates nothing.
    fn listed(&self, values: &[&str]) -> Box<[Arc<str>]> {
        let of_list = |(list, value): (&Vec<Arc<str>>, &&str)| {
            let found = list.iter().find(|listed| ***listed == **value);
            found.map_or_else(|| "".into(), Arc::clone)
        };
        self.lists.iter().zip(values).map(of_list).collect()
    }

    /// Counts an attempt in.
    pub(super) fn arrive(&self, method: &'static str, labels: &Labels<'_>, own_labels: &[&str]) -> InFlight {
        let Labels { url, host, target } = labels;
        let scheme = url.scheme();
        let values = DimensionValues {
            scheme,
            labels: own_labels,
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
            own_labels: self.listed(own_labels),
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
        let own_labels: LabelValues<'_> = self.own_labels.iter().map(|value| &**value).collect();
        self.attempt.describe(
            &red.metrics,
            &DimensionValues {
                scheme: self.scheme,
                protocol,
                labels: own_labels.as_slice(),
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
