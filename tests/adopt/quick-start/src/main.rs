use std::net::SocketAddr;

use axum::{Router, extract::Path, routing::get};
use obs_axum::{ObsLayer, obs_core::Obs};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let _telemetry = Obs::builder("order-service").init()?; // logs, metrics, traces
    let app = Router::new()
        .route("/orders/{id}", get(order))
        .layer(ObsLayer::new()) // one layer: all three signals
        .merge(obs_axum::metrics("/metrics")); // the page for Prometheus
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    // With the client's address, which axum otherwise doesn't pass on. `obs_axum::serve` does this itself.
    axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await?;
    Ok(())
}

async fn order(Path(id): Path<u64>) -> String {
    tracing::info!(id, "order read"); // has the ids of its request
    format!("order {id}\n")
}
