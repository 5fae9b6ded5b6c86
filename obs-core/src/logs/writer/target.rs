//! The user's writer, behind a guard against whatever it does.

use std::{
    cell::Cell,
    fmt,
    io::{self, Write},
    thread,
    time::Duration,
};

use crate::guard::guarded;

/// How long to leave a target alone that would block.
const RETRY: Duration = Duration::from_millis(10);
/// The number of failures in a row after which the lines are dropped: five seconds.
const MAX_RETRIES: u32 = 500;

/// Where lines end up.
pub(super) struct Target {
    writer: Box<dyn Write + Send>,
    /// Whether the last line was left unfinished.
    torn: bool,
}

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is just calling a target.
///
/// Lines that a target logs about its own work would feed on themselves, and to wait for it from
/// within would last forever.
pub(super) fn is_inside() -> bool {
    INSIDE.try_with(Cell::get).unwrap_or(false)
}

// === impl Target ===

impl Target {
    pub(super) fn new(writer: Box<dyn Write + Send>) -> Self {
        Self { writer, torn: false }
    }

    /// Whether the writer takes bytes, without giving it any: a file that is open for reading only
    /// refuses even that.
    pub(super) fn probe(&mut self) -> io::Result<()> {
        match of_writer(|| self.writer.write(&[])) {
            Some(Err(error)) if !matches!(error.kind(), io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock) => {
                Err(error)
            }
            Some(_) => Ok(()),
            None => Err(io::Error::other("it panicked")),
        }
    }

    /// Writes whole lines; on failure says how many of them did not arrive whole.
    pub(super) fn write(&mut self, lines: &[u8]) -> Result<(), u64> {
        if self.torn {
            // Whatever is left of the torn line must not run into the next one.
            if self.write_counted(b"\n").is_err() {
                return Err(count_lines(lines));
            }
            self.torn = false;
        }
        self.write_counted(lines).map_err(|written| {
            self.torn = written > 0 && lines[written - 1] != b'\n';
            count_lines(&lines[written..])
        })
    }

    /// Asks the writer to pass on what it buffers.
    pub(super) fn flush(&mut self) -> bool {
        of_writer(|| self.writer.flush()).is_some_and(|flushed| flushed.is_ok())
    }

    /// Writes all bytes; on failure says how many were taken.
    fn write_counted(&mut self, bytes: &[u8]) -> Result<(), usize> {
        let (mut written, mut retries) = (0, 0);
        while written < bytes.len() {
            match of_writer(|| self.writer.write(&bytes[written..])) {
                Some(Ok(taken)) if taken > 0 => (written, retries) = (bytes.len().min(written + taken), 0),
                Some(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                // Stdout does not block when it shares a file description with a program that made
                // it so; the lines wait in the queue meanwhile.
                Some(Err(error)) if error.kind() == io::ErrorKind::WouldBlock && retries < MAX_RETRIES => {
                    retries += 1;
                    thread::sleep(RETRY);
                }
                Some(_) | None => return Err(written),
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("torn", &self.torn)
            .finish_non_exhaustive()
    }
}

/// Runs a call of the user's writer; `None` if it panicked.
fn of_writer<R>(call: impl FnOnce() -> R) -> Option<R> {
    let before = INSIDE.try_with(|inside| inside.replace(true)).unwrap_or(false);
    let result = guarded(call);
    let _ = INSIDE.try_with(|inside| inside.set(before));
    result
}

fn count_lines(lines: &[u8]) -> u64 {
    lines.iter().map(|byte| u64::from(*byte == b'\n')).sum()
}
