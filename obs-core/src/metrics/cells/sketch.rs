//! Quantiles of a stream of values, off by 1 % of a value at most: how many values there are in bins of geometrically
//! growing widths ([`DDSketch`](https://www.vldb.org/pvldb/vol12/p2195-masson.pdf)).

/// The logarithm of the ratio of a bin's ends: the estimate of a bin is within `tanh(WIDTH / 2)`, 1 %, of all its
/// values.
const WIDTH: f64 = 0.02;
/// Values between this and its negative are zero.
const SMALLEST: f64 = 1e-9;
/// The smallest value's bin, which has the key 1.
const FIRST: f64 = -1037.0;
/// With more bins than these, the two of the least values become one: 32 KiB.
const MAX_BINS: usize = 2_048;

#[derive(Clone, Debug, Default)]
pub(super) struct Sketch {
    /// The keys of the bins that have values, ascending, and how many.
    bins: Vec<(i32, u64)>,
}

// === impl Sketch ===

impl Sketch {
    /// Adds a finite value.
    pub(super) fn add(&mut self, value: f64) {
        self.add_many(key(value), 1);
    }

    /// Adds all values of another sketch.
    pub(super) fn merge(&mut self, other: &Self) {
        for (key, count) in &other.bins {
            self.add_many(*key, *count);
        }
    }

    /// The value that this share of all values doesn't exceed; none without values.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a rank: that of counts above 2^53 is off by less than their share"
    )]
    pub(super) fn quantile(&self, quantile: f64) -> Option<f64> {
        let count: u64 = self.bins.iter().map(|(_, count)| count).sum();
        let rank = (quantile * (count.checked_sub(1)? as f64)) as u64;
        let mut seen = 0;
        let bin = self.bins.iter().find(|(_, count)| {
            seen += count;
            seen > rank
        });
        bin.or(self.bins.last()).map(|(key, _)| estimate(*key))
    }

    fn add_many(&mut self, key: i32, count: u64) {
        match self.bins.binary_search_by_key(&key, |(key, _)| *key) {
            Ok(at) => self.bins[at].1 += count,
            Err(at) => {
                self.bins.insert(at, (key, count));
                if self.bins.len() > MAX_BINS {
                    let (_, least) = self.bins.remove(0);
                    self.bins[0].1 += least;
                }
            }
        }
    }
}

/// The bin of a value, in the order of values: 0 is zero, negative values have negative keys.
#[expect(clippy::cast_possible_truncation, reason = "at most 36 527, for the largest float")]
fn key(value: f64) -> i32 {
    if value.abs() <= SMALLEST {
        return 0;
    }
    let key = ((value.abs().ln() / WIDTH).floor() - FIRST) as i32 + 1;
    if value < 0.0 { -key } else { key }
}

/// What the values of a bin are taken for.
fn estimate(key: i32) -> f64 {
    if key == 0 {
        return 0.0;
    }
    let lower = ((f64::from(key.abs() - 1) + FIRST) * WIDTH).exp();
    let middle = (lower * (1.0 + (WIDTH / 2.0).tanh())).min(f64::MAX);
    if key < 0 { -middle } else { middle }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[f64]) -> Sketch {
        let mut sketch = Sketch::default();
        for value in values {
            sketch.add(*value);
        }
        sketch
    }

    fn is_close(estimate: f64, exact: f64) -> bool {
        (estimate - exact).abs() <= exact.abs() * 0.010_000_1 + SMALLEST
    }

    #[test]
    fn nothing_has_no_quantile() {
        assert_eq!(Sketch::default().quantile(0.5), None);
    }

    #[test]
    fn the_extremes_stay_finite_and_in_order() {
        let values = [f64::MIN, -1.0, -1e-300, 0.0, f64::MIN_POSITIVE, 1e-8, 1.0, f64::MAX];
        let sketch = of(&values);
        let at = |rank: u32| sketch.quantile(f64::from(rank) / 7.0 + 1e-6).unwrap();
        for (rank, value) in (0..).zip(values) {
            assert!(
                at(rank).is_finite() && is_close(at(rank), value),
                "{value:e}: {:e}",
                at(rank)
            );
        }
    }

    #[test]
    fn memory_is_bounded_and_high_quantiles_stay_right() {
        let mut sketch = Sketch::default();
        for exponent in -400..700 {
            (0..20).for_each(|step| sketch.add((f64::from(exponent) + f64::from(step) / 20.0).exp()));
        }
        assert_eq!(sketch.bins.len(), MAX_BINS);
        assert_eq!(sketch.bins.iter().map(|(_, count)| count).sum::<u64>(), 22_000);
        let exact = (-400.0_f64 + 0.99 * 21_999.0 / 20.0).exp();
        let estimate = sketch.quantile(0.99).unwrap();
        assert!((estimate / exact - 1.0).abs() < 0.07, "{estimate:e} {exact:e}");
    }

    proptest! {
        #[test]
        fn a_quantile_is_within_one_percent_of_the_value_of_its_rank(
            mut values in prop::collection::vec(prop_oneof![-1e6..1e6_f64, 1e-12..1.0_f64, Just(0.0)], 1..400),
            quantile in 0.0..=1.0_f64,
            cut in any::<prop::sample::Index>(),
        ) {
            let (left, right) = values.split_at(cut.index(values.len()));
            let mut sketch = of(left);
            sketch.merge(&of(right));
            values.sort_by(f64::total_cmp);
            #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss, reason = "small")]
            let rank = (quantile * (values.len() - 1) as f64) as usize;
            let estimate = sketch.quantile(quantile).unwrap();
            prop_assert!(is_close(estimate, values[rank]), "{} {}", estimate, values[rank]);
        }
    }
}
