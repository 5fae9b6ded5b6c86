//! Tasks, arbiters and threads of actix.

use actix_rt::Arbiter;
use actix_web::{App, HttpResponse, rt, test, web};
use obs_actix::ObsMiddleware;
use obs_core::context::{carry, in_current, scope};

use crate::stage::{check, leave_marks, line_of, obs, request};

#[actix_web::test]
async fn a_local_task_works_in_the_current_request() {
    let request = request();
    scope(request.clone(), async {
        rt::spawn(in_current(async { leave_marks("local") })).await
    })
    .await
    .unwrap();
    check("local", &request);
}

#[actix_web::test]
async fn a_task_on_another_arbiter_works_in_the_current_request() {
    let request = request();
    let arbiter = Arbiter::new();
    scope(request.clone(), async {
        arbiter.spawn(in_current(async { leave_marks("arbiter") }))
    })
    .await;
    check("arbiter", &request);
    scope(request.clone(), async {
        arbiter.spawn_fn(carry(|| leave_marks("arbiter_fn")))
    })
    .await;
    check("arbiter_fn", &request);
    arbiter.stop();
}

#[actix_web::test]
async fn what_web_block_runs_works_in_the_current_request() {
    let request = request();
    scope(request.clone(), async {
        web::block(carry(|| leave_marks("web_block"))).await
    })
    .await
    .unwrap();
    check("web_block", &request);
}

async fn handler() -> HttpResponse {
    rt::spawn(in_current(async { leave_marks("handler") }));
    HttpResponse::Ok().finish()
}

#[actix_web::test]
async fn a_task_of_a_handler_carries_the_id_that_the_caller_gets() {
    obs();
    let app = App::new().wrap(ObsMiddleware::new()).route("/", web::get().to(handler));
    let app = test::init_service(app).await;
    let response = test::call_service(&app, test::TestRequest::get().uri("/").to_request()).await;
    tokio::task::yield_now().await;
    assert_eq!(
        line_of("handler").str("request_id"),
        response.headers().get("x-request-id").unwrap().to_str().unwrap()
    );
}
