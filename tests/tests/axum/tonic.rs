//! The layer on tonic's server: gRPC over HTTP/2.

use std::{net::SocketAddr, thread::JoinHandle, time::Duration};

use ::tonic::{
    Status,
    transport::{Server, server::TcpIncoming},
};
use obs_axum::{ObsLayer, RequestView};
use obs_core::request::Outcome::{Cancelled, Ok as Fine};
use obs_tests::{
    apply_settings,
    scenario::{
        Act::LeaveBeforeHead, Adapter, Ask, Does, Expect, Plan, Scenario, Serving, Stage, Wire, check_all, post, row,
        shows, text,
    },
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
    trace_service_server::{TraceService, TraceServiceServer},
};
use tokio::{net::TcpListener, runtime::Builder, sync::oneshot};

const METHOD: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
/// A gRPC message without content (gRPC over HTTP/2: flag and length come first).
const EMPTY: &[u8] = b"\0\0\0\0\0";

/// tonic's own server with a generated service on it.
#[derive(Clone, Copy, Debug)]
struct Tonic;

/// The service does what the row's route does.
struct Service(Does);

/// A runtime with tonic's server.
struct Running {
    addr: SocketAddr,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

#[::tonic::async_trait]
impl TraceService for Service {
    async fn export(
        &self,
        _: ::tonic::Request<ExportTraceServiceRequest>,
    ) -> Result<::tonic::Response<ExportTraceServiceResponse>, Status> {
        match self.0.clone().perform(async { Vec::new() }).await {
            Ok(_) => Ok(::tonic::Response::new(ExportTraceServiceResponse::default())),
            Err(error) => Err(Status::internal(error.to_string())),
        }
    }
}

impl Adapter for Tonic {
    fn name(&self) -> &'static str {
        "tonic"
    }

    fn start(&self, plan: &Plan<'_>) -> Box<dyn Serving> {
        let layer = apply_settings!(ObsLayer::new(), plan).endpoint(endpoint);
        let service = TraceServiceServer::new(Service(plan.routes[0].does.clone()));
        // On one thread, so that the subscriber is current wherever the server runs.
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a free port");
        let addr = listener.local_addr().expect("a bound socket");
        let (stop, stopped) = oneshot::channel();
        let serving = async move {
            let stopped = async {
                // Dropped or sent: both mean it.
                let _ = stopped.await;
            };
            let server = Server::builder().layer(layer).add_service(service);
            server.serve_with_incoming_shutdown(TcpIncoming::from(listener), stopped).await.expect("a server");
        };
        let subscriber = plan.subscriber.clone().expect("a subscriber of the stage's own");
        let thread = std::thread::spawn(move || {
            tracing::dispatcher::with_default(&subscriber, || runtime.block_on(serving));
        });
        Box::new(Running { addr, stop, thread })
    }
}

impl Serving for Running {
    fn addr(&self) -> SocketAddr {
        self.addr
    }

    fn stop(self: Box<Self>, _within: Duration) -> bool {
        let _ = self.stop.send(());
        self.thread.join().is_ok()
    }
}

fn endpoint(request: &RequestView<'_>) -> Option<&'static str> {
    (request.uri.path() == METHOD).then_some(METHOD)
}

fn call(path: &'static str) -> Ask {
    post(path, EMPTY).header("content-type", "application/grpc").header("te", "trailers")
}

/// tonic tells no peer in axum's way, and bodies over HTTP/2 don't say how much they weigh.
fn seen(expect: Expect) -> Expect {
    expect.peer_unknown().reads_unknown()
}

#[test]
#[rustfmt::skip]
fn a_service_of_tonic() {
    let elsewhere = "/opentelemetry.proto.collector.trace.v1.TraceService/Else";
    let rows: Vec<Scenario> = vec![
        row("ok",           call(METHOD),    METHOD, text("done"), seen(shows(Fine, 200).sends(5))),
        row("grpc error",   call(METHOD),    METHOD, Does::Fail,   seen(shows(Fine, 200).answer_header("grpc-status", "13"))),
        row("no such method", call(elsewhere), METHOD, text("done"), seen(shows(Fine, 200).endpoint("unmatched").answer_header("grpc-status", "12"))),
        row("client gone",  call(METHOD).then(LeaveBeforeHead), METHOD, Does::Hang, seen(shows(Cancelled, 499))),
    ];
    assert_eq!(check_all(&Tonic, Wire::H2, &rows, Stage::in_memory), rows.len());
}
