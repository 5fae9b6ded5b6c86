//! What is running.

use std::collections::HashMap;

use obs_core::recorder;

use super::{
    Problem,
    endpoints::{self, EndpointData},
    page::Budget,
    params::Params,
    red::EndpointKey,
    types::{Kind, LeftOut, Line, Phase, Running, RunningList, Side, Window},
    view::{Made, View},
};

/// The parameters of `running`.
pub(super) const PARAMETERS: &[&str] = &["filter", "limit", "mine"];
/// Nothing is stuck that is younger, in seconds.
const MIN_AGE: f64 = 1.0;
/// What takes so many times as long as all but one of a hundred others is stuck.
const TIMES_P99: f64 = 3.0;
/// What waits and has not been polled for so many seconds is stuck.
const UNPOLLED: f64 = 30.0;

/// `GET running`: what is stuck first, then by age.
pub(super) fn answer(view: &View<'_>, params: &Params<'_>) -> Result<Made<RunningList>, Problem> {
    let query = params.filter()?;
    let mine = view.mine(params.get("mine"))?;
    let limit = params.limit()?;
    let is_mine = |row: &Running| mine.as_ref().is_none_or(|traces| traces.contains(&row.trace_id));
    let mut rows = all(view, |_| true);
    rows.retain(|row| is_mine(row) && query.passes(row));
    let total = rows.len();
    let stuck = rows.iter().filter(|row| row.stuck).count();
    rows.truncate(limit);
    Budget::default().take(&mut rows);
    let mut left_out = Vec::new();
    if rows.len() < total {
        left_out.push(LeftOut::new(
            "running",
            total - rows.len(),
            "the limit of rows, or of 1 MiB",
        ));
    }
    Ok(Made {
        left_out,
        ..Made::new(RunningList {
            running: rows,
            stuck: stuck as u64,
            total: total as u64,
        })
    })
}

/// What is running and wanted, what is stuck first, then by age.
pub(super) fn all(view: &View<'_>, wants: impl Fn(&recorder::Running) -> bool) -> Vec<Running> {
    let running = view.sources.obs().recorder().running();
    let wanted: Vec<_> = running.iter().filter(|running| wants(running)).collect();
    if wanted.is_empty() {
        return Vec::new();
    }
    let endpoints = recent(view);
    let mut p99s = HashMap::new();
    let mut rows: Vec<_> = wanted
        .into_iter()
        .map(|running| {
            let p99 = key_of(running).and_then(|key| {
                let computed = || endpoints.get(&key)?.durations.quantile(0.99);
                *p99s.entry(key.clone()).or_insert_with(computed)
            });
            view.running(row(running, p99))
        })
        .collect();
    rows.sort_by(|a, b| b.stuck.cmp(&a.stuck).then(b.age.total_cmp(&a.age)));
    rows
}

/// The endpoints over the last 15 minutes.
fn recent(view: &View<'_>) -> HashMap<EndpointKey, EndpointData> {
    let window = Window {
        from: view.now.before(std::time::Duration::from_secs(900)),
        to: view.now,
    };
    endpoints::read(view, &window, 1).1
}

/// The endpoint of something that runs.
fn key_of(running: &recorder::Running) -> Option<EndpointKey> {
    let side = match running.kind.into() {
        Kind::Request | Kind::Upgrade => Side::Server,
        Kind::Call => Side::Client,
        Kind::Job => return None,
    };
    Some(EndpointKey {
        side,
        method: running.method.to_owned(),
        endpoint: running.endpoint.clone(),
    })
}

fn row(running: &recorder::Running, p99: Option<f64>) -> Running {
    let (age, since_poll) = (running.age.as_secs_f64(), running.since_poll.as_secs_f64());
    let phase = running.phase.into();
    Running {
        kind: running.kind.into(),
        request_id: running.request_id.clone(),
        trace_id: running.trace_id.to_string(),
        span_id: running.span_id.to_string(),
        parent_id: running.parent_id.map(|id| id.to_string()),
        sampled: running.is_sampled,
        method: running.method.to_owned(),
        endpoint: running.endpoint.clone(),
        path: running.path.clone(),
        client: running.client.map(|client| client.to_string()),
        started: running.started.into(),
        age,
        p99,
        stuck: is_stuck(phase, age, p99, (running.polls, since_poll)),
        phase,
        status: running.status,
        request_bytes: None,
        response_bytes: running.response_bytes,
        polls: running.polls,
        since_poll,
        open_spans: running.open_spans.clone(),
        last_line: running.last_line.as_ref().map(Line::of_recorder),
    }
}

/// Whether something is stuck: it takes much longer than its endpoint usually does, or nothing wakes it. Streams have no
/// usual duration; a job that was never polled runs on a thread of its own.
fn is_stuck(phase: Phase, age: f64, p99: Option<f64>, (polls, since_poll): (u32, f64)) -> bool {
    let is_slow = phase != Phase::Streaming && age >= MIN_AGE && p99.is_some_and(|p99| age > TIMES_P99 * p99);
    let is_asleep = phase == Phase::Waiting && polls > 0 && since_poll >= UNPOLLED;
    is_slow || is_asleep
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_three_times_as_long_as_usual_or_is_not_polled_is_stuck() {
        let polled = (3, 0.1);
        assert!(is_stuck(Phase::Waiting, 1.1, Some(0.3), polled));
        assert!(is_stuck(Phase::Body, 1.1, Some(0.3), polled));
        assert!(!is_stuck(Phase::Streaming, 99.0, Some(0.3), polled), "a stream");
        assert!(!is_stuck(Phase::Waiting, 0.9, Some(0.001), polled), "young");
        assert!(!is_stuck(Phase::Waiting, 99.0, Some(40.0), polled), "usual");
        assert!(!is_stuck(Phase::Waiting, 99.0, None, polled), "unknown");
        assert!(is_stuck(Phase::Waiting, 99.0, None, (3, 30.0)));
        assert!(!is_stuck(Phase::Waiting, 99.0, None, (0, 99.0)), "a thread");
        assert!(!is_stuck(Phase::Body, 99.0, None, (3, 99.0)), "the client reads slowly");
    }
}
