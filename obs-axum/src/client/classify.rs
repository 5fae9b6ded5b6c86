//! Classifying errors of the inner client.

use std::{error::Error, fmt};

use obs_core::{
    client::{grpc_status, transport_error},
    names::error_type,
    request::{Failure, GrpcStatus},
};

/// Names the `error_type` of an error: a word from a closed list, never the error's text.
///
/// Implemented for closures `Fn(&E) -> Option<&'static str>`, see
/// [`ObsClientLayer::classify_error`](super::ObsClientLayer::classify_error).
pub trait ClassifyError<E> {
    /// The word.
    fn error_type(&self, error: &E) -> &'static str;

    /// What line and span say of the error. Defaults to nothing.
    fn describe(&self, error: &E) -> Option<Failure> {
        let _ = error;
        None
    }

    /// The status that a gRPC client makes of the error. Defaults to what the word tells.
    fn grpc_status(&self, error: &E) -> Option<GrpcStatus> {
        let _ = error;
        None
    }
}

/// The default: what the error and its sources tell, see [`transport_error`].
#[derive(Clone, Copy, Debug, Default)]
pub struct FromSources;

// === impl FromSources ===

impl<E: Error + 'static> ClassifyError<E> for FromSources {
    fn error_type(&self, error: &E) -> &'static str {
        transport_error(error)
    }

    fn describe(&self, error: &E) -> Option<Failure> {
        Some(Failure::new(error))
    }

    fn grpc_status(&self, error: &E) -> Option<GrpcStatus> {
        Some(grpc_status(error))
    }
}

// === impl Fn ===

impl<E: fmt::Display + 'static, F: Fn(&E) -> Option<&'static str>> ClassifyError<E> for F {
    fn error_type(&self, error: &E) -> &'static str {
        self(error).unwrap_or(error_type::OTHER)
    }

    fn describe(&self, error: &E) -> Option<Failure> {
        Some(Failure::of_value(error))
    }
}
