//! What services of axum use otherwise, each set up as its documentation says.

use std::error::Error;

use axum::{Router, body::Body};
use axum_otel_metrics::HttpMetricsLayerBuilder;
use axum_prometheus::PrometheusMetricLayer;
use axum_tracing_opentelemetry::middleware::OtelAxumLayer;
use http::Request;
use opentelemetry::{global, metrics::MeterProvider, propagation::Extractor, trace::TracerProvider};
use opentelemetry_instrumentation_tower::http::server::LayerBuilder;
use tower_http::{
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, RequestId, SetRequestIdLayer},
    trace::{DefaultMakeSpan, DefaultOnResponse, TraceLayer},
};
use tracing::{Level, Span, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::{fmt::format::FmtSpan, layer::SubscriberExt};

use super::{
    Subject,
    axum::subject,
    subscriber::{filtered, install},
};
use crate::{
    harness::Tally,
    telemetry::{Lines, before, now, sum},
};

type Made = Result<Subject, Box<dyn Error>>;

/// The counter of `axum-prometheus`.
const AXUM_PROMETHEUS_REQUESTS: &str = "axum_http_requests_total";

pub fn axum_prometheus() -> Made {
    let (layer, handle) = PrometheusMetricLayer::pair();
    let tally = Tally::default().requests(move || sum(&handle.render(), AXUM_PROMETHEUS_REQUESTS));
    Ok(subject(move |routes| routes.layer(layer.clone()), tally))
}

pub fn axum_otel_metrics() -> Made {
    let (_, requests) = before::meter_provider();
    let layer = HttpMetricsLayerBuilder::new().build();
    Ok(subject(move |routes| routes.layer(layer.clone()), Tally::default().requests(requests)))
}

pub fn tower_otel_metrics() -> Made {
    let (provider, requests) = now::meter_provider();
    let layer = tower_otel::metrics::HttpLayer::server(&provider.meter("tower-otel"));
    Ok(subject(move |routes| routes.layer(layer.clone()), Tally::default().requests(requests)))
}

pub fn tower_otel() -> Made {
    let (meters, requests) = now::meter_provider();
    let spans = tracing_spans("info")?;
    let metrics = tower_otel::metrics::HttpLayer::server(&meters.meter("tower-otel"));
    let traces = tower_otel::trace::HttpLayer::server(Level::INFO);
    let layers = move |routes: Router| routes.layer(metrics.clone()).layer(traces.clone());
    Ok(subject(layers, Tally::default().requests(requests).spans(spans)))
}

pub fn instrumentation_tower_metrics() -> Made {
    let (_, requests) = now::meter_provider();
    let layer = LayerBuilder::builder().with_tracing(false).build()?;
    Ok(subject(move |routes| routes.layer(layer.clone()), Tally::default().requests(requests)))
}

pub fn instrumentation_tower() -> Made {
    let (_, requests) = now::meter_provider();
    let (_, spans) = now::tracer_provider(true);
    let layer = LayerBuilder::builder().build()?;
    let tally = Tally::default().requests(requests).spans(spans);
    Ok(subject(move |routes| routes.layer(layer.clone()), tally))
}

pub fn axum_tracing_opentelemetry() -> Made {
    let spans = tracing_spans("info,otel::tracing=trace")?;
    Ok(subject(|routes| routes.layer(OtelAxumLayer::default()), Tally::default().spans(spans)))
}

pub fn tower_http() -> Made {
    let lines = Lines::default();
    install(filtered("info").with(lines.json_layer(FmtSpan::NONE)))?;
    let layers = |routes: Router| {
        let layer = TraceLayer::new_for_http()
            .make_span_with(DefaultMakeSpan::new().level(Level::INFO))
            .on_response(DefaultOnResponse::new().level(Level::INFO));
        routes.layer(layer)
    };
    Ok(subject(layers, Tally::default().lines(move || lines.count())))
}

/// What is usually put together: one `tracing` span for each request, which is continued from the caller's
/// trace, is exported, and stands on the line; a request id that is made, on the span, and echoed; metrics.
pub fn assembled() -> Made {
    let lines = Lines::default();
    let (provider, spans) = now::tracer_provider(true);
    let traces = tracing_opentelemetry::layer().with_tracer(provider.tracer("bench"));
    install(filtered("info").with(traces).with(lines.json_layer(FmtSpan::NONE)))?;
    let (metrics, handle) = PrometheusMetricLayer::pair();
    let layers = move |routes: Router| {
        let trace = TraceLayer::new_for_http()
            .make_span_with(continued_span)
            .on_response(DefaultOnResponse::new().level(Level::INFO));
        // The last one stands outermost.
        routes
            .layer(metrics.clone())
            .layer(PropagateRequestIdLayer::x_request_id())
            .layer(trace)
            .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
    };
    let tally = Tally::default()
        .requests(move || sum(&handle.render(), AXUM_PROMETHEUS_REQUESTS))
        .lines(move || lines.count())
        .spans(spans);
    Ok(subject(layers, tally))
}

fn continued_span(request: &Request<Body>) -> Span {
    let request_id = request.extensions().get::<RequestId>();
    let request_id = request_id.and_then(|id| id.header_value().to_str().ok()).unwrap_or_default();
    let span = info_span!(
        "request",
        method = %request.method(),
        uri = %request.uri(),
        version = ?request.version(),
        request_id,
    );
    let parent = global::get_text_map_propagator(|propagator| propagator.extract(&Headers(request.headers())));
    span.set_parent(parent).expect("a span that has just begun");
    span
}

/// The headers as a propagator reads them.
struct Headers<'a>(&'a http::HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}

/// Exports the spans of `tracing` that pass a filter, and counts them.
fn tracing_spans(filter: &str) -> Result<impl Fn() -> u64 + 'static, Box<dyn Error>> {
    let (provider, spans) = now::tracer_provider(true);
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("bench"));
    install(filtered(filter).with(layer))?;
    Ok(spans)
}
