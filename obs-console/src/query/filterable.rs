//! What a filter sees of records, lines, and what runs.

use super::{
    filter::{Cell, Key, Row},
    types::{EndpointRow, ErrorRow, Field, Line, RecordSummary, Running, Scalar},
};

fn field<'a>(fields: &'a [Field], name: &str) -> Option<Cell<'a>> {
    let field = fields.iter().find(|field| field.key == name)?;
    Some(scalar(&field.value))
}

#[expect(clippy::cast_precision_loss, reason = "filters compare floats")]
pub(super) fn scalar(value: &Scalar) -> Cell<'_> {
    match value {
        Scalar::Text(text) => Cell::Text(text.into()),
        Scalar::Signed(number) => Cell::Number(*number as f64),
        Scalar::Unsigned(number) => Cell::Number(*number as f64),
        Scalar::Number(number) => Cell::Number(*number),
        Scalar::Bool(is_so) => Cell::Text(if *is_so { "true" } else { "false" }.into()),
    }
}

fn optional(text: Option<&String>) -> Option<Cell<'_>> {
    text.map(|text| Cell::text(text))
}

fn status(status: Option<u16>) -> Option<Cell<'static>> {
    status.map(|status| Cell::Number(status.into()))
}

impl Row for Line {
    fn texts(&self, visit: &mut dyn FnMut(&str)) {
        visit(&self.message);
        visit(&self.target);
        for field in &self.fields {
            match &field.value {
                Scalar::Text(text) => visit(text),
                other => visit(&other.to_string()),
            }
        }
        let ids = [&self.request_id, &self.trace_id];
        ids.into_iter().flatten().for_each(|id| visit(id));
    }

    fn cell(&self, key: &Key) -> Option<Cell<'_>> {
        match key {
            Key::Level => Some(Cell::Level(self.level)),
            Key::Target => Some(Cell::text(&self.target)),
            Key::Service => Some(Cell::text(&self.service)),
            Key::RequestId => optional(self.request_id.as_ref()),
            Key::TraceId => optional(self.trace_id.as_ref()),
            Key::At => Some(Cell::Time(self.at)),
            Key::Field(name) => field(&self.fields, name),
            Key::Duration => match field(&self.fields, obs_core::names::log::DURATION_MS)? {
                Cell::Number(milliseconds) => Cell::seconds(milliseconds / 1e3),
                _ => None,
            },
            // Those that lines of requests have as fields.
            other => field(&self.fields, &other.to_string()),
        }
    }
}

impl Row for RecordSummary {
    fn texts(&self, visit: &mut dyn FnMut(&str)) {
        for text in [
            &self.path,
            &self.endpoint,
            &self.method,
            &self.request_id,
            &self.trace_id,
            &self.outcome,
        ] {
            visit(text);
        }
        let optional = [&self.error, &self.error_source, &self.error_type, &self.client];
        optional.into_iter().flatten().for_each(|text| visit(text));
    }

    fn cell(&self, key: &Key) -> Option<Cell<'_>> {
        match key {
            Key::Service => Some(Cell::text(&self.service)),
            Key::Kind => Some(Cell::text(self.kind.as_str())),
            Key::Method => Some(Cell::text(&self.method)),
            Key::Endpoint => Some(Cell::text(&self.endpoint)),
            Key::Path => Some(Cell::text(&self.path)),
            Key::Status => status(self.status),
            Key::Outcome => Some(Cell::text(&self.outcome)),
            Key::Duration => Cell::seconds(self.duration),
            Key::ErrorType => optional(self.error_type.as_ref()),
            Key::RequestId => Some(Cell::text(&self.request_id)),
            Key::TraceId => Some(Cell::text(&self.trace_id)),
            Key::Client => optional(self.client.as_ref()),
            Key::At => Some(Cell::Time(self.ended)),
            Key::Level | Key::Target | Key::Age | Key::Field(_) => None,
        }
    }
}

impl Row for Running {
    fn texts(&self, visit: &mut dyn FnMut(&str)) {
        for text in [
            &self.path,
            &self.endpoint,
            &self.method,
            &self.request_id,
            &self.trace_id,
        ] {
            visit(text);
        }
        self.open_spans.iter().for_each(|name| visit(name));
        if let Some(line) = &self.last_line {
            visit(&line.message);
        }
    }

    fn cell(&self, key: &Key) -> Option<Cell<'_>> {
        match key {
            Key::Kind => Some(Cell::text(self.kind.as_str())),
            Key::Method => Some(Cell::text(&self.method)),
            Key::Endpoint => Some(Cell::text(&self.endpoint)),
            Key::Path => Some(Cell::text(&self.path)),
            Key::Status => status(self.status),
            Key::Age | Key::Duration => Cell::seconds(self.age),
            Key::RequestId => Some(Cell::text(&self.request_id)),
            Key::TraceId => Some(Cell::text(&self.trace_id)),
            Key::Client => optional(self.client.as_ref()),
            Key::At => Some(Cell::Time(self.started)),
            _ => None,
        }
    }
}

impl Row for EndpointRow {
    fn texts(&self, visit: &mut dyn FnMut(&str)) {
        visit(&self.method);
        visit(&self.endpoint);
    }

    fn cell(&self, key: &Key) -> Option<Cell<'_>> {
        match key {
            Key::Kind => Some(Cell::text(self.kind.as_str())),
            Key::Method => Some(Cell::text(&self.method)),
            Key::Endpoint => Some(Cell::text(&self.endpoint)),
            Key::Duration => Cell::seconds(self.p99?),
            _ => None,
        }
    }
}

impl Row for ErrorRow {
    fn texts(&self, visit: &mut dyn FnMut(&str)) {
        visit(&self.error_type);
        visit(&self.fingerprint);
        self.example.texts(visit);
    }

    fn cell(&self, key: &Key) -> Option<Cell<'_>> {
        match key {
            Key::At => Some(Cell::Time(self.last)),
            other => self.example.cell(other),
        }
    }
}
