//! That the table says what the code does.

use std::collections::BTreeSet;

use super::{ignored::IGNORED, *};

const TABLE: &str = include_str!("variables.md");

/// The variables of a row, and its cells behind them.
struct Row {
    names: Vec<&'static str>,
    obeyed: &'static str,
    text: &'static str,
}

fn rows() -> Vec<Row> {
    let rows = TABLE.lines().filter(|line| line.starts_with("| `OTEL_"));
    rows.map(|line| {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let names = cells[1].split(", ").map(|name| name.trim_matches('`')).collect();
        Row {
            names,
            obeyed: cells[2],
            text: cells[3],
        }
    })
    .collect()
}

#[test]
fn each_variable_has_one_row() {
    let rows = rows();
    let names: Vec<_> = rows.iter().flat_map(|row| &row.names).collect();
    assert!(
        names.len() > 70 && names.iter().all(|name| name.starts_with("OTEL_")),
        "{names:?}"
    );
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
    assert!(
        rows.iter()
            .all(|row| matches!(row.obeyed, "yes" | "no") && !row.text.is_empty())
    );
}

#[test]
fn variables_that_are_ignored_stand_in_the_table_with_their_reason() {
    let ignored = rows().into_iter().filter(|row| row.obeyed == "no");
    let of_row = |row: Row| row.names.into_iter().map(move |name| (name, row.text.replace('`', "")));
    let table: BTreeSet<_> = ignored.flat_map(of_row).collect();
    assert_eq!(table, IGNORED.map(|(name, why)| (name, why.to_owned())).into());
}

#[cfg(all(
    feature = "otlp-http",
    feature = "otlp-grpc",
    feature = "otlp-tls",
    feature = "otlp-logs",
    feature = "otlp-metrics"
))]
#[test]
fn variables_that_are_read_are_those_that_the_table_calls_obeyed() {
    use std::sync::{Mutex, PoisonError};

    use crate::Obs;

    let read = Mutex::new(BTreeSet::new());
    let env = |name: &str| {
        read.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name.to_owned());
        let value = match name {
            "OTEL_TRACES_SAMPLER" => "traceidratio",
            "OTEL_LOGS_EXPORTER" | "OTEL_METRICS_EXPORTER" => "otlp",
            "OTEL_EXPORTER_OTLP_ENDPOINT" => "http://127.0.0.1:1",
            _ => return None,
        };
        Some(value.to_owned())
    };
    let notices = Notices::default();
    // No name, so that the environment is asked for it.
    let env = |name: &str| {
        if name == "OTEL_SERVICE_NAME" {
            env(name).or(Some("x".to_owned()))
        } else {
            env(name)
        }
    };
    let obs = Obs::builder("")
        .log_writer(std::io::sink())
        .build_in(Env::new(&env, &notices))
        .unwrap();
    let _ = obs.shutdown(std::time::Duration::ZERO);
    let ignored: BTreeSet<_> = IGNORED.iter().map(|(name, _)| (*name).to_owned()).collect();
    let read = read.into_inner().unwrap_or_else(PoisonError::into_inner);
    let obeyed: BTreeSet<_> = read
        .difference(&ignored)
        .filter(|name| name.starts_with("OTEL_"))
        .cloned()
        .collect();
    let table = rows()
        .into_iter()
        .filter(|row| row.obeyed == "yes")
        .flat_map(|row| row.names);
    assert_eq!(table.map(str::to_owned).collect::<BTreeSet<_>>(), obeyed);
    assert_eq!(notices.take(), Vec::<String>::new());
}

#[test]
fn a_variable_that_is_ignored_is_reported_with_its_reason() {
    let env = |name: &str| (name == "OTEL_EXPORTER_OTLP_INSECURE").then(|| "true".to_owned());
    let notices = Notices::default();
    report_ignored(Env::new(&env, &notices));
    let reported = notices.take();
    assert_eq!(reported.len(), 1);
    assert!(
        reported[0].starts_with("OTEL_EXPORTER_OTLP_INSECURE is set and ignored: the scheme"),
        "{reported:?}"
    );
}
