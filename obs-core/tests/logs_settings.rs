//! The settings of the logs, from the builder to the file.
#![expect(clippy::unwrap_used, reason = "a test that can't go on should stop")]

use std::{fs, io, path::Path, time::Duration};

use obs_core::{Obs, ObsBuilder, context, logs::LogTarget, metrics::Format};
use tracing::info;
use tracing_subscriber::prelude::*;

fn builder() -> ObsBuilder {
    Obs::builder("shop").log_filter("info")
}

fn refused(builder: ObsBuilder) -> String {
    builder.build().unwrap_err().to_string()
}

/// Logs one line in a request, and ends the instance.
fn log_one(obs: &Obs) {
    tracing::subscriber::with_default(tracing_subscriber::registry().with(obs.subscriber_layer()), || {
        context::run_in(obs.start_context(), || {
            context::set_field("user_id", "user-456");
            info!(iban = "DE02 1203", password = "s3cret", order = 7, "paid");
        });
    });
    obs.shutdown(Duration::from_secs(20)).unwrap();
}

#[track_caller]
fn check(path: &Path) {
    let text = fs::read_to_string(path).unwrap();
    let line: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&line["message"], &line["order"], &line["user_id"]), (&"paid".into(), &7.into(), &"user-456".into()));
    assert_eq!((&line["iban"], &line["password"]), (&"REDACTED".into(), &"REDACTED".into()));
}

#[test]
fn lines_go_to_a_file_without_what_is_secret() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log/shop.log");
    log_one(&builder().log_target(LogTarget::file(&path)).redact_fields(["iban"]).build().unwrap());
    check(&path);
}

#[cfg(feature = "log-rotation")]
#[test]
fn lines_go_to_a_file_of_the_day() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.log");
    let target = LogTarget::rolling_file(&path, obs_core::logs::Rotation::daily().keep(7));
    log_one(&builder().log_target(target).redact_fields(["IBAN"]).build().unwrap());
    let files = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let dated: Vec<_> = files.filter(|file| *file != path).collect();
    assert_eq!(dated.len(), 1);
    check(&dated[0]);
}

#[test]
fn an_unwritable_target_is_refused_with_its_path_and_what_would_do() {
    let folder = tempfile::tempdir().unwrap();
    let taken = folder.path().join("file");
    fs::write(&taken, "").unwrap();
    let below = taken.join("shop.log");
    let mut targets = vec![LogTarget::file(&below)];
    #[cfg(feature = "log-rotation")]
    targets.push(LogTarget::rolling_file(&below, obs_core::logs::Rotation::hourly()));
    for target in targets {
        let error = refused(builder().log_target(target));
        let start = format!(
            "log_target is {:?}, expected the path of a file that this process may create and append to (",
            below.display().to_string()
        );
        assert!(error.starts_with(&start), "{error}");
    }
}

#[test]
fn what_is_refused_starts_and_opens_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.log");
    let error = refused(builder().log_target(LogTarget::file(&path)).request_log_sample_ratio(1.5));
    assert!(error.starts_with("request_log_sample_ratio is \"1.5\""), "{error}");
    assert!(!path.exists());
}

#[test]
fn the_layers_own_counters_are_on_the_page_from_the_start() {
    let obs = builder().log_writer(io::sink()).request_log_sample_ratio(0.01).build().unwrap();
    let page = String::from_utf8(obs.registry().render(Format::Text)).unwrap();
    assert!(
        page.contains("\nobs_log_lines_sampled_out_total 0\n") && page.contains("\nobs_log_lines_dropped_total 0\n")
    );
}

#[cfg(all(feature = "otlp-logs", any(feature = "otlp-http", feature = "otlp-grpc")))]
#[test]
fn a_collector_that_can_not_be_is_refused() {
    let error = refused(builder().log_writer(io::sink()).otlp_logs(true).otlp_endpoint("nowhere"));
    assert!(error.starts_with("otlp_endpoint is \"nowhere\""), "{error}");
}

#[cfg(not(all(feature = "otlp-logs", any(feature = "otlp-http", feature = "otlp-grpc"))))]
#[test]
fn an_export_that_the_build_has_not_is_refused_with_the_feature_that_is_missing() {
    let error = refused(builder().log_writer(io::sink()).otlp_logs(true));
    assert!(error.contains("otlp_logs") && error.contains("feature `otlp-logs`"), "{error}");
    assert!(builder().log_writer(io::sink()).otlp_logs(false).build().is_ok());
}
