//! What clients use otherwise, each set up as its documentation says.

use std::error::Error;

use opentelemetry::{metrics::MeterProvider, trace::TracerProvider};
use opentelemetry_before::trace::TracerProvider as _;
use reqwest_tracing::TracingMiddleware;
use tower::Layer;
use tracing::Level;
use tracing_subscriber::layer::SubscriberExt;

use super::{
    Subject,
    reqwest::{answering, client, subject, tower_subject},
    subscriber::{filtered, install},
};
use crate::{
    harness::Tally,
    telemetry::{before, now},
};

type Made = Result<Subject, Box<dyn Error>>;

pub fn reqwest_tracing() -> Made {
    traced(true)
}

pub fn reqwest_tracing_unsampled() -> Made {
    traced(false)
}

fn traced(sampled: bool) -> Made {
    let (provider, spans) = before::tracer_provider(sampled);
    install(filtered("info").with(tracing_opentelemetry_before::layer().with_tracer(provider.tracer("bench"))))?;
    Ok(subject(client(TracingMiddleware::default()), Tally::default().spans(spans)))
}

pub fn tower_otel() -> Made {
    tower(true)
}

pub fn tower_otel_unsampled() -> Made {
    tower(false)
}

fn tower(sampled: bool) -> Made {
    let (meters, requests) = now::meter_provider();
    let (provider, spans) = now::tracer_provider(sampled);
    install(filtered("info").with(tracing_opentelemetry::layer().with_tracer(provider.tracer("bench"))))?;
    let metrics = tower_otel::metrics::HttpLayer::client(&meters.meter("tower-otel"));
    let service = tower_otel::trace::HttpLayer::client(Level::INFO).layer(metrics.layer(answering()));
    Ok(tower_subject(service, Tally::default().requests(requests).spans(spans)))
}
