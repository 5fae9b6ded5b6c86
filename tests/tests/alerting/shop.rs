//! The shop, as its own program, with an Alertmanager: its checkouts fail, then work again.

use std::{net::SocketAddr, process::Command, time::Duration};

use obs_tests::{
    DEADLINE,
    alertmanager::Alertmanager,
    backends, eventually, net,
    process::{self, Process},
    until,
};
use serde_json::Value;

use crate::hook::Hook;

const ALERT: &str = "CheckoutFails";

/// The alert is pending for 10 seconds, and keeps firing for 30 after its cause has ended.
const WITHIN: Duration = Duration::from_secs(120);

/// The shop without visitors of its own.
struct Shop {
    _process: Process,
    storefront: SocketAddr,
}

// === impl Shop ===

impl Shop {
    fn open(alertmanager: SocketAddr) -> Self {
        let mut command = Command::new(process::build("shop"));
        command.args(["--port", "0", "--rate", "0", "--logs", "json"]);
        command.args(["--alertmanager", &format!("http://{alertmanager}")]);
        command.env_remove("RUST_LOG").env_remove("OTEL_EXPORTER_OTLP_ENDPOINT");
        let process = Process::start(&mut command);
        let storefront = eventually(DEADLINE, || process.stderr().iter().find_map(|line| storefront(line)));
        // What is counted before the first evaluation has not grown.
        until(DEADLINE, || {
            net::get(storefront, "/metrics")
                .text()
                .contains("obs_alert_history_bytes")
        });
        Self {
            _process: process,
            storefront,
        }
    }

    #[track_caller]
    fn check_out(&self, card: &str, is_sold: bool) {
        let cart = format!(r#"{{"user_id":"user-1","items":1,"card":"{card}"}}"#);
        let json = [("content-type", "application/json")];
        let response = net::request(self.storefront, "POST", "/checkout", &json, &cart);
        assert_eq!(response.status < 300, is_sold, "{card}: {}", response.text());
    }
}

/// `  storefront  http://127.0.0.1:4711  metrics: …`
fn storefront(line: &str) -> Option<SocketAddr> {
    let address = line
        .trim_start()
        .strip_prefix("storefront")?
        .trim_start()
        .strip_prefix("http://")?;
    address.split_whitespace().next()?.parse().ok()
}

fn told(hook: &Hook, status: &str) -> Option<Value> {
    let is_it = |one: &Value| one["status"] == status && one["groupLabels"]["alertname"] == ALERT;
    hook.bodies().into_iter().find(is_it)
}

#[test]
fn failures_of_the_shop_reach_alertmanager_and_so_does_their_end() {
    if !backends::require("alertmanager") || !backends::require("amtool") {
        return;
    }
    let hook = Hook::start();
    let alertmanager = Alertmanager::start(&hook.url());
    let shop = Shop::open(alertmanager.addr());
    (0..10).for_each(|_| shop.check_out("unreachable", false));

    let of_ours = |alert: &Value| alert["labels"]["alertname"] == ALERT;
    let listed = eventually(WITHIN, || alertmanager.amtool_alerts().into_iter().find(of_ours));
    assert_eq!(listed["labels"]["service"], "storefront");
    assert_eq!(listed["labels"]["severity"], "critical");
    let firing = eventually(WITHIN, || told(&hook, "firing"));
    let annotations = &firing["alerts"][0]["annotations"];
    assert_eq!(annotations["summary"], "Checkouts fail");
    assert_eq!(annotations["description"], "100% of the checkouts fail");
    assert_eq!(
        annotations["runbook_url"],
        "https://runbooks.example.com/shop/checkoutfails"
    );

    // A tenth of the checkouts fail now, at most.
    (0..100).for_each(|_| shop.check_out("valid", true));
    eventually(WITHIN, || told(&hook, "resolved"));
    until(WITHIN, || !alertmanager.amtool_alerts().iter().any(of_ours));
}
