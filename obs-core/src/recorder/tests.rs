use std::{
    borrow::Cow,
    collections::HashMap,
    time::{Duration, SystemTime},
};

use metrics::{Counter, Gauge};
use obs_base::ids::{RequestId, SpanId, TraceId};
use obs_conventions::Outcome;
use opentelemetry::KeyValue;
use proptest::prelude::*;
use tracing_core::{Level, LevelFilter};

use super::*;
use crate::{clock::Moment, field_value::FieldValue};

const SMALL: usize = MIN_BYTES;

fn recorder(bytes: usize) -> FlightRecorder {
    FlightRecorder::new(bytes, Gauge::noop(), Counter::noop())
}

/// What a request is in these tests.
#[derive(Clone, Debug)]
struct Case {
    endpoint: Cow<'static, str>,
    path: String,
    age: Duration,
}

impl Case {
    fn new(endpoint: impl Into<Cow<'static, str>>) -> Self {
        Self {
            endpoint: endpoint.into(),
            path: "/orders/7".to_owned(),
            age: Duration::from_millis(1),
        }
    }
}

fn begin(recorder: &FlightRecorder, case: &Case) -> Option<EntryRef> {
    let started = Moment::now().before(case.age);
    recorder.begin(|| Begin {
        kind: Kind::Request,
        method: "GET",
        endpoint: Some(case.endpoint.clone()),
        path: ["", &case.path],
        client: "192.0.2.1".parse().ok(),
        request_id: Cow::Owned(RequestId::new()),
        trace_id: TraceId::random(),
        span_id: SpanId::random(),
        parent_id: None,
        is_sampled: false,
        holds: verbosity(LevelFilter::TRACE),
        started,
        arrived: started.since_epoch(),
    })
}

fn ended<'a>(case: &Case, outcome: Outcome, error_type: Option<&'a str>) -> End<'a> {
    End {
        outcome,
        status: if outcome == Outcome::Ok { 200 } else { 500 },
        error_type,
        error: error_type.unwrap_or_default(),
        error_source: "",
        fingerprint: 0,
        duration: case.age,
        head: Some(case.age / 2),
        request_bytes: Some(3),
        response_bytes: 5,
    }
}

fn request(recorder: &FlightRecorder, case: &Case, error_type: Option<&str>) {
    let Some(entry) = begin(recorder, case) else { return };
    let outcome = error_type.map_or(Outcome::Ok, |_| Outcome::ServerError);
    recorder.end(entry.get().unwrap(), &ended(case, outcome, error_type));
}

fn line(text: &str) -> NewLine<'_> {
    NewLine {
        at: Duration::from_secs(1),
        level: Level::INFO,
        is_held: false,
        text: text.as_bytes(),
    }
}

