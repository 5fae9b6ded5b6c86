//! Own text is kept.

use super::parts::{self, Piece};

/// Whether somebody wrote into a runbook: outside of the generated parts there is more than blank lines.
pub(crate) fn has_own_text(text: &str) -> bool {
    parts::split(text).iter().any(|piece| match piece {
        Piece::Own(own) => own.lines().any(|line| !line.trim().is_empty() && !parts::is_mark(line)),
        Piece::Part { .. } => false,
    })
}

/// What is written over a runbook that exists already: the generated parts as they are now, where they stand,
/// and all text between them to the byte. Parts that are no longer generated go, new ones come at the end; a
/// text without any generated part is kept whole, above what is generated.
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
    let pieces = parts::split(generated);
    let mut new: Vec<_> = pieces.iter().filter_map(|piece| Some((piece.name()?, piece.text()))).collect();
    let mut text = String::with_capacity(existing.len() + generated.len());
    for piece in parts::split(existing) {
        match piece {
            // A comment of ours that lost its other half would find another one when the part between goes.
            Piece::Own(own) => text.extend(own.split_inclusive('\n').filter(|line| !parts::is_mark(line))),
            Piece::Part { name, .. } => {
                // What is not there is old, or a copy of what was written already.
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
