//! The health service of tonic, recorded by a layer, and its client with another; both stop in order.

use std::{error::Error, time::Duration};

use obs_axum::{
    ObsClientLayer, ObsLayer,
    obs_core::{
        Obs, context,
        metrics::Format,
        shutdown::{Graceful, Stop},
    },
};
use tokio::net::TcpListener;
use tonic::transport::{Endpoint, Server, server::TcpIncoming};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tower::ServiceBuilder;

const METHODS: [&str; 1] = ["grpc.health.v1.Health/Check"];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let telemetry = Obs::builder("health-service").init()?;
    let (_reporter, service) = tonic_health::server::health_reporter();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);

    let graceful = Graceful::new(&telemetry).drain(Duration::from_secs(5));
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let serve = |_: Stop| {
        let stopped = async { drop(stopped.await) };
        Server::builder()
            .layer(ObsLayer::new().grpc_methods(METHODS))
            .serve_with_incoming_shutdown(service, TcpIncoming::from(listener), stopped)
    };
    let calls = async {
        let called = context::in_new(calls(url)).await;
        let _ = stop.send(());
        called
    };
    let (served, called) = tokio::join!(graceful.run(serve), calls);
    served?;
    println!("{}", called?.join("\n"));
    let page = String::from_utf8(telemetry.registry().render(Format::Text))?;
    let requests = ["http_requests_total{", "http_client_requests_total{"];
    for line in page
        .lines()
        .filter(|line| requests.iter().any(|start| line.starts_with(start)))
    {
        println!("{line}");
    }
    Ok(())
}

/// One call that succeeds, and one for a service that isn't there.
async fn calls(url: String) -> Result<Vec<String>, Box<dyn Error>> {
    let layer = ObsClientLayer::new().base_url(&url).grpc_methods(METHODS);
    let channel = Endpoint::from_shared(url)?.connect().await?;
    let mut client = HealthClient::new(ServiceBuilder::new().layer(layer).service(channel));
    let mut answers = Vec::new();
    for name in ["", "nobody"] {
        let service = name.to_owned();
        match client.check(HealthCheckRequest { service }).await {
            Ok(answer) => answers.push(format!("{name:?} is {:?}", answer.into_inner().status())),
            Err(status) => answers.push(format!("{name:?}: {:?}", status.code())),
        }
    }
    Ok(answers)
}
