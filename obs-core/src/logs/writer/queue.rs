//! Lines that wait for the target.

use std::collections::VecDeque;

/// How many bytes of lines may wait, those that the target is just being given included.
///
/// About ten thousand lines: a burst must not be lost while the thread wakes up.
pub(super) const MAX_PENDING: usize = 4 * 1024 * 1024;
/// From here on the thread does not wait for more.
const HIGH_WATER: usize = 256 * 1024;
/// A chunk takes the longest line.
const CHUNK: usize = crate::logs::parts::MAX_LINE;
/// Empty chunks that are kept for the next lines.
const MAX_SPARE: usize = 8;

/// What waits, and how far things are.
#[derive(Debug, Default)]
pub(super) struct Queue {
    chunks: VecDeque<Chunk>,
    spare: Vec<Vec<u8>>,
    pending_bytes: usize,
    pub(super) thread: ThreadState,
    /// Whether someone waits for the target to be reached.
    pub(super) hurry: bool,
    /// Lines accepted so far.
    pub(super) accepted: u64,
    /// Lines that were handed to the target, or lost on the way, and then flushed.
    pub(super) settled: u64,
    /// Lines taken out so far.
    taken: u64,
    /// How often the target failed.
    pub(super) failures: u64,
    /// Whether the thread has ended: lines that come now get one of their own.
    pub(super) is_late: bool,
    /// Whether a wait for the target has timed out, and nothing was written since.
    pub(super) is_slow: bool,
}

/// What the flushing thread does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum ThreadState {
    /// Writes, or is about to look for lines: needs no wake-up.
    #[default]
    Busy,
    /// Sleeps until there is a line.
    Idle,
    /// Waits a moment, so that lines that come together are written together.
    Gathering,
    /// Shall write what is there and end.
    Closing,
    /// Has ended: the next line starts another one.
    Closed,
}

/// Memory for lines; never grows.
#[derive(Debug)]
pub(super) struct Chunk {
    pub(super) bytes: Vec<u8>,
    pub(super) lines: u64,
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pushed {
    /// No room.
    Dropped,
    /// Will be written without further ado.
    Accepted,
    /// Will be written once the thread is woken.
    Wake,
    /// The thread has ended before: the caller sees that there is another one.
    Late,
}

// === impl Queue ===

impl Queue {
    /// Copies a line in.
    pub(super) fn push(&mut self, line: &[u8]) -> Pushed {
        if line.len() > CHUNK || self.pending_bytes + line.len() > MAX_PENDING {
            return Pushed::Dropped;
        }
        self.chunk_for(line.len()).push(line);
        self.pending_bytes += line.len();
        self.accepted += 1;
        match self.thread {
            ThreadState::Idle => self.wake(),
            ThreadState::Gathering if self.pending_bytes >= HIGH_WATER => self.wake(),
            ThreadState::Closed => Pushed::Late,
            ThreadState::Closing if self.is_late => Pushed::Late,
            ThreadState::Busy | ThreadState::Gathering | ThreadState::Closing => Pushed::Accepted,
        }
    }

    fn wake(&mut self) -> Pushed {
        self.thread = ThreadState::Busy;
        Pushed::Wake
    }

    /// The chunk at the end, or a new one if that has no room.
    fn chunk_for(&mut self, len: usize) -> &mut Chunk {
        let full = self.chunks.back().is_none_or(|last| last.bytes.len() + len > CHUNK);
        if full {
            let bytes = self.spare.pop().unwrap_or_else(|| Vec::with_capacity(CHUNK));
            self.chunks.push_back(Chunk { bytes, lines: 0 });
        }
        let last = self.chunks.len() - 1;
        &mut self.chunks[last]
    }

    pub(super) fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// Whether this number of lines has arrived or was lost, or no thread is left that would write them.
    pub(super) fn is_over(&self, goal: u64) -> bool {
        self.settled >= goal || self.thread == ThreadState::Closed
    }

    /// Whether lines were accepted that have neither arrived nor been lost.
    pub(super) fn is_unsettled(&self) -> bool {
        self.settled < self.accepted
    }

    /// Whether the thread should write now and not wait for more.
    pub(super) fn is_urgent(&self) -> bool {
        self.hurry || self.pending_bytes >= HIGH_WATER
    }

    /// Takes the oldest lines.
    pub(super) fn take(&mut self) -> Option<Chunk> {
        let chunk = self.chunks.pop_front()?;
        self.taken += chunk.lines;
        Some(chunk)
    }

    /// Takes back a chunk whose lines are written or lost.
    pub(super) fn recycle(&mut self, chunk: Chunk) {
        let Chunk { mut bytes, lines: _ } = chunk;
        self.pending_bytes -= bytes.len();
        if self.spare.len() < MAX_SPARE {
            bytes.clear();
            self.spare.push(bytes);
        }
    }

    /// Notes that the target has been flushed and holds all that was taken.
    pub(super) fn settle(&mut self) {
        self.settled = self.taken;
        self.is_slow = false;
    }
}

// === impl Chunk ===

impl Chunk {
    fn push(&mut self, line: &[u8]) {
        self.bytes.extend_from_slice(line);
        self.lines += 1;
    }
}
