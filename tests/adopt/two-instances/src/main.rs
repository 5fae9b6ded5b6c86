//! Two services in one process: what happens in a request is on the page and in the lines of its service alone.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{Router, body::Body, http::Request, routing::get};
use obs_axum::{
    ObsLayer,
    obs_core::{
        Obs, context,
        metrics::Format,
        otel::{
            SpanReader,
            opentelemetry::{global, trace::Tracer as _},
            opentelemetry_sdk::trace::SpanData,
        },
    },
};
use tower::ServiceExt as _;

/// The spans of an instance, which are printed at the end, when all lines are written.
#[derive(Clone, Debug, Default)]
struct Spans(Arc<Mutex<Vec<String>>>);

impl Spans {
    fn names(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SpanReader for Spans {
    fn read(&self, span: &SpanData) {
        self.names().push(span.name.to_string());
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let spans = [Spans::default(), Spans::default()];
    let [orders, payments] = Obs::init_several([
        Obs::builder("orders").span_reader(spans[0].clone()),
        Obs::builder("payments")
            .span_reader(spans[1].clone())
            .log_writer(io::stderr()),
    ])?;
    let order = service(&orders, "/orders", "order placed");
    let payment = service(&payments, "/payments", "card charged");
    for (app, path) in [(&order, "/orders"), (&payment, "/payments"), (&payment, "/payments")] {
        drop(app.clone().oneshot(Request::get(path).body(Body::empty())?).await?);
    }
    // Work that no request started belongs to the instance that starts its context, else to the first one.
    context::run_in(payments.start_context(), || tracing::info!("settled with the bank"));
    tracing::info!("nothing to do");

    for obs in [&orders, &payments] {
        obs.shutdown(Duration::from_secs(5))?;
    }
    for ((name, obs), spans) in [("orders", &orders), ("payments", &payments)].into_iter().zip(&spans) {
        println!("spans of {name}: {:?}", spans.names());
        let page = String::from_utf8(obs.registry().render(Format::Text))?;
        let own = ["http_requests_total{", "business_total", "obs_build_info{"];
        for line in page
            .lines()
            .filter(|line| own.iter().any(|start| line.starts_with(start)))
        {
            println!("page of {name}: {line}");
        }
    }
    Ok(())
}

/// A service with one route, whose handler logs, counts with the `metrics` crate, and calls a library that makes spans
/// with OpenTelemetry's global tracer.
fn service(obs: &Obs, path: &str, message: &'static str) -> Router {
    let handler = move || async move {
        tracing::info!("{message}");
        log::info!("{message}, by the log crate");
        metrics::counter!("business_total").increment(1);
        drop(global::tracer("library").start("query"));
    };
    Router::new().route(path, get(handler)).layer(ObsLayer::new().obs(obs))
}
