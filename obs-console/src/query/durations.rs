//! Durations in buckets.

/// How many durations lie in each bucket, without those of the buckets before.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Durations {
    /// The upper bounds in seconds, ascending; the last one is infinite.
    pub(super) bounds: Vec<f64>,
    /// The counts.
    pub(super) counts: Vec<u64>,
}

// === impl Durations ===

impl Durations {
    /// Adds counts of buckets with these bounds; those of other bounds are left out.
    pub(super) fn add(&mut self, bounds: &[f64], counts: &[(u32, u64)]) {
        if self.bounds.is_empty() {
            self.bounds = bounds.to_vec();
            self.counts = vec![0; bounds.len()];
        }
        if self.bounds != bounds {
            return;
        }
        for (at, count) in counts {
            if let Some(place) = self.counts.get_mut(*at as usize) {
                *place += count;
            }
        }
    }

    /// The value that a share of `quantile` (0 to 1) does not exceed: linear within its bucket, and the last bound for
    /// what lies above it. Nothing without durations.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub(super) fn quantile(&self, quantile: f64) -> Option<f64> {
        let all: u64 = self.counts.iter().sum();
        if all == 0 {
            return None;
        }
        let rank = quantile * all as f64;
        let mut below = 0;
        let mut lower = 0.0;
        for (bound, count) in self.bounds.iter().zip(&self.counts) {
            let up_to = below + count;
            if *count > 0 && up_to as f64 >= rank {
                if bound.is_infinite() {
                    return Some(lower);
                }
                let lower = if lower == 0.0 && *bound <= 0.0 { *bound } else { lower };
                return Some(lower + (bound - lower) * ((rank - below as f64) / *count as f64).clamp(0.0, 1.0));
            }
            below = up_to;
            lower = *bound;
        }
        None
    }
}

/// The quantile of values.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "the index of a value"
)]
pub(super) fn quantile_of(values: &mut [f64], quantile: f64) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    values.get((last as f64 * quantile).round() as usize).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_linear_within_their_bucket() {
        let mut durations = Durations::default();
        assert_eq!(durations.quantile(0.5), None);
        durations.add(&[0.1, 0.2, f64::INFINITY], &[(0, 50)]);
        durations.add(&[0.1, 0.2, f64::INFINITY], &[(1, 50)]);
        durations.add(&[7.0], &[(0, 50)]);
        assert_eq!(durations.quantile(0.25), Some(0.05));
        assert_eq!(durations.quantile(0.75).map(|q| (q * 1e6).round()), Some(150_000.0));
        durations.add(&[0.1, 0.2, f64::INFINITY], &[(2, 900)]);
        assert_eq!(durations.quantile(0.99), Some(0.2));
    }

    #[test]
    fn quantiles_of_values_are_one_of_them() {
        assert_eq!(quantile_of(&mut [], 0.5), None);
        assert_eq!(quantile_of(&mut [3.0, 1.0, 2.0], 0.5), Some(2.0));
        assert_eq!(quantile_of(&mut [3.0, 1.0, 2.0], 0.99), Some(3.0));
    }
}
