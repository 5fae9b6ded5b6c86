//! A service that has layers of its own in its subscriber: errors on standard error, a count of events, and a filter
//! that can be exchanged. The argument says how obs joins them.

use std::{
    env, io,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use axum::{Router, body::Body, http::Request, routing::get};
use obs_axum::{
    ObsLayer,
    obs_core::{Obs, metrics::Format},
};
use tower::ServiceExt as _;
use tracing::{Event, Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt as _},
    registry::LookupSpan,
    reload,
    util::SubscriberInitExt as _,
};

static EVENTS: AtomicUsize = AtomicUsize::new(0);

/// Counts the events of the process.
struct CountEvents;

impl<S: Subscriber> Layer<S> for CountEvents {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "own_subscriber" {
            EVENTS.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Errors as text on standard error.
fn errors_on_stderr<S: Subscriber + for<'a> LookupSpan<'a>>() -> impl Layer<S> {
    tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(false)
        .without_time()
        .with_filter(LevelFilter::ERROR)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let way = env::args().nth(1).unwrap_or_default();
    let (exchangeable, handle) = reload::Layer::new(CountEvents.with_filter(LevelFilter::ERROR));
    let telemetry = match way.as_str() {
        // Everything is connected by `init`.
        "init" => Obs::builder("orders")
            .layer(errors_on_stderr())
            .layer(CountEvents)
            .layer(exchangeable)
            .init()?,
        // The application installs the subscriber.
        "build" | "no-default" => {
            let obs = Obs::builder("orders").build()?;
            tracing_subscriber::registry()
                .with(obs.subscriber_layer())
                .with(errors_on_stderr())
                .with(CountEvents)
                .init();
            if way == "build" {
                obs.make_default()?;
            }
            obs
        }
        // The layer of obs was forgotten.
        "no-layer" => {
            let obs = Obs::builder("orders").build()?;
            tracing_subscriber::registry()
                .with(errors_on_stderr())
                .with(CountEvents)
                .init();
            obs.make_default()?;
            obs
        }
        // Nothing was installed, but the instance is the default.
        "no-subscriber" => {
            let obs = Obs::builder("orders").build()?;
            obs.make_default()?;
            obs
        }
        // Nothing is connected to anything.
        "nothing" => Obs::builder("orders").build()?,
        // A subscriber is there already.
        "subscriber-first" => {
            tracing_subscriber::registry().with(errors_on_stderr()).init();
            Obs::builder("orders").init()?
        }
        other => return Err(format!("unknown argument {other:?}").into()),
    };
    if way == "init" {
        handle.modify(|layer| *layer.filter_mut() = LevelFilter::OFF)?;
    }
    requests().await?;
    telemetry.shutdown(Duration::from_secs(5))?;
    println!("{} events", EVENTS.load(Ordering::Relaxed));
    let page = String::from_utf8(telemetry.registry().render(Format::Text))?;
    for line in page.lines() {
        if ["http_requests_total{", "orders_total", "obs_build_info{"]
            .iter()
            .any(|name| line.starts_with(name))
        {
            println!("{line}");
        }
    }
    Ok(())
}

/// Two requests, one of which fails.
async fn requests() -> Result<(), Box<dyn std::error::Error>> {
    let app = Router::new()
        .route("/orders", get(order))
        .route("/broken", get(broken))
        .layer(ObsLayer::new());
    for path in ["/orders", "/broken"] {
        let response = app.clone().oneshot(Request::get(path).body(Body::empty())?).await?;
        drop(response);
    }
    Ok(())
}

async fn order() -> &'static str {
    tracing::info!("an order");
    log::info!("a record of the log crate");
    metrics::counter!("orders_total").increment(1);
    "order 7"
}

async fn broken() -> axum::http::StatusCode {
    tracing::error!("no database");
    axum::http::StatusCode::INTERNAL_SERVER_ERROR
}
