//! A pipeline whose lines can be read, and what checks them.

use std::{
    collections::BTreeMap,
    fmt,
    io::{self, Write},
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

use metrics::{NoopRecorder, Recorder};
use obs_base::ServiceInfo;
use tracing::{
    Dispatch,
    subscriber::{NoSubscriber, with_default},
};
use tracing_subscriber::{filter::LevelFilter, prelude::*};

use super::super::{LogFormat, LogSettings, LogTarget, Logs, LogsConfig};
use crate::{
    context::{Parts, RequestContext, RequestId, SpanId, TraceFlags, TraceId},
    environment::Env,
};

pub(super) const LONG: Duration = Duration::from_secs(20);

/// Keeps what is written to it.
#[derive(Clone, Debug, Default)]
pub(super) struct Captured(pub(super) Arc<Mutex<Vec<u8>>>);

impl Captured {
    pub(super) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(super) fn service() -> ServiceInfo {
    ServiceInfo {
        name: "payment-service".to_owned(),
        ..ServiceInfo::default()
    }
}

/// A pipeline whose lines can be read.
pub(super) struct Fixture {
    pub(super) logs: Logs,
    pub(super) captured: Captured,
}

impl Fixture {
    pub(super) fn new() -> Self {
        Self::with(LogFormat::Json, None, &NoopRecorder)
    }

    pub(super) fn filtered(filter: &str) -> Self {
        Self::with(LogFormat::Json, Some(filter), &NoopRecorder)
    }

    pub(super) fn pretty() -> Self {
        Self::with(LogFormat::Pretty, None, &NoopRecorder)
    }

    pub(super) fn with(format: LogFormat, filter: Option<&str>, recorder: &dyn Recorder) -> Self {
        let settings = LogSettings {
            format: Some(format),
            filter: filter.map(str::to_owned),
            ..LogSettings::default()
        };
        Self::set(service(), settings, recorder)
    }

    /// With these settings, but its own target.
    pub(super) fn set(service: ServiceInfo, settings: LogSettings, recorder: &dyn Recorder) -> Self {
        never_be_alone();
        let captured = Captured::default();
        let settings = LogSettings {
            target: Some(LogTarget::writer(captured.clone())),
            ..settings
        };
        let service = Arc::new(service);
        let config = LogsConfig {
            service,
            settings,
            otlp: &obs_otlp::OtlpSettings::default(),
            budget: &obs_otlp::Budget::default(),
            value_limit: None,
            env: Env::without_notices(&|_| None),
            recorder,
            records_lines: true,
        };
        Self {
            logs: Logs::start(config).unwrap(),
            captured,
        }
    }

    /// Runs `work` with the pipeline's layer, and hands back its lines.
    pub(super) fn run(&self, work: impl FnOnce()) -> Vec<String> {
        with_default(
            tracing_subscriber::registry().with(self.logs.layer(LevelFilter::OFF)),
            work,
        );
        self.lines()
    }

    /// The lines so far; each is checked to be one.
    pub(super) fn lines(&self) -> Vec<String> {
        assert!(self.logs.flush(LONG));
        let text = self.captured.text();
        assert!(text.is_empty() || text.ends_with('\n'));
        text.lines().map(str::to_owned).collect()
    }

    pub(super) fn only_line(&self) -> String {
        let mut lines = self.lines();
        assert_eq!(lines.len(), 1, "{lines:#?}");
        lines.remove(0)
    }
}

/// While there is one subscriber, `tracing` rebuilds interests from that of the current thread, and
/// without a lock: a test that changes its filter then switches off the events of another one that
/// starts at that moment. With others beside, it asks all of them, one rebuilding at a time.
fn never_be_alone() {
    static OTHERS: OnceLock<[Dispatch; 2]> = OnceLock::new();
    OTHERS.get_or_init(|| [(); 2].map(|()| Dispatch::new(NoSubscriber::new())));
}

/// The line of one event, without its timestamp, which is checked.
pub(super) fn logged(work: impl FnOnce()) -> String {
    let fixture = Fixture::new();
    fixture.run(work);
    without_timestamp(&fixture.only_line())
}

pub(super) fn without_timestamp(line: &str) -> String {
    let rest = line.strip_prefix("{\"timestamp\":\"").unwrap();
    let (timestamp, rest) = rest.split_once("\",").unwrap();
    assert_eq!(timestamp.len(), "2026-11-22T14:30:05.123456Z".len());
    assert!(timestamp.starts_with("20") && timestamp.ends_with('Z'), "{timestamp}");
    format!("{{{rest}")
}

/// A JSON object whose keys are checked to be unique.
#[derive(Debug)]
pub(super) struct Object(BTreeMap<String, serde_json::Value>);

impl<'de> serde::Deserialize<'de> for Object {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Unique;
        impl<'de> serde::de::Visitor<'de> for Unique {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with unique keys")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut all = BTreeMap::new();
                while let Some((key, value)) = map.next_entry::<String, serde_json::Value>()? {
                    if all.insert(key.clone(), value).is_some() {
                        return Err(serde::de::Error::custom(format!("{key} comes twice")));
                    }
                }
                Ok(Object(all))
            }
        }
        deserializer.deserialize_map(Unique)
    }
}

impl std::ops::Index<&str> for Object {
    type Output = serde_json::Value;

    fn index(&self, key: &str) -> &serde_json::Value {
        self.0.get(key).unwrap_or(&serde_json::Value::Null)
    }
}

pub(super) fn parsed(line: &str) -> Object {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

/// A context whose ids are known.
pub(super) fn known_context(sampled: bool) -> RequestContext {
    context_of(0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736, sampled)
}

pub(super) fn context_of(trace_id: u128, sampled: bool) -> RequestContext {
    RequestContext::from_parts(Parts {
        request_id: RequestId::from_caller(b"req-123").unwrap(),
        trace_id: TraceId::new(trace_id).unwrap(),
        span_id: SpanId::new(0x00f0_67aa_0ba9_02b7).unwrap(),
        flags: TraceFlags::new_root(sampled),
        tracestate: None,
        baggage: None,
        otel: None,
        otel_baggage: None,
        instance: None,
        records_spans: false,
        entry: None,
    })
}
