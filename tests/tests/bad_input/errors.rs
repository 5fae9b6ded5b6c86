//! What a `main` prints that returns an error: Rust prints its `Debug`.

use std::{error::Error, fs, io, process::Command, time::Duration};

use obs_alert::{
    AlertManager, AlertRule, Condition, Scope, Severity, Sli, Slo, definition::Definition, promql::Window,
    rules::Standard,
};
use obs_axum::obs_core::{Obs, request::Network};
use obs_stack::{live, output::Folder};
use obs_tests::{
    DEADLINE,
    process::{self, Process},
    until,
};

type Boxed = Box<dyn Error>;

/// One error of each public type that bad input makes.
fn errors() -> Vec<Boxed> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let window = Window::new(Duration::from_secs(60)).unwrap();
    let condition = Condition::ErrorRatio {
        scope: Scope::default(),
        window,
        above: 7.0,
    };
    let rule = AlertRule::new("Errors", condition.clone(), Severity::Warning, "too many");
    let manager = AlertManager::builder().rule(rule.clone()).build();
    vec![
        Obs::builder("").log_writer(io::sink()).build().unwrap_err().into(),
        "10.0.0.0/99".parse::<Network>().unwrap_err().into(),
        "soon".parse::<Window>().unwrap_err().into(),
        "loud".parse::<Severity>().unwrap_err().into(),
        "Nothing".parse::<Standard>().unwrap_err().into(),
        Definition::parse("version: 7", "obs.yaml").unwrap_err().into(),
        Definition::read(folder.path().join("absent.yaml")).unwrap_err().into(),
        condition.check().unwrap_err().into(),
        rule.check().unwrap_err().into(),
        Slo::new("slo", 200.0, window, Sli::Availability)
            .check()
            .unwrap_err()
            .into(),
        manager.unwrap_err().into(),
        Folder::new(&file).write(&[]).unwrap_err().into(),
        live::fetch("http://127.0.0.1:1/").unwrap_err().into(),
    ]
}

#[test]
fn the_debug_of_an_error_is_its_text_and_that_of_its_causes() {
    for error in errors() {
        let mut expected = error.to_string();
        // A text that repeats its cause's leaves the cause out.
        if !error.is::<obs_alert::BuildError>() {
            let mut source = error.source();
            while let Some(cause) = source {
                expected = format!("{expected}: {cause}");
                source = cause.source();
            }
        }
        assert_eq!(format!("{error:?}"), expected);
    }
}

#[test]
fn an_example_prints_which_setting_is_invalid_and_what_is_expected() {
    let mut command = Command::new(process::build("axum-minimal"));
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", "collector");
    let mut process = Process::start(&mut command);
    assert!(!process.wait(DEADLINE).success());
    until(DEADLINE, || process.is_read());
    assert_eq!(
        process.stderr(),
        [
            "Error: OTEL_EXPORTER_OTLP_ENDPOINT is \"collector\", expected a URL with scheme and host such as \
             http://localhost:4318"
        ]
    );
}
