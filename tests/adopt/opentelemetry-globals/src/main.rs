//! A service with a tracer provider and a propagator of its own, and a library that uses OpenTelemetry's globals. The
//! argument says how the service hands them over.

use std::{
    env,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use axum::{Router, body::Body, http::Request, routing::get};
use obs_axum::{
    ObsLayer,
    obs_core::{Obs, context, otel::SpanReader},
};
use opentelemetry::{
    Context, global,
    propagation::{Extractor, Injector, TextMapPropagator, text_map_propagator::FieldIter},
    trace::Tracer as _,
};
use opentelemetry_sdk::{
    error::OTelSdkResult,
    trace::{SdkTracerProvider, SpanData, SpanExporter},
};
use tower::ServiceExt as _;

/// What is printed at the end, when all lines are written.
static EXPORTED: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn note(export: String) {
    EXPORTED.lock().unwrap_or_else(PoisonError::into_inner).push(export);
}

/// What the provider of the service exports.
#[derive(Debug)]
struct Own;

impl SpanExporter for Own {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        for span in batch {
            note(format!("exported by the service: {}", span.name));
        }
        Ok(())
    }
}

/// What obs exports.
#[derive(Debug)]
struct OfObs;

impl SpanReader for OfObs {
    fn read(&self, span: &SpanData) {
        note(format!("exported by obs: {}", span.name));
    }
}

/// The format of the headers that the service uses.
#[derive(Debug)]
struct Legacy([String; 1]);

impl TextMapPropagator for Legacy {
    fn inject_context(&self, _: &Context, _: &mut dyn Injector) {}

    fn extract_with_context(&self, context: &Context, _: &dyn Extractor) -> Context {
        context.clone()
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&self.0)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let provider = SdkTracerProvider::builder().with_simple_exporter(Own).build();
    let propagator = Legacy(["x-legacy-trace".to_owned()]);
    let builder = Obs::builder("orders").span_reader(OfObs);
    let argument = env::args().nth(1);
    let mut later = None;
    let telemetry = match argument.as_deref() {
        Some("before") => {
            global::set_tracer_provider(provider);
            global::set_text_map_propagator(propagator);
            builder.init()?
        }
        Some("after") => {
            let telemetry = builder.init()?;
            global::set_tracer_provider(provider);
            global::set_text_map_propagator(propagator);
            telemetry
        }
        Some("later" | "job") => {
            later = Some((provider, propagator));
            builder.init()?
        }
        Some("given") => builder.tracer_provider(provider).propagator(propagator).init()?,
        other => return Err(format!("unknown argument {other:?}").into()),
    };
    if argument.as_deref() == Some("job") {
        // No request ever.
        context::in_new(order()).await;
    } else {
        let app = Router::new().route("/orders", get(order)).layer(ObsLayer::new());
        drop(app.oneshot(Request::get("/orders").body(Body::empty())?).await?);
    }
    if let Some((provider, propagator)) = later {
        global::set_tracer_provider(provider);
        global::set_text_map_propagator(propagator);
    }
    telemetry.shutdown(Duration::from_secs(5))?;
    for export in EXPORTED.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        println!("{export}");
    }
    Ok(())
}

/// A handler that calls a library.
async fn order() {
    drop(global::tracer("library").start("query"));
}
