use metrics::NoopRecorder;
use tracing::{Level, debug, error, info, info_span, subscriber::with_default, warn};
use tracing_subscriber::{filter::LevelFilter, prelude::*};

use super::{
    super::LogFormat,
    fixture::{Fixture, parsed},
};

#[test]
fn info_is_the_default_level() {
    for filter in [None, Some(""), Some(" , ")] {
        let fixture = Fixture::with(LogFormat::Json, filter, &NoopRecorder);
        let lines = fixture.run(|| {
            info!("seen");
            debug!("unseen");
        });
        assert_eq!(lines.len(), 1, "{filter:?}");
        assert!(fixture.logs.request_enabled(Level::INFO) && !fixture.logs.request_enabled(Level::DEBUG));
    }
}

#[test]
fn directives_decide_by_target() {
    let fixture = Fixture::filtered("warn, chatty=debug");
    let lines = fixture.run(|| {
        info!(target: "other", "unseen");
        debug!(target: "chatty::inner", "seen");
        warn!(target: "other", "seen");
    });
    assert_eq!(lines.len(), 2);
}

#[test]
fn a_filter_changed_at_run_time_holds_for_events_and_request_lines() {
    let fixture = Fixture::filtered("error,obs::request=info");
    let event = || debug!(target: "t", "now and then");
    let enabled = || fixture.logs.request_enabled(Level::INFO);
    with_default(
        tracing_subscriber::registry().with(fixture.logs.layer(LevelFilter::OFF)),
        || {
            event();
            assert!(enabled());
            fixture.logs.filter().set("t=debug").unwrap();
            event();
            assert!(!enabled() && !fixture.logs.request_enabled(Level::ERROR));
            fixture.logs.filter().set("t=off,obs::request=info").unwrap();
            event();
            assert!(enabled() && fixture.logs.request_enabled(Level::ERROR));
        },
    );
    assert_eq!(fixture.lines().len(), 1);
}

#[cfg(feature = "span-filter")]
#[test]
fn a_filter_may_depend_on_the_fields_of_spans() {
    let fixture = Fixture::filtered("[job{kind=special}]=debug");
    let lines = fixture.run(|| {
        for kind in ["special", "usual"] {
            let _span = info_span!("job", kind).entered();
            debug!(target: "t", "work");
        }
    });
    assert_eq!(lines.len(), 1);
    assert_eq!(parsed(&lines[0])["kind"], "special");
}

#[test]
fn a_bad_directive_is_refused_and_changes_nothing() {
    let fixture = Fixture::filtered("warn");
    let error = fixture.logs.filter().set("warn,my_crate=loud").unwrap_err().to_string();
    assert!(
        error.contains("log_filter") && error.contains("my_crate=loud"),
        "{error}"
    );
    assert!(fixture.logs.request_enabled(Level::WARN) && !fixture.logs.request_enabled(Level::INFO));
}

#[test]
fn other_layers_see_what_the_filter_keeps_out() {
    let (quiet, chatty) = (Fixture::filtered("error"), Fixture::filtered("debug"));
    let subscriber = tracing_subscriber::registry()
        .with(quiet.logs.layer(LevelFilter::OFF))
        .with(chatty.logs.layer(LevelFilter::OFF));
    with_default(subscriber, || {
        let _span = info_span!("s", a = 1).entered();
        debug!("x");
        error!("y");
    });
    assert_eq!(chatty.lines().len(), 2);
    assert!(chatty.lines()[0].contains(r#""a":1"#));
    assert_eq!(quiet.lines().len(), 1);
    assert!(
        !quiet.lines()[0].contains(r#""a":1"#),
        "a span that the filter keeps out has no fields"
    );
}
