//! The HTTP conformance traffic, and answers that end in every other way.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    rt::time::sleep,
    web::{self, Bytes, Json, Path, ServiceConfig},
};
use obs_actix::{ObsMiddleware, obs_core::metrics::Convention};
use serde_json::Value;

use super::server::Blueprint;
use crate::{answers, bodies};

pub(crate) fn scenario(convention: Convention) -> Blueprint<impl FnOnce(&mut ServiceConfig) + Clone + Send + 'static> {
    Blueprint {
        middleware: ObsMiddleware::new().convention(convention),
        configure,
    }
}

fn configure(config: &mut ServiceConfig) {
    config
        .route("/health", web::get().to(health))
        .route("/users/{id}", web::get().to(user))
        .route("/items", web::post().to(item))
        .route("/status/{code}", web::get().to(status))
        .route("/slow", web::get().to(slow))
        .route("/stream", web::get().to(stream))
        .route("/broken", web::get().to(broken))
        .route("/panic", web::get().to(panic))
        .service(obs_actix::metrics("/metrics"));
}

async fn health() -> Json<Value> {
    Json(answers::health())
}

async fn user(id: Path<u64>) -> Json<Value> {
    Json(answers::user(*id))
}

async fn item(body: Bytes) -> HttpResponse {
    HttpResponse::Created().json(answers::item(&body))
}

async fn status(code: Path<u16>) -> HttpResponse {
    match StatusCode::from_u16(*code) {
        Ok(status) => HttpResponse::build(status).json(answers::status(*code)),
        Err(_) => HttpResponse::BadRequest().finish(),
    }
}

async fn slow() -> &'static str {
    sleep(bodies::SLOW).await;
    "at last\n"
}

async fn stream() -> HttpResponse {
    HttpResponse::Ok().streaming(bodies::paced())
}

async fn broken() -> HttpResponse {
    HttpResponse::Ok().streaming(bodies::broken())
}

async fn panic() -> &'static str {
    panic!("panicked on purpose")
}
