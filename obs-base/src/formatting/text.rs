//! Text of bounded length.

use std::{
    cell::Cell,
    fmt::{self, Write as _},
};

use crate::guard::{PANICKED, guarded};

/// The text of a value at the third level of nested formatting.
const NESTED: &str = "<logged while formatting>";
/// The levels of nested formatting that are allowed: each layer formats every event, so lines multiply with the depth.
const MAX_DEPTH: u8 = 2;
/// The largest buffer that the thread reuses, in bytes; a larger one is freed.
const MAX_POOLED: usize = 16 * 1_024;

thread_local! {
    static DEPTH: Cell<u8> = const { Cell::new(0) };
    static BUFFER: Cell<Option<String>> = const { Cell::new(None) };
}

/// A writer that accepts text up to a limit in bytes and cuts it at a character boundary.
///
/// Beyond the limit writes fail with [`fmt::Error`], so that a formatter without an end stops.
#[derive(Debug)]
pub struct Limited<'a> {
    out: &'a mut String,
    limit: usize,
    is_cut: bool,
}

/// A guard for one level of nested formatting on this thread.
struct Nested(u8);

/// Runs `write`, which formats values of the application into a buffer, then `read` with the text, and returns its
/// result.
///
/// The text has at most `limit` bytes; the second argument of `read` says whether it is complete. If `write` panics,
/// `read` gets [`PANICKED`] and `false`; on the third level of nested formatting, `write` isn't run and `read` gets
/// `<logged while formatting>` and `false`. The buffer belongs to the thread: short texts need no allocation.
pub fn with_text<R>(limit: usize, write: impl FnOnce(&mut Limited<'_>), read: impl FnOnce(&str, bool) -> R) -> R {
    let Some(nested) = Nested::enter() else {
        return read(NESTED, false);
    };
    let mut buffer = BUFFER.try_with(Cell::take).ok().flatten().unwrap_or_default();
    buffer.clear();
    let mut text = Limited {
        out: &mut buffer,
        limit,
        is_cut: false,
    };
    let written = guarded(|| write(&mut text));
    let is_whole = !text.is_cut;
    drop(nested);
    let result = match written {
        Some(()) => read(&buffer, is_whole),
        None => read(PANICKED, false),
    };
    if buffer.capacity() <= MAX_POOLED {
        // Fails on a thread that is ending: the buffer is freed.
        let _ = BUFFER.try_with(|slot| slot.set(Some(buffer)));
    }
    result
}

/// Runs `work`, which formats values of the application by itself, as one level of nested formatting.
///
/// `work` isn't run on the third level; a panic in it is caught.
pub fn within_depth(work: impl FnOnce()) {
    with_text(0, |_| work(), |_, _| ());
}

/// The length of the longest prefix of `text` with at most `max` bytes that ends at a character boundary.
///
/// ```
/// use obs_base::formatting::floor_char_boundary;
///
/// let text = "größer";
/// assert_eq!(&text[..floor_char_boundary(text, 3)], "gr");
/// ```
#[must_use]
#[inline]
pub fn floor_char_boundary(text: &str, max: usize) -> usize {
    if max >= text.len() {
        return text.len();
    }
    (0..=max).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

// === impl Limited ===

impl Limited<'_> {
    /// Writes a value by its `Display`. Text beyond the limit is cut, which [`is_cut`](Self::is_cut) reports.
    pub fn display<T: fmt::Display + ?Sized>(&mut self, value: &T) {
        // Fails if the text is cut.
        let _ = write!(self, "{value}");
    }

    /// Writes a value by its `Debug`. Text beyond the limit is cut, which [`is_cut`](Self::is_cut) reports.
    pub fn debug(&mut self, value: &dyn fmt::Debug) {
        let _ = write!(self, "{value:?}");
    }

    /// The text that was written so far.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.out
    }

    /// Removes the text beyond `len` bytes; does nothing if `len` is not at a character boundary.
    pub fn truncate(&mut self, len: usize) {
        if self.out.is_char_boundary(len) {
            self.out.truncate(len);
        }
    }

    /// Whether text was written beyond the limit and cut.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }
}

impl fmt::Write for Limited<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // A formatter that ignores the error must not go on after the cut.
        if self.is_cut {
            return Err(fmt::Error);
        }
        let room = self.limit.saturating_sub(self.out.len());
        if text.len() <= room {
            self.out.push_str(text);
            return Ok(());
        }
        self.is_cut = true;
        self.out.push_str(&text[..floor_char_boundary(text, room)]);
        Err(fmt::Error)
    }
}

// === impl Nested ===

impl Nested {
    /// Enters the next level; `None` on the third one.
    fn enter() -> Option<Self> {
        let depth = DEPTH.try_with(Cell::get).unwrap_or_default();
        if depth >= MAX_DEPTH {
            return None;
        }
        let _ = DEPTH.try_with(|cell| cell.set(depth + 1));
        Some(Self(depth))
    }
}

impl Drop for Nested {
    fn drop(&mut self) {
        let _ = DEPTH.try_with(|cell| cell.set(self.0));
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use super::*;

    fn shown(limit: usize, value: &dyn Debug) -> (String, bool) {
        with_text(limit, |out| out.debug(value), |text, whole| (text.to_owned(), whole))
    }

    struct PanicsTwice;

    impl Drop for PanicsTwice {
        fn drop(&mut self) {
            panic!("when dropped")
        }
    }

    struct Bad(fn(&mut fmt::Formatter<'_>) -> fmt::Result);

    impl Debug for Bad {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            (self.0)(f)
        }
    }

    #[test]
    fn a_panic_becomes_a_mark_whatever_its_payload_does() {
        let panics = Bad(|f| {
            f.write_str("half")?;
            std::panic::panic_any(PanicsTwice)
        });
        assert_eq!(shown(100, &panics), (PANICKED.to_owned(), false));
        assert_eq!(shown(100, &1), ("1".to_owned(), true));
    }

    #[test]
    fn text_is_cut_while_it_is_written() {
        let stubborn = Bad(|f| {
            for _ in 0..1_000 {
                let _ = f.write_str("ä");
            }
            Ok(())
        });
        assert_eq!(shown(5, &stubborn), ("ää".to_owned(), false));
        assert_eq!(shown(2_000, &stubborn).0.len(), 2_000);
    }

    #[test]
    fn formatting_that_formats_itself_comes_to_an_end() {
        let endless = Bad(|f| {
            fn again(f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let inner = Bad(again);
                let (text, _) = shown(100, &inner);
                write!(f, "({text})")
            }
            again(f)
        });
        assert_eq!(shown(100, &endless).0, format!("(({NESTED}))"));
    }
}
