//! What a panel is about, so that it leads to the runbooks that belong to it.

use obs_rules::{AlertRule, definition::Service};

use crate::subject::Subject;

/// What a panel is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Topic {
    Traffic,
    Errors,
    Latency,
    Clients,
    Databases,
    Caches,
    Saturation,
    Telemetry,
}

// === impl Topic ===

impl Topic {
    /// Where an alert belongs; nowhere, if only its author knows what it is about.
    pub(super) fn of(service: &Service, alert: &AlertRule) -> Option<Self> {
        Some(match Subject::of(service, alert) {
            Subject::Errors | Subject::Panics => Self::Errors,
            Subject::Latency => Self::Latency,
            Subject::Traffic | Subject::Absent => Self::Traffic,
            Subject::Clients => Self::Clients,
            Subject::Pool | Subject::Queries => Self::Databases,
            Subject::Caches => Self::Caches,
            Subject::FileDescriptors | Subject::Runtime => Self::Saturation,
            Subject::LogLines | Subject::LogRecords | Subject::Spans | Subject::Series => Self::Telemetry,
            Subject::Own => return None,
        })
    }
}
