//! A service with health checks that loses nothing when it is told to stop.
//!
//! `cargo run -p axum-graceful`, then `curl -i localhost:3000/ready`; press Ctrl-C while
//! `curl localhost:3000/reports/3000` runs: the report still arrives. `DATABASE=localhost:5432` adds
//! a check; `LISTEN`, `PRE_STOP_MS`, `DRAIN_MS` and `FLUSH_MS` change what they say.

use std::{env, error::Error, time::Duration};

use axum::{
    Router,
    body::Bytes,
    extract::Path,
    routing::{get, post},
};
use obs_axum::{
    ObsLayer,
    obs_core::{
        Obs,
        health::{Check, Health},
    },
    shutdown::Graceful,
};
use tokio::net::{TcpListener, TcpStream};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let obs = Obs::builder("graceful-service").init()?;
    let health = health();

    let app = Router::new()
        .route("/orders/{id}", get(async |Path(id): Path<u64>| format!("order {id}\n")))
        .route("/reports/{ms}", get(report))
        .route("/uploads", post(async |body: Bytes| format!("{} bytes\n", body.len())))
        .layer(ObsLayer::new())
        .merge(obs_axum::metrics("/metrics"))
        .merge(obs_axum::health("/health", &health)) // Kubernetes: livenessProbe
        .merge(obs_axum::ready("/ready", &health)); // Kubernetes: readinessProbe

    let graceful = Graceful::new(&obs)
        .health(&health)
        .pre_stop(millis("PRE_STOP_MS", 1000)?) // load balancers see that `/ready` turns 503
        .drain(millis("DRAIN_MS", 5000)?) // requests in flight end
        .flush(millis("FLUSH_MS", 2000)?); // spans and log lines leave
    let listener = TcpListener::bind(env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:3000".into())).await?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    obs_axum::serve(listener, app, graceful).await?;
    Ok(())
}

/// What the service needs.
fn health() -> Health {
    match env::var("DATABASE") {
        Ok(address) => Health::new().check(Check::new("database", move || {
            let address = address.clone();
            async move { TcpStream::connect(address).await.map(drop) }
        })),
        Err(_) => Health::new(),
    }
}

/// Takes as long as it is told to.
async fn report(Path(ms): Path<u64>) -> String {
    tokio::time::sleep(Duration::from_millis(ms)).await;
    format!("made in {ms} ms\n")
}

fn millis(name: &str, default: u64) -> Result<Duration, Box<dyn Error>> {
    let ms = env::var(name).map_or(Ok(default), |text| text.parse())?;
    Ok(Duration::from_millis(ms))
}
