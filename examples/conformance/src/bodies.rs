//! Answers that take their time or go wrong.

use std::{io, time::Duration};

use bytes::Bytes;
use futures_util::{FutureExt as _, Stream, StreamExt as _, stream};
use tokio::time::sleep;

/// How long `GET /slow` takes: longer than anyone waits.
pub(crate) const SLOW: Duration = Duration::from_secs(60);

const CHUNKS: usize = 4;
const CHUNK: &[u8] = &[b'x'; 1_000];
const PAUSE: Duration = Duration::from_millis(50);

/// Four times 1000 bytes, with a pause of 50 ms before each.
pub(crate) fn paced() -> impl Stream<Item = io::Result<Bytes>> + Send + use<> {
    stream::iter(0..CHUNKS).then(|_| sleep(PAUSE).map(|()| Ok(Bytes::from_static(CHUNK))))
}

/// One frame, then an error.
pub(crate) fn broken() -> impl Stream<Item = io::Result<Bytes>> + Send + use<> {
    stream::iter([
        Ok(Bytes::from_static(CHUNK)),
        Err(io::Error::other("broken on purpose")),
    ])
}
