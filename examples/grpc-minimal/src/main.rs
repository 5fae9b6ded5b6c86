//! The smallest gRPC service with logs, metrics and traces: `cargo run -p grpc-minimal`, then
//! `cargo run -p grpc-minimal -- call tea` and `curl localhost:3000/metrics`.
//!
//! With `protoc` at hand, `tonic-prost-build` writes what stands in `orders.rs`.

mod orders;

use std::{error::Error, io::Write as _};

use obs_axum::{
    ObsClientLayer, ObsLayer,
    obs_core::{
        Obs, context,
        shutdown::{Graceful, Stop},
    },
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
    let obs = Obs::builder("order-service").serve_metrics(PAGE.parse()?).init()?;
    let address = SERVICE.parse()?;
    let layer = ObsLayer::new().grpc_methods(orders::METHODS);
    let serve = |stop: Stop| {
        transport::Server::builder()
            .layer(layer)
            .serve_with_shutdown(address, OrdersServer::new(get), stop.requested())
    };
    // At SIGTERM or Ctrl-C: calls in flight finish, then spans and log lines are sent and written.
    Graceful::new(&obs).run(serve).await?;
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