fn span(id: SpanId, name: impl Into<Cow<'static, str>>) -> NewSpan<'static> {
    NewSpan {
        id,
        parent: None,
        name: name.into(),
        kind: 0,
        started: Moment::now(),
        attributes: &[],
        left_out: 0,
    }
}

fn all() -> Filter {
    Filter::new().limit(usize::MAX)
}

#[test]
fn a_request_is_running_until_it_is_a_record() {
    let recorder = recorder(SMALL);
    let case = Case::new("/orders/{id}");
    let entry = begin(&recorder, &case).unwrap();
    let running = entry.get().unwrap();
    running.poll();
    running.push_line(&line("{\"message\":\"first\"}\n"));
    running.begin_span(span(SpanId::random(), "load"));
    running.head(200, None);
    running.received(4);
    running.sent(17);
    let [now] = <[Running; 1]>::try_from(recorder.running()).unwrap();
    assert_eq!(
        (now.kind, now.method, &*now.endpoint),
        (Kind::Request, "GET", "/orders/{id}")
    );
    assert_eq!(
        (now.phase, now.status, now.request_bytes, now.response_bytes, now.polls),
        (Phase::Body, Some(200), Some(4), 17, 1)
    );
    assert_eq!((&*now.path, now.client), ("/orders/7", "192.0.2.1".parse().ok()));
    assert_eq!(now.open_spans, ["load"]);
    assert_eq!(now.last_line.as_ref().unwrap().text, "{\"message\":\"first\"}");
    assert!(now.age >= case.age && now.since_poll >= case.age, "{now:?}");

    recorder.end(running, &ended(&case, Outcome::Ok, None));
    assert!(recorder.running().is_empty());
    let [record] = <[Record; 1]>::try_from(recorder.recent(&all())).unwrap();
    assert_eq!(
        (&*record.method, &*record.endpoint, &*record.path),
        ("GET", "/orders/{id}", "/orders/7")
    );
    assert_eq!(
        (record.outcome, record.status, record.duration),
        (Outcome::Ok, 200, case.age)
    );
    assert_eq!(
        (record.head, record.request_bytes, record.response_bytes),
        (Some(case.age / 2), Some(3), 5)
    );
    assert_eq!(
        (record.request_id, record.trace_id, record.span_id),
        (now.request_id, now.trace_id, now.span_id)
    );
    assert_eq!((record.lines.len(), record.spans.len(), record.polls), (1, 1, 1));
    assert_eq!(
        (&*record.spans[0].name, record.spans[0].status),
        ("load", SpanStatus::Unset)
    );
    assert!(record.started <= SystemTime::now() && record.fingerprint == 0);
}

#[test]
fn a_poll_right_after_the_begin_or_the_head_has_their_time_and_others_their_own() {
    let recorder = recorder(SMALL);
    let (begun, answered) = (Duration::from_secs(3_600), Duration::from_secs(60));
    let case = Case {
        age: begun,
        ..Case::new("/a")
    };
    let since_poll = || recorder.running()[0].since_poll;
    let entry = begin(&recorder, &case).unwrap();
    let entry = entry.get().unwrap();
    entry.poll();
    entry.poll();
    assert!(since_poll() >= begun);
    entry.head(200, Some(Moment::now().before(answered)));
    assert!(since_poll() >= answered && since_poll() < begun);
    entry.poll();
    assert!(since_poll() >= answered && since_poll() < begun);
    entry.poll();
    assert!(since_poll() < answered);

    let other = begin(&recorder, &case).unwrap();
    let other = other.get().unwrap();
    entry.discard();
    other.poll();
    other.poll();
    other.head(200, None);
    assert!(since_poll() >= begun);
    other.poll();
    assert!(since_poll() < answered);
}

#[test]
fn the_longest_id_is_whole_beside_a_path_that_is_cut() {
    let recorder = recorder(SMALL);
    let id = RequestId::from_caller(&[b'x'; 128]).unwrap();
    let started = Moment::now();
    for path in ["", "/a", &"/ä".repeat(400)] {
        let entry = recorder.begin(|| Begin {
            kind: Kind::Call,
            method: "GET",
            endpoint: None,
            path: ["host", path],
            client: "2001:db8::7".parse().ok(),
            request_id: Cow::Borrowed(&id),
            trace_id: TraceId::random(),
            span_id: SpanId::random(),
            parent_id: Some(SpanId::random()),
            is_sampled: true,
            holds: 0,
            started,
            arrived: started.since_epoch(),
        });
        let entry = entry.unwrap();
        let now = recorder.running().remove(0);
        let shown = format!("host{path}");
        let shown = &shown[..shown.len().min(512)];
        assert_eq!((&*now.request_id, &*now.path), (id.as_str(), shown));
        recorder.end(
            entry.get().unwrap(),
            &ended(&Case::new("/"), Outcome::ServerError, Some("timeout")),
        );
        let record = recorder.trace(now.trace_id).remove(0);
        assert_eq!((&*record.request_id, &*record.path), (id.as_str(), shown));
        assert_eq!(
            (record.trace_id, record.span_id, record.parent_id, record.client),
            (now.trace_id, now.span_id, now.parent_id, now.client)
        );
        assert_eq!(
            (
                &*record.error_type,
                &*record.error,
                &*record.error_source,
                record.is_sampled
            ),
            ("timeout", "timeout", "", true)
        );
    }
}

#[test]
fn an_entry_that_is_used_again_has_nothing_of_the_request_before() {
    let recorder = recorder(SMALL);
    let case = Case::new("/a");
    let first = begin(&recorder, &case).unwrap();
    let late = first.shared().unwrap();
    let id = SpanId::random();
    late.push_line(&line("secret of the first"));
    late.begin_span(span(id, "of the first"));
    recorder.end(&late, &ended(&case, Outcome::Ok, None));
    late.push_line(&line("after the end"));
    assert!(!late.begin_span(span(id, "after the end")));
    drop(first);
    let second = begin(&recorder, &case).unwrap();
    late.end_span(id, SpanStatus::Error);
    recorder.end(second.get().unwrap(), &ended(&case, Outcome::Ok, None));
    let records = recorder.recent(&all());
    assert_eq!(
        (records.len(), records[0].lines.len(), records[0].spans.len()),
        (2, 0, 0)
    );
    assert_eq!((records[1].lines.len(), records[1].spans.len()), (1, 1));
}

#[test]
fn lines_and_spans_of_a_request_are_bounded_and_what_is_left_out_is_counted() {
    let recorder = recorder(SMALL);
    let case = Case::new("/a");
    let entry = begin(&recorder, &case).unwrap();
    let running = entry.get().unwrap();
    for n in 0..10_000 {
        running.push_line(&line(&format!("line {n}")));
        let id = SpanId::random();
        if running.begin_span(span(id, format!("span {n}"))) {
            running.set_span_attribute(id, &KeyValue::new("key", "ä".repeat(1 << 20)));
            running.set_span_attribute(id, &KeyValue::new("n", n));
            running.end_span(id, SpanStatus::Ok);
        }
    }
    running.push_line(&line(&"x".repeat(1 << 20)));
    recorder.end(running, &ended(&case, Outcome::Ok, None));
    let record = recorder.recent(&all()).remove(0);
    assert!(record.lines.len() <= 64 && record.lines.last().unwrap().text == "line 9999");
    assert_eq!(
        record.left_out_lines,
        10_001 - u32::try_from(record.lines.len()).unwrap()
    );
    assert_eq!(
        record.left_out_spans,
        10_000 - u32::try_from(record.spans.len()).unwrap()
    );
    let first = &record.spans[0];
    assert_eq!(first.attributes[1], ("n".to_owned(), FieldValue::I64(0)));
    let held: usize = record.lines.iter().map(|line| line.text.len()).sum::<usize>()
        + record.spans.iter().map(|span| span.name.len() + 1_024).sum::<usize>();
    assert!(held <= 17 * 1_024, "{held}");
    assert!(recorder.held_bytes() <= SMALL);
}

#[test]
fn without_room_requests_have_no_entry_and_records_stay() {
    let recorder = recorder(SMALL);
    let case = Case::new("/a");
    request(&recorder, &case, None);
    let running: Vec<_> = (0..10_000).filter_map(|_| begin(&recorder, &case)).collect();
    assert!(running.len() > 700 && running.len() < 1_200, "{}", running.len());
    assert_eq!(recorder.running().len(), running.len());
    assert!(recorder.held_bytes() <= SMALL);
    drop(running);
    request(&recorder, &case, None);
    assert!(!recorder.recent(&all()).is_empty());
}

#[test]
fn the_slowest_of_each_class_and_rare_errors_outlive_a_busy_route() {
    let recorder = recorder(SMALL);
    let aged = |endpoint: &'static str, millis| Case {
        age: Duration::from_millis(millis),
        ..Case::new(endpoint)
    };
    request(&recorder, &aged("/slow", 700), None);
    request(&recorder, &aged("/slow", 900), None);
    request(&recorder, &aged("/slow", 20), None);
    request(&recorder, &Case::new("/rare"), Some("disk_full"));
    for _ in 0..20_000 {
        request(&recorder, &Case::new("/busy"), Some("timeout"));
    }
    let slowest: Vec<_> = recorder
        .slowest("/slow")
        .iter()
        .map(|record| record.duration.as_millis())
        .collect();
    assert_eq!(slowest, [900, 20]);
    let errors = recorder.errors();
    let of = |endpoint: &str| errors.iter().find(|group| group.example.endpoint == endpoint).unwrap();
    assert_eq!((of("/rare").count, of("/busy").count), (1, 20_000));
    assert_eq!(of("/rare").example.error_type, "disk_full");
    assert_eq!(recorder.recent(&all().endpoint("/rare")).len(), 1);
    assert!(recorder.held_bytes() <= SMALL);
}

