use std::time::Duration;

use obs_conventions::Convention;

use super::{Comparison, Condition};
use crate::{
    Naming, Scope, Tally,
    promql::{Selector, Window},
    template::Known,
};

const WINDOW: Window = Window::minutes(5);

fn rendered(condition: &Condition) -> String {
    condition
        .query(&Naming::default().with_job("shop"))
        .unwrap()
        .to_string()
}

fn value(condition: &Condition) -> String {
    condition
        .value(&Naming::default().with_job("shop"))
        .unwrap()
        .to_string()
}

#[test]
fn no_failure_yet_is_zero_and_no_request_is_no_data() {
    let ratio = "(sum(rate(http_requests_total{job=\"shop\",outcome=~\"server_error|panic|body_error\"}[5m])) \
                 or vector(0)) \
                 / (sum(rate(http_requests_total{job=\"shop\",outcome!~\"cancelled|aborted\"}[5m])) > 0)";
    assert_eq!(
        rendered(&Condition::error_ratio(WINDOW, 0.05)),
        format!("{ratio} > 0.05")
    );
    assert_eq!(
        rendered(&Condition::availability(WINDOW, 0.99)),
        format!("1 - {ratio} < 0.99")
    );
}

#[test]
fn opentelemetry_counts_what_was_answered_or_failed() {
    let naming = Naming::new("", Convention::OpenTelemetry).with_job("shop");
    let text = Condition::error_ratio(WINDOW, 0.05).query(&naming).unwrap().to_string();
    let count = "http_server_request_duration_seconds_count{job=\"shop\",";
    let status = "http_response_status_code";
    assert_eq!(
        text,
        format!(
            "(sum(rate({count}error_type!=\"\"}}[5m])) or vector(0)) \
             / ((sum(rate({count}{status}!=\"\"}}[5m])) or vector(0)) \
             + (sum(rate({count}{status}=\"\",error_type!=\"\"}}[5m])) or vector(0)) > 0) > 0.05"
        )
    );
}

#[test]
fn a_quantile_without_requests_is_no_data() {
    let condition = Condition::Latency {
        scope: Scope::service().endpoint("/orders/{id}"),
        window: WINDOW,
        quantile: 0.99,
        above: Duration::from_millis(1_500),
    };
    let quantile = "histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket{job=\"shop\",\
                    endpoint=\"/orders/{id}\",status!=\"499\"}[5m])))";
    assert_eq!(rendered(&condition), format!("{quantile} > 1.5"));
    assert_eq!(value(&condition), format!("{quantile} >= 0"));
}

#[test]
fn traffic_that_ends_is_a_rate_of_zero() {
    let condition = Condition::RateChange {
        scope: Scope::service(),
        window: WINDOW,
        offset: Window::minutes(60),
        comparison: Comparison::Below(0.5),
    };
    assert_eq!(
        rendered(&condition),
        "(sum(rate(http_requests_total{job=\"shop\"}[5m])) or vector(0)) \
         / (sum(rate(http_requests_total{job=\"shop\"}[5m] offset 1h)) > 0) < 0.5"
    );
}

#[test]
fn an_alert_on_a_share_tells_the_gauge() {
    let gauge = |above| Condition::Gauge {
        selector: Selector::new("db_connections_active").with("pool", "orders"),
        denominator: Some(Selector::new("db_connections_max").with("pool", "orders")),
        comparison: Comparison::Above(above),
    };
    let (active, most) = (
        r#"db_connections_active{pool="orders",job="shop"}"#,
        r#"(db_connections_max{pool="orders",job="shop"} > 0)"#,
    );
    assert_eq!(rendered(&gauge(0.9)), format!("{active} > 0.9 * {most}"));
    assert_eq!(rendered(&gauge(1.0)), format!("{active} > {most}"));
    assert_eq!(value(&gauge(0.9)), format!("{active} / {most}"));
}

#[test]
fn a_counter_that_appears_has_grown() {
    let condition = Condition::Increase {
        selector: Selector::new("jobs_failed_total"),
        window: WINDOW,
        comparison: Comparison::Above(0.0),
    };
    let series = r#"jobs_failed_total{job="shop"}"#;
    assert_eq!(
        rendered(&condition),
        format!(
            "(sum(increase({series}[5m])) or vector(0)) \
             + (sum({series} unless {series} offset 5m and on (job, instance) up{{job=\"shop\"}} offset 5m) \
             or vector(0)) > 0"
        )
    );
}

#[test]
fn absence_has_a_value_too() {
    let condition = Condition::Absence {
        selector: Selector::new("obs_build_info"),
    };
    assert_eq!(rendered(&condition), r#"absent(obs_build_info{job="shop"})"#);
    assert_eq!(value(&condition), r#"count(obs_build_info{job="shop"}) or vector(0)"#);
}

#[test]
fn an_absence_has_the_labels_that_one_equality_names() {
    let labels = |selector| {
        let condition = Condition::Absence { selector };
        let query = condition.query(&Naming::default().with_job("shop")).unwrap();
        (condition.labels(), query.absent_labels())
    };
    let selector = Selector::new("heartbeat")
        .with("queue", "mail")
        .with("zone", "")
        .matching("host", "a|b")
        .with("disk", "sda")
        .without("disk", "sdb");
    let (known, absent) = labels(selector);
    assert_eq!(known, Known::Only(vec!["queue".to_owned()]));
    let pair = |label: &str, value: &str| (label.to_owned(), value.to_owned());
    assert_eq!(absent, [pair("queue", "mail"), pair("job", "shop")]);
    let ratio = Condition::error_ratio(WINDOW, 0.05);
    assert_eq!(ratio.labels(), Known::Only(Vec::new()));
    assert_eq!(ratio.query(&Naming::default()).unwrap().absent_labels(), []);
}

#[test]
fn a_closure_has_no_promql() {
    let condition = Condition::custom(|| Ok::<_, std::io::Error>(true));
    assert!(condition.query(&Naming::default()).is_none());
    assert!(condition.value(&Naming::default()).is_none());
}

#[test]
fn what_can_not_mean_anything_is_refused() {
    let metric = |name: &str| Selector::new(name);
    let gauge = |selector, above| Condition::Gauge {
        selector,
        denominator: None,
        comparison: Comparison::Above(above),
    };
    let refused = [
        (Condition::error_ratio(WINDOW, 5.0), "5 % is 0.05"),
        (Condition::error_ratio(WINDOW, f64::NAN), "a share above NaN"),
        (Condition::availability(WINDOW, 99.0), "above 0 and at most 1"),
        (Condition::latency(99.0, WINDOW, Duration::from_secs(1)), "is 0.99"),
        (Condition::latency(0.99, WINDOW, Duration::ZERO), "longest acceptable"),
        (gauge(metric("jobs failed"), 1.0), "\"jobs failed\""),
        (gauge(metric("jobs").with("a-b", ""), 1.0), "\"a-b\""),
        (gauge(metric("jobs"), f64::INFINITY), "finite"),
        (
            Condition::Ratio {
                numerator: Tally::new(vec![metric("a")]),
                denominator: Tally::new(Vec::new()),
                window: WINDOW,
                comparison: Comparison::Above(0.5),
            },
            "denominator",
        ),
    ];
    for (condition, fix) in refused {
        let error = condition.check().unwrap_err().to_string();
        assert!(error.contains(fix), "{error}");
    }
}
