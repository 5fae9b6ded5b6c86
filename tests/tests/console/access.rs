//! Who gets in, and who does not.

use axum::Router;
use obs_axum::obs_console::{Console, Rights};
use obs_core::Obs;
use obs_tests::net::{self, H2Client, Server};

use super::{Served, TOKEN, ask};

const BEARER: (&str, &str) = ("authorization", "Bearer 0123456789abcdef");
const JSON: (&str, &str) = ("content-type", "application/json");
/// One path of each kind.
const PATHS: [&str; 5] = ["/obs", "/obs/", "/obs/logs", "/obs/api/v1/session", "/obs/nothing/here"];

#[test]
fn a_name_of_another_site_reaches_nothing_although_it_leads_here() {
    let served = Served::start(|console| console);
    for path in PATHS {
        served.expect(403, "GET", path, &[("host", "rebind.example")], "");
        served.expect(403, "GET", path, &[("host", "127.0.0.1.nip.io:3000")], "");
    }
    served.expect(403, "POST", "/obs/login", &[("host", "rebind.example")], "token=x");
    served.expect(200, "GET", "/obs/", &[("host", "localhost:3000")], "");
    let allowed = Served::start(|console| console.allow_host("shop.internal"));
    allowed.expect(200, "GET", "/obs/", &[("host", "SHOP.internal:8443")], "");
    allowed.expect(403, "GET", "/obs/", &[("host", "other.internal")], "");
}

#[test]
fn a_name_of_another_site_reaches_nothing_over_http_2() {
    let obs = Obs::builder("shop").log_writer(std::io::sink()).build().unwrap();
    let console = Console::builder(&obs).token(TOKEN).build().unwrap();
    let server = Server::start(Router::new().merge(obs_axum::console("/obs", &console)));
    let client = H2Client::open(server.addr());
    let status = |authority: &str| {
        let request = http::Request::get(format!("http://{authority}/obs/"))
            .header(BEARER.0, BEARER.1)
            .body(())
            .unwrap();
        client.send(request).unwrap().response().unwrap().status
    };
    assert_eq!(status("rebind.example"), 403);
    assert_eq!(status("localhost"), 200);
}

#[test]
fn a_page_of_another_site_reaches_nothing_through_a_browser() {
    let served = Served::start(|console| console.controls(true));
    let filter = r#"{"directives":"debug","seconds":60}"#;
    for origin in ["null", "http://evil.example", "http://localhost:1", "ftp://HOST"] {
        for path in PATHS {
            served.expect(403, "GET", path, &[("origin", origin)], "");
        }
        served.expect(
            403,
            "POST",
            "/obs/api/v1/controls/log-filter",
            &[("origin", origin), JSON],
            filter,
        );
    }
    for site in ["cross-site", "same-site"] {
        served.expect(403, "GET", "/obs/api/v1/session", &[("sec-fetch-site", site)], "");
        served.expect(
            403,
            "POST",
            "/obs/api/v1/controls/log-filter",
            &[("sec-fetch-site", site), JSON],
            filter,
        );
    }
    assert!(served.obs.overrides().is_empty());
    served.expect(200, "GET", "/obs/", &[("origin", "http://HOST")], "");
}

#[test]
fn without_an_address_or_behind_a_proxy_nobody_is_on_this_machine() {
    let obs = Obs::builder("shop").log_writer(std::io::sink()).build().unwrap();
    let console = Console::builder(&obs).build().unwrap();
    // A server that stores no addresses.
    let server = Server::start(Router::new().merge(obs_axum::console("/obs", &console)));
    let refused = net::get(server.addr(), "/obs/api/v1/session");
    assert_eq!(refused.status, 403);
    assert!(
        refused.text().contains("into_make_service_with_connect_info"),
        "{}",
        refused.text()
    );
    let served = Served::start(|console| console);
    served.expect(403, "GET", "/obs/", &[("x-forwarded-for", "10.0.0.7")], "");
    served.expect(403, "GET", "/obs/", &[("forwarded", "for=10.0.0.7")], "");
}

