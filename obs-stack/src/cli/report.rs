//! What is told, and how it ends.

use std::{
    error::Error,
    io::{self, Write as _},
};

use obs_core::guard::chain_text;

/// The longest text of an error, in bytes.
const MAX_TEXT: usize = 16 * 1024;

/// How a command ends that could do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(super) enum Verdict {
    /// All is well.
    Well,
    /// Something is not as it should be.
    Wrong,
    /// Not all could be looked at.
    Incomplete,
}

pub(super) type Outcome = Result<Verdict, Box<dyn Error>>;

// === impl Verdict ===

impl Verdict {
    pub(super) fn of(is_well: bool) -> Self {
        if is_well { Self::Well } else { Self::Wrong }
    }
}

/// A line on standard output.
pub(super) fn say(line: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{line}")
}

/// What kept the command from a part of its work, with its causes, on standard error.
pub(super) fn complain(error: &(dyn Error + 'static)) -> io::Result<()> {
    writeln!(io::stderr().lock(), "error: {}", chain_text(error, ": ", MAX_TEXT))
}

/// `1 file`, `2 files`
pub(super) fn count(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}
