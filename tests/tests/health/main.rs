//! `/health` and `/ready` on every adapter, over real connections.

#![allow(
    clippy::expect_used,
    clippy::float_cmp,
    clippy::unwrap_used,
    reason = "tests: what can't go on fails the test; counts are exact"
)]

mod serve;

use obs_core::{
    health::{Check, Health},
    names::metric,
};
use obs_tests::{
    DEADLINE,
    net::{self, Response},
    page::Page,
};

use crate::serve::{Adapter, Service};

fn passing(name: &str) -> Check {
    Check::new(name, || async { Ok::<_, &str>(()) })
}

fn failing(name: &str) -> Check {
    Check::new(name, || async { Err("no route to host") })
}

fn ask(service: &Service, method: &str, path: &str) -> Response {
    net::request(service.addr, method, path, &[], "")
}

#[test]
fn a_live_process_answers_200_whatever_its_checks_say() {
    for adapter in Adapter::ALL {
        let service = Service::start(adapter, Health::new().check(failing("database")));
        let answer = ask(&service, "GET", "/health");
        assert_eq!(
            (answer.status, answer.text()),
            (200, r#"{"status":"pass"}"#),
            "{adapter:?}"
        );
        service.health.declare_dead("worker lost");
        let answer = ask(&service, "GET", "/health");
        assert_eq!(
            (answer.status, answer.text()),
            (503, r#"{"status":"fail","reason":"worker lost"}"#),
            "{adapter:?}"
        );
    }
}

#[test]
fn readiness_tells_of_each_check() {
    for adapter in Adapter::ALL {
        let service = Service::start(
            adapter,
            Health::new().check(passing("database")).check(failing("cache")),
        );
        let answer = ask(&service, "GET", "/ready");
        let body: serde_json::Value = serde_json::from_str(answer.text()).unwrap();
        assert_eq!((answer.status, &body["status"]), (503, &"fail".into()), "{adapter:?}");
        assert_eq!(body["checks"][0]["status"], "pass");
        assert_eq!(body["checks"][1]["reason"], "no route to host");
        service.health.add(failing("cache").optional());
        let answer = ask(&service, "GET", "/ready");
        assert!(
            answer.status == 200 && answer.text().starts_with(r#"{"status":"warn""#),
            "{adapter:?}: {answer:?}"
        );
    }
}

#[test]
fn a_draining_service_answers_503() {
    for adapter in Adapter::ALL {
        let service = Service::start(adapter, Health::new());
        assert_eq!(ask(&service, "GET", "/ready").status, 200, "{adapter:?}");
        service.health.set_draining(true);
        let answer = ask(&service, "GET", "/ready");
        assert_eq!(
            (answer.status, answer.text()),
            (503, r#"{"status":"fail","reason":"draining"}"#),
            "{adapter:?}"
        );
        assert_eq!(ask(&service, "GET", "/health").status, 200, "{adapter:?}");
    }
}

#[test]
fn both_pages_are_json_that_nobody_keeps() {
    for adapter in Adapter::ALL {
        let service = Service::start(adapter, Health::new().check(failing("database")));
        for path in ["/health", "/ready"] {
            for method in ["GET", "HEAD"] {
                let answer = ask(&service, method, path);
                assert_eq!(
                    answer.header("content-type"),
                    Some("application/json"),
                    "{adapter:?} {method} {path}"
                );
                assert_eq!(
                    answer.header("cache-control"),
                    Some("no-store"),
                    "{adapter:?} {method} {path}"
                );
                assert_eq!(
                    answer.status,
                    if path == "/ready" { 503 } else { 200 },
                    "{adapter:?} {method} {path}"
                );
                assert_eq!(answer.body.is_empty(), method == "HEAD", "{adapter:?} {method} {path}");
            }
            let refused = ask(&service, "POST", path);
            let allowed = refused.header("allow").map(|allow| allow.replace(", ", ","));
            assert_eq!(
                (refused.status, allowed.as_deref()),
                (405, Some("GET,HEAD")),
                "{adapter:?} {path}"
            );
        }
    }
}

#[test]
fn a_probe_that_hangs_up_leaves_the_check_running_for_the_next() {
    for adapter in Adapter::ALL {
        let (release, gate) = tokio::sync::watch::channel(false);
        let check = Check::new("slow", move || {
            let mut gate = gate.clone();
            async move { gate.wait_for(|open| *open).await.map(drop) }
        });
        let service = Service::start(adapter, Health::new().check(check.timeout(DEADLINE)));
        let mut gone = net::H1Client::open(service.addr);
        gone.send("GET /ready HTTP/1.1\r\nhost: test\r\n\r\n");
        // The run has begun once the gate has been cloned for it.
        obs_tests::until(DEADLINE, || release.receiver_count() == 2);
        gone.abort();
        release.send(true).unwrap();
        assert_eq!(ask(&service, "GET", "/ready").status, 200, "{adapter:?}");
    }
}

#[test]
fn probes_leave_no_trace() {
    for adapter in Adapter::ALL {
        let service = Service::start(adapter, Health::new().check(failing("database")));
        for path in ["/health", "/ready", "/health", "/ready"] {
            ask(&service, "GET", path);
            ask(&service, "HEAD", path);
        }
        service.assert_silent(adapter);
        // Below a prefix the first probe tells where the page is; what it began is taken back but its
        // span.
        for path in ["/internal/health", "/internal/ready"] {
            ask(&service, "GET", path);
        }
        service.spans.clear();
        for path in ["/internal/health", "/internal/ready"] {
            ask(&service, "GET", path);
        }
        service.assert_silent(adapter);
    }
}

#[test]
fn requests_beside_the_pages_stay_in_sight() {
    for adapter in Adapter::ALL {
        let service = Service::start(adapter, Health::new());
        assert_eq!(ask(&service, "GET", "/orders/7").status, 200);
        assert_eq!(ask(&service, "GET", "/nowhere").status, 404);
        let lines = service.lines.wait_for_requests(DEADLINE, 2);
        let mut endpoints: Vec<_> = lines.iter().map(|line| line.str("endpoint").to_owned()).collect();
        endpoints.sort();
        assert_eq!(endpoints, ["/orders/{id}", "unmatched"], "{adapter:?}");
    }
}

impl Service {
    #[track_caller]
    fn assert_silent(&self, adapter: Adapter) {
        assert!(
            self.lines.request_lines().is_empty(),
            "{adapter:?}: {:?}",
            self.lines.lines()
        );
        assert!(self.spans.ended().is_empty(), "{adapter:?}: {:?}", self.spans.ended());
        let page = obs_tests::page::text_of(self.obs.registry());
        let page = Page::parse(&page).unwrap();
        assert_eq!(page.sum(&metric::REQUESTS.name("http"), &[]), 0.0, "{adapter:?}");
        assert_eq!(page.sum(&metric::IN_FLIGHT.name("http"), &[]), 0.0, "{adapter:?}");
    }
}
