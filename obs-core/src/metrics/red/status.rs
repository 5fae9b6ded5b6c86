//! One number for a status of HTTP or of gRPC, and the label that it becomes.

use std::borrow::Cow;

use obs_conventions::GrpcStatus;

/// Statuses of gRPC are numbered from here on: no status of HTTP has four digits.
const GRPC: u16 = 1_000;

/// The number of a gRPC status where one of HTTP is expected; [`status_label`] turns it into text.
pub(crate) const fn grpc_as_status(status: GrpcStatus) -> u16 {
    GRPC + status.code() as u16
}

/// The value of the label `status`: a number of HTTP's, or a name of gRPC's.
pub(crate) fn status_label(status: u16) -> Cow<'static, str> {
    let grpc = status.checked_sub(GRPC).and_then(|code| GrpcStatus::ALL.get(usize::from(code)));
    match grpc {
        Some(status) => Cow::Borrowed(status.as_str()),
        None => Cow::Owned(status.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_of_grpc_become_names() {
        for status in GrpcStatus::ALL {
            assert_eq!(status_label(grpc_as_status(status)), status.as_str());
        }
    }

    #[test]
    fn statuses_of_http_stay_numbers() {
        for status in [0, 200, 404, 999, 1017, u16::MAX] {
            assert_eq!(status_label(status), status.to_string());
        }
    }
}
