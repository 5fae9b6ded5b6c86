//! Views that were saved as HTML: the answers of a console are in one element of it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::Opened;
use crate::{ask, model::Trace, text::shown};

/// What is before the data.
const BEGIN: &str = "id=\"obs-data\">";
/// What is behind the data; `<` is escaped within.
const END: &str = "</script>";

/// A saved view.
#[derive(Debug, Deserialize)]
struct SavedView {
    obs: u64,
    #[serde(default)]
    path: String,
    #[serde(default)]
    saved: String,
    answers: BTreeMap<String, Value>,
}

/// Reads the traces of a view.
///
/// # Errors
///
/// If it is not a view of this version.
pub(super) fn read(text: &str) -> Result<Opened, String> {
    let (_, rest) = text.split_once(BEGIN).ok_or("this page was not saved by a console")?;
    let (data, _) = rest.split_once(END).ok_or("the file ends within the data")?;
    let view: SavedView = serde_json::from_str(data).map_err(|error| format!("the data can't be read: {error}"))?;
    if view.obs != 1 {
        return Err(format!(
            "a view of version {}, and this command reads version 1",
            view.obs
        ));
    }
    let mut opened = Opened {
        traces: Vec::new(),
        rows: Vec::new(),
        notes: vec![format!("{}, saved at {}", shown(&view.path), shown(&view.saved))],
    };
    for answer in view.answers.values() {
        let data = &answer["data"];
        let is_trace = data["trace_id"].is_string() && data["spans"].is_array();
        if is_trace && let Ok(trace) = Trace::deserialize(data) {
            opened.traces.push(trace);
            opened.rows.extend(ask::spans_and_lines(data).cloned());
        }
    }
    if opened.traces.is_empty() {
        let path = shown(&view.path);
        return Err(format!(
            "this is a view of the page {path}, which has no trace: open it in a browser"
        ));
    }
    Ok(opened)
}
