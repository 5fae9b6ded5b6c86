//! The server behind one port for both transports.

use std::{convert::Infallible, io::Read as _, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use flate2::read::GzDecoder;
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
    trace_service_server::{TraceService, TraceServiceServer},
};
use prost::Message as _;
use tonic::{Code, Status, body::Body, codec::CompressionEncoding};
use tower::ServiceExt as _;

use super::{Answer, ReceivedSpan, answer::Script};
use crate::{net::Server, watched::Watched};

/// How an export request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// OTLP over HTTP with protobuf.
    Http,
    /// OTLP over gRPC.
    Grpc,
}

/// An export request, whatever it was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedRequest {
    /// How it came.
    pub transport: Transport,
    /// Its path: `/v1/traces`, `/v1/logs`, …
    pub path: String,
    /// Its headers, or gRPC metadata.
    pub headers: HeaderMap,
    /// Its protobuf message, uncompressed; empty over gRPC.
    pub message: Bytes,
}

/// A collector on a port of 127.0.0.1: takes traces over HTTP and gRPC, and logs and metrics over
/// HTTP as raw messages.
#[derive(Debug)]
pub struct Receiver {
    server: Server,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    script: Script,
    requests: Watched<ReceivedRequest>,
    spans: Watched<ReceivedSpan>,
}

/// The tonic service; tonic's server side wants a type of its own.
#[derive(Debug)]
struct Grpc(Arc<State>);

// === impl Receiver ===

impl Receiver {
    /// Starts a receiver that accepts everything.
    #[must_use]
    pub fn start() -> Self {
        let state = Arc::<State>::default();
        let grpc = TraceServiceServer::new(Grpc(Arc::clone(&state))).accept_compressed(CompressionEncoding::Gzip);
        let shared = Arc::clone(&state);
        let server = Server::start(tower::service_fn(move |request: Request<Incoming>| {
            let (state, grpc) = (Arc::clone(&shared), grpc.clone());
            async move {
                let content_type = request.headers().get(header::CONTENT_TYPE);
                if content_type.is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc")) {
                    return grpc.oneshot(request).await;
                }
                Ok::<_, Infallible>(state.http(request).await)
            }
        }));
        Self { server, state }
    }

    /// `http://127.0.0.1:PORT`, to be set as the OTLP endpoint of either transport.
    #[must_use]
    pub fn endpoint(&self) -> String {
        self.server.url("")
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.server.addr()
    }

    /// Answers so from now on.
    pub fn answer(&self, answer: Answer) {
        self.state.script.set(answer);
    }

    /// Answers the next requests so, in this order, and goes on as before after them.
    pub fn answer_next(&self, answers: impl IntoIterator<Item = Answer>) {
        self.state.script.queue(answers);
    }

    /// The spans of requests that were accepted, in the order in which they came.
    #[must_use]
    pub fn spans(&self) -> Vec<ReceivedSpan> {
        self.state.spans.snapshot()
    }

    /// All export requests, refused ones too.
    #[must_use]
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.state.requests.snapshot()
    }

    /// Waits until `condition` holds for the accepted spans and returns them; panics with the spans
    /// when it doesn't `within` that time.
    #[track_caller]
    pub fn wait_for(&self, within: Duration, condition: impl FnMut(&[ReceivedSpan]) -> bool) -> Vec<ReceivedSpan> {
        self.state.spans.wait_for(within, condition)
    }

    /// [`wait_for`](Self::wait_for) on all export requests.
    #[track_caller]
    pub fn wait_for_requests(
        &self,
        within: Duration,
        condition: impl FnMut(&[ReceivedRequest]) -> bool,
    ) -> Vec<ReceivedRequest> {
        self.state.requests.wait_for(within, condition)
    }

    /// Forgets what came so far.
    pub fn clear(&self) {
        self.state.requests.clear();
        self.state.spans.clear();
    }
}

// === impl State ===

