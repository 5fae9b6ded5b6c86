//! Requests: rate, errors, duration, in-flight requests; errors by type and status.

use obs_conventions::{
    Convention, Outcome,
    names::{label, log, metric},
};
use obs_rules::{Scope, Tally, promql::Expr};

use crate::grafana::{
    explore,
    layout::{Context, Layout, Topic},
    model::{DataLink, Panel, Target},
    query::{self, Source},
    thresholds,
};

/// Request rate, error rate, latency with its distribution, in-flight requests, instances.
pub(crate) fn red(layout: &mut Layout<'_>) {
    layout.row("Requests, errors, duration", Topic::Traffic);
    let pairs = [rate(layout), error_rate(layout)];
    layout.pairs(pairs);
    layout.about(Topic::Latency);
    let (stat, trend) = latency(layout);
    layout.pairs([(stat, trend)]);
    let panel = heatmap(layout);
    layout.line(8, [panel]);
    layout.about(Topic::Traffic);
    let instances = (!layout.context().source.is_endpoint()).then(|| instances(layout));
    let pairs: Vec<_> = in_flight(layout).into_iter().chain(instances).collect();
    layout.pairs(pairs);
}

/// The request rate.
fn rate(layout: &Layout<'_>) -> (Panel, Panel) {
    let context = layout.context();
    let naming = context.source.naming();
    let all = naming.requests(&Scope::service());
    let total = context.source.rates(&all).sum();
    let labels = [naming.method_label(), naming.endpoint_label()];
    let by_endpoint = context.source.rates(&all).sum_by(&labels);
    let legend = format!("{{{{{}}}}} {{{{{}}}}}", labels[0], labels[1]);
    let stat = Panel::stat("reqps")
        .about(
            context.title("requests per second now"),
            "Requests per second, with any outcome.",
        )
        .target(Target::prometheus(total.or_zero_if_none(), "requests"));
    let trend = Panel::time_series("reqps")
        .about(
            context.title("requests per second"),
            "Requests per second of each endpoint, with any outcome. Stacked: the upper edge is the total.",
        )
        .stacked()
        .target(Target::prometheus(by_endpoint, &legend));
    (stat, trend)
}

/// The error rate.
fn error_rate(layout: &Layout<'_>) -> (Panel, Panel) {
    let context = layout.context();
    let target = Target::prometheus(context.source.error_ratio(&[]), "error rate");
    let (stat, trend) = context.pair(
        "error rate",
        "percentunit",
        "Share of requests that failed: responses with 5xx, panics, and incomplete bodies. Requests that their \
         client cancelled do not count. Yellow above the error budget, red where a critical alert fires.",
        target,
    );
    let thresholds = thresholds::error_ratio(context.service);
    (
        stat.no_value("no requests").thresholds(thresholds.clone()),
        trend.thresholds(thresholds),
    )
}

/// The latency: quantiles with exemplars.
fn latency(layout: &Layout<'_>) -> (Panel, Panel) {
    let context = layout.context();
    let buckets = context.source.naming().duration_buckets(&Scope::service());
    let thresholds = thresholds::latency(context.service);
    let quantile = |quantile: f64| context.source.quantile(quantile, &buckets, &[]);
    let stat = Panel::stat("s")
        .about(
            context.title("p99 latency now"),
            "99 % of requests were answered, to the last byte, within this time.",
        )
        .no_value("no requests")
        .thresholds(thresholds.clone())
        .target(Target::prometheus(quantile(0.99), "P99"));
    let mut trend = Panel::time_series("s")
        .about(
            context.title("latency"),
            "Time from the arrival of a request to the last byte of its response. Each dot is a single request \
             and links to its trace.",
        )
        .thresholds(thresholds);
    for (at, legend) in [(0.99, "P99"), (0.95, "P95"), (0.5, "P50")] {
        trend = trend.target(Target::prometheus(quantile(at), legend).with_exemplars());
    }
    (stat, trend.data_link(slow_traces(layout)))
}

/// The link to slow traces.
fn slow_traces(layout: &Layout<'_>) -> DataLink {
    let service = layout.context().service;
    explore::traces_link("Slow traces", &explore::slow_traces(service))
}

