//! Pieces of text and what they mean; each face shows the meaning in its way.

use super::{fit, width_of};

/// What a piece of text means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tone {
    #[default]
    Plain,
    /// A heading.
    Strong,
    /// Beside the point.
    Faint,
    /// Something to follow: an id, a name.
    Accent,
    Good,
    Warning,
    Bad,
}

/// Text of one meaning. What others wrote has passed [`shown`](super::shown).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) text: String,
    pub(crate) tone: Tone,
}

/// A line of a report.
pub(crate) type Row = Vec<Piece>;

// === impl Piece ===

impl Piece {
    pub(crate) fn new(text: impl Into<String>, tone: Tone) -> Self {
        Self {
            text: text.into(),
            tone,
        }
    }
}

impl From<String> for Piece {
    fn from(text: String) -> Self {
        Self::new(text, Tone::Plain)
    }
}

impl From<&str> for Piece {
    fn from(text: &str) -> Self {
        Self::new(text, Tone::Plain)
    }
}

// === impl Tone ===

impl Tone {
    /// The parameter of the sequence SGR that shows it, in the 16 colours that every theme has.
    pub(super) fn sgr(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Strong => Some("1"),
            Self::Faint => Some("2"),
            Self::Accent => Some("36"),
            Self::Good => Some("32"),
            Self::Warning => Some("33"),
            Self::Bad => Some("1;31"),
        }
    }
}

/// A row without its tones, and without blanks at its end.
pub(crate) fn plain(row: &Row) -> String {
    let text: String = row.iter().map(|piece| piece.text.as_str()).collect();
    text.trim_end().to_owned()
}

/// A row in at most `columns` columns.
pub(crate) fn fitted(row: Row, columns: usize) -> Row {
    let mut left = columns;
    let mut fitted = Row::new();
    for mut piece in row {
        let width = width_of(&piece.text);
        if width > left {
            piece.text = fit(&piece.text, left).into_owned();
            fitted.push(piece);
            break;
        }
        left -= width;
        fitted.push(piece);
    }
    fitted
}
