//! The atomic cells that hold the values: written on every request, read by a scrape.
//!
//! Everything here is lock-free for writers. Cells that many threads write are sharded: each
//! thread has a shard of its own, as long as there are not more threads than shards.

mod counter;
mod exemplar;
mod float;
mod gauge;
mod histogram;
mod native;
mod shard;
mod sketch;
mod summary;
mod totals;

pub(super) use counter::CounterCells;
pub(super) use exemplar::{ExemplarSlot, Ids};
pub(super) use float::FloatCells;
pub(super) use gauge::GaugeCell;
pub(crate) use gauge::InFlightCells;
pub(super) use histogram::HistogramCells;
pub(super) use native::NativeCounts;
pub(super) use summary::{QUANTILES, SummaryCells, SummaryTotals};
pub(super) use totals::{Detail, HistogramTotals};
