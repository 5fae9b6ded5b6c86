//! The smallest gRPC service with logs, metrics and traces: `cargo run -p grpc-minimal`, then
//! `cargo run -p grpc-minimal -- call tea` and `curl localhost:3000/metrics`.
//!
//! With `protoc` at hand, `tonic-prost-build` writes what stands in `orders.rs`.

mod orders;

use std::{error::Error, io::Write as _};

use obs_axum::{
    ObsClientLayer, ObsLayer,
    obs_core::{Obs, context},
};
use tonic::{Request, Response, Status, transport};
use tower::ServiceBuilder;

use crate::orders::{Ask, Order, OrdersClient, OrdersServer};

const PAGE: &str = "127.0.0.1:3000";
const SERVICE: &str = "127.0.0.1:50051";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => serve().await,
        ["call", name] => context::in_new(call(name)).await,
        _ => Err("say nothing to serve, or `call NAME`".into()),
    }
}

async fn serve() -> Result<(), Box<dyn Error>> {
    // Dropped at the end: that writes and sends what is still in flight.
    let _telemetry = Obs::builder("order-service").init()?;

    let page = axum::Router::new().merge(obs_axum::metrics("/metrics"));
    let listener = tokio::net::TcpListener::bind(PAGE).await?;
    tokio::spawn(async move { axum::serve(listener, page).await });

    transport::Server::builder()
        .layer(ObsLayer::new().grpc_methods(orders::METHODS))
        .add_service(OrdersServer::new(get))
        .serve_with_shutdown(SERVICE.parse()?, interrupted())
        .await?;
    Ok(())
}

/// The one method of the service.
async fn get(ask: Request<Ask>) -> Result<Response<Order>, Status> {
    let Ask { name } = ask.into_inner();
    // On the call's line, and on every line until then.
    context::set_field("order", name.clone());
    match name.as_str() {
        "tea" => Ok(Response::new(Order { name, cents: 350 })),
        _ => Err(Status::not_found("only tea today")),
    }
}

/// Calls the service; its trace goes on there.
async fn call(name: &str) -> Result<(), Box<dyn Error>> {
    let _telemetry = Obs::builder("order-client").init()?;
    let url = format!("http://{SERVICE}");
    let layer = ObsClientLayer::new().base_url(&url).grpc_methods(orders::METHODS);
    let channel = transport::Endpoint::from_shared(url)?.connect().await?;
    let mut orders = OrdersClient::new(ServiceBuilder::new().layer(layer).service(channel));
    let order = orders.get(Ask { name: name.to_owned() }).await?;
    let request = context::current();
    let trace = request
        .map(|request| request.trace_id().to_string())
        .unwrap_or_default();
    writeln!(
        std::io::stdout(),
        "{} for {} cents, trace {trace}",
        order.name,
        order.cents
    )?;
    Ok(())
}

/// Returns on Ctrl-C.
async fn interrupted() {
    // Without signals the service just runs on.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
