//! The same settings on both clients: labels, targets and error types by functions of the application.

use std::{convert::Infallible, io};

use http::{Method, Request, Response};
use obs_axum::ObsClientLayer;
use obs_core::metrics::Convention;
use obs_reqwest::{ObsClientMiddleware, reqwest_middleware::ClientBuilder};
use tower::{Layer as _, ServiceExt as _, service_fn};

use crate::{
    served::{instance, red_page},
    with_tiers,
};

/// Nothing listens there.
const NOWHERE: &str = "http://127.0.0.1:1/users/7";

#[tokio::test]
async fn both_clients_take_the_same_functions_and_record_the_same() {
    let by_layer = instance();
    let refuses = service_fn(|_: Request<String>| async {
        Err::<Response<String>, _>(io::Error::from(io::ErrorKind::ConnectionRefused))
    });
    let request = |tier: &str| {
        Request::get(NOWHERE)
            .header("x-tier", tier)
            .body(String::new())
            .expect("a request")
    };
    let client = with_tiers!(ObsClientLayer::new(), &by_layer)
        .target(|request| (*request.method == Method::GET).then_some("/users/{id}"))
        .classify_error(|_: &io::Error| Some("refused"))
        .layer(refuses);
    for tier in ["paid", "gold"] {
        client.clone().oneshot(request(tier)).await.expect_err("refused");
    }

    let by_middleware = instance();
    let middleware = with_tiers!(ObsClientMiddleware::new(), &by_middleware)
        .target(|request| (*request.method == Method::GET).then_some("/users/{id}"))
        .classify_error(|_| Some("refused"));
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let http = ClientBuilder::new(http).with(middleware).build();
    for tier in ["paid", "gold"] {
        let sent = http.get(NOWHERE).header("x-tier", tier).send().await;
        sent.expect_err("refused");
    }

    let page = red_page(&by_middleware);
    assert_eq!(red_page(&by_layer), page);
    for (tier, count) in [("paid", 1), ("_OTHER", 1)] {
        let labels = format!("method=\"GET\",host=\"127.0.0.1\",target=\"/users/{{id}}\",tier=\"{tier}\"");
        for series in [
            format!("http_client_requests_total{{{labels},status=\"\",outcome=\"server_error\"}} {count}\n"),
            format!("http_client_errors_total{{{labels},error_type=\"refused\"}} {count}\n"),
        ] {
            assert!(page.contains(&series), "{series}\n{page}");
        }
    }
}

/// The values stay those of the list until the end, where the protocol is known.
#[tokio::test]
async fn a_label_of_a_client_is_on_answers_under_the_names_of_opentelemetry() {
    let obs = instance();
    let answers = service_fn(|_: Request<String>| async { Ok::<_, Infallible>(Response::new(String::new())) });
    let layer = ObsClientLayer::new().convention(Convention::OpenTelemetry);
    let client = with_tiers!(layer, &obs).layer(answers);
    let request = Request::get(NOWHERE).header("x-tier", "free").body(String::new());
    client.oneshot(request.expect("a request")).await.expect("an answer");
    let page = red_page(&obs);
    assert!(
        page.lines().any(|line| {
            line.starts_with("http_client_request_duration_seconds_count{")
                && line.contains("tier=\"free\"")
                && line.contains("network_protocol_version=\"1.1\"")
        }),
        "{page}"
    );
}
