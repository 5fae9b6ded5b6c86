//! The bounded, non-blocking way of lines to their target.
//!
//! A line is copied into a chunk of memory under a mutex that is held for nothing else; a thread of
//! its own hands whole chunks to the target. What does not fit is dropped and counted: a request
//! never waits for a disk or a terminal.
//!
//! Invariant: the target receives whole lines only, in the order in which they were accepted, and
//! is never called with the queue locked.

mod handle;
mod queue;
mod target;

#[cfg(test)]
mod tests;

pub(super) use handle::Writer;
