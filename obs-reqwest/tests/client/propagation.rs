//! What leaves the process: trace context and baggage, from wherever a call is made.

use std::{
    collections::HashSet,
    io,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use bytes::Bytes;

use crate::support::{Bench, Upstream, parent, plain};
use obs_reqwest::{
    ObsClientMiddleware,
    obs_core::{
        Obs,
        adapter::{LayerState, Observation, RequestHead},
        context,
        request::HeaderReader,
        trace,
    },
    reqwest,
    reqwest_middleware::ClientBuilder,
};
use obs_tests::{DEADLINE, otlp::Receiver, spans::value, until};
use opentelemetry::trace::{SpanId, TraceContextExt as _, Tracer as _, TracerProvider as _};
use reqwest_retry::{RetryTransientMiddleware, policies::ExponentialBackoff};

const CALLER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-";

/// Headers of a request, as a type of its own.
struct Headers<'a>(&'a [(&'a str, &'a [u8])]);

impl HeaderReader for Headers<'_> {
    fn get(&self, name: &str) -> Option<&[u8]> {
        HeaderReader::get(self.0, name)
    }

    fn for_each(&self, name: &str, each: &mut dyn FnMut(&[u8])) {
        HeaderReader::for_each(self.0, name, each);
    }
}

/// A request to this service with these headers; what is called in its handler is called from it.
fn arrived(obs: &Obs, headers: &[(&str, &[u8])]) -> Observation {
    let layer = LayerState::default().with(|options| options.common.record_into(obs));
    let head = RequestHead {
        method: "GET",
        path: "/",
        endpoint: Some("/"),
        ..Default::default()
    };
    Observation::start(layer.instrument(), &head, &Headers(headers))
}

