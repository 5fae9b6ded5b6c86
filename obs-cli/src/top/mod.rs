//! The command `obs top`.

mod source;

#[cfg(test)]
mod tests;

use std::{cmp::Ordering, io, thread, time::Duration};

use serde_json::json;

use self::source::{Reading, Source, read_all};
use super::{
    client::{Address, Token},
    console_args::TopArgs,
    outcome::{Outcome, Verdict, complain, say},
    report::{self, ServiceRow},
    text::{Piece, Row, Screen, Tone, json_line, shown},
};

/// Shows the endpoints of services.
///
/// # Errors
///
/// If the arguments are wrong, no service answers, or the terminal fails.
pub(super) fn run(args: &TopArgs) -> Outcome {
    let token = Token::find(args.token.token_file.as_deref())?;
    let mut sources = Vec::new();
    for url in &args.urls {
        sources.push(Source::new(Address::parse(url)?, token.clone(), &args.last));
    }
    let interval = Duration::from_secs(args.interval.into());
    if args.once {
        return once(args, &mut sources, interval);
    }
    loop {
        let readings = read_all(&mut sources);
        let screen = Screen::of_stdout();
        screen.clear()?;
        screen.print(table(&readings, screen.width))?;
        say("")?;
        thread::sleep(interval);
    }
}

/// One table; pages that have no rates on their first reading are read twice.
fn once(args: &TopArgs, sources: &mut [Source], interval: Duration) -> Outcome {
    let mut readings = read_all(sources);
    if readings
        .iter()
        .any(|reading| matches!(reading, Ok(reading) if reading.is_first))
    {
        thread::sleep(interval);
        readings = read_all(sources);
    }
    if args.json {
        for reading in &readings {
            match reading {
                Ok(reading) => print_rows(reading)?,
                Err(error) => complain(error)?,
            }
        }
    } else {
        let screen = Screen::of_stdout();
        screen.print(table(&readings, screen.width))?;
    }
    let is_missing = readings.iter().any(Result::is_err);
    let mut found = readings.iter().flatten().map(Reading::has_findings);
    Ok(match (is_missing, found.any(|has| has)) {
        (true, _) => Verdict::Incomplete,
        (false, has_findings) => Verdict::of(!has_findings),
    })
}

fn print_rows(reading: &Reading) -> io::Result<()> {
    for row in &reading.rows {
        say(&json_line(&json!({
            "service": reading.service, "kind": row.kind, "method": row.method, "endpoint": row.endpoint,
            "requests": row.requests, "rate": row.rate, "errors": row.errors, "error_ratio": row.error_ratio,
            "p50": row.p50, "p95": row.p95, "p99": row.p99, "in_flight": row.in_flight,
            "budget_left": row.budget_left,
        })))?;
    }
    Ok(())
}

/// A row for each service, then the endpoints of all.
fn table(readings: &[Result<Reading, super::client::ClientError>], width: usize) -> Vec<Row> {
    let mut rows: Vec<Row> = readings.iter().map(summary).collect();
    let mut endpoints = service_rows(readings);
    endpoints.sort_by(compare);
    rows.push(Row::new());
    rows.extend(report::endpoints(&endpoints, readings.len() > 1, width));
    rows
}

fn service_rows(readings: &[Result<Reading, super::client::ClientError>]) -> Vec<ServiceRow> {
    let of = |reading: &Reading| {
        let service = reading.service.clone();
        let row = move |row: &crate::model::EndpointRow| ServiceRow {
            service: service.clone(),
            row: row.clone(),
        };
        reading.rows.iter().map(row).collect::<Vec<_>>()
    };
    readings.iter().flatten().flat_map(of).collect()
}

/// What fails comes first, then what is called most. Rows with the same values keep their places.
fn compare(a: &ServiceRow, b: &ServiceRow) -> Ordering {
    let by = |value: fn(&ServiceRow) -> Option<f64>| value(b).unwrap_or(0.0).total_cmp(&value(a).unwrap_or(0.0));
    let name = |of: &ServiceRow| (of.service.clone(), of.row.endpoint.clone(), of.row.method.clone());
    by(|of| of.row.error_ratio)
        .then_with(|| by(|of| of.row.rate))
        .then_with(|| name(a).cmp(&name(b)))
}

/// A service in one row, or why it does not answer.
fn summary(reading: &Result<Reading, super::client::ClientError>) -> Row {
    match reading {
        Err(error) => vec![Piece::new(error.to_string(), Tone::Bad)],
        Ok(Reading {
            service,
            overview: Some(overview),
            ..
        }) => report::totals(service, overview),
        Ok(reading) => {
            let state = if reading.is_first {
                "the next reading has rates"
            } else {
                "its metrics page alone"
            };
            vec![
                Piece::new(shown(&reading.service), Tone::Strong),
                Piece::new(format!("  {state}"), Tone::Faint),
            ]
        }
    }
}
