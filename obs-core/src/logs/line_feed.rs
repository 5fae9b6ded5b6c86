//! The newest log lines of an instance, for readers in the process: a page that shows them as they come.

use std::{
    collections::VecDeque,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tracing_core::Level;

/// The most bytes that the lines of a feed have together.
const MAX_BYTES: usize = 1_024 * 1_024;
/// What a line takes beside its text, roughly: its place in the queue and on the heap.
const FRAME: usize = size_of::<Kept>() + 16;
/// The most bytes of text that are copied at once: those who log wait as long.
const MAX_COPIED: usize = 256 * 1_024;

/// The newest log lines of an instance, see [`Obs::lines`](crate::Obs::lines). Clones share them.
///
/// It has the lines that are logged outside of requests and jobs; those within are in their records
/// ([`recorder`](crate::recorder)), and here too while somebody [follows](Self::follow). The newest of at most 1 MiB are
/// kept. An instance with [`flight_recorder(0)`](crate::ObsBuilder::flight_recorder) has lines only while somebody
/// follows. The line that a request writes at its end is not among them: its record has the same values.
///
/// ```
/// use obs_core::Obs;
/// use tracing_subscriber::layer::SubscriberExt as _;
///
/// let obs = Obs::builder("orders").log_writer(std::io::sink()).build()?;
/// let subscriber = tracing_subscriber::registry().with(obs.subscriber_layer());
/// tracing::subscriber::with_default(subscriber, || tracing::info!(port = 8080, "listening"));
///
/// let page = obs.lines().since(0, 100);
/// assert!(page.lines[0].text.contains(r#""message":"listening""#));
/// assert!(obs.lines().since(page.next, 100).lines.is_empty());
/// # Ok::<(), obs_core::InitError>(())
/// ```
#[derive(Clone, Default)]
pub struct LineFeed(Arc<Inner>);

#[derive(Default)]
struct Inner {
    /// Whether lines outside of requests are kept while nobody follows.
    keeps: bool,
    followers: AtomicUsize,
    ring: Mutex<Ring>,
}

/// The lines that are kept, the oldest first.
#[derive(Default)]
struct Ring {
    lines: VecDeque<Kept>,
    bytes: usize,
    /// The number of the next line.
    next: u64,
}

/// A line that is kept.
struct Kept {
    /// Since the Unix epoch.
    at: Duration,
    level: Level,
    text: Box<[u8]>,
}

/// A log line of a [`LineFeed`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FeedLine {
    /// The number of the line: that of the one before, and one more.
    pub seq: u64,
    /// When it was logged, by the wall clock.
    pub at: SystemTime,
    /// Its level.
    pub level: Level,
    /// One JSON object in the keys of obs ([`LogProfile::Obs`](super::LogProfile::Obs)), without its line break,
    /// redacted; whatever the format of the lines that are written.
    pub text: String,
}

/// Lines of a [`LineFeed`] in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FeedPage {
    /// The lines.
    pub lines: Vec<FeedLine>,
    /// Where the next page begins.
    pub next: u64,
    /// How many lines before these had given way already.
    pub dropped: u64,
}

/// While it lives, lines within requests are in the [`LineFeed`] too.
#[must_use = "lines within requests are no longer in the feed when it is dropped"]
pub struct FollowGuard(Arc<Inner>);

// === impl LineFeed ===

impl LineFeed {
    /// One that keeps lines outside of requests while nobody follows, or not.
    pub(super) fn new(keeps: bool) -> Self {
        Self(Arc::new(Inner {
            keeps,
            ..Inner::default()
        }))
    }

    /// At most `max` of the lines from number `seq` on, the oldest first; 0 begins with the oldest that is kept.
    ///
    /// A page has at most 256 KiB of text, and one line at least if there is one. Lines that have given way since `seq`
    /// are counted in [`FeedPage::dropped`].
    #[must_use]
    pub fn since(&self, seq: u64, max: usize) -> FeedPage {
        let ring = self.0.ring();
        let oldest = ring.next - ring.lines.len() as u64;
        let first = seq.clamp(oldest, ring.next);
        let skipped = usize::try_from(first - oldest).unwrap_or(usize::MAX);
        let mut bytes = 0;
        let lines: Vec<_> = ring
            .lines
            .iter()
            .skip(skipped)
            .take(max)
            .take_while(|line| {
                let is_first = bytes == 0;
                bytes += line.text.len() + 1;
                is_first || bytes <= MAX_COPIED
            })
            .zip(first..)
            .map(|(line, seq)| line.read(seq))
            .collect();
        drop(ring);
        FeedPage {
            next: first + lines.len() as u64,
            dropped: oldest.saturating_sub(seq),
            lines,
        }
    }

