//! Lines in another [profile](super::LogProfile) than that of obs, or with another time.
//!
//! The lines of obs's own profile consist of pieces that are made at compile time ([`json`](super::json)); the lines
//! here look their keys up.

use std::borrow::Cow;

use obs_base::ServiceInfo;

use super::{
    ecs,
    escape::{Escaping, push_escaped},
    format::Syntax,
    ids::Ids,
    logfmt,
    parts::{Head, MAX_SERVICE, MAX_TARGET, Tail, level_index},
    profile::{LogProfile, LogTime, Profiled},
    reserved::{is_reserved, key_bit},
    timestamp::{Stamp, push_digits},
    value::push_count,
};
use crate::names::{ecs as ecs_names, google_cloud, log};

/// The names of the keys that lines of every profile have.
struct Keys {
    timestamp: &'static str,
    level: &'static str,
    message: &'static str,
    target: &'static str,
    service: &'static str,
    version: &'static str,
    env: &'static str,
    request_id: &'static str,
    trace: &'static str,
    span: &'static str,
    truncated: &'static str,
}

const OBS: Keys = Keys {
    timestamp: log::TIMESTAMP,
    level: log::LEVEL,
    message: log::MESSAGE,
    target: log::TARGET,
    service: log::SERVICE,
    version: log::VERSION,
    env: log::ENV,
    request_id: log::REQUEST_ID,
    trace: log::TRACE_ID,
    span: log::SPAN_ID,
    truncated: log::TRUNCATED,
};

const ECS: Keys = Keys {
    timestamp: ecs_names::TIMESTAMP,
    level: ecs_names::LOG_LEVEL,
    message: ecs_names::MESSAGE,
    target: ecs_names::LOG_LOGGER,
    service: ecs_names::SERVICE_NAME,
    version: ecs_names::SERVICE_VERSION,
    env: ecs_names::SERVICE_ENVIRONMENT,
    request_id: ecs_names::HTTP_REQUEST_ID,
    trace: ecs_names::TRACE_ID,
    span: ecs_names::SPAN_ID,
    truncated: ecs_names::OBS_TRUNCATED,
};

const GOOGLE_CLOUD: Keys = Keys {
    timestamp: google_cloud::TIME,
    level: google_cloud::SEVERITY,
    message: google_cloud::MESSAGE,
    trace: google_cloud::TRACE,
    span: google_cloud::SPAN_ID,
    ..OBS
};

/// Levels by [`level_index`]: lower-case, upper-case, and severities of Google Cloud.
const LOWER: [&str; 5] = ["trace", "debug", "info", "warn", "error"];
const UPPER: [&str; 5] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR"];
const SEVERITIES: [&str; 5] = ["DEBUG", "DEBUG", "INFO", "WARNING", "ERROR"];

// === impl Profiled ===

impl Profiled {
    pub(super) fn syntax(self) -> Syntax {
        match self.profile {
            LogProfile::Logfmt => Syntax::Logfmt,
            LogProfile::Obs | LogProfile::Ecs | LogProfile::GoogleCloud => Syntax::Json,
        }
    }

