//! What the state machine decides, in every signal; the adapters' tests drive it over sockets.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex},
    time::Duration,
};

use opentelemetry::trace::{SpanKind, Status};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use serde_json::Value;
use tracing_subscriber::layer::SubscriberExt;

use super::{observation::ClientObservation, options::ClientState, *};
use crate::{
    Obs, context,
    logs::LogFormat,
    metrics::Format,
    names::error_type,
    request::{HeaderReader, Protocol},
};

/// One instance with all signals captured.
struct Bench {
    obs: Obs,
    client: ClientState,
    spans: InMemorySpanExporter,
    lines: Lines,
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const URL: ClientUrl<'_> = ClientUrl {
    scheme: "https",
    host: "users.internal",
    port: None,
    path: "/users/7",
    query: Some("page=2&token=abc"),
    fragment: None,
    has_credentials: true,
};

impl Bench {
    fn new(change: impl FnOnce(&mut ClientOptions)) -> Self {
        let spans = InMemorySpanExporter::default();
        let lines = Lines::default();
        let obs = Obs::builder("test")
            .log_format(LogFormat::Json)
            .log_writer(lines.clone())
            .log_filter("info")
            .tracer_provider(SdkTracerProvider::builder().with_simple_exporter(spans.clone()).build())
            .build()
            .unwrap();
        let client = ClientState::default().with(|options| {
            options.common.record_into(&obs);
            change(options);
        });
        Self {
            obs,
            client,
            spans,
            lines,
        }
    }

    fn start(&self) -> ClientObservation {
        self.start_with(ClientRequest {
            method: "GET",
            url: URL,
            target: Some("/users/{id}"),
            ..Default::default()
        })
    }

    fn start_with(&self, request: ClientRequest<'_>) -> ClientObservation {
        ClientObservation::start(self.client.instrument(), &request, &())
    }

    /// The lines of the page about attempts that end in a whole number, without their namespace.
    fn counters(&self) -> Vec<String> {
        let page = String::from_utf8(self.obs.registry().render(Format::Text)).unwrap();
        let wanted = |line: &str| {
            let name = line.strip_prefix("http_client_")?;
            let is_counter = name.starts_with("requests_total") || name.starts_with("errors_total");
            is_counter.then(|| name.to_owned())
        };
        page.lines().filter_map(wanted).collect()
    }

    #[track_caller]
    fn span(&self) -> SpanData {
        let mut spans = self.spans.get_finished_spans().unwrap();
        assert_eq!(spans.len(), 1, "{spans:#?}");
        spans.remove(0)
    }

