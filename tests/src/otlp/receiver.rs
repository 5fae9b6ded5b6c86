//! The server behind one port for both transports.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderMap, Request, header};
use hyper::body::Incoming;
use opentelemetry_proto::tonic::collector::{
    logs::v1::{
        ExportLogsPartialSuccess, ExportLogsServiceRequest, ExportLogsServiceResponse,
        logs_service_server::LogsServiceServer,
    },
    metrics::v1::{
        ExportMetricsPartialSuccess, ExportMetricsServiceRequest, ExportMetricsServiceResponse,
        metrics_service_server::MetricsServiceServer,
    },
    trace::v1::{
        ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
        trace_service_server::TraceServiceServer,
    },
};
use tonic::codec::CompressionEncoding;
use tower::ServiceExt as _;

use super::{
    Answer, ReceivedLog, ReceivedMetric, ReceivedSpan,
    answer::Script,
    flatten::{flatten, flatten_logs, flatten_metrics},
    over_grpc::Grpc,
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
pub(super) struct State {
    script: Script,
    pub(super) requests: Watched<ReceivedRequest>,
    spans: Watched<ReceivedSpan>,
    logs: Watched<ReceivedLog>,
    /// One list for each push.
    metrics: Watched<Vec<ReceivedMetric>>,
}

/// How many items of a message are rejected, and why.
pub(super) type Rejected = Option<(i64, String)>;

/// Why items are rejected.
const REJECTED: &str = "rejected by the test";

// === impl Receiver ===

impl Receiver {
    /// Starts a receiver that accepts everything.
    #[must_use]
    pub fn start() -> Self {
        let state = Arc::<State>::default();
        let grpc = Grpc::new(Arc::clone(&state));
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
    /// Waits as the script says; what it rejects of a message of this size, or why it refuses it.
    pub(super) async fn answer(&self, size: usize) -> Result<Rejected, Refusal> {
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

    pub(super) fn take_traces(
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

    pub(super) fn take_logs(
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

    pub(super) fn take_metrics(
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
}
