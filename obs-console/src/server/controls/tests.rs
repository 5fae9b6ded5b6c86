//! Changes that hold and end.

use obs_alert::AlertManager;
use obs_core::{Obs, logs::RequestMatch, metrics::Registry};
use tracing::Level;

use super::{Change, Controls, Kind};

fn obs() -> Obs {
    Obs::builder("shop").log_writer(std::io::sink()).build().unwrap()
}

fn status(kind: Kind, body: &str) -> u16 {
    Change::read(kind, body.as_bytes()).map_or_else(|problem| problem.status, |_| 200)
}

#[test]
fn a_body_is_read_whole_or_refused() {
    assert_eq!(
        status(Kind::LogFilter, r#"{"directives":"info,shop=debug","seconds":60}"#),
        200
    );
    let route = Change::read(Kind::LogFilter, br#"{"route":"/a","level":"debug","seconds":0.5}"#).unwrap();
    let Change::LogRequests { requests, level, time } = route else {
        panic!("{route:?}")
    };
    assert_eq!(
        (requests, level, time.as_millis()),
        (RequestMatch::Route("/a".to_owned()), Level::DEBUG, 500)
    );
    for bad in [
        "",
        "{}",
        "[]",
        r#"{"directives":"info"}"#,
        r#"{"directives":"info","seconds":0}"#,
        r#"{"directives":"info","seconds":-1}"#,
        r#"{"directives":"info","seconds":1e99}"#,
        r#"{"directives":"info","seconds":86401}"#,
        r#"{"directives":"","seconds":1}"#,
        r#"{"directives":"info","level":"info","seconds":1}"#,
        r#"{"route":"/a","request_id":"b","level":"info","seconds":1}"#,
        r#"{"route":"/a","level":"loud","seconds":1}"#,
        r#"{"route":"/a","seconds":1}"#,
        r#"{"directives":"info","seconds":1,"more":1}"#,
    ] {
        assert_eq!(status(Kind::LogFilter, bad), 400, "{bad}");
    }
    assert_eq!(status(Kind::Sampling, r#"{"route":"/a","ratio":1,"seconds":1}"#), 200);
    assert_eq!(status(Kind::Sampling, r#"{"route":"/a","ratio":1.5,"seconds":1}"#), 400);
    assert_eq!(status(Kind::Silence, r#"{"alert":"A","seconds":604801}"#), 400);
}

#[test]
fn a_change_holds_until_it_is_ended_and_both_are_audited() {
    let (obs, controls) = (obs(), Controls::default());
    let change = Change::read(Kind::LogFilter, br#"{"directives":"debug","seconds":60}"#).unwrap();
    let made = controls.apply(change, "127.0.0.1", &obs, None).unwrap();
    let state = controls.state(true, &obs);
    assert_eq!(
        (state.active.len(), &*state.active[0].id, state.active[0].kind),
        (1, &*made.id, "log-filter")
    );
    assert_eq!(state.active[0].by, "127.0.0.1");
    let end = format!(r#"{{"id":"{}"}}"#, made.id);
    let end = || Change::read(Kind::End, end.as_bytes()).unwrap();
    controls.apply(end(), "10.0.0.7", &obs, None).unwrap();
    let state = controls.state(true, &obs);
    assert!(state.active.is_empty() && obs.overrides().is_empty());
    let audit: Vec<_> = state
        .audit
        .iter()
        .map(|entry| (&*entry.by, entry.text.split(' ').next().unwrap()))
        .collect();
    assert_eq!(audit, [("10.0.0.7", "end"), ("127.0.0.1", "log")]);
    assert_eq!(controls.apply(end(), "10.0.0.7", &obs, None).unwrap_err().status, 404);
}

#[test]
fn what_is_refused_changes_nothing() {
    let (obs, controls) = (obs(), Controls::default());
    let change = Change::read(Kind::LogFilter, br#"{"directives":"===","seconds":60}"#).unwrap();
    let problem = controls.apply(change, "127.0.0.1", &obs, None).unwrap_err();
    assert_eq!(
        (problem.status, problem.parameter.as_deref()),
        (400, Some("directives"))
    );
    let state = controls.state(true, &obs);
    assert!(state.active.is_empty() && state.audit.is_empty());
}

#[test]
fn silences_are_limited_and_end() {
    let (obs, controls) = (obs(), Controls::default());
    let alerts = AlertManager::builder().registry(&Registry::new()).build().unwrap();
    let silence = || {
        Change::read(
            Kind::Silence,
            br#"{"alert":"QueueFull","labels":{"queue":"mail"},"seconds":60}"#,
        )
        .unwrap()
    };
    assert_eq!(controls.apply(silence(), "a", &obs, None).unwrap_err().status, 404);
    let first = controls.apply(silence(), "a", &obs, Some(&alerts)).unwrap();
    assert_eq!(first.id, "silence-0");
    for _ in 1..32 {
        controls.apply(silence(), "a", &obs, Some(&alerts)).unwrap();
    }
    assert_eq!(
        controls.apply(silence(), "a", &obs, Some(&alerts)).unwrap_err().status,
        429
    );
    let end = Change::read(Kind::End, br#"{"id":"silence-0"}"#).unwrap();
    controls.apply(end, "a", &obs, Some(&alerts)).unwrap();
    assert_eq!(alerts.silences().len(), 31);
}

#[test]
fn the_audit_is_bounded_and_hides_secrets() {
    let (obs, controls) = (obs(), Controls::default());
    for n in 0..300 {
        let body = format!(
            r#"{{"route":"/{n}?token=s3cret{}","ratio":1,"seconds":0.001}}"#,
            "x".repeat(900)
        );
        let change = Change::read(Kind::Sampling, body.as_bytes()).unwrap();
        let _ = controls.apply(change, "a", &obs, None);
    }
    let audit = controls.state(true, &obs).audit;
    assert!(!audit.is_empty() && audit.len() <= 256);
    assert!(
        audit
            .iter()
            .all(|entry| entry.text.len() < 600 && !entry.text.contains("s3cret")),
        "{:?}",
        audit[0]
    );
}
