//! Where what the subjects record arrives and is counted: of the peers' the cheapest place that counts.

mod collector;
mod lines;
mod obs;
mod otel;
mod page;
mod protobuf;

pub use {
    collector::Collector,
    lines::Lines,
    obs::Instance,
    otel::{before, now},
    page::sum,
};
