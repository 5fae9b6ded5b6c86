//! Log lines and traces; and the telemetry itself: what was lost, and what it costs.

use obs_conventions::names::{MetricDef, label, metric};
use obs_rules::promql::{Expr, Selector};

use crate::grafana::{
    layout::{Context, Layout, Topic},
    model::{DataSource, Panel, Target, Thresholds},
    query::Source,
};

/// Log lines by level, and the latest errors and warnings.
pub(crate) fn logs(layout: &mut Layout<'_>, volume: String, lines: String) {
    layout.row("Logs", Topic::Errors);
    let context = layout.context();
    let volume = Panel::time_series("short")
        .about(context.title("log lines by level"), "Log lines in each step, by level.")
        .from(DataSource::LOKI)
        .stacked()
        .target(Target::loki(volume, "{{level}}"));
    let lines = Panel::logs()
        .about(
            context.title("errors and warnings"),
            "The latest log lines of level error or warn. The `trace_id` of a line links to its trace.",
        )
        .target(Target::loki(lines, ""));
    layout.line(7, [volume]);
    layout.line(10, [lines]);
}

/// The traces that a query finds.
pub(crate) fn traces(layout: &mut Layout<'_>, title: &str, description: &str, query: String) {
    layout.row("Traces", Topic::Latency);
    let panel = Panel::table("Start time")
        .from(DataSource::TEMPO)
        .about(
            layout.context().title(title),
            format!("{description} An id links to the trace, a span of the trace to its log lines."),
        )
        .no_value("none")
        .target(Target::tempo(query));
    layout.line(9, [panel]);
}

const INSTANCE: [&str; 1] = ["instance"];

/// Lost telemetry by kind, series over their limit, size and time of scrapes, versions.
pub(crate) fn telemetry(layout: &mut Layout<'_>) {
    let context = layout.context();
    layout.row("Lost telemetry", Topic::Telemetry);
    layout.pairs([lost(context)]);
    layout.line(8, [log_lines(context), spans(context), log_records(context)]);
    layout.row("Metrics", Topic::Telemetry);
    layout.line(8, [overflow(context), clashes(context), samples(context)]);
    layout.line(8, [page(context), scrapes(context), versions(context)]);
}

/// Everything that was lost, of any kind.
fn lost(context: &Context<'_>) -> (Panel, Panel) {
    let kinds = [
        metric::LOG_LINES_DROPPED,
        metric::SPANS_DROPPED,
        metric::LOG_RECORDS_DROPPED,
    ];
    let mut stat = Panel::stat("cps");
    let mut trend = Panel::time_series("cps");
    for (def, legend) in kinds.iter().zip(["log lines", "spans", "log records"]) {
        let target = Target::prometheus(context.source.rate(def.base()).sum().or_zero_if_none(), legend);
        stat = stat.target(target.clone());
        trend = trend.target(target);
    }
    let description = "Log lines, spans and log records per second that were lost to overload or to an \
                       unreachable collector. Requests never wait for them.";
    let title = context.title("lost telemetry");
    let stat = stat
        .about(format!("{title} now"), description)
        .thresholds(Thresholds::any());
    (stat, trend.about(title, description).thresholds(Thresholds::any()))
}

/// Log lines by level.
fn log_lines(context: &Context<'_>) -> Panel {
    context.count(
        "log lines written",
        "cps",
        "Log lines per second by level.",
        &rate(context, &metric::LOG_LINES, &["level"]),
        "{{level}}",
    )
}

/// Spans that were not exported, by reason.
fn spans(context: &Context<'_>) -> Panel {
    context.count(
        "lost spans by reason",
        "cps",
        "Spans per second that were not exported: the queue was full, or the collector refused them or did not \
         answer.",
        &rate(context, &metric::SPANS_DROPPED, &["reason"]),
        "{{reason}}",
    )
}

/// Log records that were not exported, by reason.
fn log_records(context: &Context<'_>) -> Panel {
    context.count(
        "lost log records by reason",
        "cps",
        "Log records per second that were not exported, by reason.",
        &rate(context, &metric::LOG_RECORDS_DROPPED, &["reason"]),
        "{{reason}}",
    )
}

/// New series over the limit of their metric.
fn overflow(context: &Context<'_>) -> Panel {
    context.count(
        "series over the limit",
        "cps",
        "New series per second that were counted in the overflow series of a metric at its limit: a label has too \
         many values.",
        &rate(context, &metric::SERIES_OVERFLOW, &[label::METRIC]),
        "{{metric}}",
    )
}

/// Metrics whose names or labels clash.
fn clashes(context: &Context<'_>) -> Panel {
    context.count(
        "name clashes",
        "cps",
        "Metrics per second that were refused or renamed because their name or labels clash with those of another \
         metric.",
        &rate(context, &metric::NAME_CLASHES, &[label::METRIC]),
        "{{metric}}",
    )
}

/// Samples on the metrics page.
fn samples(context: &Context<'_>) -> Panel {
    let samples = Expr::instant(&Source::on_service("scrape_samples_scraped")).sum_by(&INSTANCE);
    context.trend(
        "samples on the page",
        "short",
        "Samples on the metrics page of each instance, all of which Prometheus stores.",
        &samples,
        "{{instance}}",
    )
}

/// The time to render the metrics page.
fn page(context: &Context<'_>) -> Panel {
    let buckets = Selector::new(format!("{}_bucket", metric::SCRAPE_DURATION.base()));
    context.trend(
        "p99 render time of the page",
        "s",
        "99 % of the metrics pages were rendered within this time.",
        &context.source.quantile(0.99, &buckets, &[]),
        "P99",
    )
}

/// The time of a scrape.
fn scrapes(context: &Context<'_>) -> Panel {
    let duration = Expr::instant(&Source::on_service("scrape_duration_seconds")).sum_by(&INSTANCE);
    context.trend(
        "time to scrape",
        "s",
        "Time that Prometheus takes to fetch and parse the page of each instance.",
        &duration,
        "{{instance}}",
    )
}

/// Instances by version.
fn versions(context: &Context<'_>) -> Panel {
    let versions = Expr::instant(&Source::on_service(metric::BUILD_INFO.base())).sum_by(&["version", "revision"]);
    context
        .trend(
            "instances by version",
            "short",
            "Instances by version. Two versions at once are a roll-out, possibly one that is stuck.",
            &versions,
            "{{version}} {{revision}}",
        )
        .stacked()
}

/// The rate of a counter, by labels.
fn rate(context: &Context<'_>, def: &MetricDef, labels: &[&str]) -> Expr {
    context.source.rate(def.base()).sum_by(labels)
}