/// Calls the other service from the handler of that request, as the adapters run handlers.
async fn call_from(mut request: Observation, http: &reqwest_middleware::ClientWithMiddleware, url: &str) {
    let mut call = Box::pin(http.get(url).send());
    std::future::poll_fn(|cx| {
        let polling = request.enter();
        let polled = call.as_mut().poll(cx);
        polling.leave();
        polled
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn the_other_service_becomes_a_child_of_the_client_span() {
    let (bench, upstream) = (Bench::new(), Upstream::start());
    bench.http.get(upstream.url("/")).send().await.unwrap();
    let (span, [trace_id, parent_id, flags]) = (bench.span(), upstream.last_parent());
    assert_eq!(parent_id, span.span_context.span_id().to_string());
    assert_eq!(trace_id, span.span_context.trace_id().to_string());
    assert_eq!(flags, "03");
    assert_eq!(span.parent_span_id, SpanId::INVALID);
}

#[tokio::test]
async fn a_call_in_a_job_belongs_to_its_trace() {
    let (bench, upstream) = (Bench::new(), Upstream::start());
    let job = context::RequestContext::start();
    let trace_id = job.trace_id().to_string();
    context::scope(job, bench.http.get(upstream.url("/")).send())
        .await
        .unwrap();
    let span = bench.span();
    assert_eq!(
        upstream.last_parent()[..2],
        [trace_id.clone(), span.span_context.span_id().to_string()]
    );
    assert_eq!(span.span_context.trace_id().to_string(), trace_id);
}

#[tokio::test]
async fn each_job_has_a_trace_of_its_own() {
    let (bench, upstream) = (Bench::new(), Upstream::start());
    for _ in 0..3 {
        context::in_new(bench.http.get(upstream.url("/")).send()).await.unwrap();
    }
    let traces: HashSet<_> = upstream
        .seen()
        .iter()
        .map(|headers| headers["traceparent"].clone())
        .collect();
    assert_eq!(traces.len(), 3);
}

#[tokio::test]
async fn a_call_in_a_request_is_a_child_of_its_span() {
    let (bench, upstream) = (Bench::new(), Upstream::start());
    let caller = format!("{CALLER}03");
    let request = arrived(&bench.obs, &[("traceparent", caller.as_bytes())]);
    let server_span = request.context().unwrap().span_id().to_string();
    call_from(request, &bench.http, &upstream.url("/")).await;
    let spans = bench.spans.ended();
    let client = spans.iter().find(|span| span.name == "GET").unwrap();
    assert_eq!(client.parent_span_id.to_string(), server_span);
    let [trace_id, parent_id, flags] = upstream.last_parent();
    assert_eq!(trace_id, parent(&caller)[0]);
    assert_eq!(parent_id, client.span_context.span_id().to_string());
    assert_eq!(flags, "03");
}

#[tokio::test]
async fn the_innermost_span_is_the_parent() {
    let (bench, upstream) = (Bench::new(), Upstream::start());
    let mut request = arrived(&bench.obs, &[]);
    let mut handler = Box::pin(async {
        trace::in_span("load user", bench.http.get(upstream.url("/")).send())
            .await
            .unwrap();
    });
    std::future::poll_fn(|cx| {
        let polling = request.enter();
        let polled = handler.as_mut().poll(cx);
        polling.leave();
        polled
    })
    .await;
    drop(handler);
    let spans = bench.spans.ended();
    let [client, load] = ["GET", "load user"].map(|name| spans.iter().find(|span| span.name == name).unwrap());
    assert_eq!(client.parent_span_id, load.span_context.span_id());
}

#[tokio::test]
async fn a_client_without_an_instance_finds_that_of_its_request() {
    let (bench, upstream) = (Bench::new(), Upstream::start());
    let http = obs_reqwest::client(plain());
    let request = arrived(&bench.obs, &[]);
    call_from(request, &http, &upstream.url("/")).await;
    assert!(bench.spans.ended().iter().any(|span| span.name == "GET"));
}

#[tokio::test]
async fn an_unsampled_request_sends_its_decision_and_fresh_span_ids() {
    let (bench, upstream) = (Bench::new(), Upstream::start());
    let caller = format!("{CALLER}00");
    for _ in 0..3 {
        let request = arrived(&bench.obs, &[("traceparent", caller.as_bytes())]);
        call_from(request, &bench.http, &upstream.url("/")).await;
    }
    assert!(bench.spans.ended().is_empty());
    let seen: Vec<_> = upstream
        .seen()
        .iter()
        .map(|headers| parent(headers["traceparent"].to_str().unwrap()))
        .collect();
    for [trace_id, parent_id, flags] in &seen {
        assert_eq!((trace_id, &**flags), (&parent(&caller)[0], "00"));
        assert_ne!(*parent_id, parent(&caller)[1]);
    }
    assert_eq!(seen.iter().map(|parts| &parts[1]).collect::<HashSet<_>>().len(), 3);
    bench
        .page()
        .value("http_client_requests_total", &[("status", "200")])
        .unwrap();
}

#[tokio::test]
async fn state_baggage_and_the_random_flag_are_sent_on() {
    let (bench, upstream) = (Bench::new(), Upstream::start());
    for (flags, expected) in [("02", "02"), ("00", "00"), ("01", "01"), ("03", "03")] {
        let caller = format!("{CALLER}{flags}");
        let headers: [(&str, &[u8]); 4] = [
            ("traceparent", caller.as_bytes()),
            ("tracestate", b"congo=t61rcWkgMzE,1a-_*/@0=x"),
            ("tracestate", b"rojo=00f067aa0ba902b7"),
            ("baggage", b"tenant=acme,tier=gold;p=1"),
        ];
        call_from(arrived(&bench.obs, &headers), &bench.http, &upstream.url("/")).await;
        assert_eq!(upstream.last_parent()[2], expected);
        assert_eq!(
            upstream.last("tracestate"),
            ["congo=t61rcWkgMzE,1a-_*/@0=x,rojo=00f067aa0ba902b7"]
        );
        assert_eq!(upstream.last("baggage"), ["tenant=acme,tier=gold;p=1"]);
    }
}

#[tokio::test]
async fn the_request_id_is_sent_on_in_the_header_that_the_builder_names() {
    let upstream = Upstream::start();
    let named = Bench::built(
        |builder| builder.request_id_header("X-Correlation-ID"),
        |middleware| middleware,
    );
    let headers: [(&str, &[u8]); 2] = [("x-correlation-id", b"order-1"), ("x-request-id", b"order-1")];
    call_from(arrived(&named.obs, &headers), &named.http, &upstream.url("/")).await;
    assert_eq!(upstream.last("x-correlation-id"), ["order-1"]);
    assert_eq!(upstream.last("x-request-id"), [""; 0]);
    let own = named.http.get(upstream.url("/")).header("x-correlation-id", "own");
    own.send().await.unwrap();
    assert_eq!(upstream.last("x-correlation-id"), ["own"], "what the request has stays");
    let usual = Bench::new();
    call_from(arrived(&usual.obs, &headers), &usual.http, &upstream.url("/")).await;
    assert_eq!(
        upstream.last("x-request-id"),
        [""; 0],
        "nothing is sent on without the setting"
    );
}

#[tokio::test]
async fn headers_that_were_written_outside_of_the_span_are_replaced() {
    let (bench, upstream) = (Bench::new(), Upstream::start());
    let stale = format!("{CALLER}01");
    let request = bench
        .http
        .get(upstream.url("/"))
        .header("traceparent", &stale)
        .header("tracestate", "foo=1");
    request.header("baggage", "own=1").send().await.unwrap();
    assert_ne!(upstream.last("traceparent"), [stale]);
    assert_eq!(upstream.last("tracestate"), [""; 0]);
    assert_eq!(upstream.last("baggage"), ["own=1"]);
}

#[tokio::test]
async fn a_span_of_opentelemetry_alone_is_continued() {
    let (bench, upstream) = (Bench::new(), Upstream::start());
    let tracer = bench.spans.provider().tracer("theirs");
    let outer = opentelemetry::Context::new().with_span(tracer.start("theirs"));
    let outer_ids = outer.span().span_context().clone();
    let mut call = Box::pin(bench.http.get(upstream.url("/")).send());
    std::future::poll_fn(|cx| {
        let _attached = outer.clone().attach();
        call.as_mut().poll(cx)
    })
    .await
    .unwrap();
    let span = bench.span();
    assert_eq!(span.parent_span_id, outer_ids.span_id());
    assert_eq!(upstream.last_parent()[0], outer_ids.trace_id().to_string());
}

#[tokio::test]
async fn each_attempt_of_a_retry_has_a_span_and_an_id_of_its_own() {
    let policy = ExponentialBackoff::builder()
        .retry_bounds(std::time::Duration::from_millis(1), std::time::Duration::from_millis(2))
        .build_with_max_retries(5);
    let (bench, upstream) = (
        Bench::new().below(RetryTransientMiddleware::new_with_policy(policy)),
        Upstream::start(),
    );
    let job = context::RequestContext::start();
    let trace_id = job.trace_id().to_string();
    let response = context::scope(job, bench.http.get(upstream.url("/third-time")).send())
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    drop(response);

    let spans = bench.spans.ended();
    let counts: Vec<_> = spans
        .iter()
        .map(|span| value(span, "http.request.resend_count").cloned())
        .collect();
    assert_eq!(counts, [None, Some(1.into()), Some(2.into())]);
    let sent: Vec<_> = upstream
        .seen()
        .iter()
        .map(|headers| parent(headers["traceparent"].to_str().unwrap()))
        .collect();
    for (span, [sent_trace, sent_parent, _]) in spans.iter().zip(&sent) {
        assert_eq!(*sent_parent, span.span_context.span_id().to_string());
        assert_eq!(*sent_trace, trace_id);
    }
    let page = bench.page();
    assert_eq!(
        page.value("http_client_requests_total", &[("status", "503")]),
        Some(2.0)
    );
    assert_eq!(
        page.value("http_client_requests_total", &[("status", "200")]),
        Some(1.0)
    );
}

#[tokio::test]
async fn nothing_is_sent_where_propagation_is_off() {
    let (bench, upstream) = (Bench::with(|middleware| middleware.propagate(false)), Upstream::start());
    context::in_new(bench.http.get(upstream.url("/")).send()).await.unwrap();
    for name in ["traceparent", "tracestate", "baggage"] {
        assert_eq!(upstream.last(name), [""; 0]);
    }
    assert_eq!(bench.spans.ended().len(), 1);
}

#[tokio::test]
async fn without_client_spans_the_span_around_the_call_is_the_parent() {
    let (bench, upstream) = (Bench::with(|middleware| middleware.traces(false)), Upstream::start());
    let request = arrived(&bench.obs, &[]);
    let server_span = request.context().unwrap().span_id().to_string();
    call_from(request, &bench.http, &upstream.url("/")).await;
    assert_eq!(upstream.last_parent()[1], server_span);
}

#[test]
fn spans_of_our_own_pipeline_have_the_ids_that_were_sent() {
    let (receiver, upstream) = (Receiver::start(), Upstream::start());
    let obs = Obs::builder("shop")
        .log_writer(io::sink())
        .otlp_endpoint(receiver.endpoint())
        .build()
        .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let job = runtime.block_on(async {
        let http = ClientBuilder::new(plain())
            .with(ObsClientMiddleware::new().obs(&obs))
            .build();
        let job = context::RequestContext::start();
        context::scope(job.clone(), http.get(upstream.url("/")).send())
            .await
            .unwrap();
        call_from(arrived(&obs, &[]), &http, &upstream.url("/")).await;
        job
    });
    obs.shutdown(DEADLINE).unwrap();
    let spans = receiver.wait_for(DEADLINE, |spans| spans.len() == 3);
    let client_spans: Vec<_> = spans.iter().filter(|span| span.span.name == "GET").collect();
    let sent: Vec<_> = upstream
        .seen()
        .iter()
        .map(|headers| parent(headers["traceparent"].to_str().unwrap()))
        .collect();
    for [trace_id, parent_id, flags] in &sent {
        let span = client_spans.iter().find(|span| span.span_id() == *parent_id).unwrap();
        assert_eq!((span.trace_id(), &**flags), (trace_id.clone(), "03"));
        assert_eq!(span.int("http.response.status_code"), Some(200));
    }
    assert_eq!(sent[0][0], job.trace_id().to_string());
    assert_eq!(client_spans[0].parent_span_id(), "");
    let server_span = spans.iter().find(|span| span.span.name != "GET").unwrap();
    assert_eq!(client_spans[1].parent_span_id(), server_span.span_id());
}

#[test]
fn a_call_outside_of_requests_follows_the_sampler() {
    let (receiver, upstream) = (Receiver::start(), Upstream::start());
    let obs = Obs::builder("shop")
        .log_writer(io::sink())
        .otlp_endpoint(receiver.endpoint())
        .sample_ratio(0.0)
        .build()
        .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let http = ClientBuilder::new(plain())
            .with(ObsClientMiddleware::new().obs(&obs))
            .build();
        http.get(upstream.url("/")).send().await.unwrap();
    });
    obs.shutdown(DEADLINE).unwrap();
    assert_eq!(upstream.last_parent()[2], "02");
    assert!(receiver.spans().is_empty());
}

/// What was done, and the id of the request that was current.
type Told = Arc<Mutex<Vec<(&'static str, Option<String>)>>>;

/// A body that tells in which request it is polled and dropped.
struct Telling {
    told: Told,
    left: Option<Bytes>,
}

impl Telling {
    fn tell(&self, what: &'static str) {
        let request = context::current().map(|context| context.request_id().to_owned());
        self.told.lock().unwrap().push((what, request));
    }
}

impl http_body::Body for Telling {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        self.tell("polled");
        Poll::Ready(self.left.take().map(|bytes| Ok(http_body::Frame::data(bytes))))
    }
}

impl Drop for Telling {
    fn drop(&mut self) {
        self.tell("dropped");
    }
}

#[tokio::test]
async fn a_streaming_body_is_polled_and_dropped_in_the_context_of_its_request() {
    let (bench, upstream) = (Bench::new(), Upstream::start());
    let told = Told::default();
    let body = reqwest::Body::wrap(Telling {
        told: Arc::clone(&told),
        left: Some("hello".into()),
    });
    let job = context::RequestContext::start();
    let id = Some(job.request_id().to_owned());
    context::scope(job, bench.http.post(upstream.url("/")).body(body).send())
        .await
        .unwrap();
    until(DEADLINE, || {
        told.lock().unwrap().iter().any(|(what, _)| *what == "dropped")
    });
    let told = told.lock().unwrap();
    assert!(
        told.len() >= 2 && told.iter().all(|(_, request)| *request == id),
        "{told:?}"
    );
}
