//! The bounded, non-blocking way of lines to their target.
//!
//! A line is copied into a chunk of memory under a mutex that is held for nothing else; a thread of
//! its own hands whole chunks to the target. What does not fit is dropped and counted: a request
//! never waits for a disk or a terminal. After the shutdown, threads are started for the lines that still
//! come, and the end of the process waits a moment for the last ones.
//!
//! Invariant: the target receives whole lines only, in the order in which they were accepted, and
//! is never called with the queue locked.

mod exit;
mod handle;
mod queue;
mod target;
mod worker;

#[cfg(test)]
mod tests;

pub(crate) use exit::flush_at_panic;
pub(super) use handle::Writer;
