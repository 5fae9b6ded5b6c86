//! Asking on a terminal what no flag has said.

use std::io::{self, BufRead, Write};

/// Whoever is asked.
#[derive(Debug)]
pub(super) struct Questions<R, W> {
    answers: R,
    shown: W,
}

// === impl Questions ===

impl<R: BufRead, W: Write> Questions<R, W> {
    pub(super) fn new(answers: R, shown: W) -> Self {
        Self { answers, shown }
    }

    /// An answer, or the default for an empty one. Where there is no default, the question is repeated.
    pub(super) fn ask(&mut self, question: &str, default: &str) -> io::Result<String> {
        loop {
            let hint = if default.is_empty() { String::new() } else { format!(" [{default}]") };
            write!(self.shown, "{question}{hint}: ")?;
            self.shown.flush()?;
            let mut answer = String::new();
            if self.answers.read_line(&mut answer)? == 0 {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, format!("nobody answers {question:?}")));
            }
            let answer = answer.trim();
            if !answer.is_empty() || !default.is_empty() {
                return Ok(if answer.is_empty() { default } else { answer }.to_owned());
            }
        }
    }

    /// Answers until an empty one, one at least.
    pub(super) fn ask_for_all(&mut self, question: &str) -> io::Result<Vec<String>> {
        let mut answers = vec![self.ask(question, "")?];
        loop {
            let answer = self.ask("  and another (empty: no more)", "-")?;
            if answer == "-" {
                return Ok(answers);
            }
            answers.push(answer);
        }
    }
}
