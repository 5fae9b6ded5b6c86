//! What is expected of a span, and spans in the same form.

use std::collections::BTreeMap;

use obs_tests::otlp::{ReceivedSpan, written};
use opentelemetry_proto::tonic::trace::v1::{span::SpanKind, status::StatusCode};

/// What the conventions say of a span.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) name: String,
    pub(crate) kind: SpanKind,
    pub(crate) status: StatusCode,
    /// Text in quotes, so that a number can't pass for one.
    pub(crate) attributes: BTreeMap<String, String>,
}

/// Attributes in the form of [`Expected`].
#[derive(Debug, Default)]
pub(crate) struct Attributes(BTreeMap<String, String>);

// === impl Attributes ===

impl Attributes {
    pub(crate) fn text(mut self, key: &str, value: impl AsRef<str>) -> Self {
        self.0.insert(key.to_owned(), format!("{:?}", value.as_ref()));
        self
    }

    pub(crate) fn int(mut self, key: &str, value: impl Into<i64>) -> Self {
        self.0.insert(key.to_owned(), value.into().to_string());
        self
    }

    pub(crate) fn text_if(self, key: &str, value: Option<impl AsRef<str>>) -> Self {
        match value {
            Some(value) => self.text(key, value),
            None => self,
        }
    }

    pub(crate) fn done(self) -> BTreeMap<String, String> {
        self.0
    }
}

/// A span as it arrived; panics when an attribute comes twice.
pub(crate) fn seen(span: &ReceivedSpan) -> Expected {
    let span = &span.span;
    let attributes = written(&span.attributes);
    let status = span
        .status
        .as_ref()
        .map_or(StatusCode::Unset, opentelemetry_proto::tonic::trace::v1::Status::code);
    Expected {
        name: span.name.clone(),
        kind: span.kind(),
        status,
        attributes,
    }
}
