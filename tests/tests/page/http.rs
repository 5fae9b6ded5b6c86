//! The same answers wherever the page is served.

use std::{
    io::Read as _,
    net::SocketAddr,
    sync::{Mutex, mpsc},
    thread,
    time::Duration,
};

use actix_web::{App, HttpServer, dev::ServerHandle, rt::System};
use axum::{Router, routing::get};
use obs_axum::obs_core::{Obs, ObsBuilder, names::metric};
use obs_tests::{
    DEADLINE,
    net::{self, H1Client, Response, Server},
    page::Page,
};

const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const PROTOBUF: &str = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";

/// One instance's page in all three places.
struct Served {
    obs: Obs,
    addrs: [(&'static str, SocketAddr); 3],
    actix: ServerHandle,
    _axum: Server,
}

// === impl Served ===

impl Served {
    fn start(settings: impl FnOnce(ObsBuilder) -> ObsBuilder) -> Self {
        let builder = Obs::builder("shop")
            .log_writer(std::io::sink())
            .serve_metrics(([127, 0, 0, 1], 0).into());
        let obs = settings(builder).build().unwrap();
        metrics::with_local_recorder(obs.registry(), || {
            metrics::counter!("jobs_total", "kind" => "mail").increment(7);
            metrics::histogram!("job_duration_seconds").record(0.3);
        });
        let routes = Router::new().route("/ping", get(|| async { "pong" }));
        let axum = Server::start(routes.merge(obs_axum::metrics_for("/metrics", &obs)));
        let (actix_addr, actix) = start_actix(&obs);
        let own = obs.metrics_addr().unwrap();
        Self {
            addrs: [("axum", axum.addr()), ("actix", actix_addr), ("listener", own)],
            obs,
            actix,
            _axum: axum,
        }
    }

    /// The answers to one request, with the names of who gave them.
    fn ask(&self, method: &str, target: &str, headers: &[(&str, &str)]) -> [(&'static str, Response); 3] {
        self.addrs
            .map(|(name, addr)| (name, net::request(addr, method, target, headers, "")))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // The result is available when it has stopped; it is not awaited.
        drop(self.actix.stop(false));
    }
}

fn start_actix(obs: &Obs) -> (SocketAddr, ServerHandle) {
    let (sender, receiver) = mpsc::channel();
    let obs = obs.clone();
    thread::spawn(move || {
        System::new().block_on(async move {
            let app = move || App::new().service(obs_actix::metrics_for("/metrics", &obs));
            let server = HttpServer::new(app)
                .workers(1)
                .disable_signals()
                .bind(("127.0.0.1", 0))
                .unwrap();
            let addr = server.addrs()[0];
            let running = server.run();
            sender.send((addr, running.handle())).unwrap();
            running.await.unwrap();
        });
    });
    receiver.recv_timeout(DEADLINE).unwrap()
}

fn unpacked(response: &Response) -> String {
    let mut text = String::new();
    flate2::read::GzDecoder::new(&response.body[..])
        .read_to_string(&mut text)
        .unwrap();
    text
}

#[test]
fn formats_have_their_exact_types() {
    let served = Served::start(|builder| builder);
    let accepted = [
        ("*/*", TEXT),
        (
            "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.4",
            OPEN_METRICS,
        ),
        (PROTOBUF, PROTOBUF),
    ];
    for (accept, expected) in accepted {
        for (name, answer) in served.ask("GET", "/metrics", &[("accept", accept)]) {
            assert_eq!(
                (answer.status, answer.header("content-type")),
                (200, Some(expected)),
                "{name}: {accept}"
            );
            assert_eq!(answer.header("vary"), Some("accept, accept-encoding"), "{name}");
            assert_eq!(answer.header("content-encoding"), None, "{name}");
            let length = answer
                .header("content-length")
                .map(|length| length.parse::<usize>().unwrap());
            assert_eq!(length, Some(answer.body.len()), "{name}");
            if expected != PROTOBUF {
                let page = Page::parse(answer.text()).unwrap_or_else(|error| panic!("{name}: {error}"));
                assert_eq!(page.value("jobs_total", &[("kind", "mail")]), Some(7.0), "{name}");
            }
        }
    }
}

#[test]
fn pages_are_compressed_for_who_asks() {
    let served = Served::start(|builder| builder);
    for (accept_encoding, expected) in [
        ("gzip", Some("gzip")),
        ("br, gzip;q=0.8, identity;q=0.1", Some("gzip")),
        ("gzip;q=0", None),
        ("identity, gzip;q=0.5", None),
        ("deflate", None),
        ("nonsense;;q=x", None),
    ] {
        for (name, answer) in served.ask("GET", "/metrics", &[("accept-encoding", accept_encoding)]) {
            assert_eq!(answer.header("content-encoding"), expected, "{name}: {accept_encoding}");
            let text = if expected.is_some() {
                unpacked(&answer)
            } else {
                answer.text().to_owned()
            };
            let page = Page::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(page.value("job_duration_seconds_count", &[]), Some(1.0), "{name}");
        }
    }
}

#[test]
fn only_named_metrics_are_shown() {
    let served = Served::start(|builder| builder);
    for (target, expected) in [
        ("/metrics?name[]=jobs_total", vec!["jobs_total"]),
        (
            "/metrics?name%5B%5D=job_duration_seconds&name[]=jobs_total&x",
            vec!["job_duration_seconds", "jobs_total"],
        ),
        ("/metrics?name[]=job", vec![]),
    ] {
        for (name, answer) in served.ask("GET", target, &[]) {
            let page = Page::parse(answer.text()).unwrap();
            let families: Vec<_> = page.families.iter().map(|family| &*family.name).collect();
            assert_eq!((answer.status, families), (200, expected.clone()), "{name}: {target}");
        }
    }
}

#[test]
fn head_is_answered_without_the_page() {
    let served = Served::start(|builder| builder);
    for (name, addr) in served.addrs {
        let mut client = H1Client::open(addr);
        for method in ["HEAD", "GET"] {
            client.send(format!(
                "{method} /metrics?name[]=jobs_total HTTP/1.1\r\nhost: x\r\n\r\n"
            ));
            let answer = client.response(method).unwrap();
            let length: usize = answer.header("content-length").unwrap().parse().unwrap();
            assert_eq!(
                (answer.status, answer.header("content-type")),
                (200, Some(TEXT)),
                "{name}"
            );
            // On one connection: a body after HEAD would be taken for the next answer.
            assert_eq!(
                answer.body.len(),
                if method == "GET" { length } else { 0 },
                "{name}: {method}"
            );
            assert!(length > 50, "{name}");
        }
    }
}

#[test]
fn other_methods_are_refused() {
    let served = Served::start(|builder| builder);
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"] {
        for (name, answer) in served.ask(method, "/metrics", &[]) {
            assert_eq!(
                (answer.status, answer.header("allow")),
                (405, Some("GET, HEAD")),
                "{name}: {method}"
            );
            assert!(answer.body.is_empty(), "{name}: {method}");
        }
    }
}

#[test]
fn a_token_closes_the_page_everywhere() {
    let served = Served::start(|builder| builder.metrics_token("kNTxrHHGqKmkWAeD"));
    for (authorization, status, challenge) in [
        ("", 401, Some("Bearer realm=\"metrics\"")),
        ("Basic dXNlcjpwYXNz", 401, Some("Bearer realm=\"metrics\"")),
        (
            "Bearer kNTxrHHGqKmkWAeE",
            401,
            Some("Bearer realm=\"metrics\", error=\"invalid_token\""),
        ),
        ("Bearer kNTxrHHGqKmkWAeD", 200, None),
    ] {
        for (name, answer) in served.ask("GET", "/metrics", &[("authorization", authorization)]) {
            assert_eq!(answer.status, status, "{name}: {authorization}");
            assert_eq!(answer.header("www-authenticate"), challenge, "{name}: {authorization}");
            assert_eq!(answer.text().contains("jobs_total"), status == 200, "{name}");
        }
    }
}

/// What is collected for a page may block; requests and other pages don't.
#[test]
fn a_collector_that_hangs_blocks_nobody() {
    let served = Served::start(|builder| builder.metrics_timeout(Duration::from_millis(300)));
    let (open, opened) = mpsc::channel::<()>();
    let opened = Mutex::new(opened);
    served.obs.registry().before_render(move || {
        let _ = opened.lock().unwrap().recv_timeout(DEADLINE);
    });
    let axum = served.addrs[0].1;
    thread::scope(|scope| {
        // More than the server has workers.
        let late: Vec<_> = (0..8).map(|_| scope.spawn(|| net::get(axum, "/metrics"))).collect();
        for _ in 0..10 {
            assert_eq!(net::get(axum, "/ping").text(), "pong");
        }
        for answer in late {
            let answer = answer.join().unwrap();
            assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
        }
    });
    drop(open);
    obs_tests::until(DEADLINE, || net::get(axum, "/metrics").status == 200);
}

/// The layer's own metrics of the documentation, without those of errors.
#[test]
fn the_page_tells_of_its_own_health() {
    let served = Served::start(|builder| builder.version("1.4.2"));
    assert_eq!(net::get(served.addrs[0].1, "/metrics").status, 200);
    metrics::with_local_recorder(served.obs.registry(), || {
        for n in 0..2_010 {
            metrics::counter!("visits_total", "visitor" => n.to_string()).increment(1);
        }
    });
    let page = Page::parse(net::get(served.addrs[0].1, "/metrics").text()).unwrap();
    assert_eq!(
        page.value("obs_build_info", &[("service", "shop"), ("version", "1.4.2")]),
        Some(1.0)
    );
    assert_eq!(page.value("target_info", &[("service_name", "shop")]), Some(1.0));
    assert!(page.value("obs_scrape_duration_seconds_count", &[]) >= Some(1.0));
    assert_eq!(
        page.value("obs_series_overflow_total", &[("metric", "visits_total")]),
        Some(10.0)
    );
    assert_eq!(page.value("visits_total", &[("visitor", "_overflow")]), Some(10.0));
    assert_eq!(page.sum("visits_total", &[]), 2_010.0);
}

/// The process's own, in the words of all Prometheus clients; and the runtime that was found.
#[test]
fn the_page_tells_how_full_process_and_runtime_are() {
    let served = Served::start(|builder| builder);
    let obs = served.obs.clone();
    let (axum, _) = (served.addrs[0].1, net::get(served.addrs[0].1, "/metrics"));
    let page = Page::parse(net::get(axum, "/metrics").text()).unwrap();
    for def in metric::PROCESS {
        assert!(page.value(&def.name(""), &[]).is_some(), "{}", def.name(""));
    }
    let memory = page.value("process_resident_memory_bytes", &[]).unwrap();
    assert!((1e6..1e11).contains(&memory), "{memory} bytes");
    assert!(page.value("process_open_fds", &[]) < page.value("process_max_fds", &[]));
    let started = page.value("process_start_time_seconds", &[]).unwrap();
    assert!(started > 1.7e9, "{started}");
    // The service was built outside of a runtime: that of the first scrape is the one.
    assert_eq!(page.value("tokio_workers", &[("runtime", "main")]), Some(2.0));
    for def in metric::TOKIO {
        assert!(
            page.value(&def.name(""), &[("runtime", "main")]).is_some(),
            "{}",
            def.name("")
        );
    }
    drop(obs);
}
