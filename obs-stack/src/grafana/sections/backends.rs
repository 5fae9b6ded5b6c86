//! Dependencies and resources: calls of other services, databases, caches; processor,
//! memory, file descriptors, runtime.

use obs_conventions::{
    Convention,
    names::{MetricDef, cache, database, label, metric, query_outcome, semconv},
};
use obs_rules::promql::{Expr, Selector};

use crate::{
    grafana::{
        layout::{Context, Layout, Topic},
        model::{Panel, Target, Thresholds},
        query,
    },
    subject::Subject,
};

/// Calls of other services by host, if the service makes any.
pub(crate) fn clients(layout: &mut Layout<'_>) {
    let context = layout.context();
    if !context.service.has_clients {
        return;
    }
    layout.row("Calls of other services", Topic::Clients);
    let naming = context.source.naming();
    let (host, duration) = match naming.convention() {
        Convention::Prometheus => (label::HOST, &metric::CLIENT_REQUEST_DURATION),
        Convention::OpenTelemetry => (label::SERVER_ADDRESS, &semconv::CLIENT_REQUEST_DURATION),
    };
    let legend = format!("{{{{{host}}}}}");
    let calls = context.source.rates(&naming.client_calls()).sum_by(&[host]);
    let errors = context.source.rates(&naming.client_errors()).sum_by(&[host]);
    let failed = errors.or(calls.clone() * Expr::number(0.0)) / calls.clone().above(0.0);
    let buckets = Selector::new(format!("{}_bucket", duration.name(naming.namespace())));
    let rate = context.trend(
        "calls per second",
        "reqps",
        "Calls per second by host.",
        &calls,
        &legend,
    );
    let failed = context
        .trend(
            "failed calls",
            "percentunit",
            "Share of the calls of each host that failed: no response, or a status of 400 or above.",
            &failed,
            &legend,
        )
        .thresholds(Thresholds::rising(0.01, 0.1));
    let duration = context.trend(
        "p99 latency of calls",
        "s",
        "99 % of the calls of each host were answered within this time.",
        &context.source.quantile(0.99, &buckets, &[host]),
        &legend,
    );
    layout.line(8, [rate, failed, duration]);
}

/// Connection pools and queries of databases, if the service has any.
pub(crate) fn databases(layout: &mut Layout<'_>) {
    let context = layout.context();
    if context.service.databases.is_empty() {
        return;
    }
    layout.row("Databases", Topic::Databases);
    layout.pairs([pools(context)]);
    let name = |def: &MetricDef| def.name(database::DEFAULT_NAMESPACE);
    let queries = context.source.rate(name(&database::QUERIES));
    let failed = Expr::rate(
        &context
            .source
            .of(name(&database::QUERIES))
            .with(label::OUTCOME, query_outcome::ERROR),
        query::RATE_INTERVAL,
    );
    let (all, failed) = (queries.clone().sum_by(&[label::POOL]), failed.sum_by(&[label::POOL]));
    let failed = failed.or(all.clone() * Expr::number(0.0)) / all.above(0.0);
    let buckets = Selector::new(format!("{}_bucket", name(&database::QUERY_DURATION)));
    let by = [label::POOL, label::OPERATION];
    let legend = "{{pool}} {{operation}}";
    let rate = context.trend(
        "queries per second",
        "ops",
        "Queries per second by operation.",
        &queries.sum_by(&by),
        legend,
    );
    let failed = context
        .trend(
            "failed queries",
            "percentunit",
            "Share of the queries of each pool that failed.",
            &failed,
            "{{pool}}",
        )
        .thresholds(Thresholds::rising(0.01, 0.05));
    let duration = context.trend(
        "p99 query duration",
        "s",
        "99 % of the queries had their result within this time.",
        &context.source.quantile(0.99, &buckets, &by),
        legend,
    );
    layout.line(8, [rate, failed, duration]);
}

/// Connections in use.
fn pools(context: &Context<'_>) -> (Panel, Panel) {
    let of = |def: &MetricDef| {
        Expr::instant(&context.source.of(def.name(database::DEFAULT_NAMESPACE))).sum_by(&[label::POOL])
    };
    let used = of(&database::CONNECTIONS_ACTIVE) / of(&database::CONNECTIONS_MAX);
    let target = Target::prometheus(used, "{{pool}}");
    let (stat, trend) = context.pair(
        "connections in use",
        "percentunit",
        "Share of the connections of each pool that are in use. At 100 % requests wait for a connection.",
        target,
    );
    let thresholds = Thresholds::rising(0.75, 0.9);
    (
        stat.thresholds(thresholds.clone()),
        trend.thresholds(thresholds).range(0.0, 1.0),
    )
}

