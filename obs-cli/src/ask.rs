//! The commands that ask a console one question: `running`, `errors`, `trace`, `diff`.

use std::error::Error;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    client::{Address, Answer, Console, Query, Target, Token},
    console_args::{ConsoleArg, DiffArgs, ErrorsArgs, RowArgs, RunningArgs, TraceArgs, WindowArgs},
    model::{Difference, ErrorRow, RunningList, Span, Trace},
    outcome::{Outcome, Verdict, say},
    report,
    text::{Row, Screen, json_line},
};

/// The score from which a difference is a finding; those of single requests are below.
const MARKED: f64 = 0.2;

/// Connects to the console of the arguments.
///
/// # Errors
///
/// If there is none, or it does not admit the client.
pub(super) fn console(args: &ConsoleArg) -> Result<Console, Box<dyn Error>> {
    let token = Token::find(args.token.token_file.as_deref())?;
    Ok(Target::console(&Address::parse(&args.url)?, token)?)
}

/// `obs running`.
///
/// # Errors
///
/// If the console gives no answer.
pub(super) fn running(args: &RunningArgs) -> Outcome {
    let answer: Answer<RunningList> = console(&args.console)?.ask(&["running"], &rows(Query::default(), &args.rows))?;
    let verdict = Verdict::of(answer.data.stuck == 0);
    if args.rows.json {
        return json(answer.raw["data"]["running"].as_array().into_iter().flatten(), verdict);
    }
    let screen = Screen::of_stdout();
    show(&answer, report::running(&answer.data, screen.width), screen, verdict)
}

/// `obs errors`.
///
/// # Errors
///
/// If the console gives no answer.
pub(super) fn errors(args: &ErrorsArgs) -> Outcome {
    let window = window(Query::default(), &args.window);
    let answer: Answer<Vec<ErrorRow>> = console(&args.console)?.ask(&["errors"], &rows(window, &args.rows))?;
    let verdict = Verdict::of(answer.data.is_empty());
    if args.rows.json {
        return json(answer.raw_rows(), verdict);
    }
    let screen = Screen::of_stdout();
    let rows = report::errors(&answer.data, &answer.envelope.now, screen.width);
    show(&answer, rows, screen, verdict)
}

/// `obs trace`.
///
/// # Errors
///
/// If the console gives no answer.
pub(super) fn trace(args: &TraceArgs) -> Outcome {
    let answer: Answer<Trace> = console(&args.console)?.ask(&["traces", &args.id], &Query::default())?;
    let verdict = verdict_of(&answer.data);
    if args.json {
        return json(spans_and_lines(&answer.raw["data"]), verdict);
    }
    let screen = Screen::of_stdout();
    show(&answer, report::trace(&answer.data, screen.width), screen, verdict)
}

/// `obs diff`.
///
/// # Errors
///
/// If the console gives no answer.
pub(super) fn diff(args: &DiffArgs) -> Outcome {
    let query = window(Query::default(), &args.window)
        .maybe("base_from", args.base_from.as_deref())
        .maybe("base_to", args.base_to.as_deref())
        .maybe("mode", args.slow.then_some("slow"));
    let answer: Answer<Difference> = console(&args.console)?.ask(&["diff"], &query)?;
    let data = &answer.data;
    let verdict = Verdict::of(!data.scores().any(|score| score >= MARKED));
    if args.json {
        let parts = ["endpoints", "attributes", "versions"].iter();
        return json(
            parts.filter_map(|part| answer.raw["data"][*part].as_array()).flatten(),
            verdict,
        );
    }
    let screen = Screen::of_stdout();
    show(&answer, report::difference(data, screen.width), screen, verdict)
}

/// Whether anything of a trace has failed.
pub(super) fn verdict_of(trace: &Trace) -> Verdict {
    Verdict::of(!trace.spans.iter().any(Span::has_failed))
}

/// The spans of a trace, then its lines, as they were sent.
pub(super) fn spans_and_lines(trace: &Value) -> impl Iterator<Item = &Value> {
    ["spans", "lines"]
        .iter()
        .filter_map(|part| trace[*part].as_array())
        .flatten()
}

fn rows(query: Query, args: &RowArgs) -> Query {
    query
        .maybe("filter", args.filter.as_deref())
        .maybe("limit", args.limit.map(|limit| limit.to_string()))
}

fn window(query: Query, args: &WindowArgs) -> Query {
    query
        .maybe("last", args.last.as_deref())
        .maybe("from", args.from.as_deref())
        .maybe("to", args.to.as_deref())
}

fn show<T: DeserializeOwned>(answer: &Answer<T>, mut rows: Vec<Row>, screen: Screen, verdict: Verdict) -> Outcome {
    rows.extend(report::left_out(answer.left_out()));
    if answer.envelope.next.is_some() {
        rows.push(vec!["there are more rows: raise --limit, or narrow the filter".into()]);
    }
    screen.print(rows)?;
    Ok(verdict)
}

/// Prints rows as lines of JSON.
///
/// # Errors
///
/// If they can't be written.
pub(super) fn json<'a>(rows: impl IntoIterator<Item = &'a Value>, verdict: Verdict) -> Outcome {
    for row in rows {
        say(&json_line(row))?;
    }
    Ok(verdict)
}
