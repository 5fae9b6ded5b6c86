//! What every signal must show of one request.

use std::time::Duration;

use obs_core::request::Outcome;
use tracing::Level;

use super::Settings;

/// Bytes of a body; none where the size can't be known.
pub type Bytes = Option<u64>;

/// Longer than anything here takes.
const FOREVER: Duration = Duration::from_secs(10);

/// The ids on line and span, as they relate to what the caller sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ids {
    /// The caller's trace, a child of its span, sampled as it says.
    Continued,
    /// A new sampled trace: the caller sent none, or none that can be read.
    Restarted,
    /// A new sampled trace with a link to the caller's span.
    Linked,
    /// The caller's trace, which it left unsampled: ids on the line, no span.
    Unsampled,
    /// No context at all.
    Off,
}

/// What must be seen; made by [`shows`].
#[derive(Clone, Debug)]
pub struct Expect {
    /// Whether there is anything to be seen at all.
    pub is_recorded: bool,
    /// How the request ended.
    pub outcome: Outcome,
    /// The status as it is recorded.
    pub status: u16,
    /// The method in labels, if not the one that was sent.
    pub method: Option<&'static str>,
    /// The endpoint, if not the route's template.
    pub endpoint: Option<&'static str>,
    /// What went wrong.
    pub error_type: Option<String>,
    /// Bytes of the answer's body; none if there was no head.
    pub sends: Bytes,
    /// Bytes of the request's body.
    pub reads: Bytes,
    /// Whether the peer's address is known.
    pub has_peer: bool,
    /// The least and most time from arrival to the last byte.
    pub lasts: (Duration, Duration),
    /// Recorded at the head, with a life of at least this in `stream_duration_seconds`.
    pub streams: Option<Duration>,
    /// Upgraded at the head, with a life of at least this in `stream_duration_seconds`.
    pub upgraded: Option<Duration>,
    /// The status that the client sees, if it sees a head.
    pub answer: Option<u16>,
    /// Headers of the answer; none if it must not be there.
    pub answer_headers: Vec<(&'static str, Option<&'static str>)>,
    /// The body of the answer.
    pub answer_body: Option<&'static str>,
    /// Where the ids come from.
    pub ids: Ids,
    /// The caller's request id, if it is honoured.
    pub request_id: Option<&'static str>,
    /// What the error behind the failure says, or a panic.
    pub error: Option<&'static str>,
    /// What its sources say.
    pub error_chain: Option<&'static str>,
    /// Whether its place is known.
    pub has_place: bool,
    /// How its type is called, as far as that is known.
    pub error_class: Option<&'static str>,
    /// Fields of the line that are attributes of the server span too.
    pub recorded: Vec<(&'static str, &'static str)>,
    /// Text that must stand in the line, as JSON writes it.
    pub line_has: Vec<&'static str>,
    /// Text that must be nowhere: not on the page, not on a line.
    pub nowhere: Vec<&'static str>,
    /// Text that must be on no span.
    pub no_span_has: Vec<&'static str>,
    /// The line's level, if not the outcome's usual one.
    pub level: Option<Level>,
}

/// A request that ends so, recorded under its route, in the caller's trace.
#[must_use]
pub fn shows(outcome: Outcome, status: u16) -> Expect {
    let error_type = match outcome {
        Outcome::ServerError => Some(status.to_string()),
        Outcome::Panic | Outcome::BodyError => Some(outcome.as_str().to_owned()),
        Outcome::Ok | Outcome::ClientError | Outcome::Cancelled | Outcome::Aborted => None,
    };
    let has_answer = matches!(outcome, Outcome::Ok | Outcome::ClientError | Outcome::ServerError);
    let has_head = !matches!(outcome, Outcome::Panic | Outcome::Cancelled);
    Expect {
        is_recorded: true,
        outcome,
        status,
        method: None,
        endpoint: None,
        error_type,
        sends: has_head.then_some(0),
        reads: Some(0),
        has_peer: true,
        lasts: (Duration::ZERO, FOREVER),
        streams: None,
        upgraded: None,
        answer: has_answer.then_some(status),
        answer_headers: Vec::new(),
        answer_body: None,
        ids: Ids::Continued,
        request_id: None,
        error: None,
        error_chain: None,
        has_place: false,
        error_class: None,
        recorded: Vec::new(),
        line_has: Vec::new(),
        nowhere: Vec::new(),
        no_span_has: Vec::new(),
        level: None,
    }
}

// === impl Expect ===

impl Expect {
    /// Nothing is to be seen; the client gets this status.
    #[must_use]
    pub fn nothing(answer: u16) -> Self {
        Self {
            is_recorded: false,
            ids: Ids::Off,
            ..shows(Outcome::Ok, answer)
        }
    }

    /// Under this endpoint.
    #[must_use]
    pub fn endpoint(mut self, endpoint: &'static str) -> Self {
        self.endpoint = Some(endpoint);
        self
    }

    /// With this method in labels.
    #[must_use]
    pub fn method(mut self, method: &'static str) -> Self {
        self.method = Some(method);
        self
    }