    /// The number of the next line: where a reader begins that wants no lines of before.
    #[must_use]
    pub fn next(&self) -> u64 {
        self.0.ring().next
    }

    /// Adds the lines within requests, until the guard and all others are dropped.
    pub fn follow(&self) -> FollowGuard {
        self.0.followers.fetch_add(1, Relaxed);
        FollowGuard(Arc::clone(&self.0))
    }

    /// Whether lines are taken that are logged within a request, or outside.
    #[inline]
    pub(super) fn takes(&self, is_in_request: bool) -> bool {
        (self.0.keeps && !is_in_request) || self.0.followers.load(Relaxed) > 0
    }

    pub(super) fn push(&self, at: Duration, level: Level, text: &[u8]) {
        let line = Kept {
            at,
            level,
            text: text.into(),
        };
        let dropped = self.0.ring().push(line);
        drop(dropped);
    }
}

impl fmt::Debug for LineFeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LineFeed").finish_non_exhaustive()
    }
}

// === impl Inner ===

impl Inner {
    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Ring ===

impl Ring {
    /// Adds a line; returns those that have given way to it.
    fn push(&mut self, line: Kept) -> Vec<Kept> {
        self.next += 1;
        self.bytes += line.size();
        self.lines.push_back(line);
        let mut dropped = Vec::new();
        while self.bytes > MAX_BYTES
            && let Some(oldest) = self.lines.pop_front()
        {
            self.bytes -= oldest.size();
            dropped.push(oldest);
        }
        dropped
    }
}

// === impl Kept ===

impl Kept {
    fn size(&self) -> usize {
        FRAME + self.text.len()
    }

    fn read(&self, seq: u64) -> FeedLine {
        let text = self.text.strip_suffix(b"\n").unwrap_or(&self.text);
        FeedLine {
            seq,
            at: UNIX_EPOCH.checked_add(self.at).unwrap_or(UNIX_EPOCH),
            level: self.level,
            text: String::from_utf8_lossy(text).into_owned(),
        }
    }
}

// === impl FollowGuard ===

impl Drop for FollowGuard {
    fn drop(&mut self) {
        self.0.followers.fetch_sub(1, Relaxed);
    }
}

impl fmt::Debug for FollowGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FollowGuard").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(feed: &LineFeed, text: &str) {
        feed.push(Duration::from_secs(1), Level::INFO, text.as_bytes());
    }

    fn texts(page: &FeedPage) -> Vec<&str> {
        page.lines.iter().map(|line| line.text.as_str()).collect()
    }

    #[test]
    fn pages_follow_one_another_without_gaps() {
        let feed = LineFeed::new(true);
        for text in ["a\n", "b\n", "c\n"] {
            push(&feed, text);
        }
        let first = feed.since(0, 2);
        assert_eq!((texts(&first), first.next, first.dropped), (vec!["a", "b"], 2, 0));
        let second = feed.since(first.next, 2);
        assert_eq!((texts(&second), second.next), (vec!["c"], 3));
        assert_eq!(second.lines[0].seq, 2);
        assert_eq!(
            feed.since(3, 2),
            FeedPage {
                next: 3,
                ..FeedPage::default()
            }
        );
        // A number from the future, of a reader of another process say, is the end.
        assert_eq!(feed.since(99, 2).next, 3);
        assert_eq!(feed.next(), 3);
    }

    #[test]
    fn bytes_are_bounded_and_lines_that_gave_way_are_counted() {
        let feed = LineFeed::new(true);
        let long = "x".repeat(8 * 1_024);
        (0..1_000).for_each(|_| push(&feed, &long));
        let kept = feed.0.ring().lines.len() as u64;
        assert!(feed.0.ring().bytes <= MAX_BYTES && kept > 100, "{kept}");
        let page = feed.since(10, 1_000);
        assert_eq!(page.dropped, 1_000 - kept - 10);
        assert_eq!(page.lines[0].seq, 1_000 - kept);
        assert_eq!(page.lines.len(), MAX_COPIED / (long.len() + 1));
        push(&feed, &"y".repeat(2 * MAX_BYTES));
        assert!(feed.since(0, 1).lines.is_empty(), "a line larger than all is not kept");
    }

    #[test]
    fn a_page_has_one_line_at_least() {
        let feed = LineFeed::new(true);
        push(&feed, &"x".repeat(2 * MAX_COPIED));
        assert_eq!(feed.since(0, 10).lines.len(), 1);
    }

    #[test]
    fn lines_within_requests_are_taken_while_somebody_follows() {
        let feed = LineFeed::new(true);
        assert!(feed.takes(false) && !feed.takes(true));
        let (one, other) = (feed.follow(), feed.clone().follow());
        drop(one);
        assert!(feed.takes(true));
        drop(other);
        assert!(!feed.takes(true));
        assert!(!LineFeed::new(false).takes(false));
    }
}
