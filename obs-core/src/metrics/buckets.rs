//! Bucket bounds of histograms: the defaults and the validation of others.
//!
//! A bound is the inclusive upper limit of a bucket, as Prometheus' label `le`. Each further bound costs one series per
//! label set on the page.

use std::{borrow::Cow, fmt::Write as _};

use obs_base::InitError;

pub use obs_conventions::DURATION_BUCKETS;

/// Bounds for durations of database queries, in seconds: from 1 ms to 10 s.
///
/// The bounds that the [OpenTelemetry database
/// conventions](https://opentelemetry.io/docs/specs/semconv/database/database-metrics/#metric-dbclientoperationduration)
/// recommend. Metrics whose names end in `query_duration_seconds` have them by default.
///
/// ```
/// use obs_core::metrics::{QUERY_DURATION_BUCKETS, Registry};
///
/// let registry = Registry::builder().buckets("report_duration_seconds", QUERY_DURATION_BUCKETS).build()?;
/// # Ok::<(), obs_core::InitError>(())
/// ```
pub const QUERY_DURATION_BUCKETS: [f64; 9] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0];

/// Bounds for sizes of bodies, in bytes: powers of ten from 100 B to 10 MB. Metrics in bytes have them by default.
pub const SIZE_BUCKETS: [f64; 6] = [1e2, 1e3, 1e4, 1e5, 1e6, 1e7];

/// The largest number of bounds of a histogram.
const MAX_BOUNDS: usize = 256;
/// The number of bounds up to which a linear scan is faster than a binary search.
const LINEAR: usize = 32;
const NANOSECONDS: f64 = 1e9;

/// The representation of values in the cells of a histogram: integers where the unit allows it, which are added faster
/// than floats, and exactly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scale {
    /// Integers, of which this many are one of the metric's unit: 1e9 for nanoseconds of a metric in seconds.
    Units(f64),
    /// Floats in the metric's unit.
    Floats,
}

/// The bounds of a histogram, shared by all series of its metric, with the text that each bucket has on the page.
#[derive(Debug)]
pub(super) struct Buckets {
    scale: Scale,
    bounds: Box<[f64]>,
    /// The bounds in whole units.
    units: Box<[u64]>,
    /// `,le="0.005"} ` for each bucket, the one without a bound last.
    tails: Box<[Tail]>,
}

/// The last label of a bucket's line on the page, with what follows it up to the value.
#[derive(Debug)]
pub(super) struct Tail {
    text: Box<str>,
    /// The text padded with zeros, if it is short enough: a copy of constant length needs no call of `memcpy`.
    short: Option<[u8; Tail::SHORT]>,
}

/// Validates bucket bounds: 1 to 256 finite numbers, strictly ascending.
///
/// # Errors
///
/// If they are invalid; the error names `setting`, and the first invalid bound with its position.
pub(crate) fn validate_buckets(setting: impl Into<Cow<'static, str>>, bounds: &[f64]) -> Result<(), InitError> {
    let expected = "1 to 256 finite numbers in ascending order";
    if bounds.is_empty() || bounds.len() > MAX_BOUNDS {
        return Err(InitError::invalid(
            setting,
            format_args!("a list of {}", bounds.len()),
            expected,
        ));
    }
    let ascending = |at: &usize| *at > 0 && bounds[*at] <= bounds[*at - 1];
    let wrong = (0..bounds.len()).find(|at| !bounds[*at].is_finite() || ascending(at));
    match wrong {
        Some(at) => Err(InitError::invalid(
            setting,
            format_args!("{} at position {at}", bounds[at]),
            expected,
        )),
        None => Ok(()),
    }
}

/// A bound as Prometheus normalizes it: `0.005`, `1.0`, `1e+06`.
fn le_text(bound: f64) -> String {
    // Rust's exponent form holds the shortest digits that read back as the same number.
    let scientific = format!("{bound:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", exponent.abs());
    }
    let plain = format!("{bound}");
    if plain.contains('.') { plain } else { plain + ".0" }
}

// === impl Buckets ===

impl Buckets {
    /// Bounds in seconds, for cells that hold whole nanoseconds.
    pub(super) fn seconds(bounds: &[f64]) -> Self {
        Self::new(bounds, Scale::Units(NANOSECONDS))
    }

    /// Bounds for cells that hold whole numbers, such as bytes.
    pub(super) fn whole(bounds: &[f64]) -> Self {
        Self::new(bounds, Scale::Units(1.0))
    }

