//! Changes from the console.

use obs_tests::{DEADLINE, wait::until};
use tracing_subscriber::{layer::SubscriberExt as _, util::SubscriberInitExt as _};

use super::{Served, ask};

const JSON: (&str, &str) = ("content-type", "application/json");
const PATH: &str = "/obs/api/v1/controls/log-filter";
const FILTER: &str = r#"{"directives":"off","seconds":60}"#;

#[test]
fn there_are_no_controls_unless_they_are_switched_on() {
    let served = Served::start(|console| console);
    for path in ["log-filter", "sampling", "silences", "end", "other"] {
        served.expect(403, "POST", &format!("/obs/api/v1/controls/{path}"), &[JSON], "{}");
    }
    assert!(served.obs.overrides().is_empty());
}

#[test]
fn a_control_takes_post_with_json_and_nothing_else() {
    let served = Served::start(|console| console.controls(true));
    for method in ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"] {
        served.expect(405, method, PATH, &[JSON], "");
    }
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        served.expect(415, "POST", PATH, &[("content-type", content_type)], FILTER);
    }
    served.expect(415, "POST", PATH, &[], FILTER);
    served.expect(400, "POST", PATH, &[JSON], r#"{"directives":"==","seconds":60}"#);
    served.expect(404, "POST", "/obs/api/v1/controls/other", &[JSON], FILTER);
    served.expect(405, "POST", "/obs/api/v1/session", &[JSON], FILTER);
    served.expect(405, "POST", "/obs/", &[JSON], FILTER);
    served.expect(
        413,
        "POST",
        PATH,
        &[JSON],
        &format!("{{\"directives\":\"{}\"}}", "a".repeat(64 << 10)),
    );
    assert!(served.obs.overrides().is_empty());
}

#[test]
fn a_change_is_on_a_line_although_it_silences_lines_and_it_can_be_ended() {
    let served = Served::start(|console| console.controls(true));
    // The only test that installs a subscriber: the console logs on a thread of its own.
    tracing_subscriber::registry()
        .with(served.obs.subscriber_layer())
        .init();
    for (name, addr) in served.addrs {
        let response = ask(addr, "POST", PATH, &[JSON, ("origin", "http://HOST")], FILTER);
        assert_eq!(response.status, 200, "{name}: {}", response.text());
        let made: serde_json::Value = serde_json::from_slice(&response.body).unwrap();
        assert_eq!(made["data"]["by"], "127.0.0.1", "{name}");
        assert_eq!(served.obs.overrides().len(), 1, "{name}");
        let end = format!(r#"{{"id":{}}}"#, made["data"]["id"]);
        served.expect_one(name, 200, "POST", "/obs/api/v1/controls/end", &[JSON], &end);
        served.expect_one(name, 404, "POST", "/obs/api/v1/controls/end", &[JSON], &end);
        assert!(served.obs.overrides().is_empty(), "{name}");
    }
    let changed = "the console changes the service";
    until(DEADLINE, || served.lines.text().matches(changed).count() >= 6);
    let lines = served.lines.text();
    let line = lines.lines().find(|line| line.contains(changed)).unwrap();
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!(
        (&line["target"], &line["level"]),
        (&"obs::console".into(), &"warn".into()),
        "{line}"
    );
    assert!(
        line.to_string().contains("log filter") && line.to_string().contains("127.0.0.1"),
        "{line}"
    );
}
