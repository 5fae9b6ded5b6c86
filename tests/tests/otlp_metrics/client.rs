//! RED metrics of clients.

use obs_core::metrics::Convention;
use obs_reqwest::{ObsClientMiddleware, RequestBuilderExt as _, reqwest_middleware::ClientBuilder};
use obs_tests::{DEADLINE, otlp::Receiver};

use crate::service::{attributes, builder, last_push, named};

/// A server is not needed: any answer will do.
#[test]
fn outgoing_requests_are_pushed_by_the_conventions_whatever_the_page_has() {
    for convention in [Convention::Prometheus, Convention::OpenTelemetry] {
        let (receiver, server) = (Receiver::start(), Receiver::start());
        let obs = builder(&receiver).build().unwrap();
        let middleware = ObsClientMiddleware::new().obs(&obs).convention(convention);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let http = reqwest::Client::builder().no_proxy().build().unwrap();
            let http = ClientBuilder::new(http).with(middleware).build();
            let found = http
                .get(format!("{}/users/7", server.endpoint()))
                .target("/users/{id}")
                .send()
                .await
                .unwrap();
            assert_eq!(found.status(), 415);
            http.get("http://127.0.0.1:1/").send().await.unwrap_err();
        });
        obs.shutdown(DEADLINE).unwrap();
        let push = last_push(&receiver);
        let duration = named(&push, "http.client.request.duration").unwrap();
        assert_eq!((duration.kind(), &*duration.metric.unit), ("histogram", "s"));
        let port = server.addr().port().to_string();
        let answered = attributes(&[
            ("http.request.method", "\"GET\""),
            ("server.address", "\"127.0.0.1\""),
            ("server.port", &port),
            ("url.template", "\"/users/{id}\""),
            ("url.scheme", "\"http\""),
            ("http.response.status_code", "415"),
            ("network.protocol.version", "\"1.1\""),
            ("error.type", "\"415\""),
        ]);
        let refused = attributes(&[
            ("http.request.method", "\"GET\""),
            ("server.address", "\"127.0.0.1\""),
            ("server.port", "1"),
            ("url.scheme", "\"http\""),
            ("error.type", "\"connect\""),
        ]);
        let mut seen = duration.attributes();
        seen.sort();
        let mut wanted = vec![answered, refused];
        wanted.sort();
        assert_eq!(seen, wanted, "{convention:?}");
    }
}

#[test]
fn own_labels_of_a_client_are_attributes() {
    let (receiver, server) = (Receiver::start(), Receiver::start());
    let obs = builder(&receiver).build().unwrap();
    let middleware = ObsClientMiddleware::new()
        .obs(&obs)
        .label("purpose", ["look-up", "sync"], |request| {
            if request.method == "GET" && !request.headers.contains_key("x-batch") {
                Some("look-up")
            } else {
                Some("sync")
            }
        });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let http = ClientBuilder::new(http).with(middleware).build();
        http.get(server.endpoint()).send().await.unwrap();
        http.get(server.endpoint()).header("x-batch", "1").send().await.unwrap();
    });
    obs.shutdown(DEADLINE).unwrap();
    let push = last_push(&receiver);
    let attributes = named(&push, "http.client.request.duration").unwrap().attributes();
    let mut purposes: Vec<_> = attributes.iter().map(|of| &*of["purpose"]).collect();
    purposes.sort_unstable();
    assert_eq!(purposes, ["\"look-up\"", "\"sync\""]);
}
