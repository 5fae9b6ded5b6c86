//! The subject of an alert: it decides which panels and which advice belong to the alert.

use obs_conventions::names::{cache, database, metric};
use obs_rules::{
    AlertRule, Naming, Scope,
    definition::Service,
    promql::Selector,
    query::{Input, Query},
};

/// What an alert is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// Failed requests: error ratio, availability, the error budget of an availability SLO.
    Errors,
    /// Duration of requests, the error budget of a latency SLO.
    Latency,
    /// A change of the request rate.
    Traffic,
    /// A service or an instance that is down.
    Absent,
    /// Panics in handlers.
    Panics,
    /// Failed calls of other services.
    Clients,
    /// Connections of a database pool.
    Pool,
    /// Failed database queries.
    Queries,
    /// The hit ratio of a cache.
    Caches,
    /// Open file descriptors of the process.
    FileDescriptors,
    /// Workers and queues of the tokio runtime.
    Runtime,
    /// Log lines that were dropped.
    LogLines,
    /// Log records that could not be exported by OTLP.
    LogRecords,
    /// Spans that could not be exported.
    Spans,
    /// Series over the limit of their metric.
    Series,
    /// A metric of the service itself, or a closure.
    Own,
}

// === impl Subject ===

impl Subject {
    /// The subject that follows from the series that the condition reads, and from how the service names its metrics.
    pub(crate) fn of(service: &Service, alert: &AlertRule) -> Self {
        let naming = service.naming_in_process();
        let Some(query) = alert.condition().query(&naming) else {
            return Self::Own;
        };
        let inputs = query.inputs();
        let reads = |metric: &str| {
            let mut selectors = inputs.iter().flat_map(|input| input.selectors());
            selectors.any(|selector| selector.metric() == metric)
        };
        let is_before = |input: &&Input| matches!(input, Input::Growth(growth) if growth.offset.is_some());
        if inputs.iter().any(is_before) {
            Self::Traffic
        } else if reads(naming.duration_buckets(&Scope::service()).metric()) {
            Self::Latency
        } else if query.nodes().into_iter().any(|node| is_error_ratio(node, &naming)) {
            Self::Errors
        } else {
            let first = inputs.into_iter().flat_map(Input::selectors).next();
            first.map_or(Self::Own, |selector| Self::of_metric(service, selector))
        }
    }

    /// The subject of an alert on this metric.
    fn of_metric(service: &Service, selector: &Selector) -> Self {
        let name = selector.metric();
        let is_of = |selectors: &[Selector]| selectors.iter().any(|one| one.metric() == name);
        let belongs_to = |namespace: &str| name.strip_prefix(namespace).is_some_and(|rest| rest.starts_with('_'));
        let naming = service.naming_in_process();
        let fixed = [
            ("up", Self::Absent),
            (metric::BUILD_INFO.base(), Self::Absent),
            (metric::LOG_LINES_DROPPED.base(), Self::LogLines),
            (metric::LOG_RECORDS_DROPPED.base(), Self::LogRecords),
            (metric::SPANS_DROPPED.base(), Self::Spans),
            (metric::SERIES_OVERFLOW.base(), Self::Series),
            (metric::PROCESS_OPEN_FDS.base(), Self::FileDescriptors),
        ];
        if let Some((_, subject)) = fixed.into_iter().find(|(metric, _)| *metric == name) {
            return subject;
        }
        if name == database::CONNECTIONS_ACTIVE.name(database::DEFAULT_NAMESPACE) {
            Self::Pool
        } else if belongs_to(database::DEFAULT_NAMESPACE) {
            Self::Queries
        } else if belongs_to(cache::DEFAULT_NAMESPACE) {
            Self::Caches
        } else if belongs_to("tokio") {
            Self::Runtime
        } else if is_of(naming.client_calls().selectors()) || is_of(naming.client_errors().selectors()) {
            Self::Clients
        } else if name == naming.panics(&Scope::service()).metric() {
            Self::Panics
        } else {
            Self::Own
        }
    }
}

/// Whether it is the share of failed requests, of the whole service or of an endpoint.
fn is_error_ratio(node: &Query, naming: &Naming) -> bool {
    let Query::Ratio { numerator, .. } = node else {
        return false;
    };
    let errors = naming.errors(&Scope::service());
    let covers = |all: &Selector, some: &Selector| {
        let mut matchers = all.matchers().iter();
        all.metric() == some.metric() && matchers.all(|matcher| some.matchers().contains(matcher))
    };
    let mut read = numerator.selectors().iter();
    read.any(|some| errors.selectors().iter().any(|all| covers(all, some)))
}
