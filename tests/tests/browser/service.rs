//! A service to look at: its visitor is the test in the browser, which also decides when it hangs and what alarms it.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    routing::{get, post},
};
use obs_alert::{AlertManager, AlertRule, Condition, Severity};
use obs_axum::{
    ObsLayer,
    obs_console::Console,
    obs_core::{Obs, trace::in_span},
};
use tokio::{
    net::TcpListener,
    runtime::Runtime,
    sync::watch::{Sender, channel},
};

/// A service; dropping it ends it.
pub(crate) struct Service {
    pub(crate) addr: SocketAddr,
    _alerts: AlertManager,
    _obs: Obs,
    _runtime: Runtime,
}

#[derive(Clone)]
struct Switches {
    is_alarmed: Arc<AtomicBool>,
    /// Whether requests that hang may go on.
    is_released: Sender<bool>,
}

impl Service {
    pub(crate) fn start() -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let obs = Obs::builder("shop")
            .log_writer(io::sink())
            .log_filter("info")
            .version("1.4.2")
            .init()
            .expect("valid settings");
        let switches = Switches {
            is_alarmed: Arc::new(AtomicBool::new(false)),
            is_released: channel(true).0,
        };
        let alerts = alerts(&obs, Arc::clone(&switches.is_alarmed));
        let console = |has_controls| {
            let console = Console::builder(&obs).alerts(&alerts).controls(has_controls);
            console.build().expect("valid settings")
        };
        let app = routes()
            .with_state(switches)
            .layer(ObsLayer::new().obs(&obs))
            .merge(obs_axum::console("/obs", &console(true)))
            .merge(obs_axum::console("/watch", &console(false)));
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("an address");
        let addr = listener.local_addr().expect("an address");
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        runtime.spawn(async move { axum::serve(listener, app).await });
        Self {
            addr,
            _alerts: alerts,
            _obs: obs,
            _runtime: runtime,
        }
    }
}

fn alerts(obs: &Obs, is_alarmed: Arc<AtomicBool>) -> AlertManager {
    let condition = Condition::custom(move || Ok::<_, io::Error>(is_alarmed.load(Relaxed)));
    let rule = AlertRule::new("OrdersStuck", condition, Severity::Critical, "no order leaves the shop");
    AlertManager::builder()
        .obs(obs)
        .rule(rule)
        .interval(Duration::from_millis(200))
        .start()
        .expect("valid settings")
}

fn routes() -> Router<Switches> {
    Router::new()
        .route("/orders/{id}", get(order))
        .route("/hang", get(hang))
        .route("/release/{on}", post(release))
        .route("/alarm/{on}", post(alarm))
}

async fn order(Path(id): Path<u32>) -> StatusCode {
    in_span("load order", async {
        tracing::info!(order_id = id, "order read");
    })
    .await;
    if id % 10 == 3 {
        tracing::error!(order_id = id, "the order has no address");
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    StatusCode::OK
}

async fn hang(State(switches): State<Switches>) {
    tracing::info!("waiting for the stock");
    let mut is_released = switches.is_released.subscribe();
    let _ = is_released.wait_for(|is_released| *is_released).await;
}

async fn release(State(switches): State<Switches>, Path(on): Path<bool>) {
    switches.is_released.send_replace(on);
}

async fn alarm(State(switches): State<Switches>, Path(on): Path<bool>) {
    switches.is_alarmed.store(on, Relaxed);
}
