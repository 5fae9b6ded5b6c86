//! What the client may do, and completions of its filters.

use std::collections::BTreeSet;

use obs_core::recorder::Filter;

use super::{
    Problem,
    filter::{Cell, Key, Row, Suggested, suggested},
    history::FINE_STEP,
    lines,
    params::Params,
    red,
    types::{Retention, Session, SessionRights, Suggestions, Time, Window},
    view::{Made, View},
};

/// The parameters of `suggestions`.
pub(super) const SUGGESTIONS: &[&str] = &["page", "text"];
/// The most completions.
const MAX_VALUES: usize = 20;
/// The most records whose lines are looked through.
const MAX_RECORDS: usize = 500;

/// `GET session`.
pub(super) fn answer(view: &View<'_>) -> Made<Session> {
    let sampler = view.sources.sampler();
    let recorder = view.sources.obs().recorder();
    let oldest = recorder.recent(&Filter::new().limit(usize::MAX));
    let rights = view.request.rights;
    Made::new(Session {
        rights: SessionRights {
            see: true,
            sensitive: rights.sees_sensitive(),
            change: rights.changes(),
        },
        controls: view.request.console.controls,
        alerts: view.sources.alerts().is_some(),
        console_version: env!("CARGO_PKG_VERSION").to_owned(),
        retention: Retention {
            history_from: sampler.history().begin(sampler.zero(view.now)),
            oldest_record: oldest.last().map(|record| record.ended().into()),
            recorder_bytes: recorder.held_bytes(),
            recorder_limit: recorder.limit_bytes(),
            history_step: FINE_STEP.as_secs_f64(),
        },
    })
}

/// `GET suggestions`.
pub(super) fn suggestions(view: &View<'_>, params: &Params<'_>) -> Result<Made<Suggestions>, Problem> {
    let page = params.one_of("page", &["logs", "records", "overview", "errors", "running"])?;
    let (mut keys, mut values) = (Vec::new(), Vec::new());
    match suggested(params.get("text").unwrap_or_default()) {
        Suggested::Keys(known) => keys = known,
        Suggested::Words(words) => values = words,
        Suggested::Values(key, text) => values = found(view, page, &key, &text),
    }
    Ok(Made::new(Suggestions { keys, values }))
}

/// The values of a key that rows have and that contain a text.
fn found(view: &View<'_>, page: &str, key: &Key, text: &str) -> Vec<String> {
    let mut values = BTreeSet::new();
    let mut add = |cell: Option<Cell<'_>>| {
        let value = match cell {
            Some(Cell::Text(value)) if value.len() <= 200 => value.into_owned(),
            Some(Cell::Number(number)) => number.to_string(),
            _ => return,
        };
        if !value.is_empty() && value.to_ascii_lowercase().contains(text) {
            values.insert(value);
        }
    };
    match page {
        "overview" => {
            let history = view.sources.sampler().history();
            for (endpoint, _) in history.keys().filter_map(red::read) {
                match key {
                    Key::Method => add(Some(Cell::text(&endpoint.method))),
                    Key::Endpoint => add(Some(Cell::text(&endpoint.endpoint))),
                    _ => {}
                }
            }
        }
        "logs" => {
            let window = Window {
                from: view.now.before(std::time::Duration::from_secs(900)),
                to: Time(std::time::Duration::MAX),
            };
            for line in lines::all(view, &window, |_| true, &mut Vec::new()) {
                add(line.cell(key));
            }
        }
        _ => {
            let records = view.sources.obs().recorder().recent(&Filter::new().limit(MAX_RECORDS));
            for record in &records {
                add(view.summary(record).cell(key));
            }
        }
    }
    values.into_iter().take(MAX_VALUES).collect()
}
