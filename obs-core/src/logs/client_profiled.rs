//! The line of an outgoing request under the names of a [profile](super::LogProfile).
//!
//! It comes as an event of `tracing`, so that other layers see it too.

use std::{error::Error, fmt::Debug, time::Duration};

use obs_conventions::Outcome;
use tracing_core::{
    Event, Metadata,
    field::{Field, Visit},
};

use super::{
    duration::push_seconds,
    ecs::event_outcome,
    format::Syntax,
    profile::LogProfile,
    value::{MAX_WORD, Value, push_count},
    visit::{EventVisitor, visit},
};
use crate::names::{ecs, google_cloud, log, value::OTHER};

/// The module that makes these events.
const MODULE: &str = "obs_core::client::line";
/// Fields that are in the object `httpRequest`, and nowhere else.
const IN_HTTP_REQUEST: [&str; 5] = [
    log::METHOD,
    log::METHOD_ORIGINAL,
    log::STATUS,
    log::REQUEST_BYTES,
    log::RESPONSE_BYTES,
];

/// Writes the fields of an outgoing request.
struct ClientVisitor<'a> {
    event: EventVisitor<'a>,
    is_ecs: bool,
}

/// Writes the members of the object `httpRequest`.
struct HttpRequest<'a> {
    out: &'a mut Vec<u8>,
    is_first: bool,
}

/// Whether this is the event of an outgoing request.
pub(super) fn is_client(metadata: &Metadata<'_>) -> bool {
    metadata.target() == log::CLIENT_TARGET && metadata.module_path() == Some(MODULE)
}

/// Records such an event.
pub(super) fn record(profile: LogProfile, mut visitor: EventVisitor<'_>, event: &Event<'_>) {
    match profile {
        LogProfile::Obs | LogProfile::Logfmt => event.record(&mut visitor),
        LogProfile::Ecs => event.record(&mut ClientVisitor {
            event: visitor,
            is_ecs: true,
        }),
        LogProfile::GoogleCloud => {
            visitor.fields.put_own(Syntax::Json, google_cloud::HTTP_REQUEST, |out| {
                event.record(&mut HttpRequest { out, is_first: true });
                out.push(b'}');
            });
            event.record(&mut ClientVisitor {
                event: visitor,
                is_ecs: false,
            });
        }
    }
}

/// The key in the Elastic Common Schema.
fn ecs_key(name: &'static str) -> &'static str {
    match name {
        // The second replaces `_OTHER`.
        log::METHOD | log::METHOD_ORIGINAL => ecs::HTTP_REQUEST_METHOD,
        log::HOST => ecs::SERVER_ADDRESS,
        log::URL_TEMPLATE => ecs::OBS_URL_TEMPLATE,
        log::STATUS => ecs::HTTP_RESPONSE_STATUS_CODE,
        log::GRPC_STATUS => ecs::OBS_GRPC_STATUS,
        log::OUTCOME => ecs::OBS_OUTCOME,
        log::ERROR_TYPE => ecs::ERROR_TYPE,
        log::RESEND_COUNT => ecs::OBS_RESEND_COUNT,
        log::REQUEST_BYTES => ecs::HTTP_REQUEST_BODY_BYTES,
        log::RESPONSE_BYTES => ecs::HTTP_RESPONSE_BODY_BYTES,
        other => other,
    }
}

fn outcome_of(word: &str) -> Option<Outcome> {
    Outcome::ALL.into_iter().find(|outcome| outcome.as_str() == word)
}

// === impl ClientVisitor ===

impl ClientVisitor<'_> {
    fn put(&mut self, field: &Field, value: Value<'_>) {
        let name = field.name();
        if self.is_ecs {
            self.put_ecs(name, value);
        } else if !IN_HTTP_REQUEST.contains(&name) {
            self.event.put_named(name, value);
        }
    }

    fn put_ecs(&mut self, name: &'static str, value: Value<'_>) {
        match value {
            Value::F64(millis) if name == log::DURATION_MS => {
                let duration = Duration::try_from_secs_f64(millis / 1e3).unwrap_or_default();
                let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
                self.event.put_named(ecs::EVENT_DURATION, Value::U64(nanos));
                return;
            }
            Value::Str(word) if name == log::OUTCOME => {
                if let Some(outcome) = outcome_of(word) {
                    let word = event_outcome(outcome);
                    self.event.put_named(ecs::EVENT_OUTCOME, Value::Str(word));
                }
            }
            _ => {}
        }
        self.event.put_named(ecs_key(name), value);
    }
}

visit!(ClientVisitor);

// === impl HttpRequest ===

impl HttpRequest<'_> {
    fn put(&mut self, field: &Field, value: Value<'_>) {
        match (field.name(), value) {
            (log::METHOD, Value::Str(OTHER)) => {}
            (log::METHOD | log::METHOD_ORIGINAL, Value::Str(method)) => {
                self.begin(google_cloud::REQUEST_METHOD);
                Syntax::Json.push_value(self.out, method, MAX_WORD);
            }
            (log::STATUS, Value::U64(status)) => {
                self.begin(google_cloud::STATUS);
                push_count(self.out, status);
            }
            (log::DURATION_MS, Value::F64(millis)) => {
                self.begin(google_cloud::LATENCY);
                self.out.push(b'"');
                push_seconds(self.out, Duration::try_from_secs_f64(millis / 1e3).unwrap_or_default());
                self.out.extend_from_slice(b"s\"");
            }
            (log::REQUEST_BYTES, Value::U64(size)) => self.put_size(google_cloud::REQUEST_SIZE, size),
            (log::RESPONSE_BYTES, Value::U64(size)) => self.put_size(google_cloud::RESPONSE_SIZE, size),
            _ => {}
        }
    }

    /// A number of 64 bits is text, as in each JSON form of a protobuf message.
    fn put_size(&mut self, key: &'static str, size: u64) {
        self.begin(key);
        self.out.push(b'"');
        push_count(self.out, size);
        self.out.push(b'"');
    }

    fn begin(&mut self, key: &'static str) {
        if std::mem::take(&mut self.is_first) {
            Syntax::Json.push_first_key(self.out, key);
        } else {
            Syntax::Json.push_key(self.out, key);
        }
    }
}

visit!(HttpRequest);
