//! Series that a rule reads and that the service can't have.
//!
//! A series that does not exist is not an error by itself: errors are counted from the first one on. It is an error if
//! requests are recorded under other names than the rule reads, or if a histogram has no bucket with the bound that it
//! reads. In both cases the rule would never fire.

use obs_core::{
    metrics::{FamilySnapshot, ValueSnapshot},
    names::{MetricDef, label, metric, semconv},
};
use obs_rules::query::{Input, Query};

use crate::{
    Naming,
    promql::{MatchOp, Selector},
};

/// The series of a rule whose absence can be proved.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expected {
    /// A metric of the service's requests.
    server: Option<String>,
    /// A metric of its client's requests.
    client: Option<String>,
    /// A histogram, and the bound of a bucket of it.
    bucket: Option<(String, f64)>,
}

/// The evidence in the metrics.
#[derive(Debug)]
pub(crate) struct Evidence<'a> {
    /// Where requests are recorded, if not under the names that rules read.
    server: Option<&'a str>,
    /// The same for calls of other services.
    client: Option<&'a str>,
    families: &'a [FamilySnapshot],
}

/// The names of one side's requests: what counts them, and what else there is of them.
struct Side {
    requests: String,
    others: Vec<String>,
    /// The end of the counter's name under every namespace, and the labels that distinguish it from a metric of the application.
    suffix: &'static str,
    labels: [&'static str; 4],
    /// The histogram that counts them by the conventions of OpenTelemetry.
    open_telemetry: String,
}

// === impl Side ===

impl Side {
    fn server(naming: &Naming) -> Self {
        let name = |prometheus: &MetricDef| naming.name(prometheus, &semconv::SERVER_REQUEST_DURATION);
        Self {
            requests: name(&metric::REQUESTS),
            others: [metric::REQUEST_DURATION, metric::ERRORS].iter().map(name).collect(),
            suffix: metric::REQUESTS.base(),
            labels: [label::METHOD, label::ENDPOINT, label::STATUS, label::OUTCOME],
            open_telemetry: semconv::SERVER_REQUEST_DURATION.name(""),
        }
    }

    fn client(naming: &Naming) -> Self {
        let name = |prometheus: &MetricDef| naming.name(prometheus, &semconv::CLIENT_REQUEST_DURATION);
        Self {
            requests: name(&metric::CLIENT_REQUESTS),
            others: [metric::CLIENT_REQUEST_DURATION, metric::CLIENT_ERRORS]
                .iter()
                .map(name)
                .collect(),
            suffix: metric::CLIENT_REQUESTS.base(),
            labels: [label::METHOD, label::HOST, label::STATUS, label::OUTCOME],
            open_telemetry: semconv::CLIENT_REQUEST_DURATION.name(""),
        }
    }

    fn has(&self, selector: &Selector) -> bool {
        let name = family(selector);
        name == self.requests || self.others.iter().any(|other| other == name)
    }

    /// Where requests are recorded, if not under the expected name.
    fn elsewhere<'a>(&self, families: &'a [FamilySnapshot]) -> Option<&'a str> {
        let recorded = || families.iter().filter(|family| !family.series.is_empty());
        if recorded().any(|family| family.name == self.requests) {
            return None;
        }
        recorded()
            .find(|family| self.is_of_requests(family))
            .map(|family| family.name.as_str())
    }

    fn is_of_requests(&self, family: &FamilySnapshot) -> bool {
        let has_labels = || {
            let labels = family.series.first().map_or(&[][..], |series| &series.labels);
            self.labels
                .iter()
                .all(|wanted| labels.iter().any(|(key, _)| key == wanted))
        };
        family.name == self.open_telemetry || (family.name.ends_with(self.suffix) && has_labels())
    }
}

/// The metric that a selector reads samples of.
fn family(selector: &Selector) -> &str {
    let name = selector.metric();
    ["_bucket", "_count", "_sum"]
        .iter()
        .find_map(|suffix| name.strip_suffix(suffix))
        .unwrap_or(name)
}

// === impl Expected ===

impl Expected {
    pub(crate) fn new(query: &Query, naming: &Naming) -> Self {
        let selectors = || query.inputs().into_iter().flat_map(Input::selectors);
        let of = |side: &Side| {
            selectors()
                .find(|selector| side.has(selector))
                .map(|one| one.metric().to_owned())
        };
        Self {
            server: of(&Side::server(naming)),
            client: of(&Side::client(naming)),
            bucket: selectors().find_map(|selector| Some((family(selector).to_owned(), bound(selector)?))),
        }
    }

    /// The metric that can't be there, and why.
    pub(crate) fn missing(&self, evidence: &Evidence<'_>) -> Option<String> {
        let other_name = |metric: &Option<String>, found: Option<&str>| {
            let (metric, found) = metric.as_ref().zip(found)?;
            Some(format!(
                "{metric} does not exist, but {found} does: set the namespace and the convention of the layer to those \
                 of obs.yaml, or of the manager's naming"
            ))
        };
        other_name(&self.server, evidence.server)
            .or_else(|| other_name(&self.client, evidence.client))
            .or_else(|| self.missing_bucket(evidence.families))
    }

    fn missing_bucket(&self, families: &[FamilySnapshot]) -> Option<String> {
        let (name, bound) = self.bucket.as_ref()?;
        let series = families.iter().find(|family| family.name == *name)?.series.first()?;
        let ValueSnapshot::Histogram(histogram) = &series.value else {
            return None;
        };
        let has_bound = histogram
            .buckets
            .iter()
            .any(|bucket| bucket.upper_bound.to_bits() == bound.to_bits());
        (!has_bound).then(|| {
            format!(
                "{name} has no bucket with the bound {bound:?}: pass the bounds of the definition to the service \
                 (`ObsBuilder::duration_buckets` with `Service::duration_bounds`)"
            )
        })
    }
}

/// The bound of the bucket that a selector reads, if it reads one.
fn bound(selector: &Selector) -> Option<f64> {
    let is_bound = selector.metric().ends_with("_bucket");
    let mut matchers = selector.matchers().iter().filter(|_| is_bound);
    matchers
        .find(|matcher| matcher.label == label::LE && matcher.op == MatchOp::Equal)?
        .value
        .parse()
        .ok()
}

// === impl Evidence ===

impl<'a> Evidence<'a> {
    pub(crate) fn new(naming: &Naming, families: &'a [FamilySnapshot]) -> Self {
        Self {
            server: Side::server(naming).elsewhere(families),
            client: Side::client(naming).elsewhere(families),
            families,
        }
    }
}
