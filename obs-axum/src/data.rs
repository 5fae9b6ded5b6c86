//! Bytes of a body, as they lie in memory.

use std::io::IoSlice;

use bytes::Buf;

/// The most pieces of one frame that are looked at.
const MAX_PIECES: usize = 16;

/// Shows the bytes to `show`, without a copy; `None` stands for those that can't be seen.
pub(crate) fn show(data: &impl Buf, mut show: impl FnMut(Option<&[u8]>)) {
    let mut pieces = [IoSlice::new(&[]); MAX_PIECES];
    let count = data.chunks_vectored(&mut pieces);
    let mut seen = 0;
    for piece in pieces.iter().take(count) {
        seen += piece.len();
        show(Some(piece));
    }
    if seen < data.remaining() {
        show(None);
    }
}
