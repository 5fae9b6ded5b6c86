//! How a receiver says no.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use prost::Message;
use tonic::{Code, Status, body::Body};

use super::Again;

/// Why a request is not taken.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    code: Code,
    message: String,
    again: Again,
    location: Option<&'static str>,
}

#[derive(Clone, PartialEq, Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<Detail>,
}

#[derive(Clone, PartialEq, Message)]
struct Detail {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(message, optional, tag = "2")]
    value: Option<RetryInfo>,
}

#[derive(Clone, PartialEq, Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    delay: Option<Delay>,
}

#[derive(Clone, PartialEq, Message)]
struct Delay {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
}

// === impl Refusal ===

impl Refusal {
    pub(super) fn plain(status: u16) -> Self {
        let code = match status {
            429 | 503 => Code::Unavailable,
            400 => Code::InvalidArgument,
            401 => Code::Unauthenticated,
            403 => Code::PermissionDenied,
            _ => Code::Unknown,
        };
        Self {
            status: StatusCode::from_u16(status).expect("a script with HTTP statuses"),
            code,
            message: format!("scripted status {status}"),
            again: Again::Unsaid,
            location: None,
        }
    }

    pub(super) fn throttle(again: Again) -> Self {
        let message = "the quota of the test is used up".to_owned();
        Self {
            again,
            code: Code::ResourceExhausted,
            message,
            ..Self::plain(429)
        }
    }

    /// As gRPC in Go says it.
    pub(super) fn size(size: usize, limit: usize) -> Self {
        let message = format!("grpc: received message larger than max ({size} vs. {limit})");
        Self {
            code: Code::ResourceExhausted,
            message,
            ..Self::plain(413)
        }
    }

    pub(super) fn redirect(status: u16, location: &'static str) -> Self {
        Self {
            location: Some(location),
            ..Self::plain(status)
        }
    }

    pub(super) fn http(self) -> Response<Body> {
        let delay = if let Again::Info(delay) = self.again {
            Some(delay)
        } else {
            None
        };
        let body = self.rpc_status(delay);
        let mut answer = Response::new(Body::new(Full::new(Bytes::from(body))));
        *answer.status_mut() = self.status;
        let headers = answer.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
        match self.again {
            Again::After(delay) => drop(headers.insert(header::RETRY_AFTER, delay.as_secs().into())),
            Again::At(time) => {
                let date = httpdate::fmt_http_date(time);
                headers.insert(
                    header::RETRY_AFTER,
                    HeaderValue::from_str(&date).expect("a date is a header"),
                );
            }
            Again::Unsaid | Again::Info(_) => {}
        }
        if let Some(location) = self.location {
            headers.insert(header::LOCATION, HeaderValue::from_static(location));
        }
        answer
    }

    pub(super) fn grpc(self) -> Status {
        let delay = match self.again {
            Again::Unsaid | Again::At(_) => return Status::new(self.code, self.message),
            Again::After(delay) | Again::Info(delay) => delay,
        };
        let details = self.rpc_status(Some(delay));
        Status::with_details(self.code, self.message, details.into())
    }

    fn rpc_status(&self, delay: Option<Duration>) -> Vec<u8> {
        let detail = |delay: Duration| Detail {
            type_url: "type.googleapis.com/google.rpc.RetryInfo".to_owned(),
            value: Some(RetryInfo {
                delay: Some(Delay {
                    seconds: i64::try_from(delay.as_secs()).expect("a delay of the test"),
                    nanos: i32::try_from(delay.subsec_nanos()).expect("less than a second"),
                }),
            }),
        };
        let details = delay.map(detail).into_iter().collect();
        RpcStatus {
            code: self.code.into(),
            message: self.message.clone(),
            details,
        }
        .encode_to_vec()
    }
}