#[test]
fn without_a_token_there_is_a_form_for_people_and_a_problem_for_scripts() {
    let served = Served::start(|console| console.token(TOKEN));
    for path in ["/obs", "/obs/", "/obs/logs", "/obs/nothing/here"] {
        served.expect(401, "GET", path, &[], "");
        for (name, response) in served.ask("GET", path, &[("accept", "text/html")], "") {
            assert_eq!(response.status, 401, "{name}");
            assert!(
                response.text().contains("<form method=\"post\" action=\"/obs/login\">"),
                "{name}: {}",
                response.text()
            );
        }
    }
    for (name, response) in served.ask("GET", "/obs/api/v1/session", &[("accept", "text/html")], "") {
        assert_eq!(
            (response.status, response.header("content-type")),
            (401, Some("application/json")),
            "{name}"
        );
        assert!(
            response.text().contains(r#""code":"unauthorized""#),
            "{name}: {}",
            response.text()
        );
    }
    served.expect(401, "GET", "/obs/", &[("authorization", "Bearer 0123456789abcdeX")], "");
    served.expect(401, "GET", &format!("/obs/?token={TOKEN}"), &[], "");
    served.expect(200, "GET", "/obs/", &[BEARER], "");
}

/// The name and value of the cookie that a response sets.
fn cookie(response: &net::Response) -> String {
    let set = response.header("set-cookie").expect("a cookie");
    assert!(
        set.contains("; HttpOnly; SameSite=Strict") && set.contains("; Path=/obs;"),
        "{set}"
    );
    set.split(';').next().unwrap().to_owned()
}

#[test]
fn a_login_gives_a_cookie_that_no_other_console_takes() {
    let (served, other) = (
        Served::start(|console| console.token(TOKEN)),
        Served::start(|console| console.token(TOKEN)),
    );
    served.expect(401, "POST", "/obs/login", &[], "token=wrong");
    for (name, response) in served.ask(
        "POST",
        "/obs/login",
        &[],
        &format!("next=%2Flogs%3Flive%3D15m&token={TOKEN}"),
    ) {
        assert_eq!(
            (response.status, response.header("location")),
            (303, Some("/obs/logs?live=15m")),
            "{name}"
        );
        let cookie = cookie(&response);
        let addr = served.addrs.iter().find(|(own, _)| *own == name).unwrap().1;
        assert_eq!(
            ask(addr, "GET", "/obs/", &[("cookie", &cookie)], "").status,
            200,
            "{name}"
        );
        let (_, value) = cookie.split_once('=').unwrap();
        for (name, response) in other.ask("GET", "/obs/", &[("cookie", &cookie)], "") {
            assert_eq!(response.status, 401, "{name}");
        }
        let guessed = cookie.replace(value, &"0".repeat(64));
        assert_eq!(
            ask(addr, "GET", "/obs/", &[("cookie", &guessed)], "").status,
            401,
            "{name}"
        );
    }
    for next in [
        "//evil.example",
        "https://evil.example",
        "/%5cevil.example",
        "/../x",
        "%2F%0d%0aset-cookie:a=b",
    ] {
        for (name, response) in served.ask("POST", "/obs/login", &[], &format!("token={TOKEN}&next={next}")) {
            assert_eq!(
                (response.status, response.header("location")),
                (303, Some("/obs/")),
                "{name}: {next}"
            );
        }
    }
}

#[test]
fn a_link_admits_once_and_only_whoever_opens_it() {
    let served = Served::start(|console| console.one_time_link(true));
    for (name, addr) in served.addrs {
        let link = served.console.link(format_args!("http://{addr}/obs"));
        let target = link.strip_prefix(&format!("http://{addr}")).unwrap();
        assert_eq!(ask(addr, "HEAD", target, &[], "").status, 503, "{name}");
        assert_eq!(
            ask(addr, "GET", target, &[("sec-purpose", "prefetch")], "").status,
            503,
            "{name}"
        );
        let opened = ask(addr, "GET", target, &[], "");
        assert_eq!(
            (opened.status, opened.header("location")),
            (303, Some("/obs/")),
            "{name}"
        );
        assert_eq!(
            ask(addr, "GET", "/obs/", &[("cookie", &cookie(&opened))], "").status,
            200,
            "{name}"
        );
        assert_eq!(ask(addr, "GET", target, &[], "").status, 401, "{name}: again");
    }
}

#[test]
fn a_token_that_may_see_may_not_change() {
    let served = Served::start(|console| console.controls(true).token_with(TOKEN, Rights::see()));
    let filter = r#"{"directives":"debug","seconds":60}"#;
    served.expect(403, "POST", "/obs/api/v1/controls/log-filter", &[BEARER, JSON], filter);
    served.expect(401, "POST", "/obs/api/v1/controls/log-filter", &[JSON], filter);
    assert!(served.obs.overrides().is_empty());
}
