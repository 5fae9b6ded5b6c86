//! A service whose requests are timed.

use std::{
    convert::Infallible,
    pin::Pin,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Body,
    routing::{RouterIntoService, get},
};
use futures_util::{FutureExt as _, future::poll_fn};
use http::{Request, Response};
use obs_axum::ObsLayer;
use obs_core::{Obs, logs::LogFormat};
use obs_tests::page::Page;
use tower::Service as _;

/// The metric that counts lost spans.
const DROPPED: &str = "obs_spans_dropped_total";

pub(crate) struct Service {
    pub(crate) obs: Obs,
    router: RouterIntoService<Body>,
    /// Requests handled so far: each has a span.
    pub(crate) handled: u64,
}

// === impl Service ===

impl Service {
    /// Exports to `endpoint`, if there is one.
    pub(crate) fn start(endpoint: Option<String>) -> Self {
        let builder = Obs::builder("faults")
            .log_format(LogFormat::Json)
            .log_writer(std::io::sink());
        let builder = match endpoint {
            Some(endpoint) => builder.otlp_endpoint(endpoint),
            None => builder,
        };
        let obs = builder.build().expect("valid settings");
        let router = Router::new()
            .route("/users/{id}", get(async || "hello"))
            .layer(ObsLayer::new().obs(&obs));
        Self {
            obs,
            router: router.into_service(),
            handled: 0,
        }
    }

    /// Handles so many requests; how long each took.
    pub(crate) fn handle(&mut self, requests: usize) -> Vec<Duration> {
        self.handled += requests as u64;
        (0..requests).map(|_| self.handle_one()).collect()
    }

    fn handle_one(&mut self) -> Duration {
        let request = Request::get("/users/7")
            .header("host", "shop.example")
            .body(Body::empty())
            .expect("a request");
        let began = Instant::now();
        let answer: Result<Response<_>, Infallible> = self.router.call(request).now_or_never().expect("no waiting");
        let mut body = answer.expect("an answer").into_body();
        let mut frame = || poll_fn(|cx| http_body::Body::poll_frame(Pin::new(&mut body), cx)).now_or_never();
        while frame().expect("no waiting").is_some() {}
        began.elapsed()
    }

    /// Spans lost so far, for all reasons.
    pub(crate) fn dropped(&self) -> u64 {
        ["queue_full", "too_large", "export_failed", "export_timeout", "shutdown"]
            .into_iter()
            .map(|reason| self.lost(reason))
            .sum()
    }

    /// Spans lost so far for this reason.
    pub(crate) fn lost(&self, reason: &str) -> u64 {
        let page = obs_tests::page::text_of(self.obs.registry());
        let page = Page::parse(&page).expect("a page");
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
        let lost = page.value(DROPPED, &[("reason", reason)]).unwrap_or_default() as u64;
        lost
    }
}

/// The time that 99 of 100 requests don't exceed.
pub(crate) fn p99(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() * 99 / 100]
}
