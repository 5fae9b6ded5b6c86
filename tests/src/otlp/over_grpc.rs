//! OTLP over gRPC: the services of tonic, which answer as the script says.

use std::{sync::Arc, time::Instant};

use bytes::Bytes;
use opentelemetry_proto::tonic::collector::{
    logs::v1::{ExportLogsServiceRequest, ExportLogsServiceResponse, logs_service_server::LogsService},
    metrics::v1::{ExportMetricsServiceRequest, ExportMetricsServiceResponse, metrics_service_server::MetricsService},
    trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse, trace_service_server::TraceService},
};
use prost::Message as _;
use tonic::{Status, metadata::MetadataMap};

use super::{
    receiver::{ReceivedRequest, Rejected, State, Transport},
    refusal::Refusal,
};

/// The tonic services; tonic's server side wants a type of its own.
#[derive(Clone, Debug)]
pub(super) struct Grpc(Arc<State>);

// === impl State ===

impl State {
    /// Records a request over gRPC and answers it as the script says.
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

// === impl Grpc ===

impl Grpc {
    pub(super) const fn new(state: Arc<State>) -> Self {
        Self(state)
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
