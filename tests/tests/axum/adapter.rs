//! axum with our layer on it, as the scenario table wants to have it.

use std::{collections::BTreeMap, net::SocketAddr};

use axum::{
    Router,
    body::{Body, to_bytes},
    error_handling::HandleError,
    extract::{ConnectInfo, Request},
    http::StatusCode,
    middleware::map_response,
    response::{IntoResponse as _, Response},
    routing::{MethodRouter, any, get, get_service, post},
};
use obs_axum::{ObsLayer, WithError};
use obs_tests::{
    apply_settings,
    net::Server,
    scenario::{
        Adapter, Content, Does, Plan, REPLACED, Reply, Route, ScriptedBody, ServiceFailure, Serving, Subscribed,
        UPGRADED_FOR,
    },
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tower_layer::Layer as _;

/// More than any row sends.
const MAX_BODY: usize = 1 << 20;

/// A router with our layer, put together as a test likes it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Axum {
    assemble: fn(Router, ObsLayer, &Plan<'_>) -> Router,
}

// === impl Axum ===

impl Axum {
    /// The layer around all routes and the fallback.
    pub(crate) const PLAIN: Self = Self::assembled(|routes, layer, _| routes.layer(layer));

    /// The layer wherever `assemble` puts it.
    pub(crate) const fn assembled(assemble: fn(Router, ObsLayer, &Plan<'_>) -> Router) -> Self {
        Self { assemble }
    }
}

impl Adapter for Axum {
    fn name(&self) -> &'static str {
        "axum"
    }

    fn start(&self, plan: &Plan<'_>) -> Box<dyn Serving> {
        let layer = apply_settings!(ObsLayer::new(), plan);
        let mut router = (self.assemble)(routes(plan.routes), layer.clone(), plan);
        for route in plan.routes.iter().filter(|route| matches!(route.does, Does::Fail)) {
            router = router.route(&route.endpoint(), failing(&layer));
        }
        if plan.settings.nested {
            router = router.layer(layer.clone());
        }
        if plan.settings.replaces_bodies {
            router = router.layer(map_response(|response: Response| async {
                response.map(|_| Body::from(REPLACED))
            }));
        }
        match (plan.settings.metrics_page, plan.obs) {
            (Some(path), Some(obs)) => router = router.merge(obs_axum::metrics_for(path, obs)),
            (Some(path), None) => router = router.merge(obs_axum::metrics(path)),
            (None, _) => {}
        }
        Box::new(serve(router, plan))
    }
}

/// Serves a router with the peer's address in the request's extensions, as `axum::serve` does with
/// `into_make_service_with_connect_info`.
pub(crate) fn serve(router: Router, plan: &Plan<'_>) -> Server {
    let subscriber = plan.subscriber.clone();
    Server::start_each(move |peer: SocketAddr| {
        Subscribed::new(
            axum::Extension(ConnectInfo(peer)).layer(router.clone()),
            subscriber.clone(),
        )
    })
}

fn routes(routes: &[Route]) -> Router {
    let mut nested: BTreeMap<_, Router> = BTreeMap::new();
    for route in routes.iter().filter(|route| !matches!(route.does, Does::Fail)) {
        let router = nested.entry(route.nested_in).or_default();
        *router = std::mem::take(router).route(&route.template, handler(&route.does));
    }
    let mut router = nested.remove(&None).unwrap_or_default();
    for (prefix, inner) in nested {
        router = router.nest(prefix.unwrap_or_default(), inner);
    }
    router
}

fn handler(does: &Does) -> MethodRouter {
    let does = does.clone();
    match does {
        Does::Upgrade => get(upgrade),
        Does::File(path) => get_service(tower_http::services::ServeFile::new(path)),
        does if does.reads_body() => post(move |request| perform(does.clone(), request)),
        does => get(move |request| perform(does.clone(), request)),
    }
}

async fn perform(does: Does, request: Request) -> Response {
    if let Does::Error(status, error) = does {
        let status = StatusCode::from_u16(status).expect("a status");
        return WithError::new((status, "answer"), error).into_response();
    }
    let body = async move {
        to_bytes(request.into_body(), MAX_BODY)
            .await
            .expect("a whole body")
            .to_vec()
    };
    respond(
        does.perform(body)
            .await
            .expect("a service that fails stands behind a layer of its own"),
    )
}

/// The answer as axum's.
pub(crate) fn respond(reply: Reply) -> Response {
    let Reply {
        status,
        headers,
        content,
    } = reply;
    let body = match content {
        Content::Empty => Body::empty(),
        Content::Full(bytes) => Body::from(bytes),
        Content::Stream(steps) => Body::new(ScriptedBody::new(steps)),
    };
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    response.body(body).expect("a valid answer")
}

/// A service that fails, the layer around it, and around both what turns the error into an answer.
fn failing(layer: &ObsLayer) -> MethodRouter {
    let service = tower::service_fn(|_: Request| async { Err::<Response, _>(ServiceFailure) });
    any(()).fallback_service(HandleError::new(layer.layer(service), |_: ServiceFailure| async {
        StatusCode::BAD_GATEWAY
    }))
}

async fn upgrade(mut request: Request) -> Response {
    let lifetime = obs_core::StreamGuard::start();
    let upgraded = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let mut stream = hyper_util::rt::TokioIo::new(upgraded.await.expect("an upgraded connection"));
        let mut message = [0; 4];
        stream.read_exact(&mut message).await.expect("a message");
        tokio::time::sleep(UPGRADED_FOR).await;
        stream.write_all(&message).await.expect("a client that listens");
        drop(lifetime);
    });
    respond(
        Reply::new(101)
            .header("connection", "upgrade")
            .header("upgrade", "echo"),
    )
}
