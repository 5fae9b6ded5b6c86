//! Counting heap allocations of one thread.
//!
//! The allocator comes from `allocation-counter`, the one crate of its kind that counts per thread,
//! is safe to use and supports our oldest compiler; it becomes the global allocator of each
//! program that links this crate.

use std::future::Future;

use futures_util::FutureExt as _;

/// What a piece of code took from the heap, on the thread that ran it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allocations {
    /// How many allocations were made; growing a buffer counts as one.
    pub count: u64,
    /// Bytes of all of them together.
    pub bytes: u64,
    /// Allocations that were not freed again; negative when older ones were freed.
    pub kept: i64,
}

/// Runs `code` and counts the allocations of this thread meanwhile.
///
/// ```
/// use obs_tests::alloc::count_allocations;
/// let (sum, none) = count_allocations(|| (1..=4).sum::<u32>());
/// assert_eq!((sum, none.count), (10, 0));
/// let (_list, one) = count_allocations(|| vec![0u8; 32]);
/// assert_eq!((one.count, one.bytes, one.kept), (1, 32, 1));
/// ```
pub fn count_allocations<T>(code: impl FnOnce() -> T) -> (T, Allocations) {
    let mut value = None;
    let counted = allocation_counter::measure(|| value = Some(code()));
    let allocations = Allocations {
        count: counted.count_total,
        bytes: counted.bytes_total,
        kept: counted.count_current,
    };
    (value.expect("measure runs the closure"), allocations)
}

/// Drives `future` to its end on this thread and counts its allocations; what the future itself
/// already holds doesn't count.
///
/// For requests that are handled in the process: a future that would wait panics.
pub fn count_allocations_of<T>(future: impl Future<Output = T>) -> (T, Allocations) {
    let (output, allocations) = count_allocations(|| future.now_or_never());
    (output.expect("a future that never waits"), allocations)
}

/// Counts `code` after it has run `warm_up` times, so that lazily made tables don't count, and
/// returns the largest of `runs` counts.
///
/// ```
/// use obs_tests::alloc::steady_allocations;
/// let mut list = Vec::new();
/// let steady = steady_allocations(1, 10, || {
///     list.clear();
///     list.extend([1, 2, 3]);
/// });
/// assert_eq!(steady.count, 0);
/// ```
pub fn steady_allocations(warm_up: usize, runs: usize, mut code: impl FnMut()) -> Allocations {
    for _ in 0..warm_up {
        code();
    }
    (0..runs)
        .map(|_| count_allocations(&mut code).1)
        .max_by_key(|run| run.count)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allocations_of_other_threads_do_not_count() {
        // Made before counting starts: starting a thread allocates here too.
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let other = std::thread::spawn(move || {
            wait.recv().unwrap();
            vec![vec![0u8; 64]; 100]
        });
        let ((), counted) = count_allocations(|| drop(std::hint::black_box(Box::new(1u64))));
        go.send(()).unwrap();
        other.join().unwrap();
        assert_eq!(
            counted,
            Allocations {
                count: 1,
                bytes: 8,
                kept: 0
            }
        );
    }

    #[test]
    fn a_ready_future_is_driven_and_counted() {
        let (text, counted) = count_allocations_of(async { "x".repeat(10) });
        assert_eq!((text.len(), counted.count, counted.kept), (10, 1, 1));
    }

    #[test]
    fn warm_up_runs_are_left_out() {
        let mut made: Vec<u8> = Vec::new();
        let steady = steady_allocations(1, 5, || {
            if made.is_empty() {
                made = vec![0; 100];
            }
        });
        assert_eq!(steady.count, 0);
    }
}
