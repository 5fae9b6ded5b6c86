//! The history of the metrics: the values of all series over the last hours, within a fixed number of bytes.
//!
//! A thread of the console reads the registry each two seconds. What has changed since the sample before is encoded as a
//! frame; frames of two seconds are kept for 15 minutes, and frames of 30 seconds for 6 hours, or as long as there is room.
//! A series that is idle takes nothing. The axis of time is the monotonic clock's: a jump of the wall clock changes the
//! labels of the axis, and no value.

mod codec;
mod frames;
mod grid;
mod reading;
mod sampler;
mod series;
mod store;
#[cfg(test)]
mod tests;

pub(super) use reading::{Columns, Reading};
pub(super) use sampler::Sampler;
pub(super) use series::SeriesKey;
pub(super) use store::FINE_STEP;
