//! Writing all metrics out: one walk over the registry, a sink for each format.

mod number;
mod plain;
mod prefetch;
mod protobuf;
mod text;
mod walk;

pub(super) use number::Number;
pub(super) use prefetch::{Prefetch, Prefetcher};
pub(super) use walk::{At, Extras, Sink, Walker, render, snapshot};
pub(super) use walk::{walk, walk_one};
