//! A message that is too large becomes two.
//!
//! `ExportTraceServiceRequest`, `ExportLogsServiceRequest` and `ExportMetricsServiceRequest` have the same numbers of
//! fields down to their spans, log records and metrics, which are copied as they are, as is everything around them.

use bytes::Bytes;
use obs_base::protobuf::{Message, fields};

/// An encoded message and how many spans, log records or metrics are in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Encoded {
    pub(super) bytes: Bytes,
    pub(super) items: usize,
}

/// The numbers of the fields that lead to the parts by which a message is divided.
type Path = [&'static [u32]];

/// `resource_spans`, `scope_spans`, `spans`, and their like for log records and metrics.
const ITEMS: &Path = &[&[1], &[2], &[2]];
/// On to the points of a metric: those of a gauge, sum, histogram, exponential histogram or summary.
#[cfg(any(feature = "metrics", test))]
const POINTS: &Path = &[&[1], &[2], &[2], &[5, 7, 9, 10, 11], &[1]];

// === impl Encoded ===

impl Encoded {
    /// Two messages with about half of the bytes each; none if there is a single item.
    pub(super) fn halves(&self) -> Option<[Self; 2]> {
        let (parts, first, all) = self.divided(ITEMS)?;
        let [one, other] = parts;
        Some([
            Self {
                bytes: one,
                items: first,
            },
            Self {
                bytes: other,
                items: all - first,
            },
        ])
    }

    /// The same for a message with a single metric: by its points.
    #[cfg(any(feature = "metrics", test))]
    pub(super) fn halves_of_points(&self) -> Option<[Self; 2]> {
        let (parts, ..) = self.divided(POINTS)?;
        Some(parts.map(|bytes| Self { bytes, items: 1 }))
    }

    /// Two messages with about half of the bytes of what `path` leads to, the number of parts in the first, and that of
    /// all parts.
    fn divided(&self, path: &Path) -> Option<([Bytes; 2], usize, usize)> {
        let mut sizes = Vec::new();
        copy(&self.bytes, path, &mut Message::default(), &mut |part| {
            sizes.push(part.len());
            false
        })?;
        let first = half(&sizes)?;
        let take = |of_first: bool| {
            let (mut at, mut half) = (0, Message::with_capacity(self.bytes.len()));
            copy(&self.bytes, path, &mut half, &mut |_| {
                at += 1;
                (at <= first) == of_first
            })?;
            Some(Bytes::from(half.into_bytes()))
        };
        Some(([take(true)?, take(false)?], first, sizes.len()))
    }
}

/// Copies a message without those parts at the end of `path` that `keeps` says no to, and without what then has none.
/// Returns whether it has any; `None` if the bytes are not a message.
fn copy(message: &[u8], path: &Path, copied: &mut Message, keeps: &mut dyn FnMut(&[u8]) -> bool) -> Option<bool> {
    let (numbers, below) = path.split_first()?;
    let mut has_any = false;
    for field in fields(message) {
        let field = field.ok()?;
        let part = field.bytes().filter(|_| numbers.contains(&field.number));
        match part {
            None => copied.raw(field.encoded),
            Some(part) if below.is_empty() => {
                if keeps(part) {
                    copied.raw(field.encoded);
                    has_any = true;
                }
            }
            Some(part) => {
                let mut inner = Message::default();
                if copy(part, below, &mut inner, keeps)? {
                    copied.put_bytes(field.number, inner.as_bytes());
                    has_any = true;
                }
            }
        }
    }
    Some(has_any)
}

/// How many of these sizes make up half of them all, but neither none nor all of them.
fn half(sizes: &[usize]) -> Option<usize> {
    let all: usize = sizes.iter().sum();
    let mut sum = 0;
    let at = sizes.iter().position(|size| {
        sum += size;
        sum >= all - all / 2
    })?;
    (sizes.len() > 1).then(|| (at + 1).min(sizes.len() - 1))
}

#[cfg(test)]
#[path = "divide_tests.rs"]
mod tests;
