//! A request's context stays with the request.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Path, State},
    routing::get,
};
use futures_util::future::join_all;
use obs_axum::ObsLayer;
use obs_core::{Obs, context};
use obs_tests::logs::LogBuffer;
use tokio::{sync::Barrier, task};
use tracing::{Dispatch, info, instrument::WithSubscriber as _};
use tracing_subscriber::prelude::*;

use crate::app;

const REQUESTS: usize = 1_000;

/// Logs before anything is set, with a field of its own, and after the field is taken away, while all
/// the other requests do the same.
async fn work(State(all_are_here): State<Arc<Barrier>>, Path(user): Path<usize>) {
    info!(step = "bare", user, "User action");
    context::set_field("user_id", user);
    all_are_here.wait().await;
    info!(step = "set", user, "User action");
    task::yield_now().await;
    let other_task = context::in_current(async move {
        task::yield_now().await;
        info!(step = "spawned", user, "User action");
    });
    task::spawn(other_task.with_current_subscriber()).await.unwrap();
    context::clear();
    all_are_here.wait().await;
    info!(step = "cleared", user, "User action");
    if user.is_multiple_of(2) {
        context::set_field("user_id", user);
    }
}

#[test]
fn a_thousand_interleaved_requests_on_two_threads_keep_their_contexts_apart() {
    let buffer = LogBuffer::new();
    let obs = Obs::builder("shop").log_writer(buffer.clone()).build().unwrap();
    let app = Router::new()
        .route("/users/{id}", get(work))
        .with_state(Arc::new(Barrier::new(REQUESTS)))
        .layer(ObsLayer::new().obs(&obs));
    let dispatch = Dispatch::new(tracing_subscriber::registry().with(obs.subscriber_layer()));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    runtime.block_on(async {
        let requests = (0..REQUESTS).map(|user| {
            let app = app.clone();
            let request = async move { app::get(&app, &format!("/users/{user}"), &format!("req-{user}")).await };
            task::spawn(request.with_subscriber(dispatch.clone()))
        });
        assert!(
            join_all(requests)
                .await
                .into_iter()
                .all(|status| status.unwrap() == 200)
        );
        assert!(context::current().is_none());
    });
    obs.shutdown(Duration::from_secs(20)).unwrap();

    let lines = buffer.json_lines();
    assert_eq!(lines.len(), 5 * REQUESTS);
    for line in lines {
        let user: usize = line.str("request_id").strip_prefix("req-").unwrap().parse().unwrap();
        let set = line.get("user_id").and_then(serde_json::Value::as_u64);
        let expected = if line.is_request_line() {
            user.is_multiple_of(2)
        } else {
            assert_eq!(line.get("user").and_then(serde_json::Value::as_u64), Some(user as u64));
            matches!(line.str("step"), "set" | "spawned")
        };
        assert_eq!(set, expected.then_some(user as u64), "{line:?}");
    }
}
