//! Texts of values, of bounded length.

use std::fmt::{self, Display, Write};

use super::guarded;

/// The text that replaces a value whose formatting panicked.
pub const PANICKED: &str = "<panicked while formatting>";

/// A string of at most `max_bytes`.
#[derive(Debug)]
pub(super) struct Bounded {
    text: String,
    max_bytes: usize,
    is_full: bool,
}

/// The text of a value by its `Display`, cut to `max_bytes` at a character boundary; [`PANICKED`] if that panics.
///
/// A `Display` that writes without end is stopped at the limit. Secrets in the text are not redacted.
///
/// ```
/// use obs_base::guard::text_of;
///
/// assert_eq!(text_of(&"größer", 4), "grö");
/// ```
#[must_use]
pub fn text_of<D: Display + ?Sized>(value: &D, max_bytes: usize) -> String {
    let mut text = Bounded::new(max_bytes);
    push(&mut text, value);
    text.into_string()
}

/// Appends the text of a value.
pub(super) fn push<D: Display + ?Sized>(text: &mut Bounded, value: &D) {
    let start = text.text.len();
    if guarded(|| write!(text, "{value}")).is_none() {
        text.text.truncate(start);
        text.is_full = false;
        let _ = text.write_str(PANICKED);
    }
}

// === impl Bounded ===

impl Bounded {
    pub(super) fn new(max_bytes: usize) -> Self {
        Self {
            text: String::new(),
            max_bytes,
            is_full: false,
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.is_full
    }

    pub(super) fn into_string(self) -> String {
        self.text
    }
}

impl Write for Bounded {
    /// Fails at the limit, so that a formatter without an end stops.
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.is_full {
            return Err(fmt::Error);
        }
        let room = self.max_bytes - self.text.len();
        let end = (0..=room.min(text.len()))
            .rev()
            .find(|at| text.is_char_boundary(*at))
            .unwrap_or_default();
        self.text.push_str(&text[..end]);
        self.is_full = end < text.len();
        if self.is_full { Err(fmt::Error) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes without end, and ignores no error.
    struct Endless;

    impl Display for Endless {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            (0..10_000).try_for_each(|_| f.write_str("more "))
        }
    }

    #[test]
    fn a_text_is_cut_at_a_character() {
        assert_eq!(text_of(&"größer", 100), "größer");
        assert_eq!(text_of(&"größer", 3), "gr");
        assert_eq!(text_of(&"größer", 0), "");
    }

    #[test]
    fn a_text_without_end_is_cut() {
        assert_eq!(text_of(&Endless, 7), "more mo");
    }
}
