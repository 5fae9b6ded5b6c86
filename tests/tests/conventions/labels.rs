//! Labels of a layer's own.

use std::io;

use obs_actix::ObsMiddleware;
use obs_axum::ObsLayer;
use obs_core::{Obs, metrics::Convention};
use obs_tests::{alloc::count_allocations, logs::LogBuffer, page::Page};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::{
    actix, axum,
    served::{ASKS, Ask, get, instance, red_page},
    with_tiers,
};

fn tiers(obs: &Obs) -> Vec<String> {
    let page = Page::parse(&red_page(obs).replace(" T\n", " 1\n")).unwrap_or_else(|error| panic!("{error}"));
    let tiers = page
        .samples("http_requests_total", &[])
        .map(|sample| sample.label("tier").unwrap_or("none"));
    tiers.map(str::to_owned).collect()
}

#[test]
fn a_function_that_panics_gives_other_and_takes_no_request_with_it() {
    let obs = instance();
    let layer = ObsLayer::new()
        .obs(&obs)
        .label("tier", ["free"], |_| panic!("a bug in the label"));
    assert_eq!(axum::ask(&axum::app(layer), &ASKS[..1]), [200]);
    assert_eq!(tiers(&obs), ["_OTHER"]);

    let obs = instance();
    let middleware = ObsMiddleware::new()
        .obs(&obs)
        .label("tier", ["free"], |_| panic!("a bug in the label"));
    assert_eq!(actix::ask(middleware, &ASKS[..1]), [200]);
    assert_eq!(tiers(&obs), ["_OTHER"]);
}

#[test]
fn values_that_clients_make_up_make_no_series() {
    let obs = instance();
    let app = axum::app(with_tiers!(ObsLayer::new(), &obs));
    for n in 0..500 {
        let tier: &'static str = Box::leak(format!("tier-{n}").into_boxed_str());
        axum::ask(
            &app,
            &[Ask {
                tier: Some(tier),
                ..get("/users/7")
            }],
        );
    }
    assert_eq!(tiers(&obs), ["_OTHER"]);
}

/// A layer can't refuse a setting, and must not fail a request over it.
#[test]
fn labels_that_can_not_be_are_left_out_with_one_warning_each() {
    let logs = LogBuffer::new();
    let obs = Obs::builder("test")
        .log_writer(logs.clone())
        .log_filter("warn")
        .build()
        .expect("valid settings");
    let subscriber = tracing_subscriber::registry().with(obs.subscriber_layer());
    tracing::subscriber::with_default(subscriber, || {
        let layer = with_tiers!(ObsLayer::new().label("endpoint", ["a"], |_| Some("a")), &obs)
            .label("region", [""; 0], |_| Some("eu"))
            .label("tier", ["a"], |_| Some("a"))
            .label("not a name", ["a"], |_| Some("a"));
        let app = axum::app(layer);
        assert_eq!(axum::ask(&app, &[ASKS[0], ASKS[0]]), [200, 200]);
    });
    obs.shutdown(obs_tests::DEADLINE).expect("lines are written");
    assert_eq!(tiers(&obs), ["paid"]);
    let warnings: Vec<_> = logs
        .json_lines()
        .into_iter()
        .filter(|line| line.str("level") == "warn")
        .collect();
    let said: Vec<_> = warnings.iter().map(|line| line.str("error").to_owned()).collect();
    assert_eq!(said.len(), 4, "{said:?}");
    for (error, name) in said.iter().zip(["endpoint", "region", "tier", "not a name"]) {
        assert!(error.contains(name), "{error}");
    }
}

/// A page that is merged answers what matches nowhere; the layer's own functions are asked all the same.
#[test]
fn requests_that_a_merged_page_answers_have_the_labels_too() {
    let obs = instance();
    let app = axum::app(with_tiers!(ObsLayer::new(), &obs)).merge(obs_axum::metrics_for("/metrics", &obs));
    assert_eq!(
        axum::ask(
            &app,
            &[Ask {
                tier: Some("paid"),
                ..get("/nowhere")
            }]
        ),
        [404]
    );
    assert_eq!(tiers(&obs), ["paid"]);
}

#[test]
fn a_label_costs_no_allocation() {
    let instance = || {
        Obs::builder("test")
            .log_writer(io::sink())
            .build()
            .expect("valid settings")
    };
    let (plain, labelled) = (instance(), instance());
    let of = |layer: ObsLayer| {
        let app = axum::app(layer);
        let asks = [ASKS[0]; 50];
        axum::ask(&app, &asks);
        (0..5)
            .map(|_| count_allocations(|| axum::ask(&app, &asks)).1.count)
            .min()
            .unwrap_or_default()
    };
    let without = of(ObsLayer::new().obs(&plain).logs(false).traces(false));
    for convention in [Convention::Prometheus, Convention::OpenTelemetry] {
        assert_eq!(
            of(with_tiers!(ObsLayer::new(), &labelled).convention(convention)),
            without,
            "{convention:?}"
        );
    }
}
