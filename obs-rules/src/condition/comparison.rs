//! Comparisons with a threshold.

/// The comparison of a value with a threshold, in the unit of the value.
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
