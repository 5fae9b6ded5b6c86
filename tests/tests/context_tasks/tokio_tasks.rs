//! Tasks and threads of tokio.

use obs_core::context::{carry, in_current, run_in, scope};

use crate::stage::{check, leave_marks, line_of, obs, request};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_spawned_task_works_in_the_current_request() {
    let request = request();
    let spawning = async { tokio::spawn(in_current(async { leave_marks("spawned") })).await };
    scope(request.clone(), spawning).await.unwrap();
    check("spawned", &request);
}

#[tokio::test]
async fn a_context_that_was_kept_can_be_carried_anywhere() {
    let request = request();
    tokio::spawn(scope(request.clone(), async {
        tokio::task::yield_now().await;
        leave_marks("scoped");
    }))
    .await
    .unwrap();
    check("scoped", &request);
}

#[tokio::test]
async fn a_blocking_task_works_in_the_current_request() {
    let request = request();
    let spawning = async { tokio::task::spawn_blocking(carry(|| leave_marks("carried"))).await };
    scope(request.clone(), spawning).await.unwrap();
    check("carried", &request);
}

#[tokio::test]
async fn a_blocking_task_works_in_a_context_that_was_kept() {
    let request = request();
    let kept = request.clone();
    tokio::task::spawn_blocking(|| run_in(kept, || leave_marks("blocking")))
        .await
        .unwrap();
    check("blocking", &request);
}

#[expect(
    clippy::async_yields_async,
    reason = "the task shall outlive the future that spawns it"
)]
#[tokio::test]
async fn a_task_that_outlives_its_request_keeps_the_ids() {
    let request = request();
    let (go, gone) = tokio::sync::oneshot::channel::<()>();
    let spawning = async {
        tokio::spawn(in_current(async {
            gone.await.unwrap();
            leave_marks("outlived");
        }))
    };
    let task = scope(request.clone(), spawning).await;
    go.send(()).unwrap();
    task.await.unwrap();
    check("outlived", &request);
}

#[tokio::test]
async fn a_task_that_is_just_spawned_has_no_ids() {
    obs();
    scope(request(), async { tokio::spawn(async { leave_marks("bare") }).await })
        .await
        .unwrap();
    assert!(line_of("bare").get("request_id").is_none());
}
