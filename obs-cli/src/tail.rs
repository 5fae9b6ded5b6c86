//! The command `obs tail`.

use std::io::{self, Write as _};

use serde::Deserialize as _;

use super::{
    ask,
    client::{Event, Follower, Query},
    console_args::TailArgs,
    model::Line,
    outcome::{Outcome, Verdict, count, say},
    report,
    text::{Screen, json_line, shown},
};

/// Prints lines as they come, until the console refuses.
///
/// # Errors
///
/// If the console does not answer, refuses, or the lines can't be written.
pub(super) fn run(args: &TailArgs) -> Outcome {
    let console = ask::console(&args.console)?;
    let query = Query::default().maybe("filter", args.filter.as_deref());
    let follower = Follower::start(&console, &query)?;
    let screen = Screen {
        // Lines are not cut: the terminal wraps them.
        width: usize::MAX,
        ..Screen::of_stdout()
    };
    while let Some(event) = follower.next() {
        match event {
            Event::Row(row) if args.json => say(&json_line(&row))?,
            Event::Row(row) => {
                if let Ok(line) = Line::deserialize(&row) {
                    say(&screen.line(report::line(&line, false)))?;
                }
            }
            Event::Dropped(number) => {
                let lines = count(usize::try_from(number).unwrap_or(usize::MAX), "line");
                remark(&format!(
                    "{lines} dropped: there are more than can be sent; narrow the filter"
                ))?;
            }
            Event::Lost(why) => remark(&format!("connection lost, connecting again: {}", shown(&why)))?,
            Event::Back => remark("connected again: lines in between are missing")?,
            Event::End(error) => return Err(error.into()),
        }
    }
    Ok(Verdict::Incomplete)
}

/// A remark beside the lines.
fn remark(text: &str) -> io::Result<()> {
    writeln!(io::stderr().lock(), "obs tail: {text}")
}
