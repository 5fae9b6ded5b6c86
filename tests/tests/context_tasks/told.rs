//! What answers tell of their trace.

use std::convert::Infallible;

use actix_web::{HttpResponse, dev::Service as _, test};
use axum::{Router, routing::get};
use obs_actix::ObsMiddleware;
use obs_axum::ObsLayer;
use tower::ServiceExt as _;

use crate::stage::obs;

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-";

/// `traceresponse` and the values of `Server-Timing`.
type Told = (Option<String>, Vec<String>);

async fn axum_tells(layer: ObsLayer) -> Told {
    axum_tells_through([layer]).await
}

/// Through these layers, the innermost first.
async fn axum_tells_through(layers: impl IntoIterator<Item = ObsLayer>) -> Told {
    obs();
    let handler = async || ([("server-timing", "db;dur=1")], "hello");
    let routes: Router = Router::new().route("/", get(handler));
    let app = layers.into_iter().fold(routes, Router::layer);
    let request = http::Request::get("/")
        .header("traceparent", PARENT)
        .body(axum::body::Body::empty())
        .unwrap();
    let response: Result<_, Infallible> = app.oneshot(request).await;
    let headers = response.unwrap().headers().clone();
    assert!(headers.get_all("traceresponse").iter().count() <= 1, "{headers:?}");
    let text = |value: &http::HeaderValue| value.to_str().unwrap().to_owned();
    (
        headers.get("traceresponse").map(text),
        headers.get_all("server-timing").iter().map(text).collect(),
    )
}

async fn actix_tells(middleware: ObsMiddleware, path: &str) -> Told {
    actix_tells_through(ObsMiddleware::new().logs(false).traces(false), middleware, path).await
}

async fn actix_tells_through(inner: ObsMiddleware, outer: ObsMiddleware, path: &str) -> Told {
    obs();
    let handler = || async {
        HttpResponse::Ok()
            .insert_header(("server-timing", "db;dur=1"))
            .body("hello")
    };
    let app = actix_web::App::new()
        .route("/", actix_web::web::get().to(handler))
        .wrap_fn(|request, service| {
            let fails = request.path() == "/refused";
            let inner = service.call(request);
            async move {
                if fails {
                    Err(actix_web::error::ErrorForbidden("no"))
                } else {
                    inner.await
                }
            }
        })
        .wrap(inner)
        .wrap(outer);
    let app = test::init_service(app).await;
    let request = test::TestRequest::get()
        .uri(path)
        .insert_header(("traceparent", PARENT))
        .to_request();
    let response = match app.call(request).await {
        Ok(response) => response.into_parts().1.map_into_boxed_body(),
        Err(error) => error.error_response(),
    };
    let text = |value: &actix_web::http::header::HeaderValue| value.to_str().unwrap().to_owned();
    let headers = response.headers();
    assert!(headers.get_all("traceresponse").count() <= 1, "{headers:?}");
    (
        headers.get("traceresponse").map(text),
        headers.get_all("server-timing").map(text).collect(),
    )
}

fn check((response, timings): &Told, has_own: bool) {
    let response = response.as_deref().expect("a traceresponse");
    assert!(
        response.starts_with(TRACE) && response.len() == PARENT.len() && response != PARENT,
        "{response}"
    );
    let own: &[&str] = if has_own { &["db;dur=1"] } else { &[] };
    let (last, others) = timings.split_last().expect("a timing");
    assert_eq!(others, own);
    let millis = last
        .strip_prefix(&format!("traceparent;desc=\"{response}\", head;dur="))
        .expect(last);
    assert!(millis.parse::<f64>().unwrap() >= 0.0);
}

#[actix_web::test]
async fn by_default_answers_tell_nothing() {
    let nothing = (None, vec!["db;dur=1".to_owned()]);
    assert_eq!(axum_tells(ObsLayer::new()).await, nothing);
    assert_eq!(actix_tells(ObsMiddleware::new(), "/").await, nothing);
}

#[actix_web::test]
async fn answers_tell_their_trace_and_the_time_to_their_head() {
    check(
        &axum_tells(ObsLayer::new().server_timing(true).trace_response(true)).await,
        true,
    );
    check(
        &actix_tells(ObsMiddleware::new().server_timing(true).trace_response(true), "/").await,
        true,
    );
}

#[actix_web::test]
async fn of_nested_layers_the_outer_one_tells() {
    // The inner one is in a trace of its own.
    let inner = ObsLayer::new()
        .server_timing(true)
        .trace_response(true)
        .trust_incoming(false);
    let outer = ObsLayer::new().server_timing(true).trace_response(true);
    check(&axum_tells_through([inner, outer]).await, true);
    let inner = || {
        ObsMiddleware::new()
            .server_timing(true)
            .trace_response(true)
            .trust_incoming(false)
    };
    let outer = || ObsMiddleware::new().server_timing(true).trace_response(true);
    check(&actix_tells_through(inner(), outer(), "/").await, true);
    check(&actix_tells_through(inner(), outer(), "/refused").await, false);
}

#[actix_web::test]
async fn what_others_tell_stays_where_the_outer_layer_tells_nothing() {
    let inner = ObsLayer::new().server_timing(true).trace_response(true);
    check(&axum_tells_through([inner, ObsLayer::new()]).await, true);
}

#[actix_web::test]
async fn an_error_that_actix_answers_tells_the_same() {
    check(
        &actix_tells(
            ObsMiddleware::new().server_timing(true).trace_response(true),
            "/refused",
        )
        .await,
        false,
    );
}

#[actix_web::test]
async fn without_a_context_there_is_nothing_to_tell() {
    let layer = ObsLayer::new()
        .server_timing(true)
        .trace_response(true)
        .logs(false)
        .traces(false);
    assert_eq!(axum_tells(layer).await, (None, vec!["db;dur=1".to_owned()]));
}
