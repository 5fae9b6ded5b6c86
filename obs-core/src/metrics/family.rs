//! A metric and its series.

use std::sync::{
    Arc, Mutex, OnceLock, PoisonError,
    atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
};

use super::{
    cap::{Cap, Reporter},
    labels::Labels,
    meta::Meta,
    settings::Settings,
};
use crate::{
    clock,
    names::{MetricType, value},
};

/// What distinguishes the storage of metrics; two metrics of one name must agree in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Counter,
    FloatCounter,
    Gauge,
    Histogram,
    Summary,
    Info,
}

/// The cells of one kind of metric.
pub(super) trait Cell: Sized + Send + Sync + 'static {
    const KIND: Kind;
    /// What all cells of a metric share: the buckets of a histogram.
    type Config: Clone + Send + Sync + std::fmt::Debug;

    fn new(config: &Self::Config) -> Self;
    /// The configuration of a metric that is registered for the first time.
    fn config(settings: &Settings, meta: &Meta) -> Self::Config;
    /// A number that changes with each record, for all that matters.
    fn fingerprint(&self) -> u64;
}

/// Stands for a series that was not looked at yet.
pub(super) const UNSEEN: u64 = u64::MAX;
/// Spellings of its labels that the table of keys remembers for a series.
const MAX_SPELLINGS: usize = 4;

/// One series.
#[derive(Debug)]
pub(super) struct Series<C> {
    pub(super) labels: Labels,
    pub(super) cells: C,
    /// Milliseconds since the epoch.
    pub(super) created: u64,
    pub(super) idle: IdleMark,
    spellings: AtomicUsize,
}

/// What a series looked like when it was looked at last.
#[derive(Debug)]
pub(super) struct IdleMark {
    fingerprint: AtomicU64,
    /// When it was seen to differ last, in milliseconds since the registry was made.
    changed: AtomicU64,
    hidden: AtomicBool,
}

/// Which series a metric has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// One for each set of labels, until it is idle.
    Usual,
    /// One for each set of labels, for good.
    Permanent,
    /// One alone.
    Surplus,
}

/// All series of a metric.
#[derive(Debug)]
pub(super) struct Family<C: Cell> {
    config: C::Config,
    standing: Standing,
    cap: Cap,
    series: SortedSeries<Series<C>>,
    /// Takes what the cap refuses.
    overflow: OnceLock<Arc<Series<C>>>,
    /// Whether labels of this metric were repaired, which is warned about once.
    pub(super) repaired: AtomicBool,
}

/// A series that was looked up.
#[derive(Debug)]
pub(super) struct Found<C> {
    pub(super) series: Arc<Series<C>>,
    /// Whether it is the one that takes what the cap refuses.
    pub(super) overflowed: bool,
}

/// Something with labels, which the page is sorted by.
pub(super) trait Labelled {
    fn labels(&self) -> &Labels;
}

/// Series in the order of the page.
///
/// A scrape takes the whole list as it is and reads it without a lock; whoever adds a series
/// meanwhile works on a copy.
#[derive(Debug)]
pub(super) struct SortedSeries<T> {
    list: Mutex<Arc<Vec<Arc<T>>>>,
}

// === impl Kind ===

impl Kind {
    pub(super) const fn metric_type(self) -> MetricType {
        match self {
            Self::Counter | Self::FloatCounter => MetricType::Counter,
            Self::Gauge => MetricType::Gauge,
            Self::Histogram => MetricType::Histogram,
            Self::Summary => MetricType::Summary,
            Self::Info => MetricType::Info,
        }
    }
}

// === impl Series ===

impl<C> Series<C> {
    pub(super) fn new(labels: Labels, cells: C) -> Self {
        Self {
            labels,
            cells,
            created: now_ms(),
            idle: IdleMark::new(),
            spellings: AtomicUsize::new(0),
        }
    }

    /// Whether the table of keys may remember one more spelling of these labels: callers that spell
    /// them in ever new ways are served, but not remembered.
    pub(super) fn remember_spelling(&self) -> bool {
        let one_more = |known| (known < MAX_SPELLINGS).then_some(known + 1);
        self.spellings.fetch_update(Relaxed, Relaxed, one_more).is_ok()
    }

    pub(super) fn forget_spelling(&self) {
        // Below zero there is nothing to forget.
        let _ = self
            .spellings
            .fetch_update(Relaxed, Relaxed, |known| known.checked_sub(1));
    }
}

impl<C> Labelled for Series<C> {
    fn labels(&self) -> &Labels {
        &self.labels
    }
}

// === impl IdleMark ===

impl IdleMark {
    pub(super) const fn new() -> Self {
        Self {
            fingerprint: AtomicU64::new(0),
            changed: AtomicU64::new(UNSEEN),
            hidden: AtomicBool::new(false),
        }
    }

    pub(super) fn is_hidden(&self) -> bool {
        self.hidden.load(Relaxed)
    }

