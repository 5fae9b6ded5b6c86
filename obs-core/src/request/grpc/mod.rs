//! gRPC calls: HTTP requests whose actual status is in the trailers.
//!
//! A gRPC response is `200` on the wire, also if the call has failed. For a call, which is a `POST`
//! over HTTP/2 or 3 of type `application/grpc` (with or without `+proto` or another suffix), the
//! outcome therefore comes from `grpc-status` in the trailers, or in the head of an answer that has
//! trailers only:
//!
//! | `grpc-status` | outcome | `error_type` |
//! |---|---|---|
//! | `OK` | [`Ok`](super::Outcome::Ok) | |
//! | `UNKNOWN`, `DEADLINE_EXCEEDED`, `UNIMPLEMENTED`, `INTERNAL`, `UNAVAILABLE`, `DATA_LOSS` | [`ServerError`](super::Outcome::ServerError) | the name, or the classifier's word |
//! | any other | [`ClientError`](super::Outcome::ClientError) | |
//! | none, and the body ended | [`ServerError`](super::Outcome::ServerError), as clients make of it | `UNKNOWN` |
//! | none, and the body or the future was dropped | [`Aborted`](super::Outcome::Aborted), [`Cancelled`](super::Outcome::Cancelled) | |
//!
//! The split into errors of server and client is that of the
//! [conventions for gRPC](https://opentelemetry.io/docs/specs/semconv/rpc/grpc/).
//!
//! - The label `status` of a call is one of the 17 names of [`GrpcStatus`]; a number outside of them
//!   is `UNKNOWN`. If none was sent, there is a substitute, as `499` and `500` are for HTTP:
//!   `CANCELLED` for a call that was cancelled or aborted, `INTERNAL` for a panic or a failed body.
//!   Under [`Convention::OpenTelemetry`](crate::metrics::Convention::OpenTelemetry) the label is
//!   `http_response_status_code` and stays HTTP's; the name is in `error_type`. An answer that is
//!   not gRPC, say a proxy's `503` or a `404`, is recorded by its HTTP status on a server. On a client it has
//!   the status that gRPC clients make of it ([`GrpcStatus::from_http`]): a `503` is `UNAVAILABLE`, a `200`
//!   without a status `UNKNOWN`, and a body that can't be messages `INTERNAL`, as tonic has it.
//! - The canonical line has both: `status` (HTTP's, a number) and `grpc_status` (the name). The span
//!   has `rpc.system.name`, `rpc.method` and `rpc.response.status_code` besides the attributes of
//!   HTTP, in place of `http.route`, and is called by its method.
//! - The endpoint is `package.Service/Method`. It comes from the list of the layer, else it is
//!   learnt from the first response that proves that the method exists: one that is `OK` or contains a message. Other
//!   responses are possible for names that a client has invented. Until then, and for those, it is `unmatched`.
//! - The text in `grpc-message` explains a call that has failed, where neither the framework nor the application knows more:
//!   it is on line and span and in the record, decoded and redacted.
//! - The duration runs to the trailers, also for calls that stream. Nothing on the wire
//!   distinguishes a streaming method from a unary one, so mark those whose calls are long (`Watch`, `Subscribe`) with
//!   `.streaming("package.Service/Watch")`: their lifetime then goes to `stream_duration_seconds`, and
//!   the duration is that to the head. Other than streams of plain HTTP they are counted at their
//!   end: their status isn't known before. A stream that the client ends is neither an error nor aborted.
//! - gRPC-Web (`application/grpc-web`, `-text`, over any version of HTTP) has its trailers in the last frame
//!   of the body: the status is read there as the bytes pass, none are copied. So the layer may stand inside
//!   or outside of the one that translates, such as that of `tonic_web`; a classifier sees the headers of
//!   the trailers only inside.

mod call;
mod message;
mod methods;
mod running;
mod start;
mod web;

pub(super) use call::incoming_call;
pub(crate) use call::{Call, method_of, outgoing_call, span_name};
pub(crate) use methods::Methods;

pub use obs_conventions::GrpcStatus;
