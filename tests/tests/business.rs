//! The shop, as its own program: the numbers that its business asks for, and those of its database and
//! cache.
#![expect(clippy::unwrap_used, reason = "a test that can't go on should stop")]

use std::{net::SocketAddr, process::Command};

use obs_tests::{
    DEADLINE, eventually_ok, net,
    page::{Kind, Page},
    process::{self, Process},
};

/// The shop without visitors of its own, on free ports.
struct Shop {
    _process: Process,
    storefront: SocketAddr,
    orders: SocketAddr,
}

impl Shop {
    fn open() -> Self {
        let mut command = Command::new(process::build("shop"));
        command.args(["--port", "0", "--rate", "0", "--logs", "json"]);
        command.env_remove("RUST_LOG").env_remove("OTEL_EXPORTER_OTLP_ENDPOINT");
        let process = Process::start(&mut command);
        let (storefront, orders) = eventually_ok(DEADLINE, || {
            let announced = process.stderr();
            match (address(&announced, "storefront"), address(&announced, "orders")) {
                (Some(storefront), Some(orders)) => Ok((storefront, orders)),
                _ => Err(announced),
            }
        });
        Self {
            _process: process,
            storefront,
            orders,
        }
    }

    #[track_caller]
    fn send(&self, method: &str, path: &str, body: &str, status: u16) {
        let response = net::request(
            self.storefront,
            method,
            path,
            &[("content-type", "application/json")],
            body,
        );
        assert_eq!(response.status, status, "{method} {path}: {}", response.text());
    }

    fn page(of: SocketAddr) -> Page {
        let response = net::get(of, "/metrics");
        Page::parse(response.text()).unwrap_or_else(|error| panic!("{error}"))
    }
}

/// `  orders      http://127.0.0.1:4711  metrics: …`
fn address(announced: &[String], service: &str) -> Option<SocketAddr> {
    let line = announced
        .iter()
        .find_map(|line| line.trim_start().strip_prefix(service))?;
    line.trim_start()
        .strip_prefix("http://")?
        .split_whitespace()
        .next()?
        .parse()
        .ok()
}

#[track_caller]
fn is(page: &Page, series: (&str, &[(&str, &str)]), kind: Kind, value: f64) {
    let (name, labels) = series;
    let found = page
        .value(name, labels)
        .unwrap_or_else(|| panic!("no {name} with {labels:?}"));
    assert!(
        (found - value).abs() < 1e-9,
        "{name} with {labels:?} is {found}, expected {value}"
    );
    let family = page
        .families
        .iter()
        .find(|family| name.starts_with(&family.name))
        .unwrap();
    assert_eq!(family.kind, kind);
    assert!(!family.help.is_empty(), "{family:?}");
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of requests and of what they show")]
fn the_shop_tells_what_its_business_asks_for() {
    let shop = Shop::open();
    shop.send(
        "POST",
        "/register",
        r#"{"user_id":"u1","country":"DE","source":"newsletter"}"#,
        201,
    );
    shop.send(
        "POST",
        "/register",
        r#"{"user_id":"u2","country":"Atlantis","source":"a dream"}"#,
        201,
    );
    shop.send("POST", "/login", r#"{"user_id":"u1"}"#, 204);
    shop.send("GET", "/products/5", "", 200);
    shop.send("GET", "/products/5", "", 200);
    shop.send("POST", "/checkout", r#"{"user_id":"u1","items":2,"card":"valid"}"#, 201);
    shop.send(
        "POST",
        "/checkout",
        r#"{"user_id":"u2","items":1,"card":"valid","currency":"USD"}"#,
        201,
    );
    shop.send("POST", "/checkout", r#"{"user_id":"u3","items":1,"card":"valid"}"#, 201);
    shop.send(
        "POST",
        "/checkout",
        r#"{"user_id":"u3","items":1,"card":"declined"}"#,
        402,
    );
    shop.send("GET", "/orders/1000", "", 200);

    let page = Shop::page(shop.storefront);
    let from = |country, source| [("country", country), ("source", source)];
    is(
        &page,
        ("user_registrations_total", &from("DE", "newsletter")),
        Kind::Counter,
        1.0,
    );
    is(
        &page,
        ("user_registrations_total", &from("other", "other")),
        Kind::Counter,
        1.0,
    );
    is(
        &page,
        ("product_views_total", &[("category", "garden")]),
        Kind::Counter,
        2.0,
    );
    is(&page, ("cart_abandonment_rate", &[]), Kind::Gauge, 0.25);
    is(&page, ("active_users", &[]), Kind::Gauge, 3.0);
    is(
        &page,
        ("cache_hits_total", &[("cache", "products")]),
        Kind::Counter,
        1.0,
    );
    is(
        &page,
        ("cache_misses_total", &[("cache", "products")]),
        Kind::Counter,
        1.0,
    );
    is(
        &page,
        ("cache_evictions_total", &[("cache", "products")]),
        Kind::Counter,
        0.0,
    );

    let page = Shop::page(shop.orders);
    let value = |currency, status| [("currency", currency), ("status", status)];
    is(
        &page,
        ("order_value_total", &value("EUR", "paid")),
        Kind::Counter,
        59.97,
    );
    is(
        &page,
        ("order_value_total", &value("USD", "paid")),
        Kind::Counter,
        19.99,
    );
    is(
        &page,
        ("order_value_total", &value("EUR", "declined")),
        Kind::Counter,
        19.99,
    );
    is(
        &page,
        ("order_processing_seconds_count", &[("status", "paid")]),
        Kind::Summary,
        3.0,
    );
    is(
        &page,
        ("order_processing_seconds_count", &[("status", "declined")]),
        Kind::Summary,
        1.0,
    );
    let median = page
        .value("order_processing_seconds", &[("status", "paid"), ("quantile", "0.5")])
        .unwrap();
    // Stock is reserved in 3 ms and a card charged in 5 ms at least.
    assert!(median > 0.007 && median < DEADLINE.as_secs_f64(), "{median}");
    is(&page, ("db_connections_max", &[("pool", "orders")]), Kind::Gauge, 5.0);
    is(
        &page,
        ("db_connections_active", &[("pool", "orders")]),
        Kind::Gauge,
        0.0,
    );
    let query = |operation| [("pool", "orders"), ("operation", operation), ("outcome", "ok")];
    is(&page, ("db_queries_total", &query("insert_order")), Kind::Counter, 3.0);
    is(&page, ("db_queries_total", &query("find_order")), Kind::Counter, 1.0);
    is(
        &page,
        ("db_query_duration_seconds_count", &query("insert_order")[..2]),
        Kind::Histogram,
        3.0,
    );
}