    /// With this `error_type`.
    #[must_use]
    pub fn error_type(mut self, word: &str) -> Self {
        self.error_type = Some(word.to_owned());
        self
    }

    /// After so many bytes of the answer's body.
    #[must_use]
    pub fn sends(mut self, bytes: u64) -> Self {
        self.sends = Some(bytes);
        self
    }

    /// No head was sent and no byte.
    #[must_use]
    pub fn sends_no_head(mut self) -> Self {
        self.sends = None;
        self
    }

    /// So many bytes of the request's body were read.
    #[must_use]
    pub fn reads(mut self, bytes: u64) -> Self {
        self.reads = Some(bytes);
        self
    }

    /// How much of the request's body there was can't be known.
    #[must_use]
    pub fn reads_unknown(mut self) -> Self {
        self.reads = None;
        self
    }

    /// The peer's address can't be known.
    #[must_use]
    pub fn peer_unknown(mut self) -> Self {
        self.has_peer = false;
        self
    }

    /// It takes at least this long to the last byte.
    #[must_use]
    pub fn lasts(mut self, at_least: Duration) -> Self {
        self.lasts.0 = at_least;
        self
    }

    /// It is recorded at its head, as a stream by nature that lives at least this long.
    #[must_use]
    pub fn streams(mut self, at_least: Duration) -> Self {
        self.streams = Some(at_least);
        self
    }

    /// It is upgraded at its head and lives at least this long.
    #[must_use]
    pub fn upgraded(mut self, at_least: Duration) -> Self {
        self.upgraded = Some(at_least);
        self
    }

    /// The client sees this status.
    #[must_use]
    pub fn answers(mut self, status: u16) -> Self {
        self.answer = Some(status);
        self
    }

    /// The client doesn't stay for the whole answer.
    #[must_use]
    pub fn not_whole(mut self) -> Self {
        self.answer = None;
        self
    }

    /// The client sees this header.
    #[must_use]
    pub fn answer_header(mut self, name: &'static str, value: &'static str) -> Self {
        self.answer_headers.push((name, Some(value)));
        self
    }

    /// The client doesn't see this header.
    #[must_use]
    pub fn no_answer_header(mut self, name: &'static str) -> Self {
        self.answer_headers.push((name, None));
        self
    }

    /// The client reads this body.
    #[must_use]
    pub fn answer_body(mut self, body: &'static str) -> Self {
        self.answer_body = Some(body);
        self
    }

    /// With ids of this origin.
    #[must_use]
    pub fn ids(mut self, ids: Ids) -> Self {
        self.ids = ids;
        self
    }

    /// With the caller's request id.
    #[must_use]
    pub fn request_id(mut self, id: &'static str) -> Self {
        self.request_id = Some(id);
        self
    }

    /// With what the panic said, and its place.
    #[must_use]
    pub fn panic(self, message: &'static str) -> Self {
        self.error(message).located().error_class("panic")
    }

    /// With what the error behind the failure says.
    #[must_use]
    pub fn error(mut self, message: &'static str) -> Self {
        self.error = Some(message);
        self
    }

    /// With what the sources of that error say.
    #[must_use]
    pub fn error_chain(mut self, texts: &'static str) -> Self {
        self.error_chain = Some(texts);
        self
    }

    /// With the place of that error.
    #[must_use]
    pub fn located(mut self) -> Self {
        self.has_place = true;
        self
    }

    /// With a type of that error whose name ends so.
    #[must_use]
    pub fn error_class(mut self, name: &'static str) -> Self {
        self.error_class = Some(name);
        self
    }

    /// Line and server span have this field.
    #[must_use]
    pub fn recorded(mut self, key: &'static str, value: &'static str) -> Self {
        self.recorded.push((key, value));
        self
    }

    /// The line has this text in it, as JSON writes it.
    #[must_use]
    pub fn line_has(mut self, text: &'static str) -> Self {
        self.line_has.push(text);
        self
    }

    /// Neither page nor line have this text in them.
    #[must_use]
    pub fn nowhere(mut self, text: &'static str) -> Self {
        self.nowhere.push(text);
        self
    }

    /// No span has this text in it.
    #[must_use]
    pub fn no_span_has(mut self, text: &'static str) -> Self {
        self.no_span_has.push(text);
        self
    }

    /// The line has this level.
    #[must_use]
    pub fn level(mut self, level: Level) -> Self {
        self.level = Some(level);
        self
    }

    /// The level of the line, in lower case.
    pub(super) fn level_name(&self) -> String {
        let level = self.level.unwrap_or(if self.outcome.is_error() {
            Level::ERROR
        } else {
            Level::INFO
        });
        level.as_str().to_ascii_lowercase()
    }

    /// Whether a line is to be written.
    pub(super) fn has_line(&self, settings: &Settings) -> bool {
        self.is_recorded && self.ids != Ids::Off && settings.logs
    }

    /// Whether a span is to be exported.
    pub(super) fn has_span(&self, settings: &Settings) -> bool {
        self.is_recorded && matches!(self.ids, Ids::Continued | Ids::Restarted | Ids::Linked) && settings.traces
    }
}
