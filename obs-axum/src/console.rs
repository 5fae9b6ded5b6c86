//! The console.

use std::net::{IpAddr, SocketAddr};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{ConnectInfo, OriginalUri, Request},
    http::{HeaderName, HeaderValue, StatusCode},
    response::Response,
    routing::any,
};
use obs_console::{Console, ConsoleBody, ConsoleRequest, ConsoleResponse, split_mount};
use obs_http::Headers;

use crate::page::{self, unobserved};

/// A router with the console at `path` and below.
///
/// No layer records its requests, wherever it is mounted. See [`obs_console`] for who may use it: without a token, only
/// clients on this machine, whose address the server has to store: [`serve`](crate::serve) does, as does
/// `into_make_service_with_connect_info::<SocketAddr>()`.
///
/// ```
/// use axum::{Router, routing::get};
/// use obs_axum::{ObsLayer, obs_console::Console, obs_core::Obs};
///
/// let obs = Obs::builder("payment-service").log_writer(std::io::sink()).build()?;
/// let console = Console::builder(&obs).one_time_link(true).build()?;
/// println!("console: {}", console.link("http://127.0.0.1:3000/obs"));
/// let app: Router = Router::new()
///     .route("/", get(|| async { "hello" }))
///     .layer(ObsLayer::new().obs(&obs))
///     .merge(obs_axum::console("/obs", &console));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn console<S: Clone + Send + Sync + 'static>(path: &str, console: &Console) -> Router<S> {
    let path = path.trim_end_matches('/').to_owned();
    let of_requests = console.clone();
    let depth = path.matches('/').count();
    let answer = any(async move |request: Request| answer(&of_requests, depth, request).await);
    let below = [format!("{path}/"), format!("{path}/{{*below}}")];
    let itself = Some(path).filter(|path| !path.is_empty());
    page::pages(itself.into_iter().chain(below), console.owner(), &answer)
}

async fn answer(console: &Console, depth: usize, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let uri = head
        .extensions
        .get::<OriginalUri>()
        .map_or(&head.uri, |original| &original.0);
    let leaving = console.owner().left_out(head.method.as_str(), uri.path());
    let (mount, path) = split_mount(uri.path(), head.uri.path(), depth);
    let admitted = console.admit(&ConsoleRequest {
        method: head.method.as_str(),
        path,
        mount,
        query: uri.query(),
        authority: uri.authority().map(http::uri::Authority::as_str),
        headers: &Headers(&head.headers),
        peer: peer(&head.extensions),
    });
    leaving.await;
    let body = match admitted.body_limit() {
        0 => Some(axum::body::Bytes::new()),
        limit => to_bytes(body, limit).await.ok(),
    };
    translated(admitted.answer(body).await)
}

fn peer(extensions: &http::Extensions) -> Option<IpAddr> {
    extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip())
}

fn translated(response: ConsoleResponse) -> Response {
    let body = match response.body {
        ConsoleBody::Stream(follower) => Body::from_stream(follower),
        ConsoleBody::Full(bytes) => Body::from(bytes),
        _ => Body::empty(),
    };
    let mut translated = unobserved(body);
    *translated.status_mut() = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in response.headers {
        if let Ok(value) = HeaderValue::try_from(value) {
            translated.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    translated
}
