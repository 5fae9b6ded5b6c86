//! Endpoints compared with each other, response sizes, streams.

use std::collections::BTreeMap;

use obs_conventions::names::{MetricDef, label, metric, semconv};
use obs_rules::{
    Scope,
    promql::{Expr, Selector},
};

use crate::grafana::{
    explore,
    kind::Kind,
    layout::{Context, Layout, Topic},
    model::{Color, DataLink, Override, Panel, Property, Target, Transformation},
    thresholds,
};

const REQUESTS: &str = "Requests per second";
const ERRORS: &str = "Error rate";
const P50: &str = "P50";
const P95: &str = "P95";
const P99: &str = "P99";
const METHOD: &str = "Method";
const ENDPOINT: &str = "Endpoint";
/// The cell with the method, encoded for an address.
const METHOD_CELL: &str = "${__data.fields.Method:percentencode}";
/// The cell with the endpoint, encoded for an address.
const ENDPOINT_CELL: &str = "${__data.fields.Endpoint:percentencode}";

/// A table of endpoints, with links to dashboard, traces and log lines of each.
pub(crate) fn table(layout: &mut Layout<'_>) {
    layout.row("Endpoints", Topic::Latency);
    let context = layout.context();
    let panel = targets(context)
        .into_iter()
        .fold(Panel::table(REQUESTS), |panel, expr| panel.target(Target::table(expr)));
    let panel = panel
        .about(
            context.title("endpoints"),
            "Rate, errors and duration of each endpoint, with links to its dashboard, traces and log lines.",
        )
        .no_value("no requests")
        .transformations(vec![Transformation::Merge {}, columns(context)])
        .overrides(overrides(context));
    layout.line(9, [panel]);
}

/// Latency and error rate of each endpoint over time.
pub(crate) fn by_endpoint(layout: &mut Layout<'_>) {
    let context = layout.context();
    let naming = context.source.naming();
    let labels = [naming.method_label(), naming.endpoint_label()];
    let legend = format!("{{{{{}}}}} {{{{{}}}}}", labels[0], labels[1]);
    let buckets = naming.duration_buckets(&Scope::service());
    let latency = context
        .trend(
            "p99 latency by endpoint",
            "s",
            "99 % of the requests to each endpoint were answered within this time.",
            &context.source.quantile(0.99, &buckets, &labels),
            &legend,
        )
        .thresholds(thresholds::latency(context.service));
    let errors = context
        .trend(
            "error rate by endpoint",
            "percentunit",
            "Share of the requests to each endpoint that failed.",
            &context.source.error_ratio(&labels),
            &legend,
        )
        .thresholds(thresholds::error_ratio(context.service));
    layout.line(8, [latency, errors]);
}

/// Bytes of responses.
pub(crate) fn sizes(layout: &mut Layout<'_>) {
    layout.row("Sizes", Topic::Traffic);
    let context = layout.context();
    let buckets = buckets(context, &metric::RESPONSE_SIZE, &semconv::SERVER_RESPONSE_BODY_SIZE);
    let mut panel = Panel::time_series("bytes")
        .about(context.title("response bytes"), "Bytes of response bodies per second.")
        .no_value("none");
    for (quantile, legend) in [(0.99, P99), (0.5, P50)] {
        let expr = context.source.quantile(quantile, &buckets, &[]);
        panel = panel.target(Target::prometheus(expr, legend));
    }
    layout.line(8, [panel]);
}

/// The lifetime of streams, if the service has any.
pub(crate) fn streams(layout: &mut Layout<'_>) {
    let context = layout.context();
    if !context.service.endpoints.iter().any(|endpoint| endpoint.is_stream) {
        return;
    }
    layout.about(Topic::Traffic);
    let endpoint = context.source.naming().endpoint_label();
    let buckets = buckets(context, &metric::STREAM_DURATION, &semconv::SERVER_STREAM_DURATION);
    let panel = context
        .trend(
            "p99 lifetime of streams",
            "s",
            "99 % of event streams and upgraded connections end within this time. They are not part of the latency.",
            &context.source.quantile(0.99, &buckets, &[endpoint]),
            &format!("{{{{{endpoint}}}}}"),
        )
        .no_value("none");
    layout.line(8, [panel]);
}

/// The buckets of a histogram, in the convention of the service.
fn buckets(context: &Context<'_>, prometheus: &MetricDef, open_telemetry: &MetricDef) -> Selector {
    Selector::new(format!(
        "{}_bucket",
        context.source.naming().name(prometheus, open_telemetry)
    ))
}

/// The queries of the table, one for each column.
fn targets(context: &Context<'_>) -> [Expr; 5] {
    let naming = context.source.naming();
    let labels = [naming.method_label(), naming.endpoint_label()];
    let buckets = naming.duration_buckets(&Scope::service());
    let quantile = |quantile| context.source.quantile(quantile, &buckets, &labels);
    [
        context
            .source
            .rates(&naming.requests(&Scope::service()))
            .sum_by(&labels),
        context.source.error_ratio(&labels),
        quantile(0.5),
        quantile(0.95),
        quantile(0.99),
    ]
}

/// Names and order of the columns.
fn columns(context: &Context<'_>) -> Transformation {
    let naming = context.source.naming();
    let columns = [
        (naming.method_label(), METHOD),
        (naming.endpoint_label(), ENDPOINT),
        ("Value #A", REQUESTS),
        ("Value #B", ERRORS),
        ("Value #C", P50),
        ("Value #D", P95),
        ("Value #E", P99),
    ];
    Transformation::Organize {
        exclude_by_name: BTreeMap::from([("Time".to_owned(), true)]),
        index_by_name: columns
            .iter()
            .enumerate()
            .map(|(at, (from, _))| ((*from).to_owned(), at))
            .collect(),
        rename_by_name: columns
            .iter()
            .map(|(from, to)| ((*from).to_owned(), (*to).to_owned()))
            .collect(),
    }
}

/// Units and colours of the columns.
fn overrides(context: &Context<'_>) -> Vec<Override> {
    let by_value = || Property::Color(Color { mode: "thresholds" });
    let text = || Property::Cell { kind: "color-text" };
    let seconds = |name| {
        let thresholds = Property::Thresholds(thresholds::latency(context.service));
        Override::of(name, vec![Property::Unit("s"), thresholds, by_value(), text()])
    };
    let errors = Property::Thresholds(thresholds::error_ratio(context.service));
    vec![
        Override::of(ENDPOINT, vec![Property::Links(links(context))]),
        Override::of(REQUESTS, vec![Property::Unit("reqps")]),
        Override::of(ERRORS, vec![Property::Unit("percentunit"), errors, by_value(), text()]),
        seconds(P50),
        seconds(P95),
        seconds(P99),
    ]
}

/// The links of an endpoint.
fn links(context: &Context<'_>) -> Vec<DataLink> {
    let uid = Kind::Endpoint.uid(context.service);
    vec![
        explore::dashboard_link(
            "Dashboard of this endpoint",
            &uid,
            &[(label::ENDPOINT, ENDPOINT_CELL), (label::METHOD, METHOD_CELL)],
        ),
        explore::traces_link(
            "Traces of this endpoint",
            &explore::endpoint_traces(context.service, METHOD_CELL, ENDPOINT_CELL),
        ),
        explore::logs_link(
            "Log lines of this endpoint",
            &explore::endpoint_lines(context.service, METHOD_CELL, ENDPOINT_CELL),
        ),
    ]
}
