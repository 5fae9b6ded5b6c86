//! Buffers that a thread uses again for each line.

use std::{cell::Cell, time::Duration};

use super::{fields::Fields, line_template::LineTemplates, timestamp::Stamp};

/// Where one line is put together.
#[derive(Debug)]
pub(super) struct Scratch {
    /// The line itself.
    pub(super) line: Vec<u8>,
    /// When its event happened, since the Unix epoch.
    pub(super) at: Duration,
    /// Room for a line that is put together at once; never empty once it was used.
    pub(super) room: Vec<u8>,
    /// Its ids, or other parts that are written later.
    pub(super) ids: Vec<u8>,
    /// Its fields.
    pub(super) fields: Fields,
    pub(super) stamp: Stamp,
    pub(super) templates: LineTemplates,
}

thread_local! {
    static SCRATCH: Cell<Option<Box<Scratch>>> = const { Cell::new(None) };
}

/// Runs `write` with empty buffers.
///
/// They are taken out of the thread's slot meanwhile: an event that is logged while another one is
/// being formatted, by a `Debug` impl say, gets buffers of its own.
pub(super) fn with<R>(write: impl FnOnce(&mut Scratch) -> R) -> R {
    let mut scratch = SCRATCH.try_with(Cell::take).ok().flatten().unwrap_or_default();
    scratch.clear();
    let result = write(&mut scratch);
    // On a thread that is ending the slot may be destroyed; then the buffers are dropped.
    let _ = SCRATCH.try_with(|slot| slot.set(Some(scratch)));
    result
}

// === impl Scratch ===

impl Scratch {
    /// Empties the buffers.
    pub(super) fn clear(&mut self) {
        self.line.clear();
        self.ids.clear();
        self.fields.clear();
    }
}

impl Default for Scratch {
    fn default() -> Self {
        Self {
            line: Vec::with_capacity(1_024),
            at: Duration::ZERO,
            room: Vec::new(),
            ids: Vec::with_capacity(256),
            fields: Fields::default(),
            stamp: Stamp::new(),
            templates: LineTemplates::default(),
        }
    }
}
