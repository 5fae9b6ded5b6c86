use std::{thread, time::Duration};

use proptest::prelude::*;

use super::*;
use crate::metrics::{DURATION_BUCKETS, SIZE_BUCKETS};

const PLAIN: Detail = Detail {
    exemplars: false,
    native: false,
};

fn totals(histogram: &HistogramCells, detail: Detail) -> HistogramTotals {
    let mut totals = HistogramTotals::default();
    totals.reset(histogram.buckets(), detail);
    histogram.add_to(&mut totals, detail);
    totals.native.finish();
    totals
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap()
}

#[test]
fn a_value_on_a_bound_belongs_to_the_bucket_below() {
    let histogram = HistogramCells::new(Arc::new(Buckets::seconds(&DURATION_BUCKETS)));
    histogram.record_units(nanoseconds(Duration::from_millis(5)), None);
    histogram.record_units(nanoseconds(Duration::from_millis(5)) + 1, None);
    histogram.record_units(nanoseconds(Duration::from_secs(11)), None);
    let totals = totals(&histogram, PLAIN);
    assert_eq!((totals.counts[0], totals.counts[1], totals.counts[14]), (1, 1, 1));
    assert_eq!(totals.sum(histogram.buckets()).to_bits(), 11.010_000_001_f64.to_bits());
}

#[test]
fn what_is_not_finite_is_not_recorded() {
    let histogram = HistogramCells::new(Arc::new(Buckets::floats(&SIZE_BUCKETS)));
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        histogram.record_floats(value, 1, None);
    }
    histogram.record_floats(-1.0, 3, None);
    let totals = totals(&histogram, PLAIN);
    assert_eq!(
        (totals.count(), totals.sum(histogram.buckets()).to_bits()),
        (3, (-3.0_f64).to_bits())
    );
}

#[test]
fn no_sample_is_lost_between_threads_and_native_buckets_hold_as_many() {
    let histogram = HistogramCells::new(Arc::new(Buckets::seconds(&DURATION_BUCKETS)));
    let detail = Detail {
        exemplars: false,
        native: true,
    };
    thread::scope(|scope| {
        for start in 0..4_u64 {
            let histogram = &histogram;
            scope.spawn(move || {
                (0..50_000).for_each(|n| histogram.record_units((start * 50_000 + n) * 100_000, None));
            });
        }
        for _ in 0..200 {
            let seen = totals(&histogram, detail);
            assert!(seen.native.count() >= seen.count());
        }
    });
    let totals = totals(&histogram, detail);
    assert_eq!((totals.count(), totals.native.count()), (200_000, 200_000));
}

/// How far the sum may be from the count where every value is 1: what each thread is just writing.
const WRITERS: u64 = 6;

/// Writes ones from several threads while pages are read; the most by which sum and count differed.
fn most_apart(histogram: &HistogramCells, detail: Detail, record: impl Fn(&HistogramCells) + Sync) -> f64 {
    let is_done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..WRITERS {
            scope.spawn(|| {
                while !is_done.load(Relaxed) {
                    record(histogram);
                }
            });
        }
        let pages = 3_000;
        let mut last = 0;
        let most = (0..pages).fold(0.0_f64, |most, _| {
            let seen = totals(histogram, detail);
            let count = if detail.native {
                seen.native.count()
            } else {
                seen.count()
            };
            assert!(count >= last, "a count fell from {last} to {count}");
            last = count;
            #[expect(clippy::cast_precision_loss, reason = "a test does not count that far")]
            let apart = (seen.sum(histogram.buckets()) - count as f64).abs();
            most.max(apart)
        });
        is_done.store(true, Relaxed);
        most
    })
}

#[test]
#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn sum_and_count_of_a_page_differ_by_no_more_than_what_is_being_written() {
    for native in [false, true] {
        let detail = Detail {
            exemplars: false,
            native,
        };
        let units = HistogramCells::new(Arc::new(Buckets::whole(&SIZE_BUCKETS)));
        let apart = most_apart(&units, detail, |histogram| histogram.record_units(1, None));
        assert!(apart <= WRITERS as f64, "{apart} in whole units, native: {native}");
        let floats = HistogramCells::new(Arc::new(Buckets::floats(&DURATION_BUCKETS)));
        let apart = most_apart(&floats, detail, |histogram| histogram.record_floats(1.0, 1, None));
        assert!(apart <= WRITERS as f64, "{apart} in floats, native: {native}");
    }
}

#[test]
fn what_went_aside_is_lost_to_no_page() {
    let histogram = HistogramCells::new(Arc::new(Buckets::seconds(&DURATION_BUCKETS)));
    let detail = Detail {
        exemplars: false,
        native: true,
    };
    histogram.record_units(1_000_000, None);
    assert_eq!(totals(&histogram, detail).count(), 1);
    let aside = Aside::start(&histogram);
    histogram.record_units(2_000_000, None);
    drop(aside);
    histogram.record_units(3_000_000, None);
    let seen = totals(&histogram, detail);
    assert_eq!((seen.count(), seen.native.count(), histogram.count()), (3, 3, 3));
    assert_eq!(seen.sum(histogram.buckets()).to_bits(), 0.006_f64.to_bits());
}

proptest! {
    #[test]
    fn every_value_is_counted_in_the_bucket_that_holds_it(
        bounds in proptest::collection::btree_set(1_u32..10_000, 1..40),
        values in proptest::collection::vec(0_u32..11_000, 1..100),
    ) {
        let bounds: Vec<f64> = bounds.into_iter().map(f64::from).collect();
        let units = HistogramCells::new(Arc::new(Buckets::whole(&bounds)));
        let floats = HistogramCells::new(Arc::new(Buckets::floats(&bounds)));
        let mut expected = vec![0; bounds.len() + 1];
        for value in values {
            units.record_units(u64::from(value), None);
            floats.record_floats(f64::from(value), 1, None);
            expected[bounds.iter().take_while(|bound| **bound < f64::from(value)).count()] += 1;
        }
        prop_assert_eq!(&totals(&units, PLAIN).counts, &expected);
        prop_assert_eq!(&totals(&floats, PLAIN).counts, &expected);
    }
}
