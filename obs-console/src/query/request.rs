//! What the server passes to the query layer, and gets from it.

use std::time::SystemTime;

use obs_core::health::HealthReport;

use crate::Rights;

/// A request of the API.
#[derive(Clone, Copy, Debug, Default)]
pub struct ApiRequest<'a> {
    /// The segments of the path below `/api/v1/`, percent-decoded: no segment is empty, `.` or `..`, or has a slash or a
    /// control character.
    pub path: &'a [String],
    /// The query string as it was sent, without the question mark.
    pub query: &'a str,
    /// The form of the answer.
    pub format: Format,
    /// What the client may see and do.
    pub rights: Rights,
    /// What the server knows of itself.
    pub console: ConsoleFacts,
    /// The health checks, for `runtime` alone.
    pub health: Option<&'a HealthReport>,
    /// The changes that hold, for `controls` alone.
    pub controls: Option<&'a ControlsState>,
}

/// What the server knows of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConsoleFacts {
    /// Whether the console has controls.
    pub controls: bool,
    /// The clients that follow.
    pub followers: usize,
    /// The most clients that follow.
    pub followers_limit: usize,
    /// The bytes that other services have sent, as far as they are held.
    pub intake_bytes: usize,
}

/// The changes of the service that hold, and those that were made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ControlsState {
    /// Whether the console has controls.
    pub enabled: bool,
    /// The changes that hold.
    pub active: Vec<ActiveControl>,
    /// The changes that were made, the newest first.
    pub audit: Vec<Audited>,
}

/// A change that holds until its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveControl {
    /// Its id, to end it.
    pub id: String,
    /// `log-filter`, `sampling` or `silence`; `setting` for what the service has changed itself.
    pub kind: &'static str,
    /// What is changed.
    pub text: String,
    /// When it ends by itself.
    pub until: SystemTime,
    /// Who has made it.
    pub by: String,
}

/// A change that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audited {
    /// When.
    pub at: SystemTime,
    /// By whom.
    pub by: String,
    /// What.
    pub text: String,
}

/// The form of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// `application/json`.
    #[default]
    Json,
    /// `application/x-ndjson`: the rows as lines.
    Ndjson,
    /// `text/markdown`.
    Markdown,
    /// `text/plain`.
    Text,
}

/// An answer as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiAnswer {
    /// The value of `Content-Type`.
    pub content_type: &'static str,
    /// At most 1 MiB.
    pub body: Vec<u8>,
}

// === impl Format ===

impl Format {
    /// The value of `Content-Type`.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Ndjson => "application/x-ndjson",
            Self::Markdown => "text/markdown; charset=utf-8",
            Self::Text => "text/plain; charset=utf-8",
        }
    }
}
