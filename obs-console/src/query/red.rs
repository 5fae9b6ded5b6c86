//! The metrics of requests, whatever the namespace and the convention of the layers.
//!
//! A metric is recognised by the end of its name and by its labels, so that layers with namespaces of their own are found
//! too.

use obs_conventions::{
    Outcome,
    names::{MetricDef, label, metric, semconv},
};
use obs_core::metrics::FamilySnapshot;

use super::{history::SeriesKey, types::Side};

/// The endpoint of requests that no route has matched.
const UNMATCHED: &str = obs_core::names::value::UNMATCHED;

/// An endpoint as its series have it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct EndpointKey {
    pub(super) side: Side,
    pub(super) method: String,
    pub(super) endpoint: String,
}

/// What a series tells of an endpoint.
#[expect(clippy::struct_excessive_bools, reason = "each is a question of its own")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Role {
    /// It counts requests.
    pub(super) counts: bool,
    /// Those of it have failed.
    pub(super) is_error: bool,
    /// Those of it were left by their client: they are in no ratio.
    pub(super) is_abandoned: bool,
    /// It has durations of requests that were answered.
    pub(super) measures: bool,
    /// It is the gauge of those in flight.
    pub(super) is_in_flight: bool,
}

const NOTHING: Role = Role {
    counts: false,
    is_error: false,
    is_abandoned: false,
    measures: false,
    is_in_flight: false,
};

/// The value of a label; empty if there is none.
type LabelOf<'a> = &'a dyn Fn(&str) -> String;

/// A metric of requests, and how its series are read.
struct Definition {
    metric: MetricDef,
    side: Side,
    read: fn(LabelOf<'_>) -> Role,
}

const DEFINITIONS: [Definition; 8] = [
    Definition::new(metric::REQUESTS, Side::Server, by_outcome),
    Definition::new(metric::REQUEST_DURATION, Side::Server, durations),
    Definition::new(metric::IN_FLIGHT, Side::Server, |_| Role {
        is_in_flight: true,
        ..NOTHING
    }),
    Definition::new(metric::CLIENT_REQUESTS, Side::Client, by_client_outcome),
    Definition::new(metric::CLIENT_REQUEST_DURATION, Side::Client, durations),
    Definition::new(metric::CLIENT_IN_FLIGHT, Side::Client, |_| Role {
        is_in_flight: true,
        ..NOTHING
    }),
    Definition::new(semconv::SERVER_REQUEST_DURATION, Side::Server, by_error_type),
    Definition::new(semconv::CLIENT_REQUEST_DURATION, Side::Client, by_error_type),
];

// === impl Definition ===

impl Definition {
    const fn new(metric: MetricDef, side: Side, read: fn(LabelOf<'_>) -> Role) -> Self {
        Self { metric, side, read }
    }

    /// Whether this is a metric of that name, under whatever namespace, and with these labels.
    fn is(&self, name: &str, has_label: impl Fn(&str) -> bool) -> bool {
        let namespace = name.strip_suffix(self.metric.base());
        let is_named = namespace
            .is_some_and(|namespace| namespace.is_empty() || (self.metric.is_namespaced() && namespace.ends_with('_')));
        is_named && self.metric.labels.iter().all(|label| has_label(label))
    }
}

fn outcome_of(label_of: LabelOf<'_>) -> Option<Outcome> {
    let outcome = label_of(label::OUTCOME);
    Outcome::ALL.into_iter().find(|known| known.as_str() == outcome)
}

fn by_outcome(label_of: LabelOf<'_>) -> Role {
    let outcome = outcome_of(label_of);
    Role {
        counts: true,
        is_error: outcome.is_some_and(Outcome::is_error),
        is_abandoned: outcome.is_some_and(Outcome::is_abandoned),
        ..NOTHING
    }
}

fn by_client_outcome(label_of: LabelOf<'_>) -> Role {
    let role = by_outcome(label_of);
    let is_refused = outcome_of(label_of) == Some(Outcome::ClientError);
    Role {
        is_error: role.is_error || is_refused,
        ..role
    }
}

/// A request that its client cancelled has no latency of the service's.
fn durations(label_of: LabelOf<'_>) -> Role {
    Role {
        measures: label_of(label::STATUS) != "499",
        ..NOTHING
    }
}

fn by_error_type(label_of: LabelOf<'_>) -> Role {
    let has_status = !label_of(label::HTTP_RESPONSE_STATUS_CODE).is_empty();
    let is_error = !label_of(label::ERROR_TYPE).is_empty();
    Role {
        counts: true,
        is_error,
        is_abandoned: !has_status && !is_error,
        measures: has_status,
        ..NOTHING
    }
}

/// Whether a metric is one of requests.
pub(super) fn is_red(family: &FamilySnapshot) -> bool {
    family.series.first().is_some_and(|series| {
        let has_label = |key: &str| series.label(key).is_some();
        DEFINITIONS
            .iter()
            .any(|definition| definition.is(&family.name, has_label))
    })
}

/// What a series tells, and of which endpoint; nothing if it is none of requests.
pub(super) fn read(key: &SeriesKey) -> Option<(EndpointKey, Role)> {
    let labels: Vec<_> = key.labels.iter().map(|(key, value)| (&**key, &**value)).collect();
    read_labels(&key.metric, &labels)
}

/// The same, by the name of the metric and the labels of the series.
pub(super) fn read_labels(name: &str, labels: &[(&str, &str)]) -> Option<(EndpointKey, Role)> {
    let find = |key: &str| labels.iter().find(|(known, _)| *known == key).map(|(_, value)| *value);
    let has_label = |key: &str| find(key).is_some();
    let definition = DEFINITIONS.iter().find(|definition| definition.is(name, has_label))?;
    let label_of = |key: &str| find(key).unwrap_or_default().to_owned();
    let role = (definition.read)(&label_of);
    let first = |keys: [&str; 2]| {
        let found = keys.map(|key| find(key).unwrap_or_default());
        found
            .into_iter()
            .find(|value| !value.is_empty())
            .unwrap_or_default()
            .to_owned()
    };
    let method = first([label::METHOD, label::HTTP_REQUEST_METHOD]);
    let endpoint = match definition.side {
        Side::Server => first([label::ENDPOINT, label::HTTP_ROUTE]),
        Side::Client if has_label(label::HOST) => first([label::TARGET, label::HOST]),
        Side::Client => first([label::URL_TEMPLATE, label::SERVER_ADDRESS]),
    };
    let is_unmatched = endpoint.is_empty() && definition.side == Side::Server;
    let key = EndpointKey {
        side: definition.side,
        method,
        endpoint: if is_unmatched { UNMATCHED.to_owned() } else { endpoint },
    };
    Some((key, role))
}

/// The status of a series; empty if it has none.
pub(super) fn status(key: &SeriesKey) -> &str {
    let found = [label::STATUS, label::HTTP_RESPONSE_STATUS_CODE].map(|label| key.label(label));
    found.into_iter().find(|status| !status.is_empty()).unwrap_or_default()
}

/// The outcome of a series; empty if it has none.
pub(super) fn outcome(key: &SeriesKey) -> &str {
    key.label(label::OUTCOME)
}