impl State {
    async fn http(&self, request: Request<Incoming>) -> Response<Body> {
        let (head, body) = request.into_parts();
        let Ok(body) = body.collect().await else { return plain(StatusCode::BAD_REQUEST) };
        let message = match decode(&head.headers, body.to_bytes()) {
            Ok(message) => message,
            Err(status) => return plain(status),
        };
        let path = head.uri.path().to_owned();
        if head.method != http::Method::POST || !matches!(&*path, "/v1/traces" | "/v1/logs" | "/v1/metrics") {
            return plain(StatusCode::NOT_FOUND);
        }
        let traces = if path == "/v1/traces" {
            match ExportTraceServiceRequest::decode(message.clone()) {
                Ok(traces) => Some(traces),
                Err(_) => return plain(StatusCode::BAD_REQUEST),
            }
        } else {
            None
        };
        self.requests.push(ReceivedRequest { transport: Transport::Http, path, headers: head.headers, message });
        match self.take(traces, Transport::Http).await {
            Ok(response) => protobuf(&response),
            Err(status) => plain(StatusCode::from_u16(status).expect("a script with HTTP statuses")),
        }
    }

    /// Does what the script says with one request; the error is an HTTP status.
    async fn take(
        &self,
        traces: Option<ExportTraceServiceRequest>,
        transport: Transport,
    ) -> Result<ExportTraceServiceResponse, u16> {
        let mut response = ExportTraceServiceResponse::default();
        match self.script.next() {
            Answer::Accept => {}
            Answer::Status(status) => return Err(status),
            Answer::Delay(delay) => tokio::time::sleep(delay).await,
            Answer::Partial(rejected_spans) => {
                let error_message = "rejected by the test".to_owned();
                response.partial_success = Some(ExportTracePartialSuccess { rejected_spans, error_message });
            }
            Answer::Hang => std::future::pending().await,
        }
        self.spans.extend(traces.into_iter().flat_map(|traces| flatten(traces, transport)));
        Ok(response)
    }
}

#[tonic::async_trait]
impl TraceService for Grpc {
    async fn export(
        &self,
        request: tonic::Request<ExportTraceServiceRequest>,
    ) -> Result<tonic::Response<ExportTraceServiceResponse>, Status> {
        let (metadata, _, traces) = request.into_parts();
        self.0.requests.push(ReceivedRequest {
            transport: Transport::Grpc,
            path: "/v1/traces".to_owned(),
            headers: metadata.into_headers(),
            message: Bytes::new(),
        });
        match self.0.take(Some(traces), Transport::Grpc).await {
            Ok(response) => Ok(tonic::Response::new(response)),
            Err(status) => Err(Status::new(grpc_code(status), format!("scripted status {status}"))),
        }
    }
}

fn flatten(request: ExportTraceServiceRequest, transport: Transport) -> Vec<ReceivedSpan> {
    let mut received = Vec::new();
    for of_resource in request.resource_spans {
        let resource = of_resource.resource.unwrap_or_default();
        for of_scope in of_resource.scope_spans {
            let scope = of_scope.scope.unwrap_or_default();
            received.extend(of_scope.spans.into_iter().map(|span| ReceivedSpan {
                resource: resource.clone(),
                scope: scope.clone(),
                span,
                transport,
            }));
        }
    }
    received
}

fn decode(headers: &HeaderMap, body: Bytes) -> Result<Bytes, StatusCode> {
    if headers.get(header::CONTENT_TYPE).is_none_or(|kind| kind != "application/x-protobuf") {
        return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    match headers.get(header::CONTENT_ENCODING).map(http::HeaderValue::as_bytes) {
        None | Some(b"identity") => Ok(body),
        Some(b"gzip") => {
            let mut plain = Vec::new();
            GzDecoder::new(&body[..]).read_to_end(&mut plain).map_err(|_| StatusCode::BAD_REQUEST)?;
            Ok(plain.into())
        }
        Some(_) => Err(StatusCode::UNSUPPORTED_MEDIA_TYPE),
    }
}

fn grpc_code(status: u16) -> Code {
    match status {
        429 | 503 => Code::Unavailable,
        400 => Code::InvalidArgument,
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        _ => Code::Unknown,
    }
}

fn protobuf(response: &ExportTraceServiceResponse) -> Response<Body> {
    let mut answer = Response::new(Body::new(Full::new(Bytes::from(response.encode_to_vec()))));
    answer.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/x-protobuf"));
    answer
}

fn plain(status: StatusCode) -> Response<Body> {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = status;
    answer
}