    /// Bounds for cells that hold floats.
    pub(super) fn floats(bounds: &[f64]) -> Self {
        Self::new(bounds, Scale::Floats)
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast saturates, as a bound should"
    )]
    fn new(bounds: &[f64], scale: Scale) -> Self {
        let units = match scale {
            Scale::Units(per_whole) => bounds.iter().map(|bound| (bound * per_whole).round() as u64).collect(),
            Scale::Floats => Box::default(),
        };
        let tail = |le: String| {
            let mut tail = String::with_capacity(le.len() + 9);
            // Writing to a string can't fail.
            let _ = write!(tail, ",le=\"{le}\"}} ");
            Tail::new(tail)
        };
        let le = bounds.iter().map(|bound| le_text(*bound)).chain(["+Inf".to_owned()]);
        Self {
            scale,
            bounds: bounds.into(),
            units,
            tails: le.map(tail).collect(),
        }
    }

    pub(super) fn scale(&self) -> Scale {
        self.scale
    }

    /// The upper bounds, without the infinite one.
    pub(super) fn bounds(&self) -> &[f64] {
        &self.bounds
    }

    pub(super) fn units(&self) -> &[u64] {
        &self.units
    }

    pub(super) fn tails(&self) -> &[Tail] {
        &self.tails
    }

    /// The number of buckets, with the one above all bounds.
    pub(super) fn len(&self) -> usize {
        self.bounds.len() + 1
    }

    /// The bucket of a value in whole units.
    #[inline]
    pub(super) fn index_of_units(&self, value: u64) -> usize {
        if self.units.len() <= LINEAR {
            // From below: most values are in the first buckets, and what took long can wait longer.
            self.units
                .iter()
                .position(|bound| value <= *bound)
                .unwrap_or(self.units.len())
        } else {
            self.units.partition_point(|bound| *bound < value)
        }
    }

    /// The bucket of a value.
    #[inline]
    pub(super) fn index_of(&self, value: f64) -> usize {
        if self.bounds.len() <= LINEAR {
            self.bounds
                .iter()
                .fold(0, |below, bound| below + usize::from(*bound < value))
        } else {
            self.bounds.partition_point(|bound| *bound < value)
        }
    }

    /// A value of the cells in the unit of the metric.
    #[expect(clippy::cast_precision_loss, reason = "a page carries floats")]
    pub(super) fn float_of(&self, units: u64) -> f64 {
        match self.scale {
            Scale::Units(per_whole) => units as f64 / per_whole,
            Scale::Floats => f64::from_bits(units),
        }
    }

    /// A value that lies in each bucket: its bound, and a little more than the last one.
    pub(super) fn representatives(&self) -> impl Iterator<Item = f64> + '_ {
        let beyond = self.bounds.last().map_or(0.0, |last| last + last.abs() / 8.0);
        self.bounds.iter().copied().chain([beyond])
    }
}

// === impl Tail ===

impl Tail {
    const SHORT: usize = 16;

    fn new(text: String) -> Self {
        let mut short = [0; Self::SHORT];
        let fits = short
            .get_mut(..text.len())
            .map(|front| front.copy_from_slice(text.as_bytes()));
        Self {
            short: fits.map(|()| short),
            text: text.into_boxed_str(),
        }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    #[inline]
    pub(super) fn push_to(&self, page: &mut Vec<u8>) {
        match &self.short {
            Some(short) => {
                let end = page.len() + self.text.len();
                page.extend_from_slice(short);
                page.truncate(end);
            }
            None => page.extend_from_slice(self.text.as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_written_as_prometheus_normalises_them() {
        let written = |bound| le_text(bound);
        assert_eq!(written(1.0), "1.0");
        assert_eq!(written(0.005), "0.005");
        assert_eq!(written(2.5), "2.5");
        assert_eq!(written(100_000.0), "100000.0");
        assert_eq!(written(1e6), "1e+06");
        assert_eq!(written(1.5e7), "1.5e+07");
        assert_eq!(written(1e-4), "0.0001");
        assert_eq!(written(2.5e-5), "2.5e-05");
        assert_eq!(written(-1.0), "-1.0");
        assert_eq!(written(0.0), "0.0");
    }

    #[test]
    fn bad_bounds_are_refused_with_the_reason() {
        let refused = |bounds: &[f64]| validate_buckets("buckets", bounds).unwrap_err().to_string();
        assert!(refused(&[]).contains("a list of 0"));
        assert!(refused(&[0.1, 0.1]).contains("0.1 at position 1"));
        assert!(refused(&[0.2, 0.1]).contains("0.1 at position 1"));
        assert!(refused(&[0.1, f64::NAN]).contains("NaN at position 1"));
        assert!(refused(&[f64::INFINITY]).contains("inf at position 0"));
        assert!(refused(&[1.0; 300]).contains("a list of 300"));
        assert!(validate_buckets("buckets", &DURATION_BUCKETS).is_ok());
    }
}
