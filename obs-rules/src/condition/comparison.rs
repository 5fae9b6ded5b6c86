//! Comparisons with a threshold.

/// The comparison of a value with a threshold, in the [unit](crate::Unit) of the value.
///
/// ```
/// use obs_rules::Comparison;
///
/// let low = Comparison::Below(0.5);
/// assert!(low.holds(0.2) && !low.holds(0.5) && !low.holds(f64::NAN));
/// assert_eq!(low.with_threshold(0.3).threshold(), 0.3);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Comparison {
    /// `>`
    Above(f64),
    /// `<`
    Below(f64),
}

// === impl Comparison ===

impl Comparison {
    /// Whether it holds for `value`; never for NaN.
    #[must_use]
    pub fn holds(self, value: f64) -> bool {
        match self {
            Self::Above(threshold) => value > threshold,
            Self::Below(threshold) => value < threshold,
        }
    }

    /// The threshold.
    #[must_use]
    pub const fn threshold(self) -> f64 {
        match self {
            Self::Above(threshold) | Self::Below(threshold) => threshold,
        }
    }

    /// The same comparison with another threshold.
    #[must_use]
    pub const fn with_threshold(self, threshold: f64) -> Self {
        match self {
            Self::Above(_) => Self::Above(threshold),
            Self::Below(_) => Self::Below(threshold),
        }
    }
}