    /// Whether nothing has changed since `timeout` milliseconds ago.
    pub(super) fn look(&self, fingerprint: u64, now: u64, timeout: u64) -> bool {
        let is_unseen = self.changed.load(Relaxed) == UNSEEN;
        if self.fingerprint.swap(fingerprint, Relaxed) != fingerprint || is_unseen {
            self.changed.store(now, Relaxed);
        }
        let idle = now.saturating_sub(self.changed.load(Relaxed)) > timeout;
        self.hidden.store(idle, Relaxed);
        idle
    }
}

/// Milliseconds since the epoch.
#[expect(clippy::cast_possible_truncation, reason = "fits for 500 million years")]
pub(super) fn now_ms() -> u64 {
    clock::unix_now().as_millis() as u64
}

// === impl Family ===

impl<C: Cell> Family<C> {
    pub(super) fn new(config: C::Config, cap: Cap) -> Self {
        Self::of(Standing::Usual, config, cap)
    }

    /// A metric about the registry itself, whose series stay on the page for good.
    pub(super) fn permanent(config: C::Config, cap: Cap) -> Self {
        Self::of(Standing::Permanent, config, cap)
    }

    /// The family of all metrics above the limit: one series, whatever the labels.
    pub(super) fn surplus(config: C::Config) -> Self {
        Self::of(Standing::Surplus, config, Cap::new("", 1))
    }

    fn of(standing: Standing, config: C::Config, cap: Cap) -> Self {
        Self {
            config,
            standing,
            cap,
            series: SortedSeries::default(),
            overflow: OnceLock::new(),
            repaired: AtomicBool::new(false),
        }
    }

    /// The series with these labels, or the one that takes what the cap refuses.
    pub(super) fn series(&self, labels: Labels, reporter: &Reporter) -> Found<C> {
        if self.standing == Standing::Surplus {
            let series = self.overflow.get_or_init(|| self.make_overflow(Labels::default()));
            return Found {
                series: Arc::clone(series),
                overflowed: true,
            };
        }
        let overflow_labels = labels.with_all_values(value::OVERFLOW);
        if let Some(series) = self.find_or_make(labels, true) {
            return Found {
                series,
                overflowed: false,
            };
        }
        self.cap.refuse(reporter);
        let series = self.overflow.get_or_init(|| self.make_overflow(overflow_labels));
        Found {
            series: Arc::clone(series),
            overflowed: true,
        }
    }

    fn make_overflow(&self, labels: Labels) -> Arc<Series<C>> {
        // Without a cap there always is a series, so the second one is never made.
        self.find_or_make(labels, false)
            .unwrap_or_else(|| Arc::new(Series::new(Labels::default(), C::new(&self.config))))
    }

    /// The series with these labels; a new one if there is none and the cap admits it. Not compiled into its callers,
    /// which are many.
    #[inline(never)]
    fn find_or_make(&self, labels: Labels, is_capped: bool) -> Option<Arc<Series<C>>> {
        let is_admitted = || !is_capped || self.cap.admit();
        let make = |labels| is_admitted().then(|| Series::new(labels, C::new(&self.config)));
        self.series.find_or_insert(labels, make)
    }

    /// Whether its series stay on the page for good: those about the registry itself.
    pub(super) fn is_permanent(&self) -> bool {
        self.standing == Standing::Permanent
    }

    pub(super) fn list(&self) -> Arc<Vec<Arc<Series<C>>>> {
        self.series.list()
    }

    /// Removes all series; handles to them keep working, without being on the page.
    pub(super) fn clear(&self) {
        self.remove(|_| true);
    }

    /// Removes what `is` right, but for the series that takes what the cap refuses.
    pub(super) fn remove(&self, is: impl Fn(&Arc<Series<C>>) -> bool) {
        let overflow = self.overflow.get();
        let is_overflow = |series: &Arc<Series<C>>| overflow.is_some_and(|overflow| Arc::ptr_eq(overflow, series));
        for _ in 0..self.series.remove(|series| !is_overflow(series) && is(series)) {
            self.cap.release();
        }
    }
}

// === impl SortedSeries ===

impl<T> Default for SortedSeries<T> {
    fn default() -> Self {
        Self { list: Mutex::default() }
    }
}

impl<T: Labelled> SortedSeries<T> {
    /// The one with these labels; else what `make` gives.
    pub(super) fn find_or_insert(&self, labels: Labels, make: impl FnOnce(Labels) -> Option<T>) -> Option<Arc<T>> {
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        let place = list.binary_search_by(|series| series.labels().identity().cmp(labels.identity()));
        match place {
            Ok(at) => Some(Arc::clone(&list[at])),
            Err(at) => {
                let added = Arc::new(make(labels)?);
                Arc::make_mut(&mut list).insert(at, Arc::clone(&added));
                Some(added)
            }
        }
    }

    /// Removes what `is` right and says how many there were.
    fn remove(&self, is: impl Fn(&Arc<T>) -> bool) -> usize {
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        if !list.iter().any(&is) {
            return 0;
        }
        let before = list.len();
        Arc::make_mut(&mut list).retain(|series| !is(series));
        before - list.len()
    }
}

impl<T> SortedSeries<T> {
    pub(super) fn list(&self) -> Arc<Vec<Arc<T>>> {
        Arc::clone(&self.list.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
