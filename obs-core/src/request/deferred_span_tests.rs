use std::sync::{Arc, Mutex};

use opentelemetry::trace::{Status, TraceContextExt, Tracer, TracerProvider};
use opentelemetry_sdk::trace::{InMemorySpanExporter, Sampler, SdkTracerProvider, SpanData};

use super::*;
use crate::{
    Obs, ObsBuilder,
    options::common::header_names,
    otel::SpanReader,
    propagation,
    request::{BodySize, LayerState, Observation, Options, Protocol, ResponseHead},
    trace::SlowThreshold,
};

const PARENT: (&str, &[u8]) = (
    "traceparent",
    b"00-12345678901234567890123456789012-1234567890123456-00",
);

#[derive(Clone, Debug, Default)]
struct Spans(Arc<Mutex<Vec<SpanData>>>);

impl SpanReader for Spans {
    fn read(&self, span: &SpanData) {
        self.0.lock().unwrap().push(span.clone());
    }
}

impl Spans {
    fn take(&self) -> Vec<SpanData> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    #[track_caller]
    fn one(&self) -> SpanData {
        let [span] = <[SpanData; 1]>::try_from(self.take()).expect("one span");
        span
    }
}

struct List<'a>(&'a [(&'a str, &'a [u8])]);

impl HeaderReader for List<'_> {
    fn get(&self, name: &str) -> Option<&[u8]> {
        HeaderReader::get(self.0, name)
    }

    fn for_each(&self, name: &str, each: &mut dyn FnMut(&[u8])) {
        HeaderReader::for_each(self.0, name, each);
    }
}

/// An instance that samples this share, and a layer of it.
fn bench(ratio: f64, set: fn(ObsBuilder) -> ObsBuilder, change: fn(&mut Options)) -> (Obs, LayerState, Spans) {
    let spans = Spans::default();
    let builder = Obs::builder("test")
        .log_writer(std::io::sink())
        .sample_ratio(ratio)
        .span_reader(spans.clone());
    let obs = set(builder).build().unwrap();
    let layer = LayerState::default().with(|options| {
        options.common.record_into(&obs);
        change(options);
    });
    (obs, layer, spans)
}

fn start(layer: &LayerState, headers: &[(&str, &[u8])]) -> Observation {
    let head = RequestHead {
        method: "BREW",
        path: "/users/7",
        query: Some("a=1&token=secret"),
        endpoint: Some("/users/{id}"),
        authority: Some("shop.example:8080"),
        protocol: Protocol::Http2,
        peer: Some("192.0.2.7:4711".parse().unwrap()),
        ..RequestHead::default()
    };
    Observation::start(layer.instrument(), &head, &List(headers))
}

fn answer(mut observation: Observation, status: u16) {
    let headers = List(&[("x-cache", b"miss"), ("x-cache", b"stale")]);
    observation.head(&ResponseHead {
        status,
        headers: &headers,
        body: BodySize::Empty,
        endpoint: None,
    });
}

fn attribute(span: &SpanData, key: &str) -> Option<String> {
    span.attributes
        .iter()
        .find(|known| known.key.as_str() == key)
        .map(|known| known.value.to_string())
}

fn keep_all(builder: ObsBuilder) -> ObsBuilder {
    builder.keep_errors(true).keep_slower_than(Duration::from_secs(60))
}

#[test]
fn a_request_that_was_left_out_and_failed_has_the_span_that_it_would_have_had() {
    let headers: [(&str, &[u8]); 4] = [
        ("user-agent", b"curl/8"),
        ("x-tenant", b"blue"),
        ("x-tenant", b"green"),
        ("authorization", b"secret"),
    ];
    let attributes = |ratio| {
        let (_obs, layer, spans) = bench(ratio, keep_all, |options| {
            options
                .common
                .request_headers
                .extend(header_names(["X-Tenant", "user-agent"]));
            options.common.response_headers.extend(header_names(["x-cache"]));
        });
        answer(start(&layer, &headers), 503);
        let span = spans.one();
        assert_eq!((&*span.name, span.status), ("HTTP /users/{id}", Status::error("")));
        let mut all: Vec<_> = span
            .attributes
            .iter()
            .map(|one| (one.key.to_string(), one.value.to_string()))
            .collect();
        all.sort();
        all
    };
    let (mut kept, sampled) = (attributes(0.0), attributes(1.0));
    assert!(sampled.len() > 12, "{sampled:?}");
    let reason = kept.iter().position(|(key, _)| key == "obs.kept").expect("a reason");
    assert_eq!(kept.remove(reason).1, "error");
    assert_eq!(kept, sampled);
}

#[test]
fn what_was_recorded_on_a_request_that_was_left_out_is_on_its_span() {
    let (_obs, layer, spans) = bench(0.0, keep_all, |options| {
        options.fields.push(("api".into(), "v2".into()));
    });
    let mut observation = start(&layer, &[]);
    observation.run(|| {
        crate::context::record("user_id", "user-1");
        crate::context::record("user_id", "user-456");
        crate::context::record("reset_token", "5ecr3t");
        crate::context::set_field("on_lines_alone", true);
    });
    answer(observation, 503);
    let span = spans.one();
    for (key, value) in [("api", "v2"), ("user_id", "user-456"), ("reset_token", "REDACTED")] {
        assert_eq!(attribute(&span, key).as_deref(), Some(value));
    }
    assert_eq!(attribute(&span, "on_lines_alone"), None);
}

