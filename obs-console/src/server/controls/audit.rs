//! Who has changed what.

use std::{collections::VecDeque, time::SystemTime};

use obs_base::redact::Redactor;

use crate::query::Audited;

/// The most changes that are remembered.
const MAX_ENTRIES: usize = 256;
/// The most bytes of a text.
const MAX_TEXT: usize = 512;

/// The newest changes.
#[derive(Debug, Default)]
pub(super) struct Audit(VecDeque<Audited>);

/// A text of a client, redacted and cut, without control characters.
pub(super) fn shown(text: &str) -> String {
    let text = Redactor::usual().text(text);
    let mut out = String::with_capacity(text.len().min(MAX_TEXT));
    for c in text.chars() {
        if out.len() + c.len_utf8() > MAX_TEXT {
            out.push('…');
            break;
        }
        out.push(if c.is_control() { '\u{fffd}' } else { c });
    }
    out
}

// === impl Audit ===

impl Audit {
    pub(super) fn add(&mut self, by: &str, text: String) {
        self.0.truncate(MAX_ENTRIES - 1);
        self.0.push_front(Audited {
            at: SystemTime::now(),
            by: by.to_owned(),
            text,
        });
    }

    /// The newest first.
    pub(super) fn list(&self) -> Vec<Audited> {
        self.0.iter().cloned().collect()
    }
}