#[test]
fn a_hundred_thousand_endpoints_stay_within_the_bound() {
    let recorder = recorder(SMALL);
    for n in 0..100_000 {
        let case = Case::new(format!("/{n}/{}", "x".repeat(n % 700)));
        request(&recorder, &case, (n % 2 == 0).then_some("unique"));
    }
    assert!(recorder.held_bytes() <= SMALL, "{}", recorder.held_bytes());
    assert!(recorder.recent(&all()).len() > 100);
}

#[test]
fn a_trace_that_has_given_way_is_told_from_one_that_was_never_here() {
    let recorder = recorder(SMALL);
    let case = Case::new("/a");
    let before = SystemTime::now();
    let of_first = begin(&recorder, &case).unwrap();
    let first = recorder.running().remove(0).trace_id;
    recorder.end(of_first.get().unwrap(), &ended(&case, Outcome::Ok, None));
    assert_eq!((recorder.trace(first).len(), recorder.evicted(first)), (1, None));
    // As few as needed: what has given way is forgotten some time, too.
    let slower = Case {
        age: case.age * 2,
        ..case
    };
    while !recorder.trace(first).is_empty() {
        request(&recorder, &slower, None);
    }
    let evicted = recorder.evicted(first).unwrap();
    assert!(evicted >= before && evicted <= SystemTime::now());
    assert_eq!(recorder.evicted(TraceId::random()), None);
    // But for those that are kept beside the newest.
    let slowest: Vec<_> = recorder.slowest("/a").iter().map(|record| record.trace_id).collect();
    let mut kept = recorder.recent(&all());
    kept.retain(|record| !slowest.contains(&record.trace_id));
    assert!(kept.iter().all(|record| recorder.evicted(record.trace_id).is_none()));
    for _ in 0..10_000 {
        request(&recorder, &slower, None);
    }
    assert_eq!(recorder.evicted(first), None);
    assert!(recorder.held_bytes() <= SMALL);
}

