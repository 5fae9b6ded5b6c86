//! A sort for lists that are sorted rarely, away from the path of a request.
//!
//! The sorts of the standard library are compiled again for each type and each order, which is 5 to 10 KB of a program.
//! This one sorts indices, with code that all lists share.

use std::cmp::Ordering;

/// Sorts stably, as the method of slices of this name does, in more time and with a list of the indices.
///
/// ```
/// use obs_base::sorting::sort_by;
///
/// let mut routes = vec![("/orders", 2), ("/carts", 1), ("/orders", 1)];
/// sort_by(&mut routes, |(one, _), (other, _)| one.cmp(other));
/// assert_eq!(routes, [("/carts", 1), ("/orders", 2), ("/orders", 1)]);
/// ```
pub fn sort_by<T>(items: &mut [T], mut compare: impl FnMut(&T, &T) -> Ordering) {
    let mut sources = order(items.len(), &mut |one, other| compare(&items[one], &items[other]));
    // Each cycle of places is followed once; a place that is done is its own source.
    for start in 0..sources.len() {
        let mut place = start;
        while sources[place] != start {
            let source = sources[place];
            items.swap(place, source);
            sources[place] = place;
            place = source;
        }
        sources[place] = place;
    }
}

/// The indices of a list of this length, in its order.
fn order(len: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<usize> {
    let mut indices: Vec<_> = (0..len).collect();
    indices.sort_by(|one, other| compare(*one, *other));
    indices
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_order_is_that_of_the_standard_library(
            items in prop::collection::vec((0..8u8, any::<u16>()), 0..60),
        ) {
            let (mut ours, mut expected) = (items.clone(), items);
            sort_by(&mut ours, |one, other| one.0.cmp(&other.0));
            expected.sort_by_key(|item| item.0);
            prop_assert_eq!(ours, expected);
        }
    }

    #[test]
    fn a_comparison_that_panics_leaves_the_list_as_it_was() {
        let mut items = vec![3.to_string(), 1.to_string(), 2.to_string()];
        let sorted = catch_unwind(AssertUnwindSafe(|| {
            sort_by(&mut items, |_, _| panic!("on purpose"));
        }));
        assert!(sorted.is_err());
        assert_eq!(items, ["3", "1", "2"]);
    }
}
