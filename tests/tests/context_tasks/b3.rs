//! Traces in the format of a propagator of the user's own, through a service and on.

use std::{
    convert::Infallible,
    future::Future,
    io,
    sync::{Arc, Mutex},
};

use axum::{Router, routing::get};
use http::{HeaderMap, Request, Response};
use obs_axum::{ObsClientLayer, ObsLayer};
use obs_core::{
    Obs,
    otel::opentelemetry::{
        Context,
        propagation::{Extractor, Injector, TextMapPropagator, text_map_propagator::FieldIter},
        trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState},
    },
    propagation,
};
use tower::{ServiceBuilder, ServiceExt as _, service_fn};

const TRACE: &str = "80f198ee56343ba864fe8b2a57d3eff7";
const B3: &str = "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1";

/// The single header of [B3](https://github.com/openzipkin/b3-propagation).
#[derive(Debug)]
struct Single;

impl TextMapPropagator for Single {
    fn inject_context(&self, context: &Context, injector: &mut dyn Injector) {
        let span = context.span();
        let ids = span.span_context();
        let sampled = u8::from(ids.is_sampled());
        injector.set("B3", format!("{}-{}-{sampled}", ids.trace_id(), ids.span_id()));
    }

    fn extract_with_context(&self, context: &Context, extractor: &dyn Extractor) -> Context {
        let parts: Vec<_> = extractor.get("b3").unwrap_or_default().split('-').collect();
        let [trace_id, span_id, sampled] = parts[..] else {
            return context.clone();
        };
        let (Ok(trace_id), Ok(span_id)) = (TraceId::from_hex(trace_id), SpanId::from_hex(span_id)) else {
            return context.clone();
        };
        let flags = TraceFlags::default().with_sampled(sampled == "1");
        context.with_remote_span_context(SpanContext::new(trace_id, span_id, flags, true, TraceState::NONE))
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&[])
    }
}

fn obs() -> Obs {
    Obs::builder("b3")
        .log_writer(io::sink())
        .propagator(Single)
        .build()
        .unwrap()
}

/// The headers of the request that the closure sends from a handler that was asked with `headers`.
async fn sent_on<F: Future<Output = HeaderMap> + Send>(
    obs: &Obs,
    headers: &[(&'static str, &'static str)],
    send: impl Fn() -> F + Clone + Send + Sync + 'static,
) -> HeaderMap {
    let sent = Arc::new(Mutex::new(HeaderMap::new()));
    let seen = Arc::clone(&sent);
    let handler = move || {
        let (seen, sending) = (Arc::clone(&seen), send());
        async move {
            let headers = sending.await;
            *seen.lock().unwrap() = headers;
        }
    };
    let app: Router = Router::new().route("/", get(handler)).layer(ObsLayer::new().obs(obs));
    let request = headers.iter().fold(Request::get("/"), |request, (name, value)| {
        request.header(*name, *value)
    });
    let response: Result<_, Infallible> = app.oneshot(request.body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!(response.unwrap().status(), 200);
    std::mem::take(&mut *sent.lock().unwrap())
}

/// By the layer for tower clients, with a header of an older attempt in the request.
async fn by_tower() -> HeaderMap {
    let echo = service_fn(|request: Request<axum::body::Body>| {
        let mut response = Response::new(axum::body::Body::empty());
        *response.headers_mut() = request.headers().clone();
        async move { Ok::<_, Infallible>(response) }
    });
    let request = Request::get("http://users/")
        .header("b3", "0")
        .body(axum::body::Body::empty())
        .unwrap();
    let client = ServiceBuilder::new().layer(ObsClientLayer::new()).service(echo);
    client.oneshot(request).await.unwrap().headers().clone()
}

struct Echo;

#[async_trait::async_trait]
impl obs_reqwest::reqwest_middleware::Middleware for Echo {
    async fn handle(
        &self,
        request: reqwest::Request,
        _: &mut http::Extensions,
        _: obs_reqwest::reqwest_middleware::Next<'_>,
    ) -> obs_reqwest::reqwest_middleware::Result<reqwest::Response> {
        let mut response = Response::new("");
        *response.headers_mut() = request.headers().clone();
        Ok(response.into())
    }
}

async fn by_reqwest() -> HeaderMap {
    let builder = obs_reqwest::reqwest_middleware::ClientBuilder::new(reqwest::Client::new());
    let client = builder.with(obs_reqwest::ObsClientMiddleware::new()).with(Echo).build();
    client.get("http://users/").send().await.unwrap().headers().clone()
}

async fn by_hand() -> HeaderMap {
    let mut headers = HeaderMap::new();
    propagation::inject(&mut |name, value| {
        headers.insert(http::HeaderName::try_from(name).unwrap(), value.parse().unwrap());
    });
    headers
}

/// The ids of the one header of this name: trace, span, and what follows.
fn ids(headers: &HeaderMap, name: &str) -> Vec<String> {
    let values: Vec<_> = headers.get_all(name).iter().collect();
    assert_eq!(values.len(), 1, "{headers:?}");
    let text = values[0].to_str().unwrap();
    text.trim_start_matches("00-").split('-').map(str::to_owned).collect()
}

#[track_caller]
fn check(sent: &HeaderMap, sampled: &str) {
    let (own, w3c) = (ids(sent, "b3"), ids(sent, "traceparent"));
    assert_eq!((own[0].as_str(), own[2].as_str()), (TRACE, sampled));
    assert_ne!(own[1], B3.split('-').nth(1).unwrap());
    assert_eq!(own[..2], w3c[..2]);
}

#[tokio::test]
async fn a_trace_goes_on_in_the_format_of_the_users_own_by_every_client() {
    let obs = obs();
    check(&sent_on(&obs, &[("b3", B3)], by_tower).await, "1");
    check(&sent_on(&obs, &[("b3", B3)], by_reqwest).await, "1");
    check(&sent_on(&obs, &[("b3", B3)], by_hand).await, "1");
}

#[tokio::test]
async fn a_trace_that_is_left_out_goes_on_as_such() {
    let left_out = format!("{TRACE}-e457b5a2e4d86bd1-0").leak();
    check(&sent_on(&obs(), &[("b3", left_out)], by_tower).await, "0");
    check(&sent_on(&obs(), &[("b3", left_out)], by_hand).await, "0");
}

#[tokio::test]
async fn without_a_format_of_the_users_own_only_that_of_w3c_is_sent() {
    let obs = Obs::builder("w3c").log_writer(io::sink()).build().unwrap();
    let sent = sent_on(&obs, &[("b3", B3)], by_reqwest).await;
    assert!(
        sent.get("b3").is_none() && !sent["traceparent"].to_str().unwrap().contains(TRACE),
        "{sent:?}"
    );
}
