//! Messages of a queue: in the trace of their producer, or linked to it.

#![allow(clippy::unwrap_used, reason = "tests: what can't go on fails the test")]

use std::{
    collections::{BTreeMap, HashMap},
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use obs_core::{
    Obs,
    context::{self, RequestContext},
    otel::{SpanReader, opentelemetry::trace::SpanKind, opentelemetry_sdk::trace::SpanData},
    propagation::{self, Extracted},
    trace,
};
use tracing_subscriber::layer::SubscriberExt as _;

const PRODUCER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const OTHER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

/// Keeps spans, and lines.
#[derive(Clone, Debug, Default)]
struct Kept {
    spans: Arc<Mutex<Vec<SpanData>>>,
    lines: Arc<Mutex<Vec<u8>>>,
}

impl SpanReader for Kept {
    fn read(&self, span: &SpanData) {
        self.spans.lock().unwrap().push(span.clone());
    }
}

impl io::Write for Kept {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        self.lines.lock().unwrap().extend_from_slice(lines);
        Ok(lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Kept {
    fn obs(&self) -> Obs {
        let builder = Obs::builder("consumer").span_reader(self.clone());
        builder.log_writer(self.clone()).build().unwrap()
    }

    fn spans(&self) -> Vec<SpanData> {
        std::mem::take(&mut *self.spans.lock().unwrap())
    }

    fn text(&self, obs: &Obs) -> String {
        obs.flush(Duration::from_secs(30)).unwrap();
        String::from_utf8(self.lines.lock().unwrap().clone()).unwrap()
    }
}

/// Runs `work` under a subscriber with the layer of `obs`.
fn subscribed<R>(obs: &Obs, work: impl FnOnce() -> R) -> R {
    tracing::subscriber::with_default(tracing_subscriber::registry().with(obs.subscriber_layer()), work)
}

fn message(traceparent: &str) -> Extracted {
    propagation::extract(&vec![
        ("Traceparent", traceparent),
        ("tracestate", "a=1"),
        ("baggage", "tier=gold"),
    ])
}

#[test]
fn a_message_continues_the_trace_of_its_producer() {
    let kept = Kept::default();
    let obs = kept.obs();
    subscribed(&obs, || {
        context::run_in(obs.continue_context(&message(PRODUCER)), || {
            context::set_field("order_id", 7);
            tracing::info!("received");
            trace::process_span("kafka", "orders").run_blocking(|| {
                let mut sent = HashMap::new();
                propagation::inject(&mut |name, value| drop(sent.insert(name, value.to_owned())));
                assert!(sent["traceparent"].starts_with("00-0af7651916cd43dd8448eb211c80319c-"));
                assert_eq!(
                    (sent["tracestate"].as_str(), sent["baggage"].as_str()),
                    ("a=1", "tier=gold")
                );
            });
            tracing::info_span!("tracing").in_scope(|| ());
            let job = context::current().unwrap();
            assert_eq!(job.baggage_value("tier").as_deref(), Some("gold"));
        });
    });
    let spans = kept.spans();
    assert_eq!(
        spans.iter().map(|span| &*span.name).collect::<Vec<_>>(),
        ["process orders", "tracing"]
    );
    for span in &spans {
        assert_eq!(
            span.span_context.trace_id().to_string(),
            "0af7651916cd43dd8448eb211c80319c"
        );
        assert_eq!(span.parent_span_id.to_string(), "b7ad6b7169203331");
        assert!(span.links.links.is_empty());
    }
    assert_eq!(spans[0].span_kind, SpanKind::Consumer);
    let attributes: BTreeMap<_, _> = spans[0]
        .attributes
        .iter()
        .map(|attribute| (attribute.key.as_str(), attribute.value.to_string()))
        .collect();
    let expected = [
        ("messaging.destination.name", "orders"),
        ("messaging.operation.name", "process"),
        ("messaging.operation.type", "process"),
        ("messaging.system", "kafka"),
    ];
    assert_eq!(attributes, expected.map(|(key, value)| (key, value.to_owned())).into());
    // The line is in the trace, with a span id of the job's own and its fields.
    let text = kept.text(&obs);
    assert!(
        text.contains("0af7651916cd43dd8448eb211c80319c") && text.contains("\"order_id\":7"),
        "{text}"
    );
    assert!(!text.contains("b7ad6b7169203331"), "{text}");
}

#[test]
fn a_producer_that_has_not_sampled_is_followed() {
    let kept = Kept::default();
    let obs = kept.obs();
    let job = obs.continue_context(&message(OTHER));
    assert!(!job.is_sampled());
    subscribed(&obs, || {
        context::run_in(job, || {
            trace::process_span("kafka", "orders").run_blocking(|| ());
            tracing::info_span!("tracing").in_scope(|| ());
        });
    });
    assert!(kept.spans().is_empty());
}

#[test]
fn a_batch_is_a_trace_of_its_own_that_is_linked_to_its_producers() {
    let kept = Kept::default();
    let obs = kept.obs();
    let batch = [message(PRODUCER), message(""), message(OTHER)];
    let job = obs.linked_context(&batch);
    let own = job.trace_id().to_string();
    assert_eq!(job.baggage().count(), 0);
    subscribed(&obs, || {
        context::run_in(job, || {
            trace::process_span("kafka", "orders")
                .run_blocking(|| tracing::info_span!("inner").in_scope(|| trace::in_span_blocking("innermost", || ())));
        });
    });
    let spans = kept.spans();
    assert!(spans.iter().all(|span| span.span_context.trace_id().to_string() == own));
    let links = |span: &SpanData| {
        let links = span.links.links.iter();
        links
            .map(|link| link.span_context.span_id().to_string())
            .collect::<Vec<_>>()
    };
    let all: Vec<_> = spans.iter().map(|span| (&*span.name, links(span))).collect();
    let both = vec!["b7ad6b7169203331".to_owned(), "00f067aa0ba902b7".to_owned()];
    assert_eq!(
        all,
        [
            ("innermost", Vec::new()),
            ("inner", Vec::new()),
            ("process orders", both)
        ]
    );
}

#[test]
fn links_are_bounded() {
    let kept = Kept::default();
    let obs = kept.obs();
    let batch = vec![message(PRODUCER); 1_000];
    context::run_in(obs.linked_context(&batch), || {
        trace::process_span("kafka", "orders").run_blocking(|| ());
    });
    assert_eq!(kept.spans()[0].links.links.len(), 128);
}

#[test]
fn a_message_without_a_producer_is_a_job() {
    for nothing in [message(""), message("00-bad"), Extracted::default()] {
        let job = context::run_continued(&nothing, || context::current().unwrap());
        assert!(job.is_sampled());
        assert!(RequestContext::linked_to([&nothing]).trace_id() != job.trace_id());
    }
}

#[test]
fn headers_are_read_from_any_map() {
    let expected = message(PRODUCER).parent;
    assert!(expected.is_some());
    let hash: HashMap<String, Vec<u8>> = [("TraceParent".to_owned(), PRODUCER.as_bytes().to_vec())].into();
    let tree: BTreeMap<&str, String> = [("traceparent", PRODUCER.to_owned())].into();
    assert_eq!(propagation::extract(&hash).parent, expected);
    assert_eq!(propagation::extract(&tree).parent, expected);
    let twice = [("traceparent", PRODUCER), ("TRACEPARENT", PRODUCER)];
    assert_eq!(propagation::extract(&twice[..]).parent, None);
}
