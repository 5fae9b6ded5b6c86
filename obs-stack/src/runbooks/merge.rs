//! Merging a generated runbook with the text that people added to the existing one.

use crate::File;

/// Whether a runbook contains text of people: anything but blank lines outside of the
/// generated parts.
pub(crate) fn has_own_text(text: &str) -> bool {
    split(text).iter().any(|piece| match piece {
        Piece::Own(own) => own.lines().any(|line| !line.trim().is_empty() && !is_mark(line)),
        Piece::Part { .. } => false,
    })
}

/// Merges a generated runbook into an existing one.
///
/// Generated parts are replaced where they are in the existing text; everything between
/// them is kept byte by byte. Parts that are no longer generated are removed, new ones
/// are appended. An existing text without generated parts is kept as a whole, before the
/// generated ones.
///
/// ```
/// use obs_stack::runbooks::merged;
///
/// let generated = "<!-- obs:begin meaning -->\nRequests fail.\n<!-- obs:end meaning -->\n";
/// let existing = "<!-- obs:begin meaning -->\nOld.\n<!-- obs:end meaning -->\n\nAsk Ann first.\n";
/// assert_eq!(merged(existing, generated), format!("{generated}\nAsk Ann first.\n"));
/// ```
#[must_use]
pub fn merged(existing: &str, generated: &str) -> String {
    let pieces = split(generated);
    let mut new: Vec<_> = pieces
        .iter()
        .filter_map(|piece| Some((piece.name()?, piece.text())))
        .collect();
    let mut text = String::with_capacity(existing.len() + generated.len());
    for piece in split(existing) {
        match piece {
            // A comment without its counterpart is removed, or it could pair with another one.
            Piece::Own(own) => text.extend(own.split_inclusive('\n').filter(|line| !is_mark(line))),
            Piece::Part { name, .. } => {
                // Not found: the part is outdated, or a copy of one that was written already.
                if let Some(at) = new.iter().position(|(known, _)| *known == name) {
                    text += new.remove(at).1;
                }
            }
        }
    }
    for (_, part) in new {
        if !text.is_empty() {
            text += if text.ends_with('\n') { "\n" } else { "\n\n" };
        }
        text += part;
    }
    text
}

const BEGIN: &str = "<!-- obs:begin ";
const END: &str = "<!-- obs:end ";
const CLOSE: &str = " -->";

/// A piece of a runbook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// A generated part, with its two comments.
    Part { name: &'a str, text: &'a str },
    /// Text of people, unchanged.
    Own(&'a str),
}

// === impl Piece ===

impl<'a> Piece<'a> {
    /// The name of a generated part.
    pub(super) const fn name(&self) -> Option<&'a str> {
        match self {
            Self::Part { name, .. } => Some(name),
            Self::Own(_) => None,
        }
    }

    /// The whole text of the piece.
    pub(super) const fn text(&self) -> &'a str {
        match self {
            Self::Part { text, .. } | Self::Own(text) => text,
        }
    }
}

/// A generated part between its comments.
pub(super) fn part(name: &str, body: &str) -> String {
    format!("{BEGIN}{name}{CLOSE}\n{}\n{END}{name}{CLOSE}\n", body.trim_end())
}

/// Splits a text into its pieces, in order; together they are the text. A part without an
/// end, or whose comments share a line with other text, counts as text of people.
pub(super) fn split(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut own, mut at) = (0, 0);
    while at < text.len() {
        let line_end = text[at..].find('\n').map_or(text.len(), |end| at + end + 1);
        if let Some((name, end)) = part_at(text, at, line_end) {
            if own < at {
                pieces.push(Piece::Own(&text[own..at]));
            }
            pieces.push(Piece::Part {
                name,
                text: &text[at..end],
            });
            own = end;
            at = end;
        } else {
            at = line_end;
        }
    }
    if own < text.len() {
        pieces.push(Piece::Own(&text[own..]));
    }
    pieces
}

/// Whether a line is one of the two comments.
pub(super) fn is_mark(line: &str) -> bool {
    let line = line.trim_end();
    (line.starts_with(BEGIN) || line.starts_with(END)) && line.ends_with(CLOSE)
}

/// The name of the part that begins on this line, and where it ends.
fn part_at(text: &str, at: usize, line_end: usize) -> Option<(&str, usize)> {
    let name = text[at..line_end].trim_end().strip_prefix(BEGIN)?.strip_suffix(CLOSE)?;
    let mut from = line_end;
    while from < text.len() {
        let end = text[from..].find('\n').map_or(text.len(), |end| from + end + 1);
        let line = text[from..end].trim_end();
        // The next part begins: this one never ended.
        if line.starts_with(BEGIN) {
            return None;
        }
        if line.strip_prefix(END).and_then(|rest| rest.strip_suffix(CLOSE)) == Some(name) {
            return Some((name, end));
        }
        from = end;
    }
    None
}

// === impl File ===

impl File {
    /// The content to write over `found`: the generated content; in a runbook, with the
    /// text that people added to it.
    pub(crate) fn merged_with(&self, found: &str) -> String {
        if self.path.starts_with("runbooks/") {
            merged(found, &self.content)
        } else {
            self.content.clone()
        }
    }
}