    fn keys(self) -> &'static Keys {
        match self.profile {
            LogProfile::Obs | LogProfile::Logfmt => &OBS,
            LogProfile::Ecs => &ECS,
            LogProfile::GoogleCloud => &GOOGLE_CLOUD,
        }
    }

    /// The key of a field of the application.
    pub(super) fn key(self, name: &str) -> Cow<'_, str> {
        let name = match self.profile {
            LogProfile::Ecs => return ecs::key(name),
            LogProfile::Logfmt => logfmt::clean_key(name),
            LogProfile::Obs | LogProfile::GoogleCloud => Cow::Borrowed(name),
        };
        let is_taken = match self.profile {
            LogProfile::GoogleCloud => {
                let of_obs = [
                    log::TARGET,
                    log::SERVICE,
                    log::VERSION,
                    log::ENV,
                    log::REQUEST_ID,
                    log::TRUNCATED,
                ];
                google_cloud::RESERVED.contains(&&*name) || of_obs.contains(&&*name)
            }
            _ => is_reserved(&name, key_bit(name.as_bytes())),
        };
        if is_taken {
            return Cow::Owned(format!("{}{name}", log::FIELDS_PREFIX));
        }
        name
    }

    /// Whether a line of this profile has this key itself, or may have it.
    pub(super) fn has_key(self, name: &str) -> bool {
        let is_own = match self.profile {
            LogProfile::Ecs => ecs_names::ALL.contains(&name),
            LogProfile::GoogleCloud | LogProfile::Obs | LogProfile::Logfmt => super::request_line::is_own_key(name),
        };
        is_own || self.key(name) != name
    }

    /// Starts a line, up to the message.
    pub(super) fn open(self, line: &mut Vec<u8>, stamp: &mut Stamp, head: Head<'_>) {
        let (syntax, keys) = (self.syntax(), self.keys());
        syntax.push_first_key(line, keys.timestamp);
        self.push_time(line, stamp, head);
        let level = level_index(head.level);
        match self.profile {
            LogProfile::Obs => {
                syntax.push_word(line, keys.level, LOWER[level]);
                syntax.push_word(line, log::SEVERITY, UPPER[level]);
            }
            LogProfile::Ecs | LogProfile::Logfmt => syntax.push_word(line, keys.level, LOWER[level]),
            LogProfile::GoogleCloud => syntax.push_word(line, keys.level, SEVERITIES[level]),
        }
        syntax.push_key(line, keys.message);
        // A message is always in quotes, so that the event can be encoded a second time.
        line.push(b'"');
    }

    fn push_time(self, line: &mut Vec<u8>, stamp: &mut Stamp, head: Head<'_>) {
        let is_quoted = self.syntax() == Syntax::Json && !self.time.is_number();
        if is_quoted {
            line.push(b'"');
        }
        match self.time {
            LogTime::Rfc3339Millis => stamp.push_millis(line, head.at),
            LogTime::Rfc3339Micros => stamp.push_micros(line, head.at),
            LogTime::Rfc3339Nanos => stamp.push_nanos(line, head.at),
            LogTime::UnixSeconds => {
                push_count(line, head.at.as_secs());
                line.push(b'.');
                push_digits::<6>(line, head.at.subsec_micros().into());
            }
            LogTime::UnixMillis => {
                let millis = u64::try_from(head.at.as_millis()).unwrap_or(u64::MAX);
                push_count(line, millis);
            }
        }
        if is_quoted {
            line.push(b'"');
        }
    }

    /// The fields of the service, which every line has: name, version, environment.
    pub(super) fn service_part(self, service: &ServiceInfo) -> Vec<u8> {
        let (syntax, keys, mut out) = (self.syntax(), self.keys(), Vec::new());
        syntax.push_text(&mut out, keys.service, &service.name, MAX_SERVICE);
        let others = [(keys.version, &service.version), (keys.env, &service.environment)];
        for (key, value) in others {
            if let Some(value) = value {
                syntax.push_text(&mut out, key, value, MAX_SERVICE);
            }
        }
        if self.profile == LogProfile::Ecs {
            syntax.push_word(&mut out, ecs_names::ECS_VERSION, ecs_names::VERSION);
        }
        out
    }

    /// Appends the ids; `project` stands before those of traces in Google Cloud.
    pub(super) fn push_ids(self, out: &mut Vec<u8>, ids: Ids<'_>, project: Option<&str>) {
        let (syntax, keys) = (self.syntax(), self.keys());
        let Ids {
            request,
            trace,
            span,
            sampled,
        } = ids;
        if let Some(request) = request {
            // At most 128 letters, digits and `._-`.
            syntax.push_plain(out, keys.request_id, &[request]);
        }
        match project.filter(|_| self.profile == LogProfile::GoogleCloud) {
            Some(project) => {
                let path = [b"projects/", project.as_bytes(), b"/traces/", &trace.to_hex()];
                syntax.push_plain(out, keys.trace, &path);
            }
            None => syntax.push_plain(out, keys.trace, &[&trace.to_hex()]),
        }
        syntax.push_plain(out, keys.span, &[&span.to_hex()]);
        if self.profile == LogProfile::GoogleCloud {
            syntax.push_key(out, google_cloud::TRACE_SAMPLED);
            out.extend_from_slice(if sampled { b"true" } else { b"false" });
        }
    }

    /// Ends the message and the line.
    pub(super) fn close(self, line: &mut Vec<u8>, tail: Tail<'_>) {
        let (syntax, keys) = (self.syntax(), self.keys());
        line.push(b'"');
        syntax.push_text(line, keys.target, tail.target, MAX_TARGET);
        tail.push_fields(line);
        if tail.truncated {
            syntax.push_key(line, keys.truncated);
            line.extend_from_slice(b"true");
        }
        if syntax == Syntax::Json {
            line.push(b'}');
        }
        line.push(b'\n');
    }
}

