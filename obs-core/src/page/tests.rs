//! What the page answers, and how scrapes share the work.

use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    time::Duration,
};

use tokio::task::{JoinHandle, yield_now};

use super::MetricsPage;
use crate::{
    Obs, ObsBuilder,
    exposition::{PageRequest, PageResponse},
    metrics::Registry,
};

/// More than any page here takes.
const LONG: Duration = Duration::from_secs(60);

/// A page with a counter of seven jobs.
struct Stage {
    obs: Obs,
    page: MetricsPage,
}

/// A collector that does not return before it is told to.
struct Gate {
    entered: mpsc::Receiver<()>,
    open: mpsc::Sender<()>,
    calls: Arc<AtomicUsize>,
}

#[derive(Clone, Copy)]
struct Ask {
    method: &'static str,
    query: Option<&'static str>,
    headers: &'static [(&'static str, &'static [u8])],
}

const GET: Ask = Ask {
    method: "GET",
    query: None,
    headers: &[],
};

// === impl Stage ===

impl Stage {
    fn new() -> Self {
        Self::with(|builder| builder)
    }

    fn with(settings: impl FnOnce(ObsBuilder) -> ObsBuilder) -> Self {
        let obs = settings(Obs::builder("shop").log_writer(io::sink())).build().unwrap();
        metrics::with_local_recorder(obs.registry(), || {
            metrics::counter!("jobs_total").increment(7);
            metrics::histogram!("job_duration_seconds").record(0.3);
        });
        Self {
            page: MetricsPage::of(&obs),
            obs,
        }
    }

    async fn answer(&self, ask: Ask) -> PageResponse {
        self.start(ask).await.unwrap()
    }

    fn start(&self, Ask { method, query, headers }: Ask) -> JoinHandle<PageResponse> {
        tokio::spawn(self.page.answer(&PageRequest {
            method,
            path: "/metrics",
            query,
            headers: &headers,
        }))
    }

    /// Asks so that the page is in the queue when this returns.
    async fn queue(&self, ask: Ask) -> JoinHandle<PageResponse> {
        let asked = self.start(ask);
        yield_now().await;
        asked
    }

    /// Stops all pages in their collector.
    fn gate(&self) -> Gate {
        let (enter, entered) = mpsc::channel();
        let (open, opened) = mpsc::channel();
        let (opened, calls) = (Mutex::new(opened), Arc::new(AtomicUsize::new(0)));
        let counted = Arc::clone(&calls);
        self.obs.registry().before_render(move || {
            counted.fetch_add(1, SeqCst);
            let _ = enter.send(());
            let _ = opened.lock().unwrap().recv_timeout(LONG);
        });
        Gate { entered, open, calls }
    }
}

impl PageResponse {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| *value)
    }
}

fn text(response: &PageResponse) -> &str {
    std::str::from_utf8(&response.body).unwrap()
}

// === what is answered ===

#[tokio::test]
async fn the_page_comes_in_the_format_that_is_accepted() {
    let stage = Stage::new();
    let plain = stage.answer(GET).await;
    assert_eq!(
        (plain.status, plain.header("content-type")),
        (200, Some("text/plain; version=0.0.4; charset=utf-8"))
    );
    assert!(text(&plain).contains("\njobs_total 7\n"), "{}", text(&plain));
    let open = stage
        .answer(Ask {
            headers: &[("accept", b"application/openmetrics-text")],
            ..GET
        })
        .await;
    assert!(text(&open).ends_with("# EOF\n"));
    let native = [("accept", &b"application/vnd.google.protobuf;encoding=delimited"[..])];
    let protobuf = stage
        .answer(Ask {
            headers: native.to_vec().leak(),
            ..GET
        })
        .await;
    let content_type = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";
    assert_eq!(protobuf.header("content-type"), Some(content_type));
    for answer in [plain, open, protobuf] {
        assert_eq!(answer.header("vary"), Some("accept, accept-encoding"));
        assert_eq!(answer.header("content-encoding"), None);
    }
}

#[cfg(feature = "gzip")]
#[tokio::test]
async fn the_page_is_compressed_where_the_client_takes_it() {
    let stage = Stage::new();
    let packed = stage
        .answer(Ask {
            headers: &[("accept-encoding", b"gzip")],
            ..GET
        })
        .await;
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    let page = io::read_to_string(flate2::read::GzDecoder::new(&packed.body[..])).unwrap();
    assert!(page.contains("\njobs_total 7\n"), "{page}");
}

