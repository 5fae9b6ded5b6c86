//! OTLP over HTTP: reads requests, and answers them as the script says.

use std::{io::Read as _, time::Instant};

use bytes::Bytes;
use flate2::read::GzDecoder;
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use opentelemetry_proto::tonic::collector::{
    logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest, trace::v1::ExportTraceServiceRequest,
};
use prost::Message as _;
use tonic::body::Body;

use super::receiver::{ReceivedRequest, State, Transport};

/// What an export request over HTTP carries.
enum Payload {
    Traces(ExportTraceServiceRequest),
    Logs(ExportLogsServiceRequest),
    Metrics(ExportMetricsServiceRequest),
}

// === impl State ===

impl State {
    pub(super) async fn http(&self, request: Request<Incoming>) -> Response<Body> {
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
