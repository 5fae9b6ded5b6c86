//! The parts of a line, which all styles have in common.

use std::time::Duration;

use tracing_core::Level;

use super::{format::Style, ids::Ids, json, pretty, timestamp::Stamp};

/// The most bytes that a line has, its newline included.
pub(super) const MAX_LINE: usize = 64 * 1024;
/// The most bytes that a target has on a line.
pub(super) const MAX_TARGET: usize = 512;
/// The most bytes that request id, trace id and span id have on a line, with their keys.
pub(super) const MAX_IDS: usize = 512;

/// The most bytes that the name, the version or the environment of a service has on a line.
pub(super) const MAX_SERVICE: usize = 1_024;

/// The time, the level and the target of a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head<'a> {
    pub(super) at: Duration,
    pub(super) level: Level,
    pub(super) target: &'a str,
}

/// The fields after the message, encoded in the order of the line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tail<'a> {
    pub(super) target: &'a str,
    /// Service, version and environment.
    pub(super) service: &'a [u8],
    pub(super) ids: &'a [u8],
    pub(super) context: &'a [u8],
    pub(super) event: &'a [u8],
    pub(super) spans: &'a [u8],
    pub(super) truncated: bool,
}

// === impl Tail ===

impl Tail<'_> {
    /// Appends the fields after the target.
    pub(super) fn push_fields(&self, line: &mut Vec<u8>) {
        let &Self {
            target: _,
            service,
            ids,
            context,
            event,
            spans,
            truncated: _,
        } = self;
        for part in [service, ids, context, event, spans] {
            line.extend_from_slice(part);
        }
    }
}

// === impl Style ===

impl Style {
    /// Starts a line, up to the message.
    pub(super) fn open(self, line: &mut Vec<u8>, stamp: &mut Stamp, head: Head<'_>) {
        match self {
            Self::Json => {
                json::open(line, stamp, head.at);
                line.extend_from_slice(json::level_part(head.level));
            }
            Self::Pretty { color } => pretty::open(line, stamp, head, color),
            Self::Profiled(profiled) => profiled.open(line, stamp, head),
        }
    }

    /// Appends the ids; `project` is that of Google Cloud.
    pub(super) fn push_ids(self, out: &mut Vec<u8>, ids: Ids<'_>, project: Option<&str>) {
        match self {
            Self::Json => json::push_ids(out, ids),
            Self::Pretty { .. } => pretty::push_ids(out, ids),
            Self::Profiled(profiled) => profiled.push_ids(out, ids, project),
        }
    }

    /// Ends the message and the line.
    pub(super) fn close(self, line: &mut Vec<u8>, tail: Tail<'_>) {
        match self {
            Self::Json => json::close(line, tail),
            Self::Pretty { color } => pretty::close(line, tail, color),
            Self::Profiled(profiled) => profiled.close(line, tail),
        }
    }
}

/// The position of a level in tables: 0 for `TRACE` to 4 for `ERROR`.
pub(super) fn level_index(level: Level) -> usize {
    match level {
        Level::TRACE => 0,
        Level::DEBUG => 1,
        Level::INFO => 2,
        Level::WARN => 3,
        Level::ERROR => 4,
    }
}
