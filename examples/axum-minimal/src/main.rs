//! The smallest service with logs, metrics and traces: `cargo run -p axum-minimal`, then
//! `curl -i localhost:3000/orders/7` and `curl localhost:3000/metrics`.

use std::net::SocketAddr;

use axum::{Router, extract::Path, routing::get};
use obs_axum::{ObsLayer, obs_core::Obs};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Dropped at the end of `main`: that writes and sends what is still in flight.
    let _telemetry = Obs::builder("order-service").init()?;

    let app = Router::new()
        .route(
            "/orders/{id}",
            get(|Path(id): Path<u64>| async move { format!("order {id}\n") }),
        )
        .layer(ObsLayer::new())
        .merge(obs_axum::metrics("/metrics"));

    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    // With the client's address, which axum otherwise doesn't pass on.
    axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(interrupted())
        .await?;
    Ok(())
}

/// Returns on Ctrl-C.
async fn interrupted() {
    // Without signals the service just runs on.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
