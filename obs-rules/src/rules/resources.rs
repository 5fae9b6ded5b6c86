//! Standard rules on what a service works with: saturation.

use obs_conventions::names::{cache, database, label, metric, query_outcome};

use super::{Subject, traffic::minutes};
use crate::{
    AlertRule, Comparison, Condition, Severity, Tally,
    promql::{Selector, Window},
};

pub(super) fn pool_exhausted(name: &str, _: &Subject<'_>) -> AlertRule {
    let condition = Condition::Gauge {
        selector: Selector::new(database::CONNECTIONS_ACTIVE.name(database::DEFAULT_NAMESPACE)),
        denominator: Some(Selector::new(
            database::CONNECTIONS_MAX.name(database::DEFAULT_NAMESPACE),
        )),
        comparison: Comparison::Above(0.9),
    };
    AlertRule::new(
        name,
        condition,
        Severity::Critical,
        "Database connection pool exhausted",
    )
    .description("{{ $value }} active connections")
    .hold_for(minutes(2))
    .cause("requests wait for a connection until they time out; minutes remain until users notice")
}

pub(super) fn query_errors(name: &str, subject: &Subject<'_>) -> AlertRule {
    let queries = Selector::new(database::QUERIES.name(database::DEFAULT_NAMESPACE));
    let failed = queries
        .clone()
        .matching(label::OUTCOME, &[query_outcome::ERROR, query_outcome::PANIC].join("|"));
    let condition = Condition::Ratio {
        numerator: Tally::new(vec![failed]),
        denominator: Tally::new(vec![queries]),
        window: Window::minutes(5),
        comparison: Comparison::Above(0.05),
    };
    AlertRule::new(
        name,
        condition,
        Severity::Warning,
        format!("{} has failing database queries", subject.title()),
    )
    .description("{{ $value | humanizePercentage }} of the queries fail")
    .hold_for(minutes(5))
    .min_requests(10.0)
    .cause("data may be lost where a request hides the failure")
}

pub(super) fn cache_hit_ratio_low(name: &str, subject: &Subject<'_>) -> AlertRule {
    let [hits, misses] = [cache::HITS, cache::MISSES].map(|def| Selector::new(def.name(cache::DEFAULT_NAMESPACE)));
    let condition = Condition::Ratio {
        numerator: Tally::new(vec![hits.clone()]),
        denominator: Tally::new(vec![hits, misses]),
        window: Window::minutes(15),
        comparison: Comparison::Below(0.5),
    };
    AlertRule::new(
        name,
        condition,
        Severity::Warning,
        format!("{} caches don't help", subject.title()),
    )
    .description("{{ $value | humanizePercentage }} of the look-ups are hits")
    .hold_for(minutes(15))
    .min_requests(100.0)
    .cause("what the cache does not answer is load for what stands behind it")
}

pub(super) fn file_descriptors_low(name: &str, subject: &Subject<'_>) -> AlertRule {
    let condition = Condition::Gauge {
        selector: Selector::new(metric::PROCESS_OPEN_FDS.base()),
        denominator: Some(Selector::new(metric::PROCESS_MAX_FDS.base())),
        comparison: Comparison::Above(0.8),
    };
    AlertRule::new(
        name,
        condition,
        Severity::Warning,
        format!("{} is short of file descriptors", subject.title()),
    )
    .description("{{ $value }} file descriptors are in use")
    .hold_for(minutes(10))
    .cause("without file descriptors no connection is accepted any more")
}

pub(super) fn runtime_saturated(name: &str, subject: &Subject<'_>) -> AlertRule {
    let condition = Condition::Gauge {
        selector: Selector::new(metric::TOKIO_GLOBAL_QUEUE_DEPTH.base()),
        denominator: None,
        comparison: Comparison::Above(100.0),
    };
    AlertRule::new(
        name,
        condition,
        Severity::Warning,
        format!("{} has too few workers", subject.title()),
    )
    .description("{{ $value }} tasks wait for a worker")
    .hold_for(minutes(5))
    .cause("tasks that wait are latency to come")
}
