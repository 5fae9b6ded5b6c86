//! The keys of filters.

use std::fmt;

/// A key of a filter. Its text is `level`, `target` and so on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Key {
    /// The level of a line: at least this one.
    Level,
    /// The target of a line: this module, or one in it.
    Target,
    /// The service.
    Service,
    /// `request`, `call`, `upgrade`, `job`; `server`, `client` for endpoints.
    Kind,
    /// The method.
    Method,
    /// The template of the route, or the target of a call.
    Endpoint,
    /// The path as it was requested.
    Path,
    /// The status: `404`, `5xx`, `>=400`.
    Status,
    /// The outcome.
    Outcome,
    /// The duration.
    Duration,
    /// The age of something that is running.
    Age,
    /// The type of an error.
    ErrorType,
    /// The id of a request.
    RequestId,
    /// The id of a trace, or its begin.
    TraceId,
    /// The address of the client.
    Client,
    /// When it was logged, or has ended.
    At,
    /// A field of a line, or an attribute of a span: `field.NAME`.
    Field(String),
}

/// How the values of a key are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparing {
    Level,
    Text,
    Module,
    Word(&'static [&'static str]),
    Status,
    Duration,
    Id,
    Time,
    Field,
}

/// What stands before the name of a field.
const FIELD: &str = "field.";
const KINDS: &[&str] = &["request", "call", "upgrade", "job", "server", "client"];
const OUTCOMES: &[&str] = &[
    "ok",
    "client_error",
    "server_error",
    "panic",
    "cancelled",
    "aborted",
    "body_error",
];

// === impl Key ===

impl Key {
    /// All keys but those of fields.
    pub(super) const NAMED: [(Self, &'static str); 16] = [
        (Self::Level, "level"),
        (Self::Target, "target"),
        (Self::Service, "service"),
        (Self::Kind, "kind"),
        (Self::Method, "method"),
        (Self::Endpoint, "endpoint"),
        (Self::Path, "path"),
        (Self::Status, "status"),
        (Self::Outcome, "outcome"),
        (Self::Duration, "duration"),
        (Self::Age, "age"),
        (Self::ErrorType, "error_type"),
        (Self::RequestId, "request_id"),
        (Self::TraceId, "trace_id"),
        (Self::Client, "client"),
        (Self::At, "at"),
    ];

    pub(super) fn of(name: &str) -> Option<Self> {
        if let Some(field) = name.strip_prefix(FIELD) {
            let is_name = !field.is_empty() && !field.chars().any(|c| c.is_whitespace() || c.is_control() || c == '"');
            return is_name.then(|| Self::Field(field.to_owned()));
        }
        let named = Self::NAMED.iter().find(|(_, known)| *known == name);
        named.map(|(key, _)| key.clone())
    }

    pub(super) fn comparing(&self) -> Comparing {
        match self {
            Self::Level => Comparing::Level,
            Self::Target => Comparing::Module,
            Self::Kind => Comparing::Word(KINDS),
            Self::Outcome => Comparing::Word(OUTCOMES),
            Self::Status => Comparing::Status,
            Self::Duration | Self::Age => Comparing::Duration,
            Self::RequestId | Self::TraceId => Comparing::Id,
            Self::At => Comparing::Time,
            Self::Field(_) => Comparing::Field,
            Self::Service | Self::Method | Self::Endpoint | Self::Path | Self::ErrorType | Self::Client => {
                Comparing::Text
            }
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Field(name) = self {
            return write!(f, "{FIELD}{name}");
        }
        let named = Self::NAMED.iter().find(|(key, _)| key == self);
        f.write_str(named.map_or("", |(_, name)| name))
    }
}
