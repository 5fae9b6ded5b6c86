//! Configurations that are refused.

use std::{error::Error, fs::File, io};

use obs_axum::obs_core::{InitError, Obs, ObsBuilder, logs::JsonLayer, metrics::Registry};
use obs_tests::{DEADLINE, process::Process};

/// What is expected of a filter with a level that there isn't.
fn directives(malformed: &str) -> String {
    format!(
        "directives such as \"info\" or \"warn,my_crate::db=debug\" ({malformed:?} is neither a level (off, error, warn, \
         info, debug, trace) nor a target with one)"
    )
}

fn builder() -> ObsBuilder {
    Obs::builder("shop").log_writer(io::sink())
}

/// The whole message of a configuration that must be refused.
#[track_caller]
fn refused(builder: ObsBuilder) -> String {
    message(&builder.build().unwrap_err())
}

fn message(error: &InitError) -> String {
    assert!(error.source().is_none(), "the message says it all: {error:?}");
    error.to_string()
}

#[test]
fn a_service_needs_a_name() {
    for (name, shown) in [
        ("", "\"\""),
        ("  ", "\"  \""),
        ("a\nb", "\"a\\nb\""),
        ("\u{7}", "\"\\u{7}\""),
    ] {
        let error = refused(Obs::builder(name).log_writer(io::sink()));
        assert_eq!(
            error,
            format!("service name is {shown}, expected a name such as \"payment-service\"")
        );
    }
}

#[test]
fn buckets_that_can_not_be_are_refused_with_the_bound_that_is_wrong() {
    let too_many = (0..257).map(f64::from);
    let cases: [(Vec<f64>, &str); 9] = [
        (vec![], "a list of 0"),
        (vec![0.5, 0.1], "0.1 at position 1"),
        (vec![0.1, 0.1], "0.1 at position 1"),
        (vec![f64::NAN], "NaN at position 0"),
        (vec![0.1, f64::NAN, 0.2], "NaN at position 1"),
        (vec![0.1, f64::INFINITY], "inf at position 1"),
        (vec![f64::NEG_INFINITY, 0.1], "-inf at position 0"),
        (vec![0.1, 0.2, 0.15, f64::NAN], "0.15 at position 2"),
        (too_many.collect(), "a list of 257"),
    ];
    for (bounds, shown) in cases {
        let expected = "1 to 256 finite numbers in ascending order";
        let error = refused(builder().duration_buckets(bounds.clone()));
        assert_eq!(error, format!("duration_buckets is \"{shown}\", expected {expected}"));
        let error = Registry::builder().buckets("wait_seconds", bounds).build().unwrap_err();
        assert_eq!(
            message(&error),
            format!("buckets of \"wait_seconds\" is \"{shown}\", expected {expected}")
        );
    }
    assert!(builder().duration_buckets([0.1]).build().is_ok());
}

#[test]
fn a_ratio_lies_between_0_and_1() {
    for (ratio, shown) in [
        (-0.1, "-0.1"),
        (1.000_1, "1.0001"),
        (100.0, "100"),
        (f64::NAN, "NaN"),
        (f64::INFINITY, "inf"),
        (f64::NEG_INFINITY, "-inf"),
    ] {
        assert_eq!(
            refused(builder().sample_ratio(ratio)),
            format!("sample_ratio is \"{shown}\", expected a number from 0.0 (record nothing) to 1.0 (record all)")
        );
    }
    for ratio in [0.0, -0.0, 0.5, 1.0] {
        assert!(builder().sample_ratio(ratio).build().is_ok(), "{ratio}");
    }
}

#[test]
fn a_collector_is_a_url_that_can_be_sent_to() {
    let example = "a URL with scheme and host such as http://localhost:4318";
    for (url, expected) in [
        ("", example),
        ("localhost:4318", example),
        ("http://", example),
        ("http://:4318", example),
        ("http://collector:99999", example),
        ("http://collector port", example),
        ("http://c\u{f6}llector", example),
        ("ftp://collector", "a URL whose scheme is http or https"),
        (
            "http://collector?key=1",
            "a base URL, to which the path is added, without query and fragment",
        ),
    ] {
        let error = refused(builder().otlp_endpoint(url));
        assert_eq!(error, format!("otlp_endpoint is {url:?}, expected {expected}"));
    }
}

