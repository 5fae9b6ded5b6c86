//! How full what the service runs on is.

use obs_conventions::names::{MetricDef, label, metric};
use obs_rules::promql::Expr;

use crate::{
    grafana::{
        context::Context,
        layout::Layout,
        model::{Panel, Target, Thresholds},
        query,
        topic::Topic,
    },
    subject::Subject,
};

const INSTANCE: [&str; 1] = ["instance"];
const RUNTIME: [&str; 2] = ["instance", label::RUNTIME];

/// Processor, memory, file descriptors; workers, where the runtime is watched.
pub(crate) fn saturation(layout: &mut Layout<'_>) {
    layout.row("Saturation", Topic::Saturation);
    let context = layout.context();
    let service = context.service;
    // Metrics of the runtime are a feature that a service may leave out; then it has no alert on them.
    let has_runtime = service.alerts.iter().any(|alert| Subject::of(service, alert) == Subject::Runtime);
    layout.pairs([file_descriptors(context)].into_iter().chain(has_runtime.then(|| workers(context))));
    layout.line(8, [processor(context), memory(context)].into_iter().chain(has_runtime.then(|| queue(context))));
}

fn now(context: &Context<'_>, def: &MetricDef, labels: &[&str]) -> Expr {
    Expr::instant(&context.source.of(def.base())).sum_by(labels)
}

fn rate(context: &Context<'_>, def: &MetricDef, labels: &[&str]) -> Expr {
    context.source.rate(def.base()).sum_by(labels)
}

fn file_descriptors(context: &Context<'_>) -> (Panel, Panel) {
    let open = now(context, &metric::PROCESS_OPEN_FDS, &INSTANCE);
    let share = open / now(context, &metric::PROCESS_MAX_FDS, &INSTANCE);
    let (stat, trend) = context.pair(
        "file descriptors in use",
        "percentunit",
        "Share of the file descriptors that are in use: at 100 % no connection is accepted any more.",
        Target::prometheus(query::text(&share), "{{instance}}"),
    );
    let thresholds = Thresholds::rising(0.6, 0.8);
    (stat.thresholds(thresholds.clone()), trend.thresholds(thresholds).range(0.0, 1.0))
}

fn workers(context: &Context<'_>) -> (Panel, Panel) {
    let busy = rate(context, &metric::TOKIO_WORKER_BUSY, &RUNTIME);
    let share = busy / now(context, &metric::TOKIO_WORKERS, &RUNTIME);
    let (stat, trend) = context.pair(
        "workers busy",
        "percentunit",
        "Share of the time that the runtime's workers were busy: near 100 % tasks wait for a worker.",
        Target::prometheus(query::text(&share), "{{instance}} {{runtime}}"),
    );
    let thresholds = Thresholds::rising(0.7, 0.9);
    (stat.thresholds(thresholds.clone()), trend.thresholds(thresholds).range(0.0, 1.0))
}

fn processor(context: &Context<'_>) -> Panel {
    context.trend(
        "processor time",
        "short",
        "Cores that each instance keeps busy.",
        &rate(context, &metric::PROCESS_CPU, &INSTANCE),
        "{{instance}}",
    )
}

fn memory(context: &Context<'_>) -> Panel {
    context.trend(
        "memory",
        "bytes",
        "Resident memory of each instance.",
        &now(context, &metric::PROCESS_RESIDENT_MEMORY, &INSTANCE),
        "{{instance}}",
    )
}

fn queue(context: &Context<'_>) -> Panel {
    context.trend(
        "tasks waiting",
        "short",
        "Tasks in the runtime's global queue: above 0 for long, its workers are too few or blocked.",
        &now(context, &metric::TOKIO_GLOBAL_QUEUE_DEPTH, &RUNTIME),
        "{{instance}} {{runtime}}",
    )
}
