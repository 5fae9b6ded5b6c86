//! The service with obs, as in the quick start.

use axum::{Router, extract::Path, routing::get};
use obs_axum::{ObsLayer, obs_core::Obs};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let _telemetry = Obs::builder("order-service").init()?;
    let app = Router::new()
        .route(
            "/orders/{id}",
            get(|Path(id): Path<u64>| async move { format!("order {id}") }),
        )
        .layer(ObsLayer::new())
        .merge(obs_axum::metrics("/metrics"));
    axum::serve(tokio::net::TcpListener::bind("127.0.0.1:0").await?, app).await?;
    Ok(())
}
