//! The status codes of gRPC.

use std::fmt;

use crate::{Outcome, names::grpc_status};

/// How a gRPC call ended ([status codes](https://grpc.io/docs/guides/status-codes/)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum GrpcStatus {
    /// The call succeeded.
    Ok,
    /// The caller gave the call up.
    Cancelled,
    /// What went wrong is not known; also any number that is none of these.
    Unknown,
    /// An argument can never be right.
    InvalidArgument,
    /// The call took longer than the caller allows.
    DeadlineExceeded,
    /// The requested entity does not exist.
    NotFound,
    /// What was to be made is there already.
    AlreadyExists,
    /// The caller may not do this.
    PermissionDenied,
    /// A quota or a limit is reached.
    ResourceExhausted,
    /// The system is not in the state that the call needs.
    FailedPrecondition,
    /// The call lost to another one.
    Aborted,
    /// Past the valid range.
    OutOfRange,
    /// There is no such method, or it is switched off.
    Unimplemented,
    /// An invariant of the server is broken.
    Internal,
    /// The service can't be reached for now.
    Unavailable,
    /// Data is lost or corrupt.
    DataLoss,
    /// The caller did not say who it is.
    Unauthenticated,
}

// === impl GrpcStatus ===

impl GrpcStatus {
    /// All codes, in the order of their numbers.
    pub const ALL: [Self; 17] = [
        Self::Ok,
        Self::Cancelled,
        Self::Unknown,
        Self::InvalidArgument,
        Self::DeadlineExceeded,
        Self::NotFound,
        Self::AlreadyExists,
        Self::PermissionDenied,
        Self::ResourceExhausted,
        Self::FailedPrecondition,
        Self::Aborted,
        Self::OutOfRange,
        Self::Unimplemented,
        Self::Internal,
        Self::Unavailable,
        Self::DataLoss,
        Self::Unauthenticated,
    ];

    /// The status in a `grpc-status` header; [`Unknown`](Self::Unknown) if it is none of the
    /// 17 numbers.
    ///
    /// ```
    /// use obs_conventions::GrpcStatus;
    /// assert_eq!(GrpcStatus::parse(b"5"), GrpcStatus::NotFound);
    /// assert_eq!(GrpcStatus::parse(b"99"), GrpcStatus::Unknown);
    /// ```
    #[must_use]
    pub fn parse(header: &[u8]) -> Self {
        let code = match header {
            [ones @ b'0'..=b'9'] => ones - b'0',
            [b'1', ones @ b'0'..=b'6'] => 10 + (ones - b'0'),
            _ => return Self::Unknown,
        };
        Self::ALL.get(usize::from(code)).copied().unwrap_or(Self::Unknown)
    }

    /// What clients make of an answer with this status of HTTP that has none of gRPC
    /// ([mapping](https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md)).
    ///
    /// ```
    /// use obs_conventions::GrpcStatus;
    /// assert_eq!(GrpcStatus::from_http(503), GrpcStatus::Unavailable);
    /// assert_eq!(GrpcStatus::from_http(200), GrpcStatus::Unknown);
    /// ```
    #[must_use]
    pub const fn from_http(status: u16) -> Self {
        match status {
            400 => Self::Internal,
            401 => Self::Unauthenticated,
            403 => Self::PermissionDenied,
            404 => Self::Unimplemented,
            429 | 502..=504 => Self::Unavailable,
            _ => Self::Unknown,
        }
    }

    /// The number on the wire, 0 to 16.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The name: `OK`, `NOT_FOUND`, …
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        grpc_status::NAMES[self as usize]
    }

    /// The outcome of a call that a server answered so.
    #[must_use]
    pub const fn outcome(self) -> Outcome {
        match self {
            Self::Ok => Outcome::Ok,
            Self::Unknown
            | Self::DeadlineExceeded
            | Self::Unimplemented
            | Self::Internal
            | Self::Unavailable
            | Self::DataLoss => Outcome::ServerError,
            _ => Outcome::ClientError,
        }
    }
}

impl fmt::Display for GrpcStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_belong_together() {
        for (code, status) in GrpcStatus::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(status.code()), code);
            assert_eq!(GrpcStatus::parse(code.to_string().as_bytes()), status);
        }
        assert_eq!(
            (GrpcStatus::Ok.as_str(), GrpcStatus::Unauthenticated.as_str()),
            ("OK", "UNAUTHENTICATED")
        );
    }

    #[test]
    fn what_is_no_code_is_unknown() {
        for bad in [
            &b""[..],
            b"17",
            b"-1",
            b"00",
            b"05",
            b"1x",
            b"999999999999",
            b" 0",
            b"\xff",
        ] {
            assert_eq!(GrpcStatus::parse(bad), GrpcStatus::Unknown, "{bad:?}");
        }
    }

    #[test]
    fn six_codes_are_errors_of_the_server() {
        let errors: Vec<_> = GrpcStatus::ALL
            .into_iter()
            .filter(|status| status.outcome().is_error())
            .collect();
        let names: Vec<_> = errors.iter().map(|status| status.as_str()).collect();
        assert_eq!(
            names,
            [
                "UNKNOWN",
                "DEADLINE_EXCEEDED",
                "UNIMPLEMENTED",
                "INTERNAL",
                "UNAVAILABLE",
                "DATA_LOSS"
            ]
        );
    }
}
