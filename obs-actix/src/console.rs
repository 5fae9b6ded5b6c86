//! The console.

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    dev::HttpServiceFactory,
    http::{
        StatusCode,
        header::{HeaderName, HeaderValue},
    },
    web::{self, Bytes, Payload},
};
use obs_console::{Console, ConsoleBody, ConsoleRequest, ConsoleResponse, split_mount};

use crate::{headers::Headers, page::unobserved};

/// A resource with the console at `path` and below.
///
/// No middleware records its requests, in whatever scope it is mounted. See [`obs_console`] for who may use it: without
/// a token, only clients on this machine.
///
/// ```
/// use actix_web::{App, web};
/// use obs_actix::{ObsMiddleware, obs_console::Console, obs_core::Obs};
///
/// let obs = Obs::builder("payment-service").log_writer(std::io::sink()).build()?;
/// let console = Console::builder(&obs).one_time_link(true).build()?;
/// println!("console: {}", console.link("http://127.0.0.1:3000/obs"));
/// let app = App::new()
///     .wrap(ObsMiddleware::new().obs(&obs))
///     .route("/", web::get().to(|| async { "hello" }))
///     .service(obs_actix::console("/obs", &console));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "the console is served once the application has it as a service"]
pub fn console(path: &str, console: &Console) -> impl HttpServiceFactory + use<> {
    let path = path.trim_end_matches('/').to_owned();
    let console = console.clone();
    let below = format!("{path}/{{below:.*}}");
    let paths = if path.is_empty() {
        vec![below]
    } else {
        vec![path, below]
    };
    web::resource(paths).to(move |request: HttpRequest, body: Payload| answer(console.clone(), request, body))
}

async fn answer(console: Console, request: HttpRequest, body: Payload) -> HttpResponse {
    let leaving = console.owner().left_out(request.method().as_str(), request.path());
    let admitted = {
        let (mount, path) = split(&request);
        console.admit(&ConsoleRequest {
            method: request.method().as_str(),
            path,
            mount,
            query: request.uri().query(),
            authority: request.uri().authority().map(actix_web::http::uri::Authority::as_str),
            headers: &Headers(request.headers()),
            peer: request.peer_addr().map(|peer| peer.ip()),
        })
    };
    leaving.await;
    let body = match admitted.body_limit() {
        0 => Some(Bytes::new()),
        limit => body.to_bytes_limited(limit).await.ok().and_then(Result::ok),
    };
    translated(admitted.answer(body).await)
}

/// The mount and the path below it. What the router has matched is decoded in part; slashes are not.
fn split(request: &HttpRequest) -> (&str, &str) {
    let full = request.uri().path();
    let Some(below) = request.match_info().get("below") else {
        return (full, "");
    };
    let depth = full.matches('/').count().saturating_sub(below.matches('/').count() + 1);
    split_mount(full, full, depth)
}

fn translated(response: ConsoleResponse) -> HttpResponse {
    let status = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut builder = HttpResponseBuilder::new(status);
    for (name, value) in response.headers {
        if let Ok(value) = HeaderValue::try_from(value) {
            builder.insert_header((HeaderName::from_static(name), value));
        }
    }
    let response = match response.body {
        ConsoleBody::Stream(follower) => builder.streaming(follower),
        ConsoleBody::Full(bytes) => builder.body(bytes),
        _ => builder.finish(),
    };
    unobserved(response)
}