// === impl Syntax ===

impl Syntax {
    /// Appends a key of obs's own, which needs no escaping, with the punctuation around it.
    pub(super) fn push_key(self, out: &mut Vec<u8>, key: &str) {
        match self {
            Self::Json => {
                out.extend_from_slice(b",\"");
                out.extend_from_slice(key.as_bytes());
                out.extend_from_slice(b"\":");
            }
            Self::Logfmt | Self::Terminal => {
                out.push(b' ');
                out.extend_from_slice(key.as_bytes());
                out.push(b'=');
            }
        }
    }

    /// Starts a line or an object with its first key.
    pub(super) fn push_first_key(self, out: &mut Vec<u8>, key: &str) {
        let start = out.len();
        self.push_key(out, key);
        match self {
            Self::Json => out[start] = b'{',
            Self::Logfmt | Self::Terminal => {
                out.remove(start);
            }
        }
    }

    /// Appends a field of one word.
    pub(super) fn push_word(self, out: &mut Vec<u8>, key: &str, word: &str) {
        self.push_plain(out, key, &[word.as_bytes()]);
    }

    /// Appends a field whose text, in pieces, needs neither escapes nor, in logfmt, quotes.
    pub(super) fn push_plain(self, out: &mut Vec<u8>, key: &str, pieces: &[&[u8]]) {
        self.push_key(out, key);
        let quote: &[u8] = if self == Self::Json { b"\"" } else { b"" };
        out.extend_from_slice(quote);
        for piece in pieces {
            out.extend_from_slice(piece);
        }
        out.extend_from_slice(quote);
    }

    /// Appends a field whose text has at most `max` bytes. Returns whether the whole text fitted.
    pub(super) fn push_text(self, out: &mut Vec<u8>, key: &str, text: &str, max: usize) -> bool {
        self.push_key(out, key);
        self.push_value(out, text, max)
    }

    /// Appends a text of at most `max` bytes as a value. Returns whether the whole text fitted.
    pub(super) fn push_value(self, out: &mut Vec<u8>, text: &str, max: usize) -> bool {
        let limit = out.len() + max;
        match self {
            Self::Json => {
                out.push(b'"');
                let whole = push_escaped(out, text, limit, Escaping::Json);
                out.push(b'"');
                whole
            }
            Self::Logfmt | Self::Terminal => logfmt::push_text(out, text, limit),
        }
    }

    /// Appends a text as a value that has the escapes of JSON already.
    pub(super) fn push_escaped_value(self, out: &mut Vec<u8>, escaped: &[u8]) {
        match self {
            Self::Json => {
                out.push(b'"');
                out.extend_from_slice(escaped);
                out.push(b'"');
            }
            Self::Logfmt | Self::Terminal => logfmt::push_text_escaped(out, escaped),
        }
    }
}
