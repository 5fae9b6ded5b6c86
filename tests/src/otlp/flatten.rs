//! What export requests carry, each piece with what it belongs to.

use opentelemetry_proto::tonic::collector::{
    logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest, trace::v1::ExportTraceServiceRequest,
};

use super::{ReceivedLog, ReceivedMetric, ReceivedSpan, Transport};

pub(super) fn flatten(request: ExportTraceServiceRequest, transport: Transport) -> Vec<ReceivedSpan> {
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

pub(super) fn flatten_logs(request: ExportLogsServiceRequest, transport: Transport) -> Vec<ReceivedLog> {
    let mut received = Vec::new();
    for of_resource in request.resource_logs {
        let resource = of_resource.resource.unwrap_or_default();
        for of_scope in of_resource.scope_logs {
            let scope = of_scope.scope.unwrap_or_default();
            received.extend(of_scope.log_records.into_iter().map(|record| ReceivedLog {
                resource: resource.clone(),
                scope: scope.clone(),
                record,
                transport,
            }));
        }
    }
    received
}

pub(super) fn flatten_metrics(request: ExportMetricsServiceRequest, transport: Transport) -> Vec<ReceivedMetric> {
    let mut received = Vec::new();
    for of_resource in request.resource_metrics {
        let resource = of_resource.resource.unwrap_or_default();
        for of_scope in of_resource.scope_metrics {
            let scope = of_scope.scope.unwrap_or_default();
            received.extend(of_scope.metrics.into_iter().map(|metric| ReceivedMetric {
                resource: resource.clone(),
                scope: scope.clone(),
                metric,
                transport,
            }));
        }
    }
    received
}