    fn lines(&self) -> Vec<Value> {
        self.obs.shutdown(Duration::from_secs(5)).unwrap();
        let text = String::from_utf8(self.lines.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn default_bench() -> Bench {
    Bench::new(|_| ())
}

fn answer(status: u16) -> ClientResponse<'static> {
    ClientResponse {
        status,
        protocol: Some(Protocol::Http2),
        ..ClientResponse::new(&())
    }
}

/// The counters of one attempt.
fn counted(status: &str, outcome: &str, error_type: Option<&str>) -> Vec<String> {
    let place = r#"method="GET",host="users.internal",target="/users/{id}""#;
    let total = format!(r#"requests_total{{{place},status="{status}",outcome="{outcome}"}} 1"#);
    let error = error_type.map(|word| format!(r#"errors_total{{{place},error_type="{word}"}} 1"#));
    // Families stand on the page in the order of their names.
    error.into_iter().chain([total]).collect()
}

fn attribute(span: &SpanData, key: &str) -> Option<String> {
    span.attributes
        .iter()
        .find(|known| known.key.as_str() == key)
        .map(|known| known.value.to_string())
}

#[test]
fn an_attempt_ends_at_the_head() {
    let bench = default_bench();
    let mut observation = bench.start();
    assert_eq!(bench.counters(), [""; 0]);
    observation.head(&answer(200));
    assert_eq!(bench.counters(), counted("200", "ok", None));
    let span = bench.span();
    assert_eq!(
        (&*span.name, &span.span_kind, &span.status),
        ("GET /users/{id}", &SpanKind::Client, &Status::Unset)
    );
    let full = "https://REDACTED:REDACTED@users.internal/users/7?page=2&token=REDACTED";
    assert_eq!(attribute(&span, "url.full").as_deref(), Some(full));
    assert_eq!(attribute(&span, "server.port").as_deref(), Some("443"));
    assert_eq!(attribute(&span, "network.protocol.version").as_deref(), Some("2"));
}

#[test]
fn an_attempt_is_recorded_once() {
    let bench = default_bench();
    let mut observation = bench.start();
    observation.head(&answer(404));
    observation.error(error_type::TIMEOUT, None);
    observation.head(&answer(200));
    assert!(observation.propagated().is_none());
    drop(observation);
    assert_eq!(bench.counters(), counted("404", "client_error", Some("404")));
    bench.span();
}

#[test]
fn each_word_for_no_answer_is_counted_as_such() {
    for word in error_type::TRANSPORT {
        let bench = default_bench();
        bench.start().error(word, Some(&io::Error::other("é".repeat(200))));
        let outcome = if word == "body" { "body_error" } else { "server_error" };
        assert_eq!(bench.counters(), counted("", outcome, Some(word)));
        let Status::Error { description } = bench.span().status else {
            panic!("no error")
        };
        assert_eq!(description.len(), 256);
    }
}

#[test]
fn an_answer_that_the_client_made_an_error_of_keeps_its_status() {
    let bench = default_bench();
    bench.start().status_error(503);
    assert_eq!(bench.counters(), counted("503", "server_error", Some("503")));
    assert_eq!(
        attribute(&bench.span(), "http.response.status_code").as_deref(),
        Some("503")
    );
}

#[test]
fn dropping_it_without_an_answer_is_cancelled_and_no_error() {
    let bench = default_bench();
    let mut observation = bench.start();
    observation.enter().leave();
    drop(observation);
    assert_eq!(bench.counters(), counted("", "cancelled", None));
    assert_eq!(bench.span().status, Status::Unset);
}

#[test]
fn a_panic_of_the_client_is_an_error_of_its_own() {
    let bench = default_bench();
    let mut observation = bench.start();
    let panics = AssertUnwindSafe(|| {
        let _polling = observation.enter();
        panic!("on purpose");
    });
    catch_unwind(panics).unwrap_err();
    drop(observation);
    assert_eq!(bench.counters(), counted("", "panic", Some("panic")));
}

#[test]
fn the_request_that_it_was_started_in_is_current_wherever_it_is_polled() {
    let bench = default_bench();
    let (id, mut observation) = context::run_new(|| (context::current().unwrap().trace_id(), bench.start()));
    assert!(context::current().is_none());
    for _ in 0..2 {
        let polling = observation.enter();
        assert_eq!(context::current().unwrap().trace_id(), id);
        polling.leave();
        assert!(context::current().is_none());
    }
    assert_eq!(observation.propagated().unwrap().parent().trace_id, id);
}

#[test]
fn outside_of_requests_the_context_of_the_poller_stays() {
    let bench = default_bench();
    let mut observation = bench.start();
    context::run_new(|| {
        let polling = observation.enter();
        assert!(context::current().is_some());
        polling.leave();
    });
}

#[test]
fn the_client_span_is_active_while_the_client_is_polled() {
    let bench = default_bench();
    let mut observation = bench.start();
    let polling = observation.enter();
    let sent = context::current().is_none().then(|| {
        use opentelemetry::trace::TraceContextExt;
        opentelemetry::Context::map_current(|current| current.span().span_context().span_id().to_string())
    });
    polling.leave();
    assert_eq!(
        sent,
        Some(observation.propagated().unwrap().parent().span_id.to_string())
    );
}

#[test]
fn a_request_that_tells_no_host_goes_to_the_base_url() {
    let bench = Bench::new(|options| options.base_url = Some("https://users.internal:8443/api".into()));
    let url = ClientUrl {
        path: "/api/users/7",
        ..ClientUrl::default()
    };
    let request = ClientRequest {
        method: "GET",
        url,
        target: Some("/users/{id}"),
        ..Default::default()
    };
    bench.start_with(request).head(&answer(200));
    let span = bench.span();
    assert_eq!(span.name, "GET /api/users/{id}");
    assert_eq!(
        attribute(&span, "url.full").as_deref(),
        Some("https://users.internal:8443/api/users/7")
    );
    assert_eq!(attribute(&span, "server.address").as_deref(), Some("users.internal"));
    assert!(bench.counters()[0].contains(r#"host="users.internal",target="/api/users/{id}""#));
}

#[test]
fn without_a_host_there_is_neither_address_nor_url() {
    let bench = default_bench();
    bench
        .start_with(ClientRequest {
            method: "GET",
            ..Default::default()
        })
        .head(&answer(200));
    let span = bench.span();
    assert_eq!(
        (attribute(&span, "url.full"), attribute(&span, "server.address")),
        (None, None)
    );
    assert!(bench.counters()[0].contains(r#"host="_OTHER",target="""#));
}

#[test]
fn the_log_line_carries_the_ids_of_the_attempt() {
    let bench = Bench::new(|options| options.common.logs = true);
    let subscriber = tracing_subscriber::registry().with(bench.obs.subscriber_layer());
    let (request_id, ids) = tracing::subscriber::with_default(subscriber, || {
        context::run_new(|| {
            let mut observation = bench.start();
            let ids = observation.propagated().unwrap().parent();
            observation.head(&answer(404));
            (context::current().unwrap().request_id().to_owned(), ids)
        })
    });
    let lines = bench.lines();
    assert_eq!(lines.len(), 1, "{lines:?}");
    let expected = [
        ("target", "obs::client".into()),
        ("level", "warn".into()),
        ("request_id", request_id.into()),
        ("trace_id", ids.trace_id.to_string().into()),
        ("span_id", ids.span_id.to_string().into()),
        ("method", "GET".into()),
        ("host", "users.internal".into()),
        ("url_template", "/users/{id}".into()),
        ("status", 404.into()),
        ("outcome", "client_error".into()),
        ("error_type", "404".into()),
        ("resend_count", 0.into()),
    ];
    for (key, value) in expected {
        assert_eq!(lines[0][key], Value::clone(&value), "{key}");
    }
    assert!(lines[0]["duration_ms"].as_f64().unwrap() >= 0.0);
    assert_eq!(lines[0].get("request_bytes"), None);
}

#[test]
fn a_hook_that_panics_harms_nothing() {
    let bench = Bench::new(|options| options.on_finish(|_| panic!("on purpose")));
    bench.start().head(&answer(200));
    assert_eq!(bench.counters(), counted("200", "ok", None));
}

#[test]
fn state_is_made_once_for_all_clones() {
    let bench = default_bench();
    let clone = bench.client.clone();
    assert!(Arc::ptr_eq(bench.client.instrument(), clone.instrument()));
    let changed = clone.with(|options| options.common.namespace = Some("shop".into()));
    assert!(!Arc::ptr_eq(bench.client.instrument(), changed.instrument()));
}

#[test]
fn an_observation_can_be_sent_to_another_thread() {
    fn sendable<T: Send>(_: &T) {}
    sendable(&default_bench().start());
}

#[test]
fn a_label_of_the_clients_own_has_values_from_its_list_alone() {
    let bench = Bench::new(|options| {
        assert!(options.common.add_label("tier", ["free", "paid"]));
        assert!(!options.common.add_label("host", ["a"]));
    });
    for labels in [&["free"][..], &["gold"], &[""], &[]] {
        bench
            .start_with(ClientRequest {
                method: "GET",
                url: URL,
                labels,
                ..Default::default()
            })
            .head(&answer(200));
    }
    let of = |tier, count| {
        let labels = "method=\"GET\",host=\"users.internal\",target=\"\"";
        format!("requests_total{{{labels},tier=\"{tier}\",status=\"200\",outcome=\"ok\"}} {count}")
    };
    assert_eq!(bench.counters(), [of("_OTHER", 3), of("free", 1)]);
}

#[test]
fn while_it_runs_an_attempt_shows_the_bytes_of_both_bodies() {
    let bench = Bench::new(|_| ());
    let mut attempt = bench.start_with(ClientRequest {
        method: "POST",
        url: URL,
        body_bytes: Some(12),
        ..Default::default()
    });
    attempt.head(&ClientResponse {
        status: 200,
        body_bytes: Some(9),
        is_body_reported: true,
        ..ClientResponse::new(&())
    });
    attempt.body_bytes(4, false);
    let [running] = <[_; 1]>::try_from(bench.obs.recorder().running()).unwrap();
    assert_eq!((running.request_bytes, running.response_bytes), (Some(12), 4));
}

struct Headers<'a>(&'a [(&'a str, &'a [u8])]);

impl HeaderReader for Headers<'_> {
    fn get(&self, name: &str) -> Option<&[u8]> {
        HeaderReader::get(self.0, name)
    }

    fn for_each(&self, name: &str, each: &mut dyn FnMut(&[u8])) {
        HeaderReader::for_each(self.0, name, each);
    }
}

#[test]
fn the_text_in_the_trailers_of_a_call_is_its_error() {
    let bench = Bench::new(|_| ());
    let request = ClientRequest {
        method: "POST",
        url: ClientUrl {
            path: "/shop.Orders/Place",
            ..URL
        },
        ..Default::default()
    };
    let native: [(&str, &[u8]); 1] = [("content-type", b"application/grpc")];
    for (status, text) in [("5", "no%20such order, token=abcdef"), ("0", "ignored")] {
        let mut call = ClientObservation::start(bench.client.instrument(), &request, &Headers(&native));
        call.head(&ClientResponse {
            status: 200,
            is_body_reported: true,
            ..ClientResponse::new(&Headers(&native))
        });
        let trailers = [("grpc-status", status.as_bytes()), ("grpc-message", text.as_bytes())];
        call.trailers(&Headers(&trailers));
    }
    let records = bench.obs.recorder().recent(&crate::recorder::Filter::new());
    let mut errors: Vec<_> = records
        .iter()
        .map(|record| (&*record.error_type, &*record.error))
        .collect();
    errors.sort_unstable();
    assert_eq!(errors, [("", ""), ("NOT_FOUND", "no such order, token=REDACTED")]);
}
