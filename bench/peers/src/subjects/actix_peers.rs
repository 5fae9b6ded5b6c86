//! What services of actix-web use otherwise, each set up as its documentation says.

use std::error::Error;

use actix_web_prom::PrometheusMetricsBuilder;
use opentelemetry_before::trace::TracerProvider;
use opentelemetry_instrumentation_actix_web::{RequestMetrics, RequestTracing};
use prometheus::TextEncoder;
use tracing_actix_web::TracingLogger;
use tracing_subscriber::{fmt::format::FmtSpan, layer::SubscriberExt};

use super::{
    Subject,
    actix::app,
    subscriber::{filtered, install},
};
use crate::{
    harness::Tally,
    telemetry::{Lines, before, now, sum},
};

type Made = Result<Subject, Box<dyn Error>>;

pub fn actix_web_prom() -> Made {
    let middleware = PrometheusMetricsBuilder::new("bench").build().map_err(|error| error.to_string())?;
    let registry = middleware.registry.clone();
    let page = move || TextEncoder::new().encode_to_string(&registry.gather()).unwrap_or_default();
    let tally = Tally::default().requests(move || sum(&page(), "bench_http_requests_total"));
    Ok(app!(middleware; tally))
}

pub fn instrumentation_actix_web() -> Made {
    let (_, requests) = now::meter_provider();
    let (_, spans) = now::tracer_provider(true);
    let tally = Tally::default().requests(requests).spans(spans);
    Ok(app!(RequestTracing::new(), RequestMetrics::default(); tally))
}

/// Its span is exported.
pub fn tracing_actix_web() -> Made {
    let (provider, spans) = before::tracer_provider(true);
    let layer = tracing_opentelemetry_before::layer().with_tracer(provider.tracer("bench"));
    install(filtered("info").with(layer))?;
    Ok(app!(TracingLogger::default(); Tally::default().spans(spans)))
}

/// Its span is written as a line when it ends.
pub fn tracing_actix_web_lines() -> Made {
    let lines = Lines::default();
    install(filtered("info").with(lines.json_layer(FmtSpan::CLOSE)))?;
    Ok(app!(TracingLogger::default(); Tally::default().lines(move || lines.count())))
}
