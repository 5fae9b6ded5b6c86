//! How a subject is measured, and how it proves that it did its work.

mod child;
mod measure;
mod parent;
mod tally;

pub use {
    child::serve,
    measure::{Aim, SLICE, Slice, measure, on_threads, ready},
    parent::{Results, Sample, compare},
    tally::{Does, Tally, Work},
};
