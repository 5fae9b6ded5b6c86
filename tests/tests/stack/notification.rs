//! From a shop that fails, through a real Prometheus and a real Alertmanager with what was generated, to
//! whoever is called.

use std::{
    convert::Infallible,
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    process::Command,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, Response, body::Incoming};
use obs_tests::{DEADLINE, backends, eventually, net, net::Server, process::Process, prometheus::PrometheusBuilder};
use serde_json::Value;

use crate::stage::{SHOP, Shop, Stack, obs, write};

/// The alert waits for 10 seconds, its page for 10 more.
const WITHIN: Duration = Duration::from_secs(120);

const ALERT: &str = "CheckoutFails";

/// Takes what Alertmanager sends.
#[derive(Debug)]
struct Receiver {
    server: Server,
    notifications: Arc<Mutex<Vec<Value>>>,
}

// === impl Receiver ===

impl Receiver {
    fn start() -> Self {
        let notifications = Arc::new(Mutex::new(Vec::new()));
        let received = Arc::clone(&notifications);
        let server = Server::start(tower::service_fn(move |request: Request<Incoming>| {
            let received = Arc::clone(&received);
            async move {
                let body = request.into_body().collect().await.unwrap().to_bytes();
                received.lock().unwrap().push(serde_json::from_slice(&body).unwrap());
                Ok::<_, Infallible>(Response::new(Full::new(Bytes::new())))
            }
        }));
        Self { server, notifications }
    }

    /// The first notification of `alert` with `status`.
    fn wait_for(&self, alert: &str, status: &str) -> Value {
        eventually(WITHIN, || {
            let received = self.notifications.lock().unwrap();
            received
                .iter()
                .find(|one| one["groupLabels"]["alertname"] == alert && one["status"] == status)
                .cloned()
        })
    }
}

/// A real Alertmanager with the generated configuration, stopped at the end of the test.
#[derive(Debug)]
struct Alertmanager {
    addr: SocketAddr,
    _process: Process,
}

// === impl Alertmanager ===

impl Alertmanager {
    fn start(stack: &Stack) -> Self {
        let addr = free_port();
        let mut command = Command::new(backends::program("alertmanager"));
        command
            .arg(format!(
                "--config.file={}",
                stack.path("alertmanager/alertmanager.yml").display()
            ))
            .arg(format!("--storage.path={}", stack.path("alertmanager-data").display()))
            .arg(format!("--web.listen-address={addr}"))
            // Without peers.
            .arg("--cluster.listen-address=");
        let process = Process::start(&mut command);
        eventually(DEADLINE, || {
            let is_open = std::net::TcpStream::connect(addr).is_ok();
            (is_open && net::get(addr, "/-/ready").status == 200).then_some(())
        });
        Self {
            addr,
            _process: process,
        }
    }
}

fn free_port() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .unwrap()
}

/// The shop's definition, whose teams are notified by our receiver.
fn stack_that_tells(receiver: &Receiver) -> Stack {
    let place = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(backends::workspace().join(SHOP)).unwrap();
    let told = text.replace("\"#shop-on-call\"", &receiver.server.url("/shop"));
    assert_ne!(told, text);
    let path = place.path().join("obs.yaml");
    write(&path, &told);
    let check = obs([
        "generate".as_ref(),
        "--spec".as_ref(),
        path.as_os_str(),
        "--out".as_ref(),
        place.path().join("x").as_os_str(),
    ]);
    assert_eq!(check.code, Some(0), "{check:?}");
    Stack::generate(path.to_str().unwrap())
}

#[test]
fn a_shop_that_fails_calls_its_team_with_summary_description_and_runbook() {
    if !backends::require("prometheus") || !backends::require("alertmanager") {
        return;
    }
    let receiver = Receiver::start();
    let stack = stack_that_tells(&receiver);
    let alertmanager = Alertmanager::start(&stack);
    let shop = Shop::open("40", "100");
    let rules = stack.quick_rules();
    let prometheus = rules.into_iter().fold(shop.scraped(), PrometheusBuilder::rules);
    let _prometheus = prometheus.alertmanager(alertmanager.addr).start();

    let notification = receiver.wait_for(ALERT, "firing");
    assert_eq!(notification["version"], "4");
    assert_eq!(notification["receiver"], "shop");
    let alert = &notification["alerts"][0];
    for (label, value) in [
        ("service", "storefront"),
        ("team", "shop"),
        ("severity", "critical"),
        ("env", "demo"),
    ] {
        assert_eq!(alert["labels"][label], value, "{alert}");
    }
    let annotations = &alert["annotations"];
    assert_eq!(annotations["summary"], "Checkouts fail");
    let description = annotations["description"].as_str().unwrap();
    assert!(description.ends_with("% of the checkouts fail"), "{description}");
    assert_eq!(
        annotations["runbook_url"],
        "https://runbooks.example.com/shop/checkoutfails"
    );
    assert!(
        annotations["dashboard_url"]
            .as_str()
            .unwrap()
            .starts_with("http://localhost:3300/d/"),
        "{annotations}"
    );
}
