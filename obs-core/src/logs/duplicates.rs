//! Other crates that log each request, beside obs.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use super::reports::report_apart;
use crate::names::target;

/// The target of the `Logger` of actix-web, whose lines are records of the `log` crate.
const ACTIX_LOGGER: &str = "actix_web::middleware::logger";

/// Something that logs each request.
#[derive(Debug)]
struct RequestLogger {
    /// How the targets of its events and spans begin.
    target: &'static str,
    /// What is said about it.
    notice: &'static str,
    is_reported: AtomicBool,
}

static KNOWN: [RequestLogger; 3] = [
    RequestLogger {
        target: "tower_http::trace",
        notice: "`TraceLayer` of tower-http logs requests that obs logs too: remove the layer, or add \
                 `tower_http::trace=off` to the log filter",
        is_reported: AtomicBool::new(false),
    },
    RequestLogger {
        target: ACTIX_LOGGER,
        notice: "`Logger` of actix-web logs requests that obs logs too: remove `.wrap(Logger::default())`, or add \
                 `actix_web::middleware::logger=off` to the log filter",
        is_reported: AtomicBool::new(false),
    },
    RequestLogger {
        target: "tracing_actix_web",
        notice: "`TracingLogger` of tracing-actix-web makes spans of requests that obs makes spans of too: remove \
                 `.wrap(TracingLogger::default())`, or add `tracing_actix_web=off` to the log filter",
        is_reported: AtomicBool::new(false),
    },
];

/// Reports what logs each request beside obs, once, if this is the target of its events or spans.
#[cold]
pub(super) fn notice(target: &str) {
    let known = KNOWN.iter().find(|known| target.starts_with(known.target));
    let Some(known) = known.filter(|known| !known.is_reported.swap(true, Relaxed)) else {
        return;
    };
    report_apart(|| tracing::warn!(target: target::OBS, "{}", known.notice));
}

/// Whether this is the target of records that no code registers with `tracing`.
#[inline]
pub(super) fn is_of_log_crate(target: &str) -> bool {
    target.len() == ACTIX_LOGGER.len() && target == ACTIX_LOGGER
}
