//! Paths, plain and tricky, and the headers of every answer.

use actix_web::{App, http::StatusCode, test as actix_test, web};
use axum::{Extension, Router, body::Body, extract::ConnectInfo};
use http::Request;
use obs_axum::obs_console::Console;
use obs_core::Obs;
use tower::ServiceExt as _;

use super::{Served, TOKEN};

#[test]
fn tricks_with_paths_reach_nothing() {
    let served = Served::start(|console| console);
    for path in [
        "/obs//",
        "/obs//logs",
        "/obs/./logs",
        "/obs/../ping",
        "/obs/%2e%2e/ping",
        "/obs/..%2fping",
        "/obs/%2e",
        "/obs/logs/",
        "/obs/logs%2f",
        "/obs/logs%00",
        "/obs/assets/..%2f..%2fCargo.toml",
        "/obs/assets/../../Cargo.toml",
        "/obs/assets/%2e%2e/login",
        "/obs/api/v1/traces/..",
        "/obs/api/v1/traces/a%2fb",
        "/obs/api/v1/traces/%ff",
        "/obs/api/v1/traces/a\\b",
        "/obs/api/v1//session",
        "/obs/api/v1/",
        "/obs/api/",
        "/obs/LOGS",
        "/obs/a/b/c/d/e/f/g/h/i/j",
    ] {
        for (name, response) in served.ask("GET", path, &[], "") {
            // What a framework or its HTTP parser refuses itself is refused too.
            assert!(
                [400, 404].contains(&response.status),
                "{name}: {path}: {}",
                response.status
            );
        }
    }
    served.expect(404, "GET", "/obsx", &[], "");
    served.expect(
        414,
        "GET",
        &format!("/obs/logs?filter={}", "a".repeat(8 << 10)),
        &[],
        "",
    );
}

#[test]
fn every_answer_has_the_headers_that_keep_it_safe() {
    let served = Served::start(|console| console.token(TOKEN));
    let asset = served.ask("GET", "/obs/", &[("authorization", "Bearer 0123456789abcdef")], "");
    let asset = asset[0]
        .1
        .text()
        .split('"')
        .find(|part| part.contains("/assets/app") && part.contains(".js"))
        .unwrap()
        .to_owned();
    for path in [
        "/obs",
        "/obs/",
        "/obs/login",
        "/obs/nothing",
        "/obs/api/v1/session",
        "/obs/api/v1/nothing",
        &asset,
    ] {
        for headers in [
            &[][..],
            &[("authorization", "Bearer 0123456789abcdef")],
            &[("host", "evil.example")],
        ] {
            for (name, response) in served.ask("GET", path, headers, "") {
                let policy = response.header("content-security-policy").unwrap_or_default();
                assert!(
                    policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"),
                    "{name}: {path}"
                );
                assert!(!policy.contains("unsafe"), "{name}: {path}");
                assert_eq!(
                    response.header("x-content-type-options"),
                    Some("nosniff"),
                    "{name}: {path}"
                );
                assert_eq!(
                    response.header("referrer-policy"),
                    Some("no-referrer"),
                    "{name}: {path}"
                );
                let kept = response.header("cache-control").unwrap_or_default();
                let is_asset = path == asset && response.status == 200;
                assert_eq!(kept.contains("immutable"), is_asset, "{name}: {path}: {kept}");
                assert!(is_asset || kept.contains("no-store"), "{name}: {path}: {kept}");
            }
        }
    }
    for (name, response) in served.ask("GET", &asset, &[("accept-encoding", "gzip")], "") {
        assert_eq!(response.header("content-encoding"), Some("gzip"), "{name}");
    }
}

fn console() -> (Obs, Console) {
    let obs = Obs::builder("shop").log_writer(std::io::sink()).build().unwrap();
    let console = Console::builder(&obs).build().unwrap();
    (obs, console)
}

#[tokio::test]
async fn the_console_knows_where_it_is_on_axum() {
    let (_obs, console) = console();
    let mounts: [(Router, &str); 5] = [
        (obs_axum::console("/obs", &console), "/obs"),
        (obs_axum::console("/obs/", &console), "/obs"),
        (obs_axum::console("/", &console), ""),
        (
            Router::new().nest("/admin", obs_axum::console("/obs", &console)),
            "/admin/obs",
        ),
        (
            Router::new().nest("/{tenant}", obs_axum::console("/o", &console)),
            "/blue/o",
        ),
    ];
    for (router, base) in mounts {
        let peer = Extension(ConnectInfo(std::net::SocketAddr::from(([127, 0, 0, 1], 1))));
        let router = router.layer(peer);
        let get = async |path: &str| {
            let request = Request::get(path)
                .header("host", "localhost")
                .body(Body::empty())
                .unwrap();
            let response = router.clone().oneshot(request).await.unwrap();
            let location = response
                .headers()
                .get("location")
                .map(|value| value.to_str().unwrap().to_owned());
            let status = response.status().as_u16();
            let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
            (status, location, String::from_utf8_lossy(&body).into_owned())
        };
        if !base.is_empty() {
            let (status, location, _) = get(&format!("{base}?live=15m")).await;
            assert_eq!((status, location), (303, Some(format!("{base}/?live=15m"))), "{base}");
        }
        for page in ["/", "/logs", "/trace/4bf92f3577b34da6a3ce929d0e0e4736"] {
            let (status, _, body) = get(&format!("{base}{page}")).await;
            assert_eq!(status, 200, "{base}{page}");
            assert!(body.contains(&format!("content=\"{base}\"")), "{base}{page}: {body}");
        }
    }
}

#[actix_web::test]
async fn the_console_knows_where_it_is_on_actix() {
    let (_obs, console) = console();
    let app = App::new()
        .service(obs_actix::console("/obs", &console))
        .service(web::scope("/admin").service(obs_actix::console("/obs", &console)))
        .service(web::scope("/t/{tenant}").service(obs_actix::console("/o", &console)))
        .service(obs_actix::console("/", &console));
    let app = actix_test::init_service(app).await;
    for base in ["/obs", "/admin/obs", "/t/blue/o", ""] {
        for page in ["", "/", "/logs", "/trace/4bf92f3577b34da6a3ce929d0e0e4736"] {
            if base.is_empty() && page.is_empty() {
                continue;
            }
            let request = actix_test::TestRequest::get()
                .uri(&format!("{base}{page}"))
                .insert_header(("host", "localhost"))
                .peer_addr(([127, 0, 0, 1], 1).into())
                .to_request();
            let response = actix_test::call_service(&app, request).await;
            if page.is_empty() {
                assert_eq!(response.status(), StatusCode::SEE_OTHER, "{base}");
                assert_eq!(
                    response.headers().get("location").unwrap(),
                    &format!("{base}/"),
                    "{base}"
                );
                continue;
            }
            assert_eq!(response.status(), StatusCode::OK, "{base}{page}");
            let body = actix_test::read_body(response).await;
            let body = String::from_utf8_lossy(&body);
            assert!(body.contains(&format!("content=\"{base}\"")), "{base}{page}: {body}");
        }
    }
}
