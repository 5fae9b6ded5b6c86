//! The same small service on each adapter.

use std::{net::SocketAddr, sync::mpsc, thread};

use actix_web::{App, HttpServer, web};
use axum::{Router, routing::get};
use obs_actix::ObsMiddleware;
use obs_axum::ObsLayer;
use obs_core::{Obs, health::Health, logs::LogFormat};
use obs_tests::{logs::LogBuffer, net::Server, spans::SpanBuffer};

#[derive(Clone, Copy, Debug)]
pub(crate) enum Adapter {
    Axum,
    Actix,
}

/// A service with both pages, at the top and below `/internal`, until it is dropped.
pub(crate) struct Service {
    pub(crate) addr: SocketAddr,
    pub(crate) obs: Obs,
    pub(crate) health: Health,
    pub(crate) lines: LogBuffer,
    pub(crate) spans: SpanBuffer,
    _running: Running,
}

enum Running {
    Axum { _server: Server },
    Actix { handle: actix_web::dev::ServerHandle },
}

// === impl Adapter ===

impl Adapter {
    pub(crate) const ALL: [Self; 2] = [Self::Axum, Self::Actix];
}

// === impl Service ===

impl Service {
    pub(crate) fn start(adapter: Adapter, health: Health) -> Self {
        let (lines, spans) = (LogBuffer::new(), SpanBuffer::new());
        let obs = Obs::builder("test")
            .log_format(LogFormat::Json)
            .log_writer(lines.clone())
            .tracer_provider(spans.provider())
            .build()
            .unwrap();
        let health = health.obs(&obs);
        let (addr, running) = match adapter {
            Adapter::Axum => on_axum(&obs, &health),
            Adapter::Actix => on_actix(&obs, &health),
        };
        Self {
            addr,
            obs,
            health,
            lines,
            spans,
            _running: running,
        }
    }
}

fn on_axum(obs: &Obs, health: &Health) -> (SocketAddr, Running) {
    let pages = || obs_axum::health("/health", health).merge(obs_axum::ready("/ready", health));
    let app = Router::new()
        .route("/orders/{id}", get(async || "order"))
        .nest("/internal", pages())
        .layer(ObsLayer::new().obs(obs))
        .merge(obs_axum::metrics_for("/metrics", obs))
        .merge(pages());
    let server = Server::start(app);
    (server.addr(), Running::Axum { _server: server })
}

fn on_actix(obs: &Obs, health: &Health) -> (SocketAddr, Running) {
    let (obs, health) = (obs.clone(), health.clone());
    let (started, start) = mpsc::channel();
    thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let app = move || {
                App::new()
                    .wrap(ObsMiddleware::new().obs(&obs))
                    .route("/orders/{id}", web::get().to(async || "order"))
                    .service(
                        web::scope("/internal")
                            .service(obs_actix::health("/health", &health))
                            .service(obs_actix::ready("/ready", &health)),
                    )
                    .service(obs_actix::metrics_for("/metrics", &obs))
                    .service(obs_actix::health("/health", &health))
                    .service(obs_actix::ready("/ready", &health))
            };
            let server = HttpServer::new(app)
                .workers(2)
                .disable_signals()
                .bind("127.0.0.1:0")
                .unwrap();
            let addr = server.addrs()[0];
            let server = server.run();
            started.send((addr, server.handle())).unwrap();
            server.await.unwrap();
        });
    });
    let (addr, handle) = start.recv().unwrap();
    (addr, Running::Actix { handle })
}

// === impl Running ===

impl Drop for Running {
    fn drop(&mut self) {
        if let Self::Actix { handle } = self {
            // The command is sent at once; its end is not awaited.
            drop(handle.stop(false));
        }
    }
}
