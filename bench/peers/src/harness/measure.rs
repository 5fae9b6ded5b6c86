//! Times and allocations of handling prepared requests.

use std::{
    pin::pin,
    sync::Barrier,
    task::{Context, Poll, Waker},
    thread,
    time::{Duration, Instant},
};

use rustix::time::{ClockId, clock_gettime};

/// Requests of one run. It is also the size of an export batch: an exporter begins to work when the run
/// has ended, and is waited for before the next.
pub const REQUESTS: usize = 4_000;
/// Requests that are prepared at once: few enough to stay in the processor's caches, as those of a server do.
const PREPARED: usize = 250;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aim {
    /// Nanoseconds of one request, of this thread on a processor: what else the machine does doesn't count.
    Time,
    /// Allocations of one request, on the thread that handles it.
    Allocations,
}

/// Handles [`REQUESTS`] requests, which are made outside of what is measured.
pub fn measure<R>(aim: Aim, make: impl Fn(usize) -> R, mut handle: impl FnMut(R)) -> f64 {
    let mut elapsed = Duration::ZERO;
    let mut allocations = 0;
    for first in (0..REQUESTS).step_by(PREPARED) {
        let prepared: Vec<R> = (first..first + PREPARED).map(&make).collect();
        match aim {
            // The allocator asks then whether to count, which is all that it adds.
            Aim::Time => allocation_counter::opt_out(|| {
                let start = on_processor();
                prepared.into_iter().for_each(&mut handle);
                elapsed += on_processor() - start;
            }),
            Aim::Allocations => {
                let counted = allocation_counter::measure(|| prepared.into_iter().for_each(&mut handle));
                allocations += counted.count_total;
            }
        }
    }
    match aim {
        Aim::Time => per_request(elapsed.as_nanos() as f64),
        Aim::Allocations => per_request(allocations as f64),
    }
}

/// The time that this thread has had on a processor.
fn on_processor() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime).try_into().unwrap_or_default()
}

fn per_request(total: f64) -> f64 {
    total / REQUESTS as f64
}

/// Handles [`REQUESTS`] requests on so many threads at once, the first half to warm them up. Gives the
/// nanoseconds that one request takes of a processor: with more threads than processors, time is shared.
pub fn on_threads<R: Send, H: FnMut(R) + Send>(
    threads: usize,
    make: impl Fn(usize) -> R + Sync,
    handler: impl Fn() -> H,
) -> f64 {
    let each = REQUESTS / threads / 2;
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
    (end - start).as_nanos() as f64 * threads.min(processors) as f64 / (each * threads) as f64
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
