//! Runbooks: what to do when an alert fires.
//!
//! | file | content |
//! |---|---|
//! | `runbooks/ALERT.md` | a page for each alert name, in lower case: `runbooks/higherrorrate.md` |
//! | `runbooks/README.md` | a list of all runbooks |
//!
//! A runbook has six parts:
//!
//! | part | says |
//! |---|---|
//! | `head` | which services have the alert, with severity, team, summary and hold time |
//! | `meaning` | what has happened when it fires |
//! | `impact` | what users notice |
//! | `diagnosis` | questions in order; for each service the dashboard, and queries to paste: the alert's own PromQL, its value over time, LogQL of errors and warnings, TraceQL of failed requests |
//! | `mitigation` | what to try, in order |
//! | `escalation` | the teams, how to reach them, and who is next |
//!
//! Each part is between two HTML comments, `<!-- obs:begin NAME -->` and `<!-- obs:end NAME
//! -->`. Text outside of them belongs to people and is kept when the file is generated
//! again: see [`merged`]. Several services that have an alert of the same name share its
//! page.
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
