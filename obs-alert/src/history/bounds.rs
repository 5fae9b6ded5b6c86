//! Quantiles from the growth of buckets.

/// The value that a share of `quantile` of the observations does not exceed, as `histogram_quantile`
/// estimates it: `grown` holds the growth up to each bound, the last one that up to `+Inf`.
///
/// `None` without observations.
pub(crate) fn quantile(quantile: f64, bounds: &[f64], grown: &[f64]) -> Option<f64> {
    let total = grown.iter().copied().fold(0.0, f64::max);
    if total <= 0.0 || bounds.len() < 2 {
        return None;
    }
    let rank = quantile * total;
    let (mut lower, mut below) = (0.0, 0.0_f64);
    for (&bound, &count) in bounds.iter().zip(grown) {
        // Buckets are read one after the other while writers go on: a later one is never less.
        let count = count.max(below);
        if count >= rank {
            if bound.is_infinite() {
                return Some(lower);
            }
            if lower == 0.0 && bound <= 0.0 {
                return Some(bound);
            }
            let inside = count - below;
            return Some(if inside > 0.0 {
                lower + (bound - lower) * (rank - below) / inside
            } else {
                bound
            });
        }
        (lower, below) = (bound, count);
    }
    Some(lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: [f64; 3] = [0.1, 0.2, f64::INFINITY];

    #[test]
    fn quantiles_are_interpolated_within_their_bucket() {
        assert_eq!(quantile(0.25, &BOUNDS, &[50.0, 100.0, 100.0]), Some(0.05));
        assert!((quantile(0.75, &BOUNDS, &[50.0, 100.0, 100.0]).unwrap() - 0.15).abs() < 1e-12);
    }

    #[test]
    fn above_all_bounds_it_is_the_last_bound() {
        assert_eq!(quantile(0.99, &BOUNDS, &[1.0, 1.0, 100.0]), Some(0.2));
    }

    #[test]
    fn without_observations_there_is_none() {
        assert_eq!(quantile(0.99, &BOUNDS, &[0.0, 0.0, 0.0]), None);
        assert_eq!(quantile(0.99, &[], &[]), None);
    }
}