#[test]
fn of_a_request_that_may_be_kept_no_text_is_kept_that_is_long() {
    let (_obs, layer, spans) = bench(0.0, keep_all, |_| ());
    let long = "ä".repeat(200_000);
    answer(start(&layer, &[("user-agent", long.as_bytes())]), 503);
    let agent = attribute(&spans.one(), "user_agent.original").expect("text without half a character");
    assert!(
        !agent.is_empty() && agent.len() <= MAX_TEXT && long.starts_with(&agent),
        "{}",
        agent.len()
    );
    assert_eq!(
        ["x", "äx", "ääx"].map(|text| beginning(text.as_bytes()).len()),
        [1, 3, 5]
    );
}

#[test]
fn the_ids_are_those_on_the_line_and_the_parent_is_the_caller() {
    let (_obs, layer, spans) = bench(0.0, keep_all, |_| ());
    let observation = start(&layer, &[PARENT, ("tracestate", b"congo=t61")]);
    let context = observation.context().unwrap().clone();
    answer(observation, 500);
    let span = spans.one();
    assert_eq!(span.span_context.trace_id().to_string(), context.trace_id().to_string());
    assert_eq!(span.span_context.span_id().to_string(), context.span_id().to_string());
    assert_eq!(
        (span.parent_span_id.to_string(), span.parent_span_is_remote),
        ("1234567890123456".to_owned(), true)
    );
    assert_eq!(span.span_context.trace_state().header(), "congo=t61");
    assert!(span.start_time < span.end_time);
}

#[test]
fn a_caller_that_is_not_trusted_is_linked() {
    let (_obs, layer, spans) = bench(0.0, keep_all, |options| options.trust_incoming = false);
    answer(start(&layer, &[PARENT]), 500);
    let span = spans.one();
    assert_eq!(
        span.links.links[0].span_context.span_id().to_string(),
        "1234567890123456"
    );
    assert_eq!(span.parent_span_id, opentelemetry::trace::SpanId::INVALID);
}

#[test]
fn a_request_that_ends_well_and_fast_leaves_no_span() {
    let (_obs, layer, spans) = bench(0.0, keep_all, |_| ());
    answer(start(&layer, &[]), 200);
    answer(start(&layer, &[]), 404);
    drop(start(&layer, &[]));
    assert!(spans.take().is_empty());
}

#[test]
fn what_was_not_asked_for_is_not_kept() {
    let (_obs, layer, spans) = bench(0.0, |builder| builder, |_| ());
    answer(start(&layer, &[]), 500);
    let (_obs, slow, _) = bench(0.0, |builder| builder.keep_slower_than(Duration::from_secs(60)), |_| ());
    answer(start(&slow, &[]), 500);
    let (_obs, off, _) = bench(0.0, keep_all, |options| options.common.traces = false);
    answer(start(&off, &[]), 500);
    assert!(spans.take().is_empty());
}

#[test]
fn a_slow_request_is_kept_and_says_so() {
    let (_obs, layer, spans) = bench(0.0, keep_all, |_| ());
    let mut observation = start(&layer, &[]);
    observation.age(Duration::from_secs(61));
    answer(observation, 200);
    let span = spans.one();
    assert_eq!(
        (attribute(&span, "obs.kept").as_deref(), span.status),
        (Some("slow"), Status::Unset)
    );
}

#[test]
fn by_the_percentile_of_its_endpoint_at_most_one_in_a_hundred_is_slow() {
    let (_obs, layer, spans) = bench(0.0, |builder| builder.keep_slower_than(SlowThreshold::P99), |_| ());
    let (usual, slow) = (Duration::from_millis(20), Duration::from_secs(10));
    let request = |age| {
        let mut observation = start(&layer, &[]);
        observation.age(age);
        answer(observation, 200);
    };
    (0..99).for_each(|_| request(slow));
    assert!(spans.take().is_empty(), "kept before enough was known");
    // What is slow changes with the requests, once a second.
    let end = std::time::Instant::now() + Duration::from_secs(60);
    let kept = loop {
        (0..200).for_each(|_| request(usual));
        request(slow);
        let kept = spans.take();
        if !kept.is_empty() {
            break kept;
        }
        assert!(std::time::Instant::now() < end, "no request was slow");
    };
    for span in kept {
        assert_eq!(attribute(&span, "obs.kept").as_deref(), Some("slow"));
        assert!(span.end_time >= span.start_time + slow);
    }
}

#[test]
fn the_life_of_a_stream_is_not_slowness() {
    let (_obs, layer, spans) = bench(0.0, keep_all, |options| options.streaming.push("/users/{id}".into()));
    let mut observation = start(&layer, &[]);
    observation.head(&ResponseHead {
        status: 200,
        headers: &(),
        body: BodySize::Unknown,
        endpoint: None,
    });
    observation.age(Duration::from_secs(61));
    observation.end();
    assert!(spans.take().is_empty());
}

