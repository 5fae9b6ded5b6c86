//! Many requests at once on few threads.

use std::collections::BTreeSet;

use obs_core::{
    context,
    names::{header, log},
};
use tokio::sync::watch;

use crate::{
    DEADLINE,
    net::H2Client,
    scenario::{Adapter, Does, Reply, Route, Settings, Stage},
};

const CONNECTIONS: usize = 10;
const STREAMS: usize = 100;
const REQUESTS: usize = CONNECTIONS * STREAMS;

/// 1 000 requests that run through each other on the server's two threads: ids and fields stay with
/// the request that they belong to, on every line, span and answer.
#[track_caller]
pub fn contexts_stay_with_their_requests(adapter: &dyn Adapter) {
    let (stage, settings) = (Stage::in_memory(), Settings::default());
    let (open, gate) = watch::channel(false);
    let server = stage.serve(
        adapter,
        &[Route::new("/work", Does::run(move || work(gate.clone())))],
        &settings,
    );
    let clients: Vec<_> = (0..CONNECTIONS).map(|_| H2Client::open(server.addr())).collect();
    let streams: Vec<_> = (0..REQUESTS)
        .map(|n| {
            let request = http::Request::get(server_url(server.addr()))
                .header(header::REQUEST_ID, id(n))
                .body(());
            clients[n % CONNECTIONS]
                .send(request.expect("a request"))
                .expect("an open connection")
        })
        .collect();
    #[expect(clippy::cast_precision_loss, reason = "a small whole number")]
    stage.wait_in_flight(REQUESTS as f64, &settings);
    open.send(true).expect("handlers wait");
    for (n, stream) in streams.into_iter().enumerate() {
        let answer = stream.response().expect("an answer to each");
        assert_eq!(answer.header(header::REQUEST_ID), Some(&*id(n)), "the echoed id");
        assert_eq!(answer.text(), id(n), "the id that the handler saw throughout");
    }
    assert!(stage.wait_finished(REQUESTS));
    drop(clients);
    assert!(server.stop(DEADLINE));
    stage.flush(REQUESTS);
    check_lines(&stage);
}

fn check_lines(stage: &Stage) {
    let lines = stage.lines();
    assert_eq!(lines.len(), 3 * REQUESTS, "two events and a canonical line a request");
    for line in &lines {
        assert_eq!(
            line.str("mine"),
            line.str(log::REQUEST_ID),
            "a field on a line of another request: {line:?}"
        );
    }
    let spans = stage.spans();
    let ids: BTreeSet<_> = lines
        .iter()
        .map(|line| (line.str(log::TRACE_ID), line.str(log::SPAN_ID)))
        .collect();
    let of_spans: BTreeSet<_> = spans.iter().map(|span| (&*span.trace_id, &*span.span_id)).collect();
    assert_eq!(ids, of_spans, "ids on lines and spans");
    assert_eq!(of_spans.len(), REQUESTS);
    assert_eq!(stage.page().sum("http_requests_in_flight", &[]), 0.0);
}

async fn work(mut gate: watch::Receiver<bool>) -> Reply {
    let mine = current_id();
    context::set_field("mine", mine.clone());
    let mut is_mine = true;
    for _ in 0..3 {
        tokio::task::yield_now().await;
        is_mine &= current_id() == mine;
    }
    tracing::info!("waiting");
    let _ = gate.wait_for(|is_open| *is_open).await;
    tokio::task::yield_now().await;
    is_mine &= current_id() == mine;
    tracing::info!("working");
    Reply::new(200).body(if is_mine { mine } else { "another's".to_owned() })
}

fn current_id() -> String {
    context::current()
        .map(|context| context.request_id().to_owned())
        .unwrap_or_default()
}

fn id(n: usize) -> String {
    format!("request-{n}")
}

fn server_url(addr: std::net::SocketAddr) -> String {
    format!("http://{addr}/work")
}