#[test]
fn a_filter_finds_what_is_asked_for() {
    let recorder = recorder(SMALL);
    request(&recorder, &Case::new("/a"), None);
    request(&recorder, &Case::new("/b"), Some("timeout"));
    let slow = Case {
        age: Duration::from_secs(2),
        path: "/Needle".to_owned(),
        ..Case::new("/a")
    };
    request(&recorder, &slow, None);
    let found = |filter: Filter| recorder.recent(&filter).len();
    assert_eq!(
        (found(all()), found(all().limit(2)), found(all().kind(Kind::Job))),
        (3, 2, 0)
    );
    assert_eq!((found(all().endpoint("/a")), found(all().errors())), (2, 1));
    assert_eq!(
        (found(all().status(500, 599)), found(all().outcome(Outcome::Ok))),
        (1, 2)
    );
    assert_eq!(found(all().slower_than(Duration::from_secs(1))), 1);
    assert_eq!((found(all().text("needle")), found(all().text("timeout"))), (1, 1));
    let soon = SystemTime::now() + Duration::from_secs(60);
    assert_eq!((found(all().since(soon)), found(all().until(soon))), (0, 3));
    let one = recorder.recent(&all().text("needle")).remove(0);
    assert_eq!(recorder.trace(one.trace_id).len(), 1);
    assert_eq!(found(all().request_id(one.request_id)), 1);
}

#[test]
fn a_recorder_of_no_bytes_records_nothing() {
    let recorder = recorder(0);
    assert!(!recorder.is_on() && begin(&recorder, &Case::new("/a")).is_none());
    assert!(recorder.recent(&all()).is_empty() && recorder.running().is_empty() && recorder.errors().is_empty());
}

/// A step of a random history; the number says of which of the requests that run.
#[derive(Clone, Copy, Debug)]
enum Step {
    Begin(u8),
    Line(usize, usize),
    Span(usize),
    Attribute(usize, usize),
    EndSpan(usize),
    End(usize, Option<u8>),
    Discard(usize),
    /// So many requests that push out what is old.
    Evict(u8),
    Read,
}

fn step() -> impl Strategy<Value = Step> {
    let at = any::<usize>;
    prop_oneof![
        6 => (0..8_u8).prop_map(Step::Begin),
        8 => (at(), 0..3_000_usize).prop_map(|(at, len)| Step::Line(at, len)),
        6 => at().prop_map(Step::Span),
        4 => (at(), 0..2_000_usize).prop_map(|(at, len)| Step::Attribute(at, len)),
        4 => at().prop_map(Step::EndSpan),
        6 => (at(), proptest::option::of(0..3_u8)).prop_map(|(at, error)| Step::End(at, error)),
        1 => at().prop_map(Step::Discard),
        1 => (0..64_u8).prop_map(Step::Evict),
        1 => Just(Step::Read),
    ]
}

