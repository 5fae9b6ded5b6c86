//! Changes of series as bytes.

/// What has changed in a series from one sample to the next.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::query) enum Change {
    /// The growth of a counter.
    Growth(f64),
    /// The new value of a gauge; NaN if the series is gone.
    Value(f64),
    /// The growth of a distribution: of some buckets, by their index, and of the sum.
    Observations { buckets: Vec<(u32, u64)>, sum: f64 },
    /// The growth of a summary.
    Summary { count: u64, sum: f64 },
}

const GROWTH: u8 = 0;
const WHOLE_GROWTH: u8 = 1;
const VALUE: u8 = 2;
const WHOLE_VALUE: u8 = 3;
const OBSERVATIONS: u8 = 4;
const SUMMARY: u8 = 5;

/// Whole numbers up to here are the same as floats.
const WHOLE: f64 = 9_007_199_254_740_992.0;

/// Adds the change of a series, `gap` series after the last one of the frame.
pub(super) fn push(out: &mut Vec<u8>, gap: u32, change: &Change) {
    push_number(out, gap.into());
    match change {
        Change::Growth(growth) => push_float(out, (GROWTH, WHOLE_GROWTH), *growth),
        Change::Value(value) => push_float(out, (VALUE, WHOLE_VALUE), *value),
        Change::Observations { buckets, sum } => {
            out.push(OBSERVATIONS);
            push_number(out, buckets.len() as u64);
            let mut before = 0;
            for (at, count) in buckets {
                push_number(out, u64::from(at - before));
                push_number(out, *count);
                before = *at;
            }
            out.extend_from_slice(&sum.to_le_bytes());
        }
        Change::Summary { count, sum } => {
            out.push(SUMMARY);
            push_number(out, *count);
            out.extend_from_slice(&sum.to_le_bytes());
        }
    }
}

/// Reads the next change of a frame; nothing at its end.
pub(super) fn read(bytes: &mut &[u8]) -> Option<(u32, Change)> {
    let gap = u32::try_from(number(bytes)?).ok()?;
    let change = match byte(bytes)? {
        GROWTH => Change::Growth(float(bytes)?),
        WHOLE_GROWTH => Change::Growth(whole(bytes)?),
        VALUE => Change::Value(float(bytes)?),
        WHOLE_VALUE => Change::Value(whole(bytes)?),
        OBSERVATIONS => {
            let count = usize::try_from(number(bytes)?).ok()?;
            let mut buckets = Vec::with_capacity(count.min(bytes.len()));
            let mut at = 0;
            for _ in 0..count {
                at = u32::try_from(number(bytes)?).ok()?.checked_add(at)?;
                buckets.push((at, number(bytes)?));
            }
            Change::Observations {
                buckets,
                sum: float(bytes)?,
            }
        }
        _ => Change::Summary {
            count: number(bytes)?,
            sum: float(bytes)?,
        },
    };
    Some((gap, change))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "whole numbers that a float represents exactly"
)]
fn push_float(out: &mut Vec<u8>, (tag, whole): (u8, u8), number: f64) {
    let is_whole = (0.0..WHOLE).contains(&number) && number.fract() == 0.0;
    if is_whole && !(number == 0.0 && number.is_sign_negative()) {
        out.push(whole);
        push_number(out, number as u64);
    } else {
        out.push(tag);
        out.extend_from_slice(&number.to_le_bytes());
    }
}

/// Seven bits a byte, the lowest first.
fn push_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push((number & 0x7f) as u8);
}

fn byte(bytes: &mut &[u8]) -> Option<u8> {
    let (first, rest) = bytes.split_first()?;
    *bytes = rest;
    Some(*first)
}

fn number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let next = byte(bytes)?;
        number |= u64::from(next & 0x7f) << shift;
        if next < 0x80 {
            return Some(number);
        }
    }
    None
}

#[expect(clippy::cast_precision_loss, reason = "it was a float")]
fn whole(bytes: &mut &[u8]) -> Option<f64> {
    number(bytes).map(|number| number as f64)
}

fn float(bytes: &mut &[u8]) -> Option<f64> {
    let (first, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(f64::from_le_bytes(*first))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn changes() -> impl Strategy<Value = Change> {
        prop_oneof![
            any::<f64>()
                .prop_filter("NaN differs from itself", |n| !n.is_nan())
                .prop_map(Change::Growth),
            any::<u32>().prop_map(|growth| Change::Growth(growth.into())),
            any::<i32>().prop_map(|value| Change::Value(value.into())),
            (any::<u64>(), any::<i32>()).prop_map(|(count, sum)| Change::Summary { count, sum: sum.into() }),
            (
                proptest::collection::btree_map(0..200_u32, any::<u64>(), 0..9),
                any::<i32>()
            )
                .prop_map(|(buckets, sum)| Change::Observations {
                    buckets: buckets.into_iter().collect(),
                    sum: sum.into()
                }),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(all in proptest::collection::vec((any::<u32>(), changes()), 0..20)) {
            let mut bytes = Vec::new();
            for (gap, change) in &all {
                push(&mut bytes, *gap, change);
            }
            let mut rest = &bytes[..];
            let read: Vec<_> = std::iter::from_fn(|| read(&mut rest)).collect();
            prop_assert_eq!(read, all);
        }

        #[test]
        fn any_bytes_end(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut rest = &bytes[..];
            while read(&mut rest).is_some() {}
        }
    }

    #[test]
    fn a_small_growth_takes_three_bytes() {
        let mut bytes = Vec::new();
        push(&mut bytes, 1, &Change::Growth(100.0));
        assert_eq!(bytes.len(), 3);
    }
}
