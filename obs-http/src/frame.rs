//! The bytes of a data frame, without copying them.

use std::io::IoSlice;

use bytes::Buf;

/// The largest number of chunks of one frame that are read.
const MAX_CHUNKS: usize = 16;

/// Calls `each` with every chunk of the data. For data in more than 16 chunks, or that a `Buf`
/// does not expose, it is called with `None` in place of the remainder.
///
/// ```
/// use bytes::Buf as _;
///
/// let data = (&b"two"[..]).chain(&b"chunks"[..]);
/// let mut sizes = Vec::new();
/// obs_http::for_each_chunk(&data, |chunk| sizes.push(chunk.map(<[u8]>::len)));
/// assert_eq!(sizes, [Some(3), Some(6)]);
/// ```
pub fn for_each_chunk(data: &impl Buf, mut each: impl FnMut(Option<&[u8]>)) {
    let mut chunks = [IoSlice::new(&[]); MAX_CHUNKS];
    let count = data.chunks_vectored(&mut chunks);
    let mut seen = 0;
    for chunk in chunks.iter().take(count) {
        seen += chunk.len();
        each(Some(chunk));
    }
    if seen < data.remaining() {
        each(None);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    /// Data in as many chunks as it has bytes.
    struct Scattered(VecDeque<u8>);

    impl Buf for Scattered {
        fn remaining(&self) -> usize {
            self.0.len()
        }

        fn chunk(&self) -> &[u8] {
            &self.0.as_slices().0[..1.min(self.0.len())]
        }

        fn advance(&mut self, count: usize) {
            self.0.drain(..count);
        }

        fn chunks_vectored<'a>(&'a self, chunks: &mut [IoSlice<'a>]) -> usize {
            let bytes = self.0.as_slices().0.chunks(1);
            chunks
                .iter_mut()
                .zip(bytes)
                .map(|(chunk, byte)| *chunk = IoSlice::new(byte))
                .count()
        }
    }

    fn seen(data: &impl Buf) -> (Vec<u8>, bool) {
        let (mut bytes, mut is_whole) = (Vec::new(), true);
        for_each_chunk(data, |chunk| match chunk {
            Some(chunk) => bytes.extend_from_slice(chunk),
            None => is_whole = false,
        });
        (bytes, is_whole)
    }

    #[test]
    fn all_chunks_are_seen_up_to_a_limit() {
        assert_eq!(seen(&&b"hello"[..]), (b"hello".to_vec(), true));
        assert_eq!(seen(&Scattered((0..16).collect())), ((0..16).collect(), true));
        assert_eq!(seen(&Scattered((0..17).collect())), ((0..16).collect(), false));
        assert_eq!(seen(&&b""[..]), (Vec::new(), true));
    }
}
