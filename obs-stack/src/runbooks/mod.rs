//! Runbooks: one Markdown file for each alert, `runbooks/higherrorrate.md`, and a list of them.
//!
//! A runbook has six parts: what fired, meaning, impact, diagnosis with ready queries, mitigation,
//! escalation. Each stands between two comments; text of your own outside of them is kept when the files are
//! made again, see [`merged`].

mod advice;
mod merge;
mod page;

#[cfg(test)]
mod tests;

pub use merge::merged;
pub use page::{files, path, url};

pub(crate) use merge::has_own_text;
