//! The memory of what runs, which is taken from the recorder.

use std::{mem, sync::Weak};

use super::entry::Home;

/// A buffer of a request that has ended keeps so many bytes for the next one.
const KEPT_BYTES: usize = 4 * 1_024;
/// The first allocation of a buffer, in bytes.
const FIRST_BYTES: usize = 512;

/// Takes bytes of the recorder, if it has them.
pub(super) fn take(home: &Weak<dyn Home>, bytes: usize) -> bool {
    home.upgrade().is_some_and(|home| home.take_for_running(bytes))
}

pub(super) fn give_back(home: &Weak<dyn Home>, bytes: usize) {
    if bytes > 0
        && let Some(home) = home.upgrade()
    {
        home.give_back(bytes);
    }
}

/// Makes room for so many more bytes, if the recorder has them.
pub(super) fn reserve(buffer: &mut Vec<u8>, bytes: usize, home: &Weak<dyn Home>) -> bool {
    reserve_at_least(buffer, bytes, FIRST_BYTES, home)
}

/// Makes room for so many more bytes, if the recorder has them; `first` are the fewest that are allocated.
pub(super) fn reserve_at_least(buffer: &mut Vec<u8>, bytes: usize, first: usize, home: &Weak<dyn Home>) -> bool {
    let wanted = buffer.len() + bytes;
    if wanted <= buffer.capacity() {
        return true;
    }
    let more = wanted.max(2 * buffer.capacity()).max(first) - buffer.capacity();
    if !take(home, more) {
        return false;
    }
    // Vectors of bytes get just what is asked for.
    buffer.reserve_exact(buffer.capacity() + more - buffer.len());
    true
}

/// Empties a buffer; one that is larger than most need gives its memory back.
pub(super) fn clear(buffer: &mut Vec<u8>, home: &Weak<dyn Home>) {
    buffer.clear();
    if buffer.capacity() > KEPT_BYTES {
        free(buffer, home);
    }
}

pub(super) fn free(buffer: &mut Vec<u8>, home: &Weak<dyn Home>) {
    give_back(home, mem::take(buffer).capacity());
}