const TYPES: [&str; 3] = ["timeout", "refused", "full"];

/// What has happened so far.
struct History {
    recorder: FlightRecorder,
    running: Vec<(Case, EntryRef, Vec<SpanId>)>,
    /// How often each error came since it is kept, by endpoint and type.
    errors: HashMap<(String, String), u64>,
}

impl History {
    fn take(&mut self, step: Step) {
        let count = self.running.len();
        let at = |at: usize| at.checked_rem(count);
        match step {
            Step::Begin(n) => {
                let case = Case::new(format!("/{n}"));
                let begun = begin(&self.recorder, &case);
                self.running.extend(begun.map(|entry| (case, entry, Vec::new())));
            }
            Step::Evict(requests) => {
                for _ in 0..requests {
                    let Some(entry) = begin(&self.recorder, &Case::new("/busy")) else {
                        break;
                    };
                    entry.get().unwrap().push_line(&line(&"x".repeat(2_000)));
                    self.recorder
                        .end(entry.get().unwrap(), &ended(&Case::new("/busy"), Outcome::Ok, None));
                }
            }
            Step::Read => {
                let records = self.recorder.recent(&all());
                assert!(
                    records
                        .iter()
                        .all(|record| self.recorder.trace(record.trace_id).len() == 1)
                );
            }
            Step::End(number, error) => {
                let Some(at) = at(number) else { return };
                let (case, entry, _) = self.running.swap_remove(at);
                let error = error.map(|n| TYPES[usize::from(n)]);
                self.end(&case, &entry, error);
            }
            Step::Line(number, _) | Step::Span(number) | Step::Attribute(number, _) => {
                let Some(at) = at(number) else { return };
                self.work(at, &step);
            }
            Step::EndSpan(number) => {
                let Some(at) = at(number) else { return };
                let (_, entry, spans) = &mut self.running[at];
                if let Some(id) = spans.pop() {
                    entry.get().unwrap().end_span(id, SpanStatus::Ok);
                }
            }
            Step::Discard(number) => {
                let Some(at) = at(number) else { return };
                self.running.swap_remove(at).1.get().unwrap().discard();
            }
        }
    }

    fn work(&mut self, at: usize, step: &Step) {
        let (_, entry, spans) = &mut self.running[at];
        let entry = entry.get().unwrap();
        match step {
            Step::Line(_, len) => entry.push_line(&line(&"x".repeat(*len))),
            Step::Span(_) => {
                let id = SpanId::random();
                if entry.begin_span(span(id, "work")) {
                    spans.push(id);
                }
            }
            Step::Attribute(_, len) => {
                let attribute = KeyValue::new("key", "x".repeat(*len));
                if let Some(id) = spans.last() {
                    entry.set_span_attribute(*id, &attribute);
                }
            }
            _ => {}
        }
    }

    fn end(&mut self, case: &Case, entry: &EntryRef, error: Option<&str>) {
        let outcome = error.map_or(Outcome::Ok, |_| Outcome::ServerError);
        self.recorder.end(entry.get().unwrap(), &ended(case, outcome, error));
        let Some(error) = error else { return };
        *self
            .errors
            .entry((case.endpoint.to_string(), error.to_owned()))
            .or_insert(0) += 1;
        let kept: HashMap<_, _> = self
            .recorder
            .errors()
            .into_iter()
            .map(|group| ((group.example.endpoint, group.example.error_type), group.count))
            .collect();
        let most = kept.values().copied().max().unwrap_or(0);
        self.errors.retain(|of, count| {
            assert!(
                kept.contains_key(of) || *count >= most,
                "{of:?} came {count} times, another one {most}"
            );
            kept.get(of).is_some_and(|kept| {
                assert_eq!(kept, count, "{of:?}");
                true
            })
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn whatever_happens_the_bound_holds_and_no_rare_error_is_lost_while_a_common_one_is_kept(
        steps in proptest::collection::vec(step(), 1..400),
    ) {
        let limit = 2 * SMALL;
        let mut history = History {
            recorder: recorder(limit),
            running: Vec::new(),
            errors: HashMap::new(),
        };
        for step in steps {
            history.take(step);
            prop_assert!(history.recorder.held_bytes() <= limit);
        }
        prop_assert_eq!(history.recorder.running().len(), history.running.len());
    }
}
