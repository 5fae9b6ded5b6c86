//! A layer that takes time and does nothing with it: the floor of whatever takes as long.

use std::{
    hint::black_box,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use http::{Request, Response};
use tower::Service;

use super::identity::{Identity, IdentityFuture};

/// Rounds that are timed at once.
const MANY: u32 = 100_000;
/// How often they are: something else may come between.
const TRIES: u32 = 50;

/// An identity layer that calculates for a while first.
#[derive(Clone, Debug)]
pub struct Busy<S> {
    inner: Identity<S>,
    rounds: u32,
}

/// How many rounds take so long.
pub fn rounds(time: Duration) -> u32 {
    let timed = (0..TRIES).map(|_| {
        let start = Instant::now();
        calculate(MANY);
        start.elapsed()
    });
    let quickest = timed.min().unwrap_or_default().max(Duration::from_nanos(1));
    (f64::from(MANY) * time.div_duration_f64(quickest)) as u32
}

/// Each round waits for the one before.
#[inline(never)]
fn calculate(rounds: u32) {
    let mut number = 1_u64;
    for _ in 0..rounds {
        number = black_box(number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
    }
}

// === impl Busy ===

impl<S> Busy<S> {
    pub fn new(inner: S, rounds: u32) -> Self {
        Self { inner: Identity(inner), rounds }
    }
}

impl<S, A, B> Service<Request<A>> for Busy<S>
where
    S: Service<Request<A>, Response = Response<B>>,
{
    type Response = <Identity<S> as Service<Request<A>>>::Response;
    type Error = S::Error;
    type Future = IdentityFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        calculate(self.rounds);
        self.inner.call(request)
    }
}
