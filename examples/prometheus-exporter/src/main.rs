//! A service that stays with `metrics-exporter-prometheus`: the layer records into that exporter, and
//! its page is served.
//!
//! `cargo run -p prometheus-exporter`, then `curl localhost:3000/orders/7` and
//! `curl localhost:3000/metrics`. Another address can be given as the argument.

use std::{env, time::Duration};

use axum::{Router, extract::Path, routing::get};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use obs_axum::{
    ObsLayer,
    obs_core::{
        Obs,
        metrics::{DURATION_BUCKETS, SIZE_BUCKETS},
    },
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // First the exporter: `init` finds it, adopts it and says so.
    let handle = install_exporter()?;
    let _telemetry = Obs::builder("order-service").init()?;

    tokio::spawn(keep_up(handle.clone()));
    let app = Router::new()
        .route("/orders/{id}", get(order))
        .layer(ObsLayer::new())
        // `metrics` would answer 503: our registry is empty.
        .merge(obs_axum::metrics_from("/metrics", handle));

    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    axum::serve(listener, app).with_graceful_shutdown(interrupted()).await?;
    Ok(())
}

/// The exporter has to be told the bounds of histograms; without, they are summaries.
fn install_exporter() -> Result<PrometheusHandle, BuildError> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("duration_seconds".to_owned()), &DURATION_BUCKETS)?
        .set_buckets_for_metric(Matcher::Suffix("size_bytes".to_owned()), &SIZE_BUCKETS)?
        .install_recorder()
}

async fn order(Path(id): Path<u64>) -> String {
    // The application's own metrics go where they always went.
    metrics::counter!("orders_viewed_total").increment(1);
    format!("order {id}\n")
}

/// The exporter keeps every sample of its histograms until somebody asks for the page. Where nobody
/// does, this must.
async fn keep_up(handle: PrometheusHandle) {
    let mut ticks = tokio::time::interval(Duration::from_secs(5));
    loop {
        ticks.tick().await;
        handle.run_upkeep();
    }
}

/// Returns on Ctrl-C.
async fn interrupted() {
    // Without signals the service just runs on.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
