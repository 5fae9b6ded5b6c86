//! Writing all metrics out: one walk over the registry, a sink for each format.

mod ahead;
mod number;
mod plain;
mod protobuf;
mod text;
mod walk;

pub(super) use ahead::{Ahead, Touch};
pub(super) use number::Number;
pub(super) use walk::{At, Extras, Sink, Walker, render, snapshot};
pub(super) use walk::{walk, walk_one};
