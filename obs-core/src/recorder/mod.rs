//! The flight recorder: what is running in this process, and what has ended lately, whatever the sampler says.
//!
//! Each request that the service answers, each outgoing call, each upgraded connection and each job of an instance has an
//! entry while it runs, and leaves a record when it has ended, with its child spans and its log lines.
//! [`Obs::recorder`](crate::Obs::recorder) reads them: [`running`](FlightRecorder::running),
//! [`recent`](FlightRecorder::recent), [`slowest`](FlightRecorder::slowest), [`errors`](FlightRecorder::errors),
//! [`trace`](FlightRecorder::trace).
//!
//! ```
//! use obs_core::{Obs, context, recorder::Filter};
//!
//! let obs = Obs::builder("orders").log_writer(std::io::sink()).build()?;
//! context::run_in(obs.start_context(), || {
//!     assert_eq!(obs.recorder().running().len(), 1); // this job
//! });
//! assert!(obs.recorder().running().is_empty());
//! assert_eq!(obs.recorder().recent(&Filter::new()).len(), 1);
//! # Ok::<(), obs_core::InitError>(())
//! ```
//!
//! # What is kept, and for how long
//!
//! All of it together has a fixed number of bytes, 4 MiB unless
//! [`ObsBuilder::flight_recorder`](crate::ObsBuilder::flight_recorder) says otherwise. Records are of 200 bytes and more,
//! at most 22 KiB: of one request the newest 64 lines and the first 64 child spans are kept, 16 KiB of both together, and
//! what is left out is counted in the record. Of all records are kept
//!
//! - the newest, as many as there is room for;
//! - for each endpoint the slowest of each latency class, for an hour at least;
//! - for each endpoint and type of error the newest record of each [kind](ErrorGroup), so that a common error doesn't
//!   push out a rare one.
//!
//! What runs has room before what has ended, up to some three quarters of the bytes; further requests have no entry. Records that have given way, and requests without an entry, are counted in
//! `obs_recorder_evicted_total`; the bytes are `obs_recorder_bytes`.
//!
//! Requests of layers with `logs(false)` and `traces(false)` have no ids, and no entry.
//!
//! # Costs
//!
//! A request writes into memory that is there already; a reader never makes it wait longer than for a copy of what it
//! has itself. Texts of clients are stored as they are, cut, and lines and attributes after the redaction of secrets.

mod active;
mod codec;
mod details;
mod entry;
mod entry_details;
mod entry_ref;
mod evicted;
mod filter;
mod flight_recorder;
mod ledger;
mod line;
mod live;
mod memory;
mod reading;
mod record;
mod retained;
mod span;
mod store;
mod stored;
mod tags;
#[cfg(test)]
mod tests;

pub(crate) use active::{Activated, ActiveSpan};
pub(crate) use details::NewSpan;
pub(crate) use entry::Entry;
pub(crate) use entry_ref::EntryRef;
pub(crate) use flight_recorder::{DEFAULT_BYTES, MIN_BYTES};
pub(crate) use line::{NewLine, verbosity};
pub(crate) use live::Begin;
pub(crate) use span::{EndedSpan, kind_number, kind_of, push_attribute};
pub(crate) use stored::End;

pub use filter::Filter;
pub use flight_recorder::FlightRecorder;
pub use line::Line;
pub use record::{ErrorGroup, Kind, Phase, Record, Running};
pub use span::{SpanRecord, SpanStatus};
