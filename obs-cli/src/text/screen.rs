//! Standard output: how wide it is, whether it has colours.

use std::{
    env,
    io::{self, IsTerminal as _, Write as _},
};

use terminal_size::terminal_size_of;

use super::{Row, plain, style::fitted};

/// The fewest columns that reports are made for.
const NARROWEST: usize = 60;
/// The columns where there is no terminal.
const USUAL: usize = 120;

/// Where reports are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Screen {
    pub(crate) width: usize,
    pub(crate) has_colours: bool,
    /// Whether it can be cleared.
    pub(crate) is_terminal: bool,
}

// === impl Screen ===

impl Screen {
    /// That of standard output.
    pub(crate) fn of_stdout() -> Self {
        let is_terminal = io::stdout().is_terminal();
        let columns = env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        let of_terminal = || Some(usize::from(terminal_size_of(io::stdout())?.0.0));
        let width = columns.or_else(of_terminal).unwrap_or(USUAL);
        let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self {
            width: width.clamp(NARROWEST, 1_000),
            has_colours: is_terminal && !is_dumb && !is_set("NO_COLOR"),
            is_terminal: is_terminal && !is_dumb,
        }
    }

    /// Clears it, if it is a terminal.
    ///
    /// # Errors
    ///
    /// If it can't be written to.
    pub(crate) fn clear(self) -> io::Result<()> {
        if !self.is_terminal {
            return Ok(());
        }
        // Home, then everything behind it.
        write!(io::stdout().lock(), "\u{1b}[H\u{1b}[2J")
    }

    /// Prints rows, each on one line.
    ///
    /// # Errors
    ///
    /// If they can't be written.
    pub(crate) fn print(self, rows: Vec<Row>) -> io::Result<()> {
        let mut out = io::stdout().lock();
        for row in rows {
            writeln!(out, "{}", self.line(row))?;
        }
        out.flush()
    }

    /// A row as it is printed.
    pub(crate) fn line(self, row: Row) -> String {
        let row = fitted(row, self.width);
        if !self.has_colours {
            return plain(&row);
        }
        let mut line = String::new();
        for piece in row {
            match piece.tone.sgr() {
                Some(sgr) => line.extend(["\u{1b}[", sgr, "m", &piece.text, "\u{1b}[0m"]),
                None => line.push_str(&piece.text),
            }
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Piece, Tone};

    #[test]
    fn colours_are_shown_only_where_there_are_any() {
        let row = vec![Piece::new("error", Tone::Bad), "  here  ".into()];
        let with = |has_colours, width| {
            let screen = Screen {
                width,
                has_colours,
                is_terminal: false,
            };
            screen.line(row.clone())
        };
        assert_eq!(with(false, 80), "error  here");
        assert_eq!(with(true, 80), "\u{1b}[1;31merror\u{1b}[0m  here  ");
        assert_eq!(with(false, 8), "error  …");
        assert_eq!(with(true, 4), "\u{1b}[1;31merr…\u{1b}[0m");
    }
}