/// Hit ratio, look-ups, evictions and errors of caches, if the service has any.
pub(crate) fn caches(layout: &mut Layout<'_>) {
    let context = layout.context();
    if context.service.caches.is_empty() {
        return;
    }
    layout.row("Caches", Topic::Caches);
    let rate = |def: &MetricDef| {
        context
            .source
            .rate(def.name(cache::DEFAULT_NAMESPACE))
            .sum_by(&[label::CACHE])
    };
    let (hits, misses) = (rate(&cache::HITS), rate(&cache::MISSES));
    let ratio = hits.clone() / (hits.clone() + misses.clone()).above(0.0);
    let target = Target::prometheus(ratio, "{{cache}}");
    let (stat, trend) = context.pair(
        "cache hit ratio",
        "percentunit",
        "Share of the look-ups of each cache that were hits.",
        target,
    );
    let thresholds = Thresholds::falling(0.5, 0.8);
    let stat = stat.thresholds(thresholds.clone()).no_value("no look-ups");
    layout.pairs([(stat, trend.thresholds(thresholds).range(0.0, 1.0))]);
    let lookups = context.trend(
        "cache look-ups per second",
        "ops",
        "Look-ups per second by cache.",
        &(hits + misses),
        "{{cache}}",
    );
    let evictions = context.count(
        "cache evictions per second",
        "ops",
        "Entries that each cache evicts per second. Many, together with few hits, mean that it is too small.",
        &rate(&cache::EVICTIONS),
        "{{cache}}",
    );
    let errors = context.count(
        "failed cache look-ups",
        "ops",
        "Look-ups that failed: neither hits nor misses.",
        &rate(&cache::ERRORS),
        "{{cache}}",
    );
    layout.line(8, [lookups, evictions, errors]);
}

const INSTANCE: [&str; 1] = ["instance"];
const RUNTIME: [&str; 2] = ["instance", label::RUNTIME];

/// Processor, memory, file descriptors; workers and queue of the runtime if an alert is
/// about them.
pub(crate) fn saturation(layout: &mut Layout<'_>) {
    layout.row("Saturation", Topic::Saturation);
    let context = layout.context();
    let service = context.service;
    // Runtime metrics are an optional feature: a service without it has no alert on them.
    let has_runtime = service
        .alerts
        .iter()
        .any(|alert| Subject::of(service, alert) == Subject::Runtime);
    layout.pairs(
        [file_descriptors(context)]
            .into_iter()
            .chain(has_runtime.then(|| workers(context))),
    );
    layout.line(
        8,
        [processor(context), memory(context)]
            .into_iter()
            .chain(has_runtime.then(|| queue(context))),
    );
}

/// The current value of a gauge.
fn now(context: &Context<'_>, def: &MetricDef, labels: &[&str]) -> Expr {
    Expr::instant(&context.source.of(def.base())).sum_by(labels)
}

/// The rate of a counter.
fn rate(context: &Context<'_>, def: &MetricDef, labels: &[&str]) -> Expr {
    context.source.rate(def.base()).sum_by(labels)
}

/// File descriptors in use.
fn file_descriptors(context: &Context<'_>) -> (Panel, Panel) {
    let open = now(context, &metric::PROCESS_OPEN_FDS, &INSTANCE);
    let share = open / now(context, &metric::PROCESS_MAX_FDS, &INSTANCE);
    let (stat, trend) = context.pair(
        "file descriptors in use",
        "percentunit",
        "Share of the file descriptors that are in use. At 100 % no connection is accepted.",
        Target::prometheus(share, "{{instance}}"),
    );
    let thresholds = Thresholds::rising(0.6, 0.8);
    (
        stat.thresholds(thresholds.clone()),
        trend.thresholds(thresholds).range(0.0, 1.0),
    )
}

/// Busy workers of the runtime.
fn workers(context: &Context<'_>) -> (Panel, Panel) {
    let busy = rate(context, &metric::TOKIO_WORKER_BUSY, &RUNTIME);
    let share = busy / now(context, &metric::TOKIO_WORKERS, &RUNTIME);
    let (stat, trend) = context.pair(
        "workers busy",
        "percentunit",
        "Share of the time that the workers of the runtime were busy. Near 100 % tasks wait for a worker.",
        Target::prometheus(share, "{{instance}} {{runtime}}"),
    );
    let thresholds = Thresholds::rising(0.7, 0.9);
    (
        stat.thresholds(thresholds.clone()),
        trend.thresholds(thresholds).range(0.0, 1.0),
    )
}

/// Processor time.
fn processor(context: &Context<'_>) -> Panel {
    context.trend(
        "processor time",
        "short",
        "Cores that each instance uses.",
        &rate(context, &metric::PROCESS_CPU, &INSTANCE),
        "{{instance}}",
    )
}

/// Resident memory.
fn memory(context: &Context<'_>) -> Panel {
    context.trend(
        "memory",
        "bytes",
        "Resident memory of each instance.",
        &now(context, &metric::PROCESS_RESIDENT_MEMORY, &INSTANCE),
        "{{instance}}",
    )
}

/// Tasks in the global queue of the runtime.
fn queue(context: &Context<'_>) -> Panel {
    context.trend(
        "tasks waiting",
        "short",
        "Tasks in the global queue of the runtime. Above 0 for long, its workers are too few or blocked.",
        &now(context, &metric::TOKIO_GLOBAL_QUEUE_DEPTH, &RUNTIME),
        "{{instance}} {{runtime}}",
    )
}