#[test]
fn other_services_are_not_told_and_the_exemplar_refers_to_the_span() {
    let (obs, layer, spans) = bench(0.0, keep_all, |_| ());
    let mut observation = start(&layer, &[]);
    let mut sent = Vec::new();
    let polling = observation.enter();
    propagation::inject(&mut |name, value| sent.push((name, value.to_owned())));
    polling.leave();
    answer(observation, 500);
    let spans = spans.take();
    assert_eq!(spans.len(), 1);
    assert!(sent[0].1.ends_with("-02"), "{sent:?}");
    let page = String::from_utf8(obs.registry().render(crate::metrics::Format::OpenMetrics)).unwrap();
    let exemplar = format!("span_id=\"{}\"", spans[0].span_context.span_id());
    assert!(page.contains(&exemplar), "{page}");
}

#[test]
fn a_buffer_is_used_again() {
    let (_obs, layer, _) = bench(0.0, keep_all, |_| ());
    let address = |observation: &Observation| -> Option<*const Stored> {
        observation.deferred_head()?.0.as_deref().map(std::ptr::from_ref)
    };
    let first = start(&layer, &[]);
    let kept = address(&first);
    assert!(kept.is_some());
    drop(first);
    assert_eq!(address(&start(&layer, &[])), kept);
}

#[test]
fn what_others_make_in_a_request_that_is_left_out_is_left_out() {
    let theirs = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder()
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::AlwaysOn)))
        .with_simple_exporter(theirs.clone())
        .build();
    let (_obs, layer, _) = bench(0.0, |builder| builder, |_| ());
    let mut observation = start(&layer, &[]);
    let (trace_id, span_id) = {
        let context = observation.context().unwrap();
        (context.trace_id().to_string(), context.span_id().to_string())
    };
    let polling = observation.enter();
    drop(provider.tracer("theirs").start("query"));
    let current = Context::current();
    let span = current.span();
    let seen = span.span_context();
    assert_eq!(
        (seen.trace_id().to_string(), seen.span_id().to_string()),
        (trace_id, span_id)
    );
    assert!(seen.is_remote() && !seen.is_sampled() && !span.is_recording());
    polling.leave();
    assert!(!Context::current().has_active_span());
    assert!(theirs.get_finished_spans().unwrap().is_empty());
}

#[test]
fn a_users_provider_that_leaves_a_request_out_is_known_to_others_too() {
    let provider = SdkTracerProvider::builder().with_sampler(Sampler::AlwaysOff).build();
    let obs = Obs::builder("test")
        .log_writer(std::io::sink())
        .tracer_provider(provider)
        .build()
        .unwrap();
    let layer = LayerState::default().with(|options| options.common.record_into(&obs));
    let mut observation = start(&layer, &[PARENT]);
    let id = observation.context().unwrap().span_id().to_string();
    let polling = observation.enter();
    Context::map_current(|current| {
        let span = current.span();
        assert_eq!(
            (
                span.span_context().span_id().to_string(),
                span.span_context().is_sampled()
            ),
            (id, false)
        );
        assert_eq!(
            span.span_context().trace_id().to_string(),
            "12345678901234567890123456789012"
        );
    });
    polling.leave();
}

#[test]
fn a_route_that_is_known_late_is_on_the_span() {
    for ratio in [0.0, 1.0] {
        let (_obs, layer, spans) = bench(ratio, keep_all, |_| ());
        let mut observation = start(&layer, &[]);
        let endpoint = Some("/legacy/{page}");
        observation.head(&ResponseHead {
            status: 500,
            headers: &(),
            body: BodySize::Empty,
            endpoint,
        });
        let span = spans.one();
        assert_eq!(span.name, "HTTP /legacy/{page}");
        let mut routes = span.attributes.iter().filter(|one| one.key.as_str() == "http.route");
        assert_eq!(routes.next_back().map(|one| one.value.to_string()).as_deref(), endpoint);
    }
}

#[test]
fn the_span_of_a_request_that_was_left_out_has_the_error_that_was_recorded() {
    let (_obs, layer, spans) = bench(0.0, keep_all, |_| ());
    let mut observation = start(&layer, &[]);
    observation.run(|| crate::trace::record_error(&std::io::Error::other("no route, password=5ecr3t")));
    answer(observation, 503);
    let span = spans.one();
    let [event] = &span.events.events[..] else {
        panic!("{:?}", span.events)
    };
    let value = |key: &str| {
        let found = event.attributes.iter().find(|known| known.key.as_str() == key);
        found.map(|known| known.value.to_string())
    };
    assert_eq!(&*event.name, "exception");
    assert_eq!(
        value("exception.message").as_deref(),
        Some("no route, password=REDACTED")
    );
    assert_eq!(value("exception.type").as_deref(), Some("std::io::error::Error"));
    assert!(value("code.file.path").is_some_and(|path| path.ends_with("deferred_span_tests.rs")));
}
