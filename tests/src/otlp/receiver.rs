//! The server behind one port for both transports.

use std::{
    convert::Infallible,
    io::Read as _,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use flate2::read::GzDecoder;
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use opentelemetry_proto::tonic::collector::{
    logs::v1::{
        ExportLogsPartialSuccess, ExportLogsServiceRequest, ExportLogsServiceResponse,
        logs_service_server::{LogsService, LogsServiceServer},
    },
    metrics::v1::{
        ExportMetricsPartialSuccess, ExportMetricsServiceRequest, ExportMetricsServiceResponse,
        metrics_service_server::{MetricsService, MetricsServiceServer},
    },
    trace::v1::{
        ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
        trace_service_server::{TraceService, TraceServiceServer},
    },
};
use prost::Message as _;
use tonic::{Status, body::Body, codec::CompressionEncoding, metadata::MetadataMap};
use tower::ServiceExt as _;

use super::{
    Answer, ReceivedLog, ReceivedMetric, ReceivedSpan,
    answer::Script,
    flatten::{flatten, flatten_logs, flatten_metrics},
    refusal::Refusal,
};
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
    /// Bytes of the message, uncompressed.
    pub size: usize,
    /// When it came.
    pub at: Instant,
}

/// A collector on a port of 127.0.0.1: takes traces, logs and metrics over HTTP and gRPC.
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
    logs: Watched<ReceivedLog>,
    /// One list for each push.
    metrics: Watched<Vec<ReceivedMetric>>,
}

/// The tonic services; tonic's server side wants a type of its own.
#[derive(Clone, Debug)]
struct Grpc(Arc<State>);

/// What an export request over HTTP carries.
enum Payload {
    Traces(ExportTraceServiceRequest),
    Logs(ExportLogsServiceRequest),
    Metrics(ExportMetricsServiceRequest),
}

/// How many items of a message are rejected, and why.
type Rejected = Option<(i64, String)>;

/// Why items are rejected.
const REJECTED: &str = "rejected by the test";

// === impl Receiver ===

