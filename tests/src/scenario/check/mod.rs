//! Comparing what was seen with what a row expects, signal by signal.

mod answer;
mod case;
mod line;
mod metrics;
mod record;
mod span;

pub(super) use case::{Case, problems};
