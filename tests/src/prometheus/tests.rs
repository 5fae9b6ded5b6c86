use std::{
    convert::Infallible,
    fs,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::Response;
use http_body_util::Full;

use super::*;
use crate::{
    backends,
    net::Server,
    wait::{DEADLINE, eventually},
};

const MINUTE: Duration = Duration::from_secs(60);

const RULES: &str = "groups:\n  - name: test\n    rules:\n      - alert: Jobs\n        expr: jobs_total > 0\n        \
                     labels: {severity: page}\n        annotations: {summary: jobs}\n";

/// An OpenMetrics page whose counter is one higher at each scrape.
fn target() -> Server {
    let scrapes = Arc::new(AtomicU64::new(0));
    Server::start(tower::service_fn(move |_| {
        let count = scrapes.fetch_add(1, Ordering::SeqCst) + 1;
        let page = format!(
            "# HELP jobs Jobs.\n# TYPE jobs counter\njobs_total{{kind=\"a b\"}} {count} # {{trace_id=\"t{count}\"}} 1\n# EOF\n"
        );
        async move {
            Response::builder()
                .header(
                    "content-type",
                    "application/openmetrics-text; version=1.0.0; charset=utf-8",
                )
                .body(Full::new(Bytes::from(page)))
                .map_err(|_| -> Infallible { unreachable!("a constant header") })
        }
    }))
}

#[test]
fn prometheus_scrapes_queries_and_keeps_exemplars() {
    if !backends::require("prometheus") {
        return;
    }
    let target = target();
    let prometheus = Prometheus::builder().scrape("jobs", target.addr()).start();
    prometheus.wait_for_scrape(DEADLINE, "jobs");
    let points = prometheus.wait_until(DEADLINE, "jobs_total{kind=\"a b\"} + 0", |points| points.len() == 1);
    assert_eq!(points[0].labels["job"], "jobs");
    assert!(points[0].value >= 1.0);
    let rate = prometheus.wait_until(DEADLINE, "rate(jobs_total[1m])", |points| points.len() == 1);
    assert!(rate[0].value > 0.0, "{rate:?}");
    let exemplars = eventually(DEADLINE, || {
        let found = prometheus.query_exemplars("jobs_total", MINUTE);
        (!found.is_empty()).then_some(found)
    });
    assert!(exemplars[0].exemplars[0].labels["trace_id"].starts_with('t'));
    let ranges = prometheus.query_range("jobs_total", MINUTE, Duration::from_secs(1));
    assert!(ranges[0].values.iter().all(|(_, value)| *value >= 1.0));
}

#[test]
fn prometheus_evaluates_rules() {
    if !backends::require("prometheus") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("rules.yml");
    fs::write(&rules, RULES).unwrap();
    check_rules(&rules).assert_clean();
    let target = target();
    let prometheus = Prometheus::builder()
        .scrape("jobs", target.addr())
        .rules(&rules)
        .start();
    let alerts = eventually(DEADLINE, || {
        Some(prometheus.alerts()).filter(|alerts| !alerts.is_empty())
    });
    assert_eq!(alerts[0]["labels"]["alertname"], "Jobs");
    check_config(&prometheus.folder().join("prometheus.yml")).assert_clean();
}

#[test]
fn rule_tests_pass_and_fail() {
    if !backends::require("promtool") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (rules, tests) = (folder.path().join("rules.yml"), folder.path().join("tests.yml"));
    fs::write(&rules, RULES).unwrap();
    let test = "rule_files: [rules.yml]\ntests:\n  - interval: 1m\n    input_series: [{series: jobs_total, values: '0+1x9'}]\n    \
                alert_rule_test:\n      - eval_time: 5m\n        alertname: Jobs\n        \
                exp_alerts: [{exp_labels: {severity: page}, exp_annotations: {summary: jobs}}]\n";
    fs::write(&tests, test).unwrap();
    test_rules(&tests).assert_clean();
    fs::write(&tests, test.replace("5m", "0m")).unwrap();
    assert_eq!(test_rules(&tests).code, 1);
}

#[test]
fn promtool_lints_pages() {
    if !backends::require("promtool") {
        return;
    }
    check_metrics("# HELP a_total x\n# TYPE a_total counter\na_total 1\n").assert_clean();
    let lint = check_metrics("# HELP a x\n# TYPE a counter\na 1\n");
    assert_eq!(lint.code, 3, "{}", lint.output);
    assert!(lint.output.contains("_total"), "{}", lint.output);
    assert_eq!(check_metrics("a{ 1\n").code, 1);
}

#[test]
fn a_configuration_that_prometheus_refuses_is_shown() {
    if !backends::require("prometheus") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("rules.yml");
    fs::write(&rules, "groups: 7\n").unwrap();
    let failure = std::panic::catch_unwind(|| Prometheus::builder().rules(&rules).start()).unwrap_err();
    let message = failure.downcast_ref::<String>().unwrap();
    assert!(message.contains("rules.yml"), "{message}");
}