impl Receiver {
    /// Starts a receiver that accepts everything.
    #[must_use]
    pub fn start() -> Self {
        let state = Arc::<State>::default();
        let grpc = Grpc(Arc::clone(&state));
        let traces = TraceServiceServer::new(grpc.clone()).accept_compressed(CompressionEncoding::Gzip);
        let logs = LogsServiceServer::new(grpc.clone()).accept_compressed(CompressionEncoding::Gzip);
        let metrics = MetricsServiceServer::new(grpc).accept_compressed(CompressionEncoding::Gzip);
        let shared = Arc::clone(&state);
        let server = Server::start(tower::service_fn(move |request: Request<Incoming>| {
            let (state, traces) = (Arc::clone(&shared), traces.clone());
            let (logs, metrics) = (logs.clone(), metrics.clone());
            async move {
                let content_type = request.headers().get(header::CONTENT_TYPE);
                if content_type.is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc")) {
                    let path = request.uri().path();
                    return if path.starts_with("/opentelemetry.proto.collector.logs.") {
                        logs.oneshot(request).await
                    } else if path.starts_with("/opentelemetry.proto.collector.metrics.") {
                        metrics.oneshot(request).await
                    } else {
                        traces.oneshot(request).await
                    };
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

    /// The log records of requests that were accepted, in the order in which they came.
    #[must_use]
    pub fn logs(&self) -> Vec<ReceivedLog> {
        self.state.logs.snapshot()
    }

    /// The metrics of each push that was accepted, in the order in which they came.
    #[must_use]
    pub fn metrics(&self) -> Vec<Vec<ReceivedMetric>> {
        self.state.metrics.snapshot()
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

    /// [`wait_for`](Self::wait_for) on the accepted log records.
    #[track_caller]
    pub fn wait_for_logs(&self, within: Duration, condition: impl FnMut(&[ReceivedLog]) -> bool) -> Vec<ReceivedLog> {
        self.state.logs.wait_for(within, condition)
    }

    /// [`wait_for`](Self::wait_for) on the accepted pushes of metrics.
    #[track_caller]
    pub fn wait_for_metrics(
        &self,
        within: Duration,
        condition: impl FnMut(&[Vec<ReceivedMetric>]) -> bool,
    ) -> Vec<Vec<ReceivedMetric>> {
        self.state.metrics.wait_for(within, condition)
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
        self.state.logs.clear();
        self.state.metrics.clear();
    }
}

// === impl State ===

impl State {
    async fn http(&self, request: Request<Incoming>) -> Response<Body> {
        let (head, body) = request.into_parts();
        let Ok(body) = body.collect().await else {
            return plain(StatusCode::BAD_REQUEST);
        };
        let message = match decode(&head.headers, body.to_bytes()) {
            Ok(message) => message,
            Err(status) => return plain(status),
        };
        let path = head.uri.path().to_owned();
        // Whoever was redirected comes by another path.
        let path = path.strip_prefix("/moved").map(str::to_owned).unwrap_or(path);
        if head.method != http::Method::POST || !matches!(&*path, "/v1/traces" | "/v1/logs" | "/v1/metrics") {
            return plain(StatusCode::NOT_FOUND);
        }
        // What can't be read is refused before the script has its say.
        let Ok(payload) = Payload::decode(&path, message.clone()) else {
            return plain(StatusCode::BAD_REQUEST);
        };
        let size = message.len();
        self.requests.push(ReceivedRequest {
            transport: Transport::Http,
            path: head.uri.path().to_owned(),
            headers: head.headers,
            message,
            size,
            at: Instant::now(),
        });
        let rejected = match self.answer(size).await {
            Ok(rejected) => rejected,
            Err(refusal) => return refusal.http(),
        };
        protobuf(match payload {
            Payload::Traces(traces) => self.take_traces(traces, rejected, Transport::Http).encode_to_vec(),
            Payload::Logs(logs) => self.take_logs(logs, rejected, Transport::Http).encode_to_vec(),
            Payload::Metrics(metrics) => self.take_metrics(metrics, rejected, Transport::Http).encode_to_vec(),
        })
    }

    /// Waits as the script says; what it rejects of a message of this size, or why it refuses it.
    async fn answer(&self, size: usize) -> Result<Rejected, Refusal> {
        match self.script.next() {
            Answer::Status(status) => Err(Refusal::plain(status)),
            Answer::Delay(delay) => {
                tokio::time::sleep(delay).await;
                Ok(None)
            }
            Answer::Partial(rejected) => Ok(Some((rejected, REJECTED.to_owned()))),
            Answer::Warn => Ok(Some((0, "the test warns".to_owned()))),
            Answer::Long(bytes) => Ok(Some((0, "x".repeat(bytes)))),
            Answer::Throttle(again) => Err(Refusal::throttle(again)),
            Answer::AtMost(limit) if size > limit => Err(Refusal::size(size, limit)),
            Answer::AtMost(_) | Answer::Accept => Ok(None),
            Answer::Redirect(status, location) => Err(Refusal::redirect(status, location)),
            Answer::Hang => std::future::pending().await,
        }
    }

    fn take_traces(
        &self,
        traces: ExportTraceServiceRequest,
        rejected: Rejected,
        transport: Transport,
    ) -> ExportTraceServiceResponse {
        self.spans.extend(flatten(traces, transport));
        let partial_success = rejected.map(|(rejected_spans, error_message)| ExportTracePartialSuccess {
            rejected_spans,
            error_message,
        });
        ExportTraceServiceResponse { partial_success }
    }

    fn take_logs(
        &self,
        logs: ExportLogsServiceRequest,
        rejected: Rejected,
        transport: Transport,
    ) -> ExportLogsServiceResponse {
        self.logs.extend(flatten_logs(logs, transport));
        let partial_success = rejected.map(|(rejected_log_records, error_message)| ExportLogsPartialSuccess {
            rejected_log_records,
            error_message,
        });
        ExportLogsServiceResponse { partial_success }
    }

    fn take_metrics(
        &self,
        metrics: ExportMetricsServiceRequest,
        rejected: Rejected,
        transport: Transport,
    ) -> ExportMetricsServiceResponse {
        self.metrics.push(flatten_metrics(metrics, transport));
        let partial_success = rejected.map(|(rejected_data_points, error_message)| ExportMetricsPartialSuccess {
            rejected_data_points,
            error_message,
        });
        ExportMetricsServiceResponse { partial_success }
    }

    /// Notes a request over gRPC and answers it as the script says.
    async fn grpc(&self, path: &str, metadata: MetadataMap, size: usize) -> Result<Rejected, Status> {
        self.requests.push(ReceivedRequest {
            transport: Transport::Grpc,
            path: path.to_owned(),
            headers: metadata.into_headers(),
            message: Bytes::new(),
            size,
            at: Instant::now(),
        });
        self.answer(size).await.map_err(Refusal::grpc)
    }
}

// === impl Payload ===

impl Payload {
    fn decode(path: &str, message: Bytes) -> Result<Self, prost::DecodeError> {
        Ok(match path {
            "/v1/traces" => Self::Traces(ExportTraceServiceRequest::decode(message)?),
            "/v1/logs" => Self::Logs(ExportLogsServiceRequest::decode(message)?),
            _ => Self::Metrics(ExportMetricsServiceRequest::decode(message)?),
        })
    }
}

#[tonic::async_trait]
impl TraceService for Grpc {
    async fn export(
        &self,
        request: tonic::Request<ExportTraceServiceRequest>,
    ) -> Result<tonic::Response<ExportTraceServiceResponse>, Status> {
        let (metadata, _, traces) = request.into_parts();
        let rejected = self.0.grpc("/v1/traces", metadata, traces.encoded_len()).await?;
        Ok(tonic::Response::new(self.0.take_traces(
            traces,
            rejected,
            Transport::Grpc,
        )))
    }
}

#[tonic::async_trait]
impl LogsService for Grpc {
    async fn export(
        &self,
        request: tonic::Request<ExportLogsServiceRequest>,
    ) -> Result<tonic::Response<ExportLogsServiceResponse>, Status> {
        let (metadata, _, logs) = request.into_parts();
        let rejected = self.0.grpc("/v1/logs", metadata, logs.encoded_len()).await?;
        Ok(tonic::Response::new(self.0.take_logs(logs, rejected, Transport::Grpc)))
    }
}

#[tonic::async_trait]
impl MetricsService for Grpc {
    async fn export(
        &self,
        request: tonic::Request<ExportMetricsServiceRequest>,
    ) -> Result<tonic::Response<ExportMetricsServiceResponse>, Status> {
        let (metadata, _, metrics) = request.into_parts();
        let rejected = self.0.grpc("/v1/metrics", metadata, metrics.encoded_len()).await?;
        Ok(tonic::Response::new(self.0.take_metrics(
            metrics,
            rejected,
            Transport::Grpc,
        )))
    }
}

fn decode(headers: &HeaderMap, body: Bytes) -> Result<Bytes, StatusCode> {
    if headers
        .get(header::CONTENT_TYPE)
        .is_none_or(|kind| kind != "application/x-protobuf")
    {
        return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    match headers.get(header::CONTENT_ENCODING).map(http::HeaderValue::as_bytes) {
        None | Some(b"identity") => Ok(body),
        Some(b"gzip") => {
            let mut plain = Vec::new();
            GzDecoder::new(&body[..])
                .read_to_end(&mut plain)
                .map_err(|_| StatusCode::BAD_REQUEST)?;
            Ok(plain.into())
        }
        Some(_) => Err(StatusCode::UNSUPPORTED_MEDIA_TYPE),
    }
}

fn protobuf(message: Vec<u8>) -> Response<Body> {
    let mut answer = Response::new(Body::new(Full::new(Bytes::from(message))));
    answer.headers_mut().insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static("application/x-protobuf"),
    );
    answer
}

fn plain(status: StatusCode) -> Response<Body> {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = status;
    answer
}
