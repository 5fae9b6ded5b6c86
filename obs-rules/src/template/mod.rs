//! The templates of labels and annotations, with the syntax of Prometheus, which is that of Go's `text/template`.
//!
//! What a rule says is rendered by Prometheus and in the process, and must be the same text: so what is rendered here
//! is rendered to the letter, and everything else is refused when a rule is checked. There are
//!
//! - the value: `$value`, `.Value`; the labels of its series: `$labels.name`, `.Labels.name`, `index $labels "name"`;
//!   the external labels, which are empty in the process: `$externalLabels.name`, `.ExternalLabels.name`,
//! - texts, numbers, `true`, `false`; pipelines, parentheses, comments, `{{-` and `-}}`,
//! - `if`, `else if`, `else`, `end`,
//! - `humanize`, `humanize1024`, `humanizePercentage`, `humanizeDuration`, `title`, `toUpper`, `toLower`, `stripPort`,
//!   `stripDomain`, `match`, `reReplaceAll`,
//! - `printf`, `print`, `len`, `eq`, `ne`, `lt`, `le`, `gt`, `ge`, `and`, `or`, `not`.
//!
//! Functions that query Prometheus (`query`), and actions that need variables (`range`, `with`), are not.

mod check;
mod format;
mod function;
mod lexer;
mod parser;
mod render;

#[cfg(test)]
mod tests;

pub use check::{Known, check};
pub use render::expand;
