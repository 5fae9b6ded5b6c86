//! Where the bytes of a line go.

/// Takes bytes at its end.
pub(super) trait Sink {
    /// Adds a constant number of bytes, which `write` fills in.
    fn fill<const N: usize>(&mut self, write: impl FnOnce(&mut [u8; N]));

    /// Adds bytes that may be any number.
    fn put_all(&mut self, bytes: &[u8]);

    /// Adds a constant number of bytes.
    #[inline]
    fn put<const N: usize>(&mut self, bytes: &[u8; N]) {
        self.fill(|place| *place = *bytes);
    }
}

/// Room that is there already.
///
/// A line has some fifty parts. To a `Vec` each of them is a question for room and a length to store, on
/// which the next one waits; here all that stays in registers, as long as everything is inlined.
#[derive(Debug)]
pub(super) struct LineBuffer<'a> {
    rest: &'a mut [u8],
    /// Whether something did not fit.
    is_full: bool,
}

/// Runs `write` on as much room as it needs, and returns what it has written. `room` only grows.
pub(super) fn with_room(room: &mut Vec<u8>, mut write: impl FnMut(&mut LineBuffer<'_>)) -> &[u8] {
    loop {
        let size = room.len();
        let mut buffer = LineBuffer {
            rest: room,
            is_full: false,
        };
        write(&mut buffer);
        let LineBuffer { rest, is_full } = buffer;
        let left = rest.len();
        if !is_full {
            return &room[..size - left];
        }
        room.resize((2 * size).max(SMALLEST), 0);
    }
}

/// Room to begin with: most lines are shorter.
const SMALLEST: usize = 1_024;

// === impl LineBuffer ===

impl Sink for LineBuffer<'_> {
    #[inline]
    fn fill<const N: usize>(&mut self, write: impl FnOnce(&mut [u8; N])) {
        match std::mem::take(&mut self.rest).split_first_chunk_mut() {
            Some((place, rest)) => {
                write(place);
                self.rest = rest;
            }
            None => self.is_full = true,
        }
    }

    #[inline]
    fn put_all(&mut self, bytes: &[u8]) {
        match std::mem::take(&mut self.rest).split_at_mut_checked(bytes.len()) {
            Some((place, rest)) => {
                place.copy_from_slice(bytes);
                self.rest = rest;
            }
            None => self.is_full = true,
        }
    }
}

impl Sink for Vec<u8> {
    #[inline]
    fn fill<const N: usize>(&mut self, write: impl FnOnce(&mut [u8; N])) {
        let mut place = [0; N];
        write(&mut place);
        self.extend_from_slice(&place);
    }

    #[inline]
    fn put_all(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }

    #[inline]
    fn put<const N: usize>(&mut self, bytes: &[u8; N]) {
        self.extend_from_slice(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_grows_until_all_fits() {
        let mut room = Vec::new();
        for parts in [1, 100, 3_000, 2] {
            let written = with_room(&mut room, |buffer| {
                for _ in 0..parts {
                    buffer.put(b"ab");
                    buffer.fill(|place: &mut [u8; 1]| place[0] = b'c');
                    buffer.put_all(b"def");
                }
            });
            assert_eq!(written, b"abcdef".repeat(parts));
        }
        assert_eq!(room.len(), 32_768);
    }

    #[test]
    fn a_vector_takes_the_same() {
        let mut line = Vec::new();
        line.put(b"ab");
        line.fill(|place: &mut [u8; 1]| place[0] = b'c');
        line.put_all(b"def");
        assert_eq!(line, b"abcdef");
    }
}