/// The distribution of the latency.
fn heatmap(layout: &Layout<'_>) -> Panel {
    let context = layout.context();
    let buckets = context
        .source
        .select(context.source.naming().duration_buckets(&Scope::service()));
    let by_bucket = Expr::rate(&buckets, query::RATE_INTERVAL).sum_by(&[label::LE]);
    Panel::heatmap("s")
        .about(
            context.title("latency distribution"),
            "Requests per second by duration. Two bands mean two kinds of requests, which a quantile hides.",
        )
        .target(Target::prometheus(by_bucket, "{{le}}").in_buckets().with_exemplars())
}

/// Requests in flight; not by endpoint in the OpenTelemetry convention.
fn in_flight(layout: &Layout<'_>) -> Option<(Panel, Panel)> {
    let context = layout.context();
    let selector = context.source.naming().in_flight(&Scope::service());
    // The OpenTelemetry conventions don't split it by endpoint.
    if context.source.is_endpoint() && context.source.naming().convention() == Convention::OpenTelemetry {
        return None;
    }
    let now = Expr::instant(&context.source.select(selector)).sum();
    let target = Target::prometheus(now, "in flight");
    Some(context.pair(
        "requests in flight",
        "short",
        "Requests that have arrived and not ended. If it rises while the request rate does not, something that \
         requests wait for is slow.",
        target,
    ))
}

/// Instances that could be scraped.
fn instances(layout: &Layout<'_>) -> (Panel, Panel) {
    let context = layout.context();
    let up = Source::on_service("up");
    let target = Target::prometheus(Expr::instant(&up).sum(), "up");
    let description = format!(
        "Instances whose metrics could be scraped. The last log lines of an instance that is gone are found by \
         `{}`.",
        log::SERVICE
    );
    context.pair("instances up", "short", &description, target)
}

/// Errors by type, responses by status, requests that clients abandoned.
pub(crate) fn errors(layout: &mut Layout<'_>) {
    layout.row("Errors", Topic::Errors);
    let context = layout.context();
    layout.line(8, [by_type(context), by_status(context), abandoned(context)]);
}

/// Failed requests by type of error.
fn by_type(context: &Context<'_>) -> Panel {
    let naming = context.source.naming();
    let errors = match naming.convention() {
        Convention::Prometheus => context.source.rate(metric::ERRORS.name(naming.namespace())),
        Convention::OpenTelemetry => context.source.rates(&naming.errors(&Scope::service())),
    };
    context
        .count(
            "errors by type",
            "reqps",
            "Failed requests per second by type: the status of the response, `panic`, `body_error`, or a type \
             that the service sets.",
            &errors.sum_by(&[label::ERROR_TYPE]),
            "{{error_type}}",
        )
        .stacked()
}

/// Responses by status.
fn by_status(context: &Context<'_>) -> Panel {
    let naming = context.source.naming();
    let status = naming.status_label();
    let answers = context
        .source
        .rates(&naming.requests(&Scope::service()))
        .sum_by(&[status]);
    context
        .count(
            "responses by status",
            "reqps",
            "Responses per second by status. 499, or none, are requests that were cancelled before a response.",
            &answers,
            &format!("{{{{{status}}}}}"),
        )
        .stacked()
}

/// Requests whose client went away.
fn abandoned(context: &Context<'_>) -> Panel {
    let naming = context.source.naming();
    let all = naming.requests(&Scope::service());
    let abandoned = all
        .selectors()
        .iter()
        .cloned()
        .map(|selector| match naming.convention() {
            Convention::Prometheus => {
                let meant = Outcome::ALL
                    .into_iter()
                    .filter(|outcome| outcome.is_abandoned())
                    .map(Outcome::as_str);
                selector.matching(label::OUTCOME, &meant.collect::<Vec<_>>().join("|"))
            }
            Convention::OpenTelemetry => selector.with(naming.status_label(), "").with(label::ERROR_TYPE, ""),
        });
    let abandoned = context.source.rates(&Tally::new(abandoned.collect())).sum();
    context.count(
        "abandoned requests",
        "reqps",
        "Requests per second whose client disconnected before the response was complete. They do not count as \
         errors.",
        &abandoned,
        "abandoned",
    )
}
