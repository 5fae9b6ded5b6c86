//! Playing rows and telling what went wrong.

use std::{
    fmt,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::SystemTime,
};

use obs_core::{
    names::metric,
    recorder::{Filter, Kind},
};

use super::{Adapter, Evidence, Expect, Scenario, Stage, Wire, act::Visit, check};
use crate::wait::DEADLINE;

/// Rows that are played at the same time, each on an instance and a server of its own.
const AT_ONCE: usize = 4;

/// A row that did not show what it must.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Row, adapter and protocol.
    pub row: String,
    /// What was wrong.
    pub problems: Vec<String>,
    /// What there was to see.
    pub evidence: Evidence,
}

/// Plays each of `rows` with `adapter` over `wire` on a stage of its own, made by `stage`; panics
/// with all rows that fail.
///
/// Returns how many rows were played.
#[track_caller]
pub fn check_all(adapter: &dyn Adapter, wire: Wire, rows: &[Scenario], stage: fn() -> Stage) -> usize {
    let (next, played) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let failures = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(rows.len()) {
            scope.spawn(|| {
                while let Some(row) = rows.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let Some(expect) = row.expected(adapter.name(), wire) else {
                        continue;
                    };
                    played.fetch_add(1, Ordering::Relaxed);
                    let failure = play(&stage(), adapter, wire, row, expect).err();
                    failures.lock().unwrap_or_else(PoisonError::into_inner).extend(failure);
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap_or_else(PoisonError::into_inner);
    let report: String = failures.iter().map(ToString::to_string).collect();
    assert!(
        failures.is_empty(),
        "{} of {} rows failed:\n{report}",
        failures.len(),
        rows.len()
    );
    played.into_inner()
}

/// Plays each of `rows` in turn on one stage, as [`check_all`] does on many: for the process-wide
/// default.
#[track_caller]
pub fn check_in_turn(adapter: &dyn Adapter, wire: Wire, rows: &[Scenario], stage: &Stage) -> usize {
    let expected = |row: &&Scenario| row.expected(adapter.name(), wire).cloned();
    let played: Vec<_> = rows.iter().filter_map(|row| Some((row, expected(&row)?))).collect();
    let failures: Vec<_> = played
        .iter()
        .filter_map(|(row, expect)| play(stage, adapter, wire, row, expect).err())
        .collect();
    let report: String = failures.iter().map(ToString::to_string).collect();
    assert!(
        failures.is_empty(),
        "{} of {} rows failed:\n{report}",
        failures.len(),
        rows.len()
    );
    played.len()
}

/// Plays one row on `stage` and compares.
///
/// # Errors
///
/// What was wrong, with all there was to see.
pub fn play(
    stage: &Stage,
    adapter: &dyn Adapter,
    wire: Wire,
    row: &Scenario,
    expect: &Expect,
) -> Result<Evidence, Box<Failure>> {
    let evidence = gather(stage, adapter, wire, row, expect);
    let problems = check::problems(&check::Case {
        row,
        expect,
        wire,
        evidence: &evidence,
    });
    if problems.is_empty() {
        return Ok(evidence);
    }
    Err(Box::new(Failure {
        row: format!("{:?} [{} {wire}]", row.name, adapter.name()),
        problems,
        evidence,
    }))
}

fn gather(stage: &Stage, adapter: &dyn Adapter, wire: Wire, row: &Scenario, expect: &Expect) -> Evidence {
    stage.clear();
    let began = SystemTime::now();
    let before = stage.page();
    let server = stage.serve(adapter, &row.routes, &row.settings);
    let visit = Visit::pay(wire, server.addr(), &row.ask, || {
        stage.wait_in_flight(1.0, &row.settings);
        // The head of a request is not its body, which a handler may wait for.
        stage.wait_hanging();
    });
    let requests = usize::from(expect.is_recorded);
    // What does not come shows in what is compared.
    let _ = stage.wait_finished(requests);
    if expect.streams.or(expect.upgraded).is_some() {
        let lives = format!("{}_count", metric::STREAM_DURATION.name(row.settings.namespace));
        let _ = stage.wait_page(|page| page.delta(&before, &lives, &[]) >= 1.0);
    }
    let Visit {
        seen,
        _connection: connection,
    } = visit;
    drop(connection);
    let has_stopped = server.stop(DEADLINE);
    stage.flush(usize::from(expect.has_line(&row.settings)));
    let page = stage.page_text();
    let recorder = stage.obs().recorder();
    let requests = Filter::new().kind(Kind::Request).since(began);
    Evidence {
        records: recorder.recent(&requests),
        upgrades: recorder.recent(&requests.kind(Kind::Upgrade)).len(),
        running: recorder
            .running()
            .iter()
            .filter(|entry| entry.kind == Kind::Request)
            .count(),
        before,
        after: stage.page(),
        page,
        lines: stage.lines(),
        spans: stage.spans(),
        finished: stage.finished(),
        seen,
        has_stopped,
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nrow {}:", self.row)?;
        for problem in &self.problems {
            writeln!(f, "  ✗ {problem}")?;
        }
        writeln!(f, "{}", self.evidence)
    }
}
