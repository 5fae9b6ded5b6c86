//! Times and allocations of handling prepared requests.

use std::{
    pin::pin,
    sync::Barrier,
    task::{Context, Poll, Waker},
    thread,
    time::{Duration, Instant},
};

use rustix::time::{ClockId, clock_gettime};

/// Requests of one slice, the untimed ones included. It is also the size of an export batch: an exporter
/// begins to work when the slice has ended, and is waited for before the next. More of them at once would
/// measure how far spans that wait push each other out of the processor's caches.
pub const SLICE: usize = PREPARED + TIMED;
/// Requests that are prepared at once: few enough to stay in the caches, as those of a server do.
const PREPARED: usize = 250;
/// Requests of a slice that are measured. The others warm up what has been idle.
const TIMED: usize = 500;
/// Requests of a slice on several threads, each of which must be at it for a while; several batches.
const THREADED: usize = 8 * SLICE;

/// What came out of a slice.
#[derive(Clone, Copy, Debug)]
pub struct Slice {
    pub figure: f64,
    /// Requests that were handled, the untimed ones included; a multiple of [`SLICE`].
    pub requests: usize,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aim {
    /// Nanoseconds of one request, of this thread on a processor: what else the machine does doesn't count.
    Time,
    /// Allocations of one request, on the thread that handles it.
    Allocations,
}

/// Handles a slice of requests, which are made outside of what is measured.
pub fn measure<R>(aim: Aim, make: impl Fn(usize) -> R, mut handle: impl FnMut(R)) -> Slice {
    let prepared: Vec<R> = (0..PREPARED).map(&make).collect();
    prepared.into_iter().for_each(&mut handle);
    let mut total = 0.0;
    for first in (PREPARED..SLICE).step_by(PREPARED) {
        let prepared: Vec<R> = (first..first + PREPARED).map(&make).collect();
        total += match aim {
            // The allocator asks then whether to count, which is all that it adds.
            Aim::Time => {
                let mut elapsed = Duration::ZERO;
                allocation_counter::opt_out(|| {
                    let start = on_processor();
                    prepared.into_iter().for_each(&mut handle);
                    elapsed = on_processor() - start;
                });
                elapsed.as_nanos() as f64
            }
            Aim::Allocations => {
                let counted = allocation_counter::measure(|| prepared.into_iter().for_each(&mut handle));
                counted.count_total as f64
            }
        };
    }
    Slice { figure: total / TIMED as f64, requests: SLICE }
}

/// The time that this thread has had on a processor.
fn on_processor() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime).try_into().unwrap_or_default()
}

/// Handles requests on so many threads at once, the first half to warm them up. Gives the nanoseconds that
/// one request takes of a processor, by the clock: with more threads than processors, time is shared.
pub fn on_threads<R: Send, H: FnMut(R) + Send>(
    threads: usize,
    make: impl Fn(usize) -> R + Sync,
    handler: impl Fn() -> H,
) -> Slice {
    let each = THREADED / threads / 2;
    let together = Barrier::new(threads);
    let spans = thread::scope(|scope| {
        let started: Vec<_> = (0..threads)
            .map(|thread| {
                let (mut handle, make, together) = (handler(), &make, &together);
                scope.spawn(move || {
                    (0..each).map(|_| make(thread)).for_each(&mut handle);
                    let prepared: Vec<R> = (0..each).map(|_| make(thread)).collect();
                    together.wait();
                    let start = Instant::now();
                    prepared.into_iter().for_each(&mut handle);
                    (start, Instant::now())
                })
            })
            .collect();
        started.into_iter().map(|thread| thread.join().expect("no panic on a thread")).collect::<Vec<_>>()
    });
    let start = spans.iter().map(|span| span.0).min().expect("a thread");
    let end = spans.iter().map(|span| span.1).max().expect("a thread");
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let figure = (end - start).as_nanos() as f64 * threads.min(processors) as f64 / (each * threads) as f64;
    Slice { figure, requests: THREADED }
}

/// What a future gives that never waits for anybody else; it is polled until then.
pub fn ready<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
    }
}
