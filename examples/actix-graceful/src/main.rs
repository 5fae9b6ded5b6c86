//! An actix-web service with health checks that loses nothing when it is told to stop.
//!
//! `cargo run -p actix-graceful`, then `curl -i localhost:3000/ready`; press Ctrl-C while
//! `curl localhost:3000/reports/3000` runs: the report still arrives. `DATABASE=localhost:5432` adds
//! a check; `LISTEN`, `PRE_STOP_MS`, `DRAIN_MS` and `FLUSH_MS` change what they say.

use std::{env, error::Error, time::Duration};

use actix_web::{
    App, HttpServer, rt,
    web::{self, Bytes},
};
use obs_actix::{
    ObsMiddleware,
    obs_core::{
        Obs,
        health::{Check, Health},
    },
    shutdown::Graceful,
};
use tokio::net::TcpStream;

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let obs = Obs::builder("graceful-service").init()?;
    let health = health();
    let graceful = Graceful::new(&obs)
        .health(&health)
        .pre_stop(millis("PRE_STOP_MS", 1000)?) // load balancers see that `/ready` turns 503
        .drain(millis("DRAIN_MS", 5000)?) // requests in flight end
        .flush(millis("FLUSH_MS", 2000)?); // spans and log lines leave

    let app = move || {
        App::new()
            .wrap(ObsMiddleware::new())
            .route("/orders/{id}", web::get().to(order))
            .route("/reports/{ms}", web::get().to(report))
            .route("/uploads", web::post().to(upload))
            .service(obs_actix::metrics("/metrics"))
            .service(obs_actix::health("/health", &health)) // Kubernetes: livenessProbe
            .service(obs_actix::ready("/ready", &health)) // Kubernetes: readinessProbe
    };
    let server = HttpServer::new(app).bind(env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:3000".into()))?;
    for address in server.addrs() {
        tracing::info!(%address, "listening");
    }
    obs_actix::serve(server, graceful).await?;
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

async fn order(id: web::Path<u64>) -> String {
    format!("order {id}\n")
}

/// Takes as long as it is told to.
async fn report(ms: web::Path<u64>) -> String {
    rt::time::sleep(Duration::from_millis(*ms)).await;
    format!("made in {ms} ms\n")
}

async fn upload(body: Bytes) -> String {
    format!("{} bytes\n", body.len())
}

fn millis(name: &str, default: u64) -> Result<Duration, Box<dyn Error>> {
    let ms = env::var(name).map_or(Ok(default), |text| text.parse())?;
    Ok(Duration::from_millis(ms))
}
