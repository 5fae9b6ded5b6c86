//! The settings of a registry, and their builder.

use std::{borrow::Cow, collections::HashMap, time::Duration};

use obs_base::InitError;

use super::{
    buckets::{DURATION_BUCKETS, QUERY_DURATION_BUCKETS, SIZE_BUCKETS, validate_buckets},
    cap::{Cap, DEFAULT_SERIES_CAP},
    clean,
    meta::Meta,
};
use crate::names::database;

/// The builder of a [`Registry`](super::Registry) with other settings than the default ones. `ObsBuilder` has the same
/// settings for the registry of an instance.
///
/// ```
/// use obs_core::metrics::Registry;
///
/// let registry = Registry::builder()
///     .series_cap(500)
///     .series_cap_for("product_views_total", 50)
///     .buckets("order_value_eur", [10.0, 50.0, 100.0, 500.0])
///     .build()?;
/// # Ok::<(), obs_core::InitError>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a builder does nothing until it builds"]
pub struct RegistryBuilder {
    settings: Settings,
}

/// The settings of a registry.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    series_cap: usize,
    caps: HashMap<String, usize>,
    buckets: HashMap<String, Vec<f64>>,
    pub(super) summary_window: Duration,
    pub(super) idle_timeout: Option<Duration>,
    pub(super) native_histograms: bool,
    pub(super) created_timestamps: bool,
}

/// The default window of summaries.
const DEFAULT_SUMMARY_WINDOW: Duration = Duration::from_secs(60);

// === impl RegistryBuilder ===

impl RegistryBuilder {
    /// The number of series that each metric may have, at least 1. Defaults to 2 000.
    ///
    /// Further label sets are recorded in one series whose label values are all `_overflow`, so that totals stay
    /// correct, and counted in `obs_series_overflow_total`. Each RED metric of the layers has a cap of its own of this
    /// size.
    pub fn series_cap(mut self, cap: usize) -> Self {
        self.settings.series_cap = cap;
        self
    }

    /// The number of series that the metric with this name on the page may have, at least 1. Defaults to
    /// [`series_cap`](Self::series_cap).
    pub fn series_cap_for(mut self, metric: impl Into<String>, cap: usize) -> Self {
        self.settings
            .caps
            .insert(clean::metric_name(&metric.into()).into_owned(), cap);
        self
    }

    /// The bucket bounds of the histogram with this name on the page: 1 to 256 finite numbers, ascending, in the unit
    /// of the metric. For a RED metric they take precedence over `ObsBuilder::duration_buckets`.
    ///
    /// Defaults to [`SIZE_BUCKETS`] for metrics in bytes, to [`QUERY_DURATION_BUCKETS`] for names that end in
    /// `query_duration_seconds`, and to [`DURATION_BUCKETS`] for others, converted to the metric's unit if that is
    /// milliseconds, microseconds or nanoseconds.
    pub fn buckets(mut self, metric: impl Into<String>, bounds: impl IntoIterator<Item = f64>) -> Self {
        let name = clean::metric_name(&metric.into()).into_owned();
        self.settings.buckets.insert(name, bounds.into_iter().collect());
        self
    }

    /// The time window of the quantiles of summaries, at least one second. Defaults to 60 seconds.
    pub fn summary_window(mut self, window: Duration) -> Self {
        self.settings.summary_window = window;
        self
    }

