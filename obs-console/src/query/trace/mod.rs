//! Traces: all that is known of one, in one tree.

mod answer;
mod assemble;
#[cfg(test)]
mod tests;
mod times;

pub(super) use answer::{PARAMETERS, answer, of_id};
