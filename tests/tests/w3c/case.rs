//! One request in, one request out.

use http::HeaderMap;

use crate::service::{PROGRAMS, Service};

/// The trace and the span of the caller.
pub(crate) const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
pub(crate) const SPAN: &str = "00f067aa0ba902b7";

/// What is sent, and what must leave the process.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) expect: Expect,
}

/// What leaves the process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expect {
    /// The caller's trace, with these flags and members.
    Continues {
        flags: &'static str,
        tracestate: Option<String>,
    },
    /// A trace of our own: sampled, with a random id, without members.
    Restarts,
}

/// The trace context of a request.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) trace_id: String,
    pub(crate) span_id: String,
    pub(crate) flags: String,
    pub(crate) tracestate: Option<String>,
}

/// A `traceparent` of version 00.
pub(crate) fn parent(flags: &str) -> String {
    format!("00-{TRACE}-{SPAN}-{flags}")
}

/// Plays the cases on every program; panics with all that fail.
#[track_caller]
pub(crate) fn check(cases: &[Case]) {
    let failures: Vec<String> = PROGRAMS.iter().flat_map(|program| failures(program, cases)).collect();
    assert!(
        failures.is_empty(),
        "{} of {}:\n{}",
        failures.len(),
        2 * cases.len(),
        failures.join("\n")
    );
}

fn failures(program: &str, cases: &[Case]) -> Vec<String> {
    let mut service = Service::start(program);
    let failure = |case: &Case| {
        let calls = service.calls(&case.headers, 1);
        let verdict = match &calls[..] {
            [call] => Outgoing::read(call).and_then(|outgoing| case.judge(&outgoing)),
            _ => Err(format!("{} calls", calls.len())),
        };
        verdict
            .err()
            .map(|reason| format!("{program}: {}: {reason}", case.name))
    };
    cases.iter().filter_map(failure).collect()
}

// === impl Case ===

impl Case {
    /// A case with these headers.
    pub(crate) fn new(name: &'static str, headers: &[(&str, &str)], expect: Expect) -> Self {
        let headers = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Self { name, headers, expect }
    }

    fn judge(&self, outgoing: &Outgoing) -> Result<(), String> {
        if outgoing.span_id == SPAN {
            return Err("the caller's span id is sent on".to_owned());
        }
        let is_known = self
            .headers
            .iter()
            .any(|(_, value)| value.contains(&*outgoing.trace_id));
        let left = if is_known {
            Expect::Continues {
                flags: known(&outgoing.flags)?,
                tracestate: outgoing.tracestate.clone(),
            }
        } else if outgoing.flags != "03" || outgoing.tracestate.is_some() {
            return Err(format!("a new trace, not sampled or with members: {outgoing:?}"));
        } else {
            Expect::Restarts
        };
        if left == self.expect {
            Ok(())
        } else {
            Err(format!("{left:?} instead of {:?}", self.expect))
        }
    }
}

/// The flags that have a meaning: sampled (1) and random (2).
fn known(flags: &str) -> Result<&'static str, String> {
    let known = ["00", "01", "02", "03"].into_iter().find(|known| *known == flags);
    known.ok_or_else(|| format!("flags {flags}"))
}

// === impl Outgoing ===

impl Outgoing {
    /// Reads the headers of a call as strictly as the standard lets anyone.
    ///
    /// # Errors
    ///
    /// If a header is malformed or comes twice.
    pub(crate) fn read(headers: &HeaderMap) -> Result<Self, String> {
        let traceparent = only(headers, "traceparent")?.ok_or("no traceparent")?;
        let parts: Vec<&str> = traceparent.split('-').collect();
        let &["00", trace_id, span_id, flags] = &parts[..] else {
            return Err(format!("traceparent {traceparent}"));
        };
        for (id, length) in [(trace_id, 32), (span_id, 16), (flags, 2)] {
            let is_hex = id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
            if id.len() != length || !is_hex || (length > 2 && id.bytes().all(|byte| byte == b'0')) {
                return Err(format!("traceparent {traceparent}"));
            }
        }
        let tracestate = only(headers, "tracestate")?;
        Ok(Self {
            trace_id: trace_id.to_owned(),
            span_id: span_id.to_owned(),
            flags: flags.to_owned(),
            tracestate,
        })
    }
}

fn only(headers: &HeaderMap, name: &str) -> Result<Option<String>, String> {
    let mut values = headers.get_all(name).iter();
    let Some(first) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(format!("{name} comes twice"));
    }
    first
        .to_str()
        .map(|value| Some(value.to_owned()))
        .map_err(|_| format!("{name} is no text"))
}