    /// The time after which a series of the application without a record is removed from the page. Defaults to never.
    ///
    /// Checked at each scrape. A series whose handle the application holds reappears with its value at the next record;
    /// others start again from zero. RED series are never removed.
    ///
    /// ```
    /// use std::time::Duration;
    /// use obs_core::metrics::Registry;
    ///
    /// // Series by tenant disappear a day after the tenant's last request.
    /// let registry = Registry::builder().idle_timeout(Duration::from_secs(86_400)).build()?;
    /// # Ok::<(), obs_core::InitError>(())
    /// ```
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.settings.idle_timeout = Some(timeout);
        self
    }

    /// Whether the protobuf page has native histograms besides the classic buckets. Defaults to true.
    ///
    /// They have exponential buckets (schema 3 at first, so that neighbouring bounds differ by 9 %), see
    /// [Prometheus](https://prometheus.io/docs/specs/native_histograms/). They take additional memory from the first
    /// protobuf page on.
    pub fn native_histograms(mut self, native: bool) -> Self {
        self.settings.native_histograms = native;
        self
    }

    /// Whether the `OpenMetrics` page has the creation time of each counter, histogram and summary
    /// (`_created`). By default Prometheus stores these as further series, so it
    /// defaults to false; the protobuf page always has it.
    pub fn created_timestamps(mut self, created: bool) -> Self {
        self.settings.created_timestamps = created;
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// Names the setting that is out of range.
    pub(crate) fn check(&self) -> Result<(), InitError> {
        let Settings {
            series_cap,
            caps,
            buckets,
            summary_window,
            ..
        } = &self.settings;
        if *summary_window < Duration::from_secs(1) {
            return Err(InitError::invalid(
                "summary window",
                format_args!("{summary_window:?}"),
                "at least 1 s",
            ));
        }
        let expected = "a number of series, at least 1";
        if *series_cap == 0 {
            return Err(InitError::invalid("series_cap", 0, expected));
        }
        if let Some((metric, _)) = caps.iter().find(|(_, cap)| **cap == 0) {
            return Err(InitError::invalid(format!("series_cap_for {metric:?}"), 0, expected));
        }
        buckets
            .iter()
            .try_for_each(|(metric, bounds)| validate_buckets(format!("buckets of {metric:?}"), bounds))
    }

    /// The settings, whether they are valid or not.
    pub(super) fn into_settings(self) -> Settings {
        self.settings
    }
}

// === impl Settings ===

impl Default for Settings {
    fn default() -> Self {
        Self {
            series_cap: DEFAULT_SERIES_CAP,
            caps: HashMap::new(),
            buckets: HashMap::new(),
            summary_window: DEFAULT_SUMMARY_WINDOW,
            idle_timeout: None,
            native_histograms: true,
            created_timestamps: false,
        }
    }
}

impl Settings {
    pub(super) fn cap_of(&self, meta: &Meta) -> Cap {
        let limit = lookup(&self.caps, meta).copied().unwrap_or(self.series_cap);
        Cap::new(&meta.name, limit)
    }

    /// The bucket bounds that are set for a metric by its name.
    pub(super) fn own_buckets_of(&self, meta: &Meta) -> Option<&[f64]> {
        lookup(&self.buckets, meta).map(Vec::as_slice)
    }

    pub(super) fn buckets_of(&self, meta: &Meta) -> Cow<'_, [f64]> {
        if let Some(bounds) = self.own_buckets_of(meta) {
            return bounds.into();
        }
        let scaled = |factor: f64| DURATION_BUCKETS.iter().map(|bound| bound * factor).collect();
        match &*meta.unit {
            "bytes" => SIZE_BUCKETS.to_vec().into(),
            _ if meta.base.ends_with(database::QUERY_DURATION.base()) => QUERY_DURATION_BUCKETS.to_vec().into(),
            "milliseconds" => Cow::Owned(scaled(1e3)),
            "microseconds" => Cow::Owned(scaled(1e6)),
            "nanoseconds" => Cow::Owned(scaled(1e9)),
            _ => DURATION_BUCKETS.to_vec().into(),
        }
    }
}

/// A setting of a metric under its full name, or under it without the suffix of its type or unit.
fn lookup<'a, T>(of: &'a HashMap<String, T>, meta: &Meta) -> Option<&'a T> {
    let without_unit = meta
        .base
        .strip_suffix(&*meta.unit)
        .and_then(|front| front.strip_suffix('_'));
    of.get(&*meta.name)
        .or_else(|| of.get(&*meta.base))
        .or_else(|| of.get(without_unit?))
}
