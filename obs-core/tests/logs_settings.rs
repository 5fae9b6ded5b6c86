//! The settings of the logs, from the builder to the file.
#![expect(clippy::unwrap_used, reason = "a test that can't go on should stop")]

use std::{fs, io, path::Path, time::Duration};
#[cfg(unix)]
use std::{path::PathBuf, process::Command, sync::mpsc, thread, time::Instant};

use obs_core::{Obs, ObsBuilder, context, logs::LogTarget, metrics::Format};
use tracing::info;
use tracing_subscriber::prelude::*;

const LONG: Duration = Duration::from_secs(20);

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
    obs.shutdown(LONG).unwrap();
}

#[track_caller]
fn check(path: &Path) {
    let text = fs::read_to_string(path).unwrap();
    let line: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&line["message"], &line["order"], &line["user_id"]),
        (&"paid".into(), &7.into(), &"user-456".into())
    );
    assert_eq!(
        (&line["iban"], &line["password"]),
        (&"REDACTED".into(), &"REDACTED".into())
    );
}

#[test]
fn lines_go_to_a_file_without_what_is_secret() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log/shop.log");
    log_one(
        &builder()
            .log_target(LogTarget::file(&path))
            .redact_fields(["iban"])
            .build()
            .unwrap(),
    );
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
    let targets = [
        LogTarget::file(&below),
        #[cfg(feature = "log-rotation")]
        LogTarget::rolling_file(&below, obs_core::logs::Rotation::hourly()),
    ];
    for target in targets {
        let error = refused(builder().log_target(target));
        let start = format!(
            "log_target is {:?}, expected the path of a file that this process may create and append to (",
            below.display().to_string()
        );
        assert!(error.starts_with(&start), "{error}");
    }
}

/// A named pipe.
#[cfg(unix)]
fn pipe(folder: &tempfile::TempDir) -> PathBuf {
    let path = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    path
}

#[cfg(unix)]
#[test]
fn what_would_hang_or_takes_nothing_is_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut places = vec![pipe(&folder), folder.path().to_owned()];
    if cfg!(target_os = "linux") {
        places.push("/dev/full".into());
    }
    let (refusing, refusals) = mpsc::channel();
    thread::spawn(move || {
        for place in places {
            refusing
                .send(refused(builder().log_target(LogTarget::file(place))))
                .unwrap();
        }
    });
    let mut seen = 0;
    while let Ok(error) = refusals.recv_timeout(LONG) {
        assert!(
            error.starts_with("log_target is ") && error.contains("append to ("),
            "{error}"
        );
        seen += 1;
    }
    assert_eq!(seen, if cfg!(target_os = "linux") { 3 } else { 2 }, "the others hang");
}

/// What was dropped, on the page.
#[cfg(unix)]
fn dropped(obs: &Obs) -> u64 {
    let page = String::from_utf8(obs.registry().render(Format::Text)).unwrap();
    let value = page
        .lines()
        .find_map(|line| line.strip_prefix("obs_log_lines_dropped_total "));
    value.unwrap().parse().unwrap()
}

#[cfg(unix)]
fn log_lines(obs: &Obs, count: usize) {
    tracing::subscriber::with_default(tracing_subscriber::registry().with(obs.subscriber_layer()), || {
        (0..count).for_each(|line| info!(line, "of many"));
    });
}

#[cfg(unix)]
#[test]
fn a_pipe_whose_reader_has_left_costs_lines_until_another_comes() {
    let folder = tempfile::tempdir().unwrap();
    let path = pipe(&folder);
    // Open for both, so that the opening does not wait.
    let open = || fs::OpenOptions::new().read(true).write(true).open(&path).unwrap();
    let reader = open();
    let obs = builder().log_target(LogTarget::file(&path)).build().unwrap();
    log_lines(&obs, 3);
    obs.flush(LONG).unwrap();
    drop(reader);
    log_lines(&obs, 4);
    assert!(obs.flush(LONG).is_err());
    assert_eq!(dropped(&obs), 4);
    let _reader = open();
    log_lines(&obs, 5);
    obs.shutdown(LONG).unwrap();
    assert_eq!(dropped(&obs), 4);
}

