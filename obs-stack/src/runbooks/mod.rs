//! Runbooks: what to do when an alert fires.
//!
//! | file | content |
//! |---|---|
//! | `runbooks/ALERT.md` | a page for each alert name, in lower case: `runbooks/higherrorrate.md` |
//! | `runbooks/README.md` | a list of all runbooks |
//!
//! A runbook has six parts: head (services, severities, teams), meaning, impact, diagnosis
//! with ready PromQL, LogQL and TraceQL queries, mitigation, escalation. Each part is
//! between two HTML comments, `<!-- obs:begin NAME -->` and `<!-- obs:end NAME -->`. Text
//! outside of them belongs to people and is kept when the file is generated again: see
//! [`merged`].
//!
//! ```
//! use obs_rules::definition::Definition;
//!
//! let definition = Definition::parse("version: 1\nservices: [{ name: orders }]", "obs.yaml")?;
//! let files = obs_stack::runbooks::files(&definition);
//! let runbook = files.iter().find(|file| file.path == "runbooks/higherrorrate.md").ok_or("missing")?;
//! assert!(runbook.content.contains("## Mitigation"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod advice;
mod merge;
mod page;

#[cfg(test)]
mod tests;

pub use merge::merged;
pub use page::{files, path, url};

pub(crate) use merge::has_own_text;
