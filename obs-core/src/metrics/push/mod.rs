//! The push of metrics to a collector, by OTLP, for services that can't be scraped.
//!
//! A thread reads the registry at intervals and sends the totals since the start. A push that fails
//! costs a point in time: the next one has everything again.

mod attributes;
mod message;
mod pusher;
mod units;

pub(crate) use pusher::Pusher;
