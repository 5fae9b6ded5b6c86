//! How many heap allocations a request costs us: above a layer that does nothing but wrap the future and
//! the body, as any layer that watches them must.
//!
//! Requests are handled in the process, on one thread whose allocations are counted, once everything
//! that is made lazily is there. Requests are built beforehand; answers are read to their end. The
//! exporter and the writer of lines work on threads of their own.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "tests: what can't go on fails the test; the figures are told, also where they are good"
)]

mod actix;
mod axum;
mod recorder;
mod reqwest;

use obs_core::{Obs, ObsBuilder, logs::LogFormat};
use obs_tests::alloc::count_allocations;

const WARM_UP: usize = 3_000;
const REQUESTS: usize = 2_000;
const SAMPLED: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const UNSAMPLED: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/141.0 Safari/537.36";
/// The body of a request that has one.
const UPLOAD: &str = "0123456789";

/// A kind of request, made by an `R`.
struct Kind<R> {
    name: &'static str,
    /// What it may cost beyond the ceiling.
    beyond: f64,
    /// What it may cost beyond that where the request id is echoed.
    echoed: f64,
    request: fn() -> R,
}

/// Allocations of one request, on average to two decimals: buffers that grow now and then count.
fn allocations<R>(request: impl Fn() -> R, mut handle: impl FnMut(R)) -> f64 {
    let mut requests: Vec<R> = (0..WARM_UP + REQUESTS).map(|_| request()).collect();
    let measured = requests.split_off(WARM_UP);
    requests.into_iter().for_each(&mut handle);
    let ((), counted) = count_allocations(|| measured.into_iter().for_each(&mut handle));
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let each = counted.count as f64 / REQUESTS as f64;
    (each * 100.0).round() / 100.0
}

fn builder() -> ObsBuilder {
    Obs::builder("allocations")
        // Full after the warm-up: it allocates until then.
        .flight_recorder(384 * 1024)
        .version("1.0.0")
        .log_format(LogFormat::Json)
        .log_writer(std::io::sink())
}

#[track_caller]
fn at_most(what: &str, limit: f64, own: f64) {
    println!("{what}: {own:.2} allocations of our own, at most {limit}");
    assert!(own <= limit, "{what}: {own:.2} allocations of our own, at most {limit}");
}