#[tokio::test]
async fn only_the_metrics_that_are_named_are_shown() {
    let stage = Stage::new();
    let families = async |query| {
        let answer = stage
            .answer(Ask {
                query: Some(query),
                ..GET
            })
            .await;
        text(&answer)
            .lines()
            .filter_map(|line| line.strip_prefix("# TYPE "))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(families("name[]=jobs_total").await, ["jobs_total counter"]);
    assert_eq!(families("name[]=jobs").await, ["jobs_total counter"]);
    assert_eq!(
        families("name%5B%5D=job_duration_seconds_bucket").await,
        ["job_duration_seconds histogram"]
    );
    let both = families("name[]=jobs_total&name[]=job_duration_seconds").await;
    assert_eq!(both, ["job_duration_seconds histogram", "jobs_total counter"]);
    assert_eq!(families("name[]=nothing").await, Vec::<String>::new());
    let open = [("accept", &b"application/openmetrics-text"[..])];
    let none = stage
        .answer(Ask {
            query: Some("name[]=x"),
            headers: open.to_vec().leak(),
            ..GET
        })
        .await;
    assert_eq!(text(&none), "# EOF\n");
}

#[tokio::test]
async fn methods_other_than_get_and_head_are_refused() {
    let stage = Stage::new();
    for method in ["POST", "OPTIONS", "get", "BREW", ""] {
        let refused = stage.answer(Ask { method, ..GET }).await;
        assert_eq!(
            (refused.status, refused.header("allow")),
            (405, Some("GET, HEAD")),
            "{method}"
        );
        assert!(refused.body.is_empty());
    }
    assert_eq!(stage.answer(Ask { method: "HEAD", ..GET }).await.status, 200);
}

#[tokio::test]
async fn without_the_token_nothing_is_shown() {
    let stage = Stage::with(|builder| builder.metrics_token("s3cret"));
    let missing = stage.answer(Ask { method: "POST", ..GET }).await;
    assert_eq!(
        (missing.status, missing.header("www-authenticate")),
        (401, Some("Bearer realm=\"metrics\""))
    );
    let wrong = stage
        .answer(Ask {
            headers: &[("authorization", b"Bearer s3cre7")],
            ..GET
        })
        .await;
    let challenge = "Bearer realm=\"metrics\", error=\"invalid_token\"";
    assert_eq!((wrong.status, wrong.header("www-authenticate")), (401, Some(challenge)));
    assert!(!text(&wrong).contains("jobs"));
    let right = stage
        .answer(Ask {
            headers: &[("authorization", b"Bearer s3cret")],
            ..GET
        })
        .await;
    assert_eq!(right.status, 200);
}

#[tokio::test]
async fn metrics_of_another_recorder_are_not_made_up() {
    let stage = Stage::with(|builder| builder.recorder(Registry::new()));
    let answer = stage.answer(GET).await;
    assert_eq!(answer.status, 503);
    assert!(text(&answer).contains("metrics_from"));
}

#[tokio::test]
async fn the_page_of_another_recorder_goes_the_same_way() {
    let page = MetricsPage::of_text(|| "up 1\n".to_owned());
    let headers: &[(&str, &[u8])] = &[
        ("accept", b"application/openmetrics-text"),
        ("accept-encoding", b"gzip;q=0"),
    ];
    let ask = PageRequest {
        method: "GET",
        path: "/other-metrics",
        query: Some("name[]=x"),
        headers: &headers,
    };
    let answer = page.answer(&ask).await;
    assert_eq!((answer.status, text(&answer)), (200, "up 1\n"));
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
}

#[test]
fn settings_that_serve_nobody_are_refused() {
    let refused = |settings: fn(ObsBuilder) -> ObsBuilder| {
        settings(Obs::builder("shop").log_writer(io::sink()))
            .build()
            .unwrap_err()
            .to_string()
    };
    assert!(refused(|builder| builder.metrics_max_scrapes(0)).contains("metrics_max_scrapes"));
    assert!(refused(|builder| builder.metrics_timeout(Duration::ZERO)).contains("metrics_timeout"));
    assert!(refused(|builder| builder.metrics_token("two words")).contains("metrics_token"));
}

// === sharing and limits ===

#[tokio::test]
async fn scrapes_that_arrive_together_share_one_page() {
    let stage = Stage::new();
    let gate = stage.gate();
    let first = stage.queue(GET).await;
    gate.entered.recv_timeout(LONG).unwrap();
    let mut together = Vec::new();
    for _ in 0..10 {
        together.push(stage.queue(GET).await);
    }
    gate.open.send(()).unwrap();
    gate.open.send(()).unwrap();
    assert_eq!(first.await.unwrap().status, 200);
    let mut bodies = Vec::new();
    for asked in together {
        bodies.push(asked.await.unwrap().body);
    }
    assert!(
        bodies.iter().all(|body| body.as_ptr() == bodies[0].as_ptr()),
        "each has a page of its own"
    );
    assert_eq!(gate.calls.load(SeqCst), 2);
}

/// The first one may have read the counter already when the second comes.
#[tokio::test]
async fn a_page_tells_what_was_recorded_before_it_was_asked_for() {
    let stage = Stage::new();
    let gate = stage.gate();
    let first = stage.queue(GET).await;
    gate.entered.recv_timeout(LONG).unwrap();
    metrics::with_local_recorder(stage.obs.registry(), || metrics::counter!("jobs_total").increment(1));
    let second = stage.queue(GET).await;
    drop(gate.open);
    assert_eq!(first.await.unwrap().status, 200);
    assert!(text(&second.await.unwrap()).contains("\njobs_total 8\n"));
    assert_eq!(gate.calls.load(SeqCst), 2, "the second got the page of the first");
}

#[tokio::test]
async fn more_pages_than_allowed_are_refused_for_now() {
    let stage = Stage::with(|builder| builder.metrics_max_scrapes(2));
    let gate = stage.gate();
    let first = stage.queue(GET).await;
    gate.entered.recv_timeout(LONG).unwrap();
    let second = stage.queue(GET).await;
    let third = stage
        .answer(Ask {
            query: Some("name[]=jobs"),
            ..GET
        })
        .await;
    assert_eq!((third.status, third.header("retry-after")), (503, Some("1")));
    let shared = stage.queue(GET).await;
    drop(gate.open);
    for asked in [first, second, shared] {
        assert_eq!(asked.await.unwrap().status, 200);
    }
    assert_eq!(
        stage
            .answer(Ask {
                query: Some("name[]=jobs"),
                ..GET
            })
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn a_collector_that_hangs_costs_the_page_and_not_the_client() {
    let stage = Stage::with(|builder| builder.metrics_timeout(Duration::from_millis(50)));
    let gate = stage.gate();
    let (first, second) = (
        stage.queue(GET).await,
        stage
            .queue(Ask {
                query: Some("name[]=jobs"),
                ..GET
            })
            .await,
    );
    for asked in [first, second] {
        let late = asked.await.unwrap();
        assert_eq!((late.status, late.header("retry-after")), (503, Some("1")));
    }
    drop(gate.open);
    // What hung may still be on its way out.
    let recovered = async {
        while stage.answer(GET).await.status != 200 {
            yield_now().await;
        }
    };
    tokio::time::timeout(LONG, recovered).await.unwrap();
}

#[tokio::test]
async fn a_collector_that_panics_costs_no_page() {
    let stage = Stage::new();
    let calls = AtomicUsize::new(0);
    stage
        .obs
        .registry()
        .before_render(move || assert!(calls.fetch_add(1, SeqCst) > 0, "on purpose, the first time"));
    assert_eq!(stage.answer(GET).await.status, 200);
    assert_eq!(stage.answer(GET).await.status, 200);
}

#[tokio::test]
async fn a_page_that_nobody_waits_for_is_not_written() {
    let stage = Stage::new();
    let gate = stage.gate();
    let first = stage.queue(GET).await;
    gate.entered.recv_timeout(LONG).unwrap();
    let given_up = stage
        .queue(Ask {
            query: Some("name[]=jobs"),
            ..GET
        })
        .await;
    given_up.abort();
    assert!(given_up.await.unwrap_err().is_cancelled());
    drop(gate.open);
    assert_eq!(first.await.unwrap().status, 200);
    assert_eq!(stage.answer(GET).await.status, 200);
    assert_eq!(gate.calls.load(SeqCst), 2);
}

#[test]
fn the_future_can_go_where_the_request_goes() {
    fn is_send<T: Send + 'static>(_: T) {}
    is_send(Stage::new().page.answer(&PageRequest {
        method: "GET",
        path: "/",
        query: None,
        headers: &(),
    }));
}
