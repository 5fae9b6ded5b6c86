//! From what the flight recorder and the feed of lines have to the types of the answers.

use obs_conventions::Outcome;
use obs_core::{
    context::FieldValue,
    logs::FeedLine,
    names::log,
    recorder::{self, Record},
};

use super::{
    page::cut,
    tree::Tree,
    types::{Field, Kind, Level, Line, Phase, RecordSummary, Scalar, Time},
};

// === impl Kind ===

impl From<recorder::Kind> for Kind {
    fn from(kind: recorder::Kind) -> Self {
        Self::of(kind.as_str()).unwrap_or(Self::Job)
    }
}

// === impl Phase ===

impl From<recorder::Phase> for Phase {
    fn from(phase: recorder::Phase) -> Self {
        Self::of(phase.as_str()).unwrap_or(Self::Waiting)
    }
}

// === impl Level ===

impl From<tracing::Level> for Level {
    fn from(level: tracing::Level) -> Self {
        Self::of(level.as_str()).unwrap_or(Self::Info)
    }
}

// === impl Scalar ===

impl From<&FieldValue> for Scalar {
    fn from(value: &FieldValue) -> Self {
        match value {
            FieldValue::I64(number) => Self::Signed(*number),
            FieldValue::U64(number) => Self::Unsigned(*number),
            FieldValue::F64(number) => Self::Number(*number),
            FieldValue::Bool(is_so) => Self::Bool(*is_so),
            FieldValue::Str(text) => Self::Text(text.as_ref().to_owned()),
            other => Self::Text(other.to_string()),
        }
    }
}

// === impl RecordSummary ===

fn known(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// Whether a record has failed: what [`Filter::errors`](obs_core::recorder::Filter::errors) takes.
pub(super) fn is_error(record: &Record) -> bool {
    let is_call = record.kind == recorder::Kind::Call;
    record.outcome.is_error() || (is_call && record.outcome == Outcome::ClientError)
}

pub(super) fn fingerprint(number: u64) -> String {
    format!("{number:016x}")
}

impl RecordSummary {
    pub(super) fn new(record: &Record, service: &str) -> Self {
        Self {
            kind: record.kind.into(),
            service: service.to_owned(),
            request_id: record.request_id.clone(),
            trace_id: record.trace_id.to_string(),
            span_id: record.span_id.to_string(),
            parent_id: record.parent_id.map(|id| id.to_string()),
            sampled: record.is_sampled,
            method: record.method.clone(),
            endpoint: record.endpoint.clone(),
            path: record.path.clone(),
            client: record.client.map(|client| client.to_string()),
            started: record.started.into(),
            ended: record.ended().into(),
            duration: record.duration.as_secs_f64(),
            head: record.head.map(|head| head.as_secs_f64()),
            outcome: record.outcome.as_str().to_owned(),
            status: (record.status > 0).then_some(record.status),
            error_type: known(&record.error_type),
            error: known(&record.error),
            error_source: known(&record.error_source),
            fingerprint: (record.fingerprint > 0).then(|| fingerprint(record.fingerprint)),
            request_bytes: record.request_bytes,
            response_bytes: record.response_bytes,
            polls: record.polls,
            spans: record.spans.len(),
            lines: record.lines.len(),
            left_out_spans: record.left_out_spans,
            left_out_lines: record.left_out_lines,
        }
    }
}

/// The level of the line of an end.
fn level_of(record: &RecordSummary) -> Level {
    match &*record.outcome {
        "server_error" | "panic" | "body_error" => Level::Error,
        "client_error" if record.kind == Kind::Call => Level::Warn,
        _ => Level::Info,
    }
}

// === impl Line ===

impl Line {
    /// A line of the feed.
    pub(super) fn of_feed(line: FeedLine) -> Self {
        Self {
            seq: Some(line.seq),
            ..Self::read(line.text, line.at.into(), line.level.into(), false)
        }
    }

    /// A line of a record, or the last one of something that is running.
    pub(super) fn of_recorder(line: &recorder::Line) -> Self {
        Self::read(line.text.clone(), line.at.into(), line.level.into(), line.is_held)
    }

    /// A line that is JSON in the keys of obs; another text is its message.
    fn read(mut text: String, at: Time, level: Level, held: bool) -> Self {
        let tree = Tree::read(text.as_bytes());
        let mut line = Self {
            seq: None,
            at,
            level,
            service: String::new(),
            target: String::new(),
            message: String::new(),
            fields: Vec::new(),
            request_id: None,
            trace_id: None,
            span_id: None,
            held,
            text: String::new(),
        };
        match tree {
            Some(Tree::Object(pairs)) => pairs.into_iter().for_each(|(key, value)| line.take(key, value)),
            _ => line.message.clone_from(&text),
        }
        cut(&mut line.message);
        cut(&mut text);
        line.text = text;
        line
    }

    fn take(&mut self, key: String, value: Tree) {
        match (&*key, value) {
            (log::TIMESTAMP | log::LEVEL | log::VERSION | log::ENV, _) => {}
            (log::SERVICE, value) => self.service = value.to_string(),
            (log::TARGET, value) => self.target = value.to_string(),
            (log::MESSAGE, value) => self.message = value.to_string(),
            (log::REQUEST_ID, value) => self.request_id = known(&value.to_string()),
            (log::TRACE_ID, value) => self.trace_id = known(&value.to_string()),
            (log::SPAN_ID, value) => self.span_id = known(&value.to_string()),
            (log::HELD, _) => self.held = true,
            (_, Tree::Scalar(value)) => self.fields.push(Field { key, value }),
            (_, value) => self.fields.push(Field {
                key,
                value: Scalar::Text(value.to_string()),
            }),
        }
    }

    /// Whether it was made by [`of_end`](Self::of_end).
    pub(super) fn is_end(&self) -> bool {
        self.seq.is_none() && [log::REQUEST_TARGET, log::CLIENT_TARGET].contains(&&*self.target)
    }

    /// The line of the end of a request, call or job: its record has the values.
    pub(super) fn of_end(record: &RecordSummary) -> Self {
        let text = |key: &str, value: &str| Field {
            key: key.to_owned(),
            value: Scalar::Text(value.to_owned()),
        };
        let mut fields = vec![
            text("kind", record.kind.as_str()),
            text(log::METHOD, &record.method),
            text(log::ENDPOINT, &record.endpoint),
            text(log::PATH, &record.path),
            text(log::OUTCOME, &record.outcome),
            Field {
                key: log::DURATION_MS.to_owned(),
                value: Scalar::Number(record.duration * 1e3),
            },
        ];
        fields.extend(record.status.map(|status| Field {
            key: log::STATUS.to_owned(),
            value: Scalar::Unsigned(status.into()),
        }));
        let optional = [(log::ERROR_TYPE, &record.error_type), (log::ERROR, &record.error)];
        fields.extend(
            optional
                .into_iter()
                .filter_map(|(key, value)| Some(text(key, value.as_deref()?))),
        );
        fields.retain(|field| field.value != Scalar::Text(String::new()));
        let is_call = record.kind == Kind::Call;
        Self {
            seq: None,
            at: record.ended,
            level: level_of(record),
            service: record.service.clone(),
            target: if is_call {
                log::CLIENT_TARGET
            } else {
                log::REQUEST_TARGET
            }
            .to_owned(),
            message: format!("{} completed", record.kind),
            fields,
            request_id: known(&record.request_id),
            trace_id: Some(record.trace_id.clone()),
            span_id: Some(record.span_id.clone()),
            held: false,
            text: String::new(),
        }
    }
}