#[cfg(unix)]
#[test]
fn a_full_pipe_holds_up_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let path = pipe(&folder);
    let _who_does_not_read = fs::OpenOptions::new().read(true).write(true).open(&path).unwrap();
    let obs = builder().log_target(LogTarget::file(&path)).build().unwrap();
    let since = Instant::now();
    log_lines(&obs, 20_000);
    assert!(obs.shutdown(Duration::from_millis(100)).is_err());
    assert!(since.elapsed() < LONG / 2, "{:?}", since.elapsed());
}

#[cfg(unix)]
#[test]
fn a_file_that_is_removed_is_made_again_with_the_next_lines() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.log");
    let obs = builder().log_target(LogTarget::file(&path)).build().unwrap();
    log_lines(&obs, 3);
    obs.flush(LONG).unwrap();
    fs::remove_file(&path).unwrap();
    log_lines(&obs, 4);
    obs.shutdown(LONG).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 4);
}

#[test]
fn what_is_refused_starts_and_opens_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.log");
    let error = refused(
        builder()
            .log_target(LogTarget::file(&path))
            .request_log_sample_ratio(1.5),
    );
    assert!(error.starts_with("request_log_sample_ratio is \"1.5\""), "{error}");
    assert!(!path.exists());
}

#[test]
fn the_layers_own_counters_are_on_the_page_from_the_start() {
    let obs = builder()
        .log_writer(io::sink())
        .request_log_sample_ratio(0.01)
        .build()
        .unwrap();
    let page = String::from_utf8(obs.registry().render(Format::Text)).unwrap();
    assert!(
        page.contains("\nobs_log_lines_sampled_out_total 0\n") && page.contains("\nobs_log_lines_dropped_total 0\n")
    );
}

#[cfg(all(feature = "otlp-logs", any(feature = "otlp-http", feature = "otlp-grpc")))]
#[test]
fn a_collector_that_can_not_be_is_refused() {
    let error = refused(
        builder()
            .log_writer(io::sink())
            .otlp_logs(true)
            .otlp_endpoint("nowhere"),
    );
    assert!(error.starts_with("otlp_endpoint is \"nowhere\""), "{error}");
}

#[cfg(not(all(feature = "otlp-logs", any(feature = "otlp-http", feature = "otlp-grpc"))))]
#[test]
fn an_export_that_the_build_has_not_is_refused_with_the_feature_that_is_missing() {
    let error = refused(builder().log_writer(io::sink()).otlp_logs(true));
    assert!(
        error.contains("otlp_logs is \"true\", which needs the feature") && error.contains("`otlp-logs`"),
        "{error}"
    );
    assert!(builder().log_writer(io::sink()).otlp_logs(false).build().is_ok());
}

#[test]
fn a_filter_that_can_not_be_meant_is_told_in_the_lines_of_its_instance() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.log");
    let told = |obs: &Obs| {
        obs.shutdown(Duration::from_secs(20)).unwrap();
        fs::read_to_string(&path).unwrap()
    };
    // Nobody has installed a subscriber, and the filter lets nothing of anybody through.
    let obs = Obs::builder("shop")
        .log_filter("verbose")
        .log_target(LogTarget::file(&path))
        .build()
        .unwrap();
    let text = told(&obs);
    assert!(
        text.contains("log_filter is") && text.contains("is no level (off, error, warn"),
        "{text}"
    );
    assert!(
        text.contains("\"severity\":\"WARN\"") && text.lines().count() == 1,
        "{text}"
    );

    fs::remove_file(&path).unwrap();
    let obs = builder().log_target(LogTarget::file(&path)).build().unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(obs.subscriber_layer()), || {
        obs.set_log_filter("hyper=off").unwrap();
        obs.set_log_filter("warn,hyper=off").unwrap();
    });
    let text = told(&obs);
    assert!(
        text.contains("nothing is logged") && text.lines().count() == 1,
        "{text}"
    );
}
