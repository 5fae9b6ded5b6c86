//! Rules whose series can't exist.

use obs_core::{metrics::Convention, names::metric};

use super::*;
use crate::{Naming, Scope};

fn latency_slo() -> Arc<Slo> {
    let sli = Sli::Latency {
        threshold: Duration::from_millis(300),
    };
    Arc::new(Slo::new("quick", 0.99, Window::minutes(30 * 24 * 60), sli))
}

fn without_series(stage: &Stage) -> (Vec<String>, String) {
    stage.tick();
    let page = stage.page();
    let line = page
        .lines()
        .find(|line| line.starts_with("obs_alert_rules_without_series "));
    (stage.manager.rules_without_series(), line.unwrap().to_owned())
}

#[test]
fn requests_under_another_namespace_prove_that_rules_cannot_fire() {
    let naming = Naming::new("payment", Convention::Prometheus);
    let own = simple(
        "Own",
        Condition::Increase {
            selector: Selector::new("jobs_failed_total"),
            window: Window::minutes(5),
            comparison: Comparison::Above(0.0),
        },
    );
    let stage = stage(|builder| builder.naming(naming).rule(high_error_rate()).rule(own));
    assert_eq!(
        without_series(&stage),
        (vec![], "obs_alert_rules_without_series 0".to_owned()),
        "no request yet"
    );
    stage.requests("ok", 3);
    let found = (
        vec!["HighErrorRate".to_owned()],
        "obs_alert_rules_without_series 1".to_owned(),
    );
    assert_eq!(
        without_series(&stage),
        found,
        "a counter of the application may come yet"
    );
    let status = stage.manager.rules();
    let reason = status.iter().find_map(|rule| rule.missing.clone()).unwrap();
    assert!(
        reason.starts_with("payment_requests_total does not exist, but http_requests_total does: "),
        "{reason}"
    );
    assert!(
        stage
            .manager
            .to_json()
            .contains("payment_requests_total does not exist")
    );
}

#[test]
fn requests_under_another_convention_prove_it_too() {
    let stage = stage(|builder| {
        builder
            .naming(Naming::new("", Convention::OpenTelemetry))
            .rule(high_error_rate())
            .rules(latency_slo().alerts())
    });
    stage.requests("ok", 3);
    assert_eq!(without_series(&stage).0.len(), 5);
}

#[test]
fn errors_that_have_not_come_yet_prove_nothing() {
    let naming = Naming::default();
    let panics = Condition::Increase {
        selector: naming.panics(&Scope::service()),
        window: Window::minutes(5),
        comparison: Comparison::Above(0.0),
    };
    let stage = stage(|builder| builder.rule(high_error_rate()).rule(simple("Panics", panics)));
    stage.requests("ok", 3);
    // An application may count requests of its own.
    metrics::with_local_recorder(&stage.registry, || {
        metrics::counter!("bank_requests_total", "kind" => "x").increment(1);
    });
    assert_eq!(without_series(&stage).0, Vec::<String>::new());
}

#[test]
fn a_bucket_that_is_missing_is_named_until_it_is_there() {
    let stage = stage(|builder| builder.rules(latency_slo().alerts()));
    stage.requests("ok", 3);
    metrics::with_local_recorder(&stage.registry, || {
        metrics::histogram!(metric::REQUEST_DURATION.name("http"), "endpoint" => "/", "status" => "200").record(0.2);
    });
    assert_eq!(without_series(&stage).0.len(), 4);
    let reason = stage.manager.rules()[0].missing.clone().unwrap();
    assert!(
        reason.starts_with("http_request_duration_seconds has no bucket with the bound 0.3: "),
        "{reason}"
    );
}

#[test]
fn the_health_check_names_them() {
    let naming = Naming::new("payment", Convention::Prometheus);
    let stage = stage(|builder| builder.naming(naming).rule(high_error_rate()));
    let health = obs_core::health::Health::new().check(stage.manager.health_check().show_errors(true));
    stage.requests("ok", 3);
    stage.tick();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let report = runtime.block_on(health.readiness());
    assert!(
        report.to_json().contains("rules without series: HighErrorRate"),
        "{}",
        report.to_json()
    );
}

/// Counts warnings.
#[derive(Clone, Default)]
struct Warnings(Arc<std::sync::atomic::AtomicUsize>);

impl tracing::Subscriber for Warnings {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() == tracing::Level::WARN
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, _: &tracing::Event<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

#[test]
fn each_of_them_is_logged_once() {
    let naming = Naming::new("payment", Convention::Prometheus);
    let stage = stage(|builder| {
        builder
            .naming(naming)
            .rule(high_error_rate())
            .rules(latency_slo().alerts())
    });
    let warnings = Warnings::default();
    tracing::subscriber::with_default(warnings.clone(), || {
        stage.requests("ok", 3);
        (0..3).for_each(|_| drop(stage.tick()));
    });
    assert_eq!(warnings.0.load(Ordering::Relaxed), 5);
}
