//! What an attacker sends, by the hundred thousand, in the process: the page stays small and the
//! honest requests are counted to the last one.

use std::convert::Infallible;

use axum::{
    Router,
    body::Body,
    http::{HeaderValue, Method, Request, Uri},
    routing::get,
};
use http_body_util::BodyExt as _;
use obs_axum::{
    ObsLayer,
    obs_core::{Obs, names::value, request::KNOWN_METHODS},
};
use obs_tests::page::Page;
use tower_service::Service as _;

const STRANGERS: usize = 100_000;
/// One honest request comes after so many of them.
const HONEST_EVERY: usize = 25;
/// What the page of a small service may take, attacked or not.
const SMALL_PAGE: usize = 64 * 1_024;
const HONEST_ROUTES: [&str; 4] = ["/orders/{id}", "/users/{id}", "/carts/{id}", "/health"];

/// A service that is called in the process.
struct Victim {
    obs: Obs,
    router: Router,
}

// === impl Victim ===

impl Victim {
    fn new(routes: impl IntoIterator<Item = String>) -> Self {
        let obs = Obs::builder("shop").log_writer(std::io::sink()).build().unwrap();
        let routes = routes.into_iter().fold(Router::new(), |router, route| {
            router.route(&route, get(|| async { "hello" }))
        });
        Self {
            router: routes.layer(ObsLayer::new().obs(&obs)),
            obs,
        }
    }

    /// The status of the answer, once its last byte has come.
    async fn ask(&mut self, method: &str, path: &str, headers: &[(&'static str, String)]) -> u16 {
        let mut request = Request::new(Body::empty());
        *request.method_mut() = Method::from_bytes(method.as_bytes()).unwrap();
        *request.uri_mut() = path.parse::<Uri>().unwrap();
        for (name, value) in headers {
            request
                .headers_mut()
                .insert(*name, HeaderValue::from_str(value).unwrap());
        }
        let response = self
            .router
            .call(request)
            .await
            .unwrap_or_else(|never: Infallible| match never {});
        let status = response.status().as_u16();
        response.into_body().collect().await.unwrap();
        status
    }

    fn page(&self) -> (String, Page) {
        let text = obs_tests::page::text_of(self.obs.registry());
        let page = Page::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        (text, page)
    }
}

/// A request with a new path, method, host and request id, each of them invented or valid.
fn stranger(n: usize) -> (String, String, Vec<(&'static str, String)>) {
    let path = if n & 1 == 0 {
        format!("/stranger/{n}")
    } else {
        format!("/orders/{n}")
    };
    let method = if n & 2 == 0 {
        "GET".to_owned()
    } else {
        format!("BREW{n}")
    };
    let mut headers = vec![("user-agent", format!("stranger/{n}"))];
    if n & 4 == 0 {
        headers.push(("host", format!("stranger-{n}.example")));
    }
    if n & 8 == 0 {
        headers.push(("x-request-id", format!("stranger-{n}")));
    }
    if n & 16 == 0 {
        headers.push(("traceparent", format!("00-{:032x}-{:016x}-01", n + 1, n + 1)));
    }
    (method, path, headers)
}

#[tokio::test]
async fn made_up_paths_methods_hosts_and_ids_leave_the_page_small_and_honest_counts_exact() {
    let mut victim = Victim::new(HONEST_ROUTES.map(str::to_owned));
    let mut honest = 0;
    for n in 0..STRANGERS {
        let (method, path, headers) = stranger(n);
        let status = victim.ask(&method, &path, &headers).await;
        assert!(matches!(status, 200 | 404 | 405), "{method} {path}: {status}");
        if n % HONEST_EVERY == 0 {
            let route = HONEST_ROUTES[1 + honest % 3];
            assert_eq!(victim.ask("GET", &route.replace("{id}", "7"), &[]).await, 200);
            honest += 1;
        }
    }
    let (text, page) = victim.page();
    assert!(text.len() < SMALL_PAGE, "the page has {} bytes", text.len());
    assert!(
        !text.contains("stranger") && !text.contains("BREW"),
        "made-up words are on the page:\n{text}"
    );
    assert_eq!(page.sum("http_requests_total", &[]), (STRANGERS + honest) as f64);
    for (at, route) in HONEST_ROUTES.iter().enumerate().skip(1) {
        let expected = (honest + 3 - at) / 3;
        let labels = [
            ("method", "GET"),
            ("endpoint", *route),
            ("status", "200"),
            ("outcome", "ok"),
        ];
        assert_eq!(
            page.value("http_requests_total", &labels),
            Some(expected as f64),
            "{route}"
        );
        let labels = [("method", "GET"), ("endpoint", *route), ("status", "200")];
        assert_eq!(
            page.value("http_request_duration_seconds_count", &labels),
            Some(expected as f64),
            "{route}"
        );
    }
    // A quarter of the requests were valid: GET of an order.
    let orders = [
        ("method", "GET"),
        ("endpoint", "/orders/{id}"),
        ("status", "200"),
        ("outcome", "ok"),
    ];
    assert_eq!(page.value("http_requests_total", &orders), Some((STRANGERS / 4) as f64));
    let refused = [
        ("method", value::OTHER),
        ("endpoint", "/orders/{id}"),
        ("status", "405"),
    ];
    assert_eq!(
        page.value("http_requests_total", &refused),
        Some((STRANGERS / 4) as f64)
    );
    assert_eq!(
        page.sum("http_requests_total", &[("endpoint", value::UNMATCHED)]),
        (STRANGERS / 2) as f64
    );
    assert_eq!(page.sum("http_requests_in_flight", &[]), 0.0);
    assert_eq!(page.sum("obs_series_overflow_total", &[]), 0.0);
}

#[tokio::test]
async fn all_known_methods_on_300_routes_take_nothing_from_the_honest_requests_that_follow() {
    const ROUTES: usize = 300;
    let template = |n: usize| format!("/r{n}/{{id}}");
    let mut victim = Victim::new((0..ROUTES).map(template));
    // HEAD is answered like GET, so it is as honest.
    for n in 0..ROUTES {
        for method in KNOWN_METHODS {
            let status = victim.ask(method, &format!("/r{n}/x"), &[]).await;
            assert_eq!(
                status,
                if matches!(method, "GET" | "HEAD") { 200 } else { 405 },
                "{method}"
            );
        }
    }
    for n in 0..3 * ROUTES {
        assert_eq!(victim.ask("GET", &format!("/r{}/7", n % ROUTES), &[]).await, 200);
    }
    let (_, page) = victim.page();
    for n in 0..ROUTES {
        let endpoint = template(n);
        let of = |method, status| {
            let labels = [("method", method), ("endpoint", &*endpoint), ("status", status)];
            page.value("http_requests_total", &labels)
        };
        assert_eq!(of("GET", "200"), Some(4.0), "{endpoint}");
        assert_eq!(of("HEAD", "200"), Some(1.0), "{endpoint}");
        assert_eq!(of(value::OTHER, "405"), Some(8.0), "{endpoint}");
    }
    assert_eq!(page.series_count("http_requests_total"), 3 * ROUTES);
    assert_eq!(page.sum("obs_series_overflow_total", &[]), 0.0);
    assert_eq!(page.sum("http_requests_in_flight", &[]), 0.0);
}
