//! What a probe is told.

use std::{borrow::Cow, fmt, sync::Arc, time::Duration};

use crate::logs::push_json_string;

/// How it stands, in the words of the
/// [health check draft](https://datatracker.ietf.org/doc/html/draft-inadarei-api-health-check-06#section-3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// All is well.
    Pass,
    /// Something is missed that the service can do without.
    Warn,
    /// The service can't do its work.
    Fail,
}

/// The answer to a probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthReport {
    status: Status,
    reason: Option<Cow<'static, str>>,
    checks: Vec<CheckReport>,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckReport {
    name: Arc<str>,
    status: Status,
    duration: Duration,
    reason: Option<Cow<'static, str>>,
}

// === impl Status ===

impl Status {
    /// `pass`, `warn` or `fail`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// === impl HealthReport ===

impl HealthReport {
    /// The `Content-Type` of [`to_json`](Self::to_json).
    pub const CONTENT_TYPE: &'static str = "application/json";
    /// The `Cache-Control` to serve it with: the next probe wants to know the next state.
    pub const CACHE_CONTROL: &'static str = "no-store";

    pub(super) fn well() -> Self {
        Self { status: Status::Pass, reason: None, checks: Vec::new() }
    }

    pub(super) fn failed(reason: Cow<'static, str>) -> Self {
        Self { status: Status::Fail, reason: Some(reason), checks: Vec::new() }
    }

    pub(super) fn of(checks: Vec<CheckReport>) -> Self {
        let status = checks.iter().map(CheckReport::status).max().unwrap_or(Status::Pass);
        Self { status, reason: None, checks }
    }

    /// The worst of the checks, or [`Status::Fail`] for a [reason](Self::reason) beside them.
    #[must_use]
    pub const fn status(&self) -> Status {
        self.status
    }

    /// Why it fails, where that is not for a check: `draining`, or what
    /// [`declare_dead`](super::Health::declare_dead) was told.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// The checks, in the order in which they were added; none where they did not matter.
    #[must_use]
    pub fn checks(&self) -> &[CheckReport] {
        &self.checks
    }

    /// 503 for [`Status::Fail`], else 200.
    #[must_use]
    pub const fn http_status(&self) -> u16 {
        match self.status {
            Status::Pass | Status::Warn => 200,
            Status::Fail => 503,
        }
    }

    /// One JSON object, without a newline at its end.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = format!("{{\"status\":\"{}\"", self.status).into_bytes();
        push_reason(&mut out, self.reason.as_deref());
        if !self.checks.is_empty() {
            out.extend_from_slice(b",\"checks\":[");
            for (index, check) in self.checks.iter().enumerate() {
                out.extend_from_slice(if index == 0 { b"" } else { b"," });
                check.push(&mut out);
            }
            out.push(b']');
        }
        out.push(b'}');
        // Only text went in.
        String::from_utf8(out).unwrap_or_default()
    }
}

fn push_reason(out: &mut Vec<u8>, reason: Option<&str>) {
    if let Some(reason) = reason {
        out.extend_from_slice(b",\"reason\":");
        push_json_string(out, reason);
    }
}

// === impl CheckReport ===

impl CheckReport {
    pub(super) fn new(name: Arc<str>, status: Status, duration: Duration, reason: Option<Cow<'static, str>>) -> Self {
        Self { name, status, duration, reason }
    }

    /// The check's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// [`Status::Warn`] where an optional check fails.
    #[must_use]
    pub const fn status(&self) -> Status {
        self.status
    }

    /// How long the check took; so far, if it has not ended.
    #[must_use]
    pub const fn duration(&self) -> Duration {
        self.duration
    }

    /// Why it does not pass.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    fn push(&self, out: &mut Vec<u8>) {
        let Self { name, status, duration, reason } = self;
        out.extend_from_slice(b"{\"name\":");
        push_json_string(out, name);
        let micros = duration.as_micros();
        let rest = format!(",\"status\":\"{status}\",\"duration_ms\":{}.{:03}", micros / 1000, micros % 1000);
        out.extend_from_slice(rest.as_bytes());
        push_reason(out, reason.as_deref());
        out.push(b'}');
    }
}