#[test]
fn a_log_filter_is_made_of_directives() {
    for filter in [
        "my_crate=loud",
        "a=b=c",
        "info,[",
        "=info=",
        "my_crate[span{field=}]=verbose",
    ] {
        let error = refused(builder().log_filter(filter));
        let start =
            format!("log_filter is {filter:?}, expected directives such as \"info\" or \"warn,my_crate::db=debug\" (");
        assert!(error.starts_with(&start) && error.ends_with(')'), "{error}");
    }
    let obs = builder().log_filter("warn").build().unwrap();
    let error = message(&obs.set_log_filter("my_crate=loud").unwrap_err());
    assert_eq!(
        error,
        format!(
            "log_filter is \"my_crate=loud\", expected {}",
            directives("my_crate=loud")
        )
    );
}

#[test]
fn a_log_target_takes_bytes() {
    /// A disk that is full from the start.
    struct Full;
    impl io::Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let expected =
        |what: &str| format!("log_writer is \"a target that fails ({what})\", expected one that can be written to");
    assert_eq!(refused(builder().log_writer(Full)), expected("no storage space"));
    let error = JsonLayer::new("shop", Full).unwrap_err();
    assert_eq!(message(&error), expected("no storage space"));

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shop.log");
    assert!(builder().log_writer(File::create(&file).unwrap()).build().is_ok());
    let error = refused(builder().log_writer(File::open(&file).unwrap()));
    assert!(error.starts_with("log_writer is \"a target that fails ("), "{error}");
}

#[test]
fn a_cap_leaves_room_for_a_series() {
    let error = Registry::builder().series_cap(0).build().unwrap_err();
    assert_eq!(
        message(&error),
        "series_cap is \"0\", expected a number of series, at least 1"
    );
}

/// What of the environment is refused is so by the name of its variable. In a program of its own:
/// the environment belongs to the process.
#[test]
fn settings_of_the_environment_are_refused_by_their_names() {
    const CHILD: &str = "OBS_TEST_CHILD";
    if std::env::var_os(CHILD).is_some() {
        let error = Obs::builder("shop").log_writer(io::sink()).build().unwrap_err();
        println!("refused: {}", message(&error));
        return;
    }
    for (variable, value, expected) in [
        ("RUST_LOG", "shop=loud", &*directives("shop=loud")),
        (
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "collector",
            "a URL with scheme and host such as http://localhost:4318",
        ),
    ] {
        let mut command = std::process::Command::new(std::env::current_exe().unwrap());
        command.args([
            "--exact",
            "configurations::settings_of_the_environment_are_refused_by_their_names",
            "--nocapture",
        ]);
        command.env(CHILD, "1").env(variable, value);
        let process = Process::start(&mut command);
        let line = process.wait_for_line(DEADLINE, |line| line.contains("refused: "));
        let said = line.split_once("refused: ").unwrap().1;
        assert_eq!(said, format!("{variable} is {value:?}, expected {expected}"));
    }
}

#[test]
fn what_is_refused_leaves_no_thread_behind() {
    for _ in 0..20 {
        // The exporter starts before the log target is found to be bad.
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("shop.log");
        File::create(&file).unwrap();
        let builder = Obs::builder("shop")
            .otlp_endpoint("http://127.0.0.1:9")
            .log_writer(File::open(&file).unwrap());
        assert!(builder.build().is_err());
    }
    // Other tests of this program have threads of the same names, though not that many.
    #[cfg(target_os = "linux")]
    obs_tests::until(DEADLINE, || threads("obs-export") < 10 && threads("obs-logs") < 10);
}

#[cfg(target_os = "linux")]
fn threads(name: &str) -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.filter(|found| found.trim_end() == name).count()
}
