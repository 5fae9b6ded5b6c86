//! Fields of a span, serialised once.

use super::fields::Fields;

/// The most bytes that the fields of one span have together: half of the line is left to the event.
pub(super) const MAX_SPAN_FIELDS: usize = super::parts::MAX_LINE / 2;

/// What layers of obs keep with a span: each has a format and a redaction list of its own.
#[derive(Debug)]
pub(super) struct SpanFields {
    /// Nearly always the only one.
    first: (u64, Fields),
    others: Vec<(u64, Fields)>,
}

// === impl SpanFields ===

impl SpanFields {
    pub(super) fn new(layer: u64, fields: Fields) -> Self {
        Self {
            first: (layer, fields),
            others: Vec::new(),
        }
    }

    /// The fields as this layer serialised them.
    pub(super) fn of(&self, layer: u64) -> Option<&Fields> {
        let (id, fields) = &self.first;
        if *id == layer {
            return Some(fields);
        }
        self.others
            .iter()
            .find(|(id, _)| *id == layer)
            .map(|(_, fields)| fields)
    }

    /// Lays further fields over those of this layer.
    pub(super) fn update(&mut self, layer: u64, newer: &Fields) {
        let known = std::iter::once(&mut self.first)
            .chain(&mut self.others)
            .find(|(id, _)| *id == layer);
        match known {
            Some((_, fields)) => fields.update(newer, MAX_SPAN_FIELDS),
            None => self.others.push((layer, newer.to_exact())),
        }
    }
}
