//! The response to a health probe.

use std::{borrow::Cow, fmt, sync::Arc, time::Duration};

use crate::logs::push_json_string;

/// The status of a service or of a check, as in the
/// [health check draft](https://datatracker.ietf.org/doc/html/draft-inadarei-api-health-check-06#section-3.1).
///
/// Ordered from good to bad: the status of a service is the maximum of its checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Healthy.
    Pass,
    /// Healthy with a concern: an optional dependency fails.
    Warn,
    /// Unhealthy: the service can't do its work, and should get no requests.
    Fail,
}

/// The result of a health probe, made by [`Health`](super::Health): a status with the checks it is made of.
///
/// The adapters serve it on `/health` and `/ready`, with [`http_status`](Self::http_status) and
/// [`to_json`](Self::to_json) as the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthReport {
    status: Status,
    reason: Option<Cow<'static, str>>,
    checks: Vec<CheckReport>,
}

/// The result of one check in a [`HealthReport`].
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
    /// The value of the `Cache-Control` header: each probe needs the current state.
    pub const CACHE_CONTROL: &'static str = "no-store";

    pub(super) fn well() -> Self {
        Self {
            status: Status::Pass,
            reason: None,
            checks: Vec::new(),
        }
    }

    pub(super) fn failed(reason: Cow<'static, str>) -> Self {
        Self {
            status: Status::Fail,
            reason: Some(reason),
            checks: Vec::new(),
        }
    }

    pub(super) fn of(checks: Vec<CheckReport>) -> Self {
        let status = checks.iter().map(CheckReport::status).max().unwrap_or(Status::Pass);
        Self {
            status,
            reason: None,
            checks,
        }
    }

    /// The worst status of the checks; [`Status::Fail`] if there is a [reason](Self::reason) apart from them.
    #[must_use]
    pub const fn status(&self) -> Status {
        self.status
    }

    /// The reason of a failure that is not a check's: `draining` during a shutdown, or the reason passed to
    /// [`declare_dead`](super::Health::declare_dead).
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// The results of the checks, in the order in which they were added; empty if no check had to run.
    #[must_use]
    pub fn checks(&self) -> &[CheckReport] {
        &self.checks
    }

    /// The status code of the response: 503 for [`Status::Fail`], else 200.
    ///
    /// Kubernetes and load balancers read nothing else.
    #[must_use]
    pub const fn http_status(&self) -> u16 {
        match self.status {
            Status::Pass | Status::Warn => 200,
            Status::Fail => 503,
        }
    }

    /// The body of the response: one JSON object without a newline at its end.
    ///
    /// Its keys are `status`, `reason` and `checks`; each check has `name`, `status`, `duration_ms` and `reason`. Keys
    /// without a value are left out:
    ///
    /// ```json
    /// {"status":"warn","checks":[{"name":"cache","status":"warn","duration_ms":2.150,"reason":"timed out"}]}
    /// ```
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
        // Always UTF-8, since only text was written.
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
        Self {
            name,
            status,
            duration,
            reason,
        }
    }

    /// The name of the check, as it was added.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The status of the check; an optional check that fails has [`Status::Warn`].
    #[must_use]
    pub const fn status(&self) -> Status {
        self.status
    }

    /// The duration of the check's last run; the time so far of a first run that has not ended.
    #[must_use]
    pub const fn duration(&self) -> Duration {
        self.duration
    }

    /// The reason why the check does not pass: the text of its error, or that it has timed out.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    fn push(&self, out: &mut Vec<u8>) {
        let Self {
            name,
            status,
            duration,
            reason,
        } = self;
        out.extend_from_slice(b"{\"name\":");
        push_json_string(out, name);
        let micros = duration.as_micros();
        let rest = format!(
            ",\"status\":\"{status}\",\"duration_ms\":{}.{:03}",
            micros / 1000,
            micros % 1000
        );
        out.extend_from_slice(rest.as_bytes());
        push_reason(out, reason.as_deref());
        out.push(b'}');
    }
}
