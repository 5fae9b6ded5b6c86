//! The command `obs open`: what was exported from a console.

mod otlp;
mod saved;

#[cfg(test)]
mod tests;

use std::{fs::File, io::Read as _, path::Path};

use serde_json::Value;

use super::{
    ask,
    console_args::OpenArgs,
    model::Trace,
    outcome::{Outcome, Verdict},
    report,
    text::{Row, Screen, shown},
};

/// The most bytes of a file.
const LONGEST: u64 = 64 << 20;
/// The most traces that are shown.
const MAX_TRACES: usize = 20;

/// What a file has.
#[derive(Debug)]
struct Opened {
    traces: Vec<Trace>,
    /// The same as rows of JSON.
    rows: Vec<Value>,
    /// What has to be said of it.
    notes: Vec<String>,
}

/// Shows a file.
///
/// # Errors
///
/// If it can't be read, or has no trace.
pub(super) fn run(args: &OpenArgs) -> Outcome {
    let path = &args.file;
    let named = |why: &str| format!("{}: {why}", shown(&path.display().to_string()));
    let text = read(path).map_err(|error| named(&format!("can't be read: {error}")))?;
    let opened = open(&text).map_err(|why| named(&why))?;
    let verdicts = opened.traces.iter().map(ask::verdict_of);
    let verdict = verdicts.fold(Verdict::Well, |all, one| if one == Verdict::Well { all } else { one });
    if args.json {
        return ask::json(&opened.rows, verdict);
    }
    let screen = Screen::of_stdout();
    screen.print(rows(&opened, screen.width))?;
    Ok(verdict)
}

fn rows(opened: &Opened, width: usize) -> Vec<Row> {
    let mut rows: Vec<Row> = opened.notes.iter().map(|note| vec![note.as_str().into()]).collect();
    for (index, trace) in opened.traces.iter().take(MAX_TRACES).enumerate() {
        if index > 0 {
            rows.push(Row::new());
        }
        rows.extend(report::trace(trace, width));
    }
    if opened.traces.len() > MAX_TRACES {
        let more = opened.traces.len() - MAX_TRACES;
        rows.push(vec![format!("{more} more traces are in the file").into()]);
    }
    rows
}

fn read(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    let read = File::open(path)?.take(LONGEST + 1).read_to_string(&mut text)?;
    if read as u64 > LONGEST {
        return Err(std::io::Error::other("it has more than 64 MiB"));
    }
    Ok(text)
}

fn open(text: &str) -> Result<Opened, String> {
    let is_html = text.trim_start().starts_with('<');
    let opened = if is_html { saved::read(text)? } else { otlp::read(text)? };
    if opened.traces.is_empty() {
        return Err("there is no trace in it".to_owned());
    }
    Ok(opened)
}
