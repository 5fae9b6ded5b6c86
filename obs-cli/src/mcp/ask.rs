//! From a call to questions, from their answers to text.

use std::sync::{Mutex, PoisonError};

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::tools;
use crate::{
    client::{Address, Answer, ClientError, Console, Query, Target, Token},
    model::{Alerts, Difference, Endpoint, ErrorRow, Line, Overview, RunningList, Trace},
    report::{self, ServiceRow},
    text::{Row, cut, plain, shown},
};

/// The most bytes of an answer: a model reads all of it.
const LONGEST: usize = 24 << 10;
/// The columns of tables.
const WIDTH: usize = 140;
/// The rows of a list, unless another number is asked for.
const ROWS: u64 = 50;
/// The most rows of a list.
const MAX_ROWS: u64 = 200;

/// Asks the console of a URL.
#[derive(Debug)]
pub(super) struct Asker {
    address: Address,
    token: Option<Token>,
    /// The console, once it was found.
    found: Mutex<Option<Console>>,
}

/// The arguments of a call.
struct Arguments(Map<String, Value>);

/// A text with the page that shows the same.
struct Shown {
    rows: Vec<Row>,
    page: String,
}

// === impl Asker ===

impl Asker {
    pub(super) fn new(address: Address, token: Option<Token>) -> Self {
        Self {
            address,
            token,
            found: Mutex::default(),
        }
    }

    /// Calls a tool; both results are texts for the model.
    pub(super) fn ask(&self, tool: &str, arguments: Map<String, Value>) -> Result<String, String> {
        let arguments = Arguments::checked(tool, arguments)?;
        let shown = self
            .console()
            .and_then(|console| answer(&console, tool, &arguments))
            .map_err(|error| error.to_string())?;
        Ok(shown.to_text())
    }

    fn console(&self) -> Result<Console, ClientError> {
        if let Some(console) = &*self.found.lock().unwrap_or_else(PoisonError::into_inner) {
            return Ok(console.clone());
        }
        let console = Target::console(&self.address, self.token.clone())?;
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = Some(console.clone());
        Ok(console)
    }
}

fn answer(console: &Console, tool: &str, arguments: &Arguments) -> Result<Shown, ClientError> {
    let window = arguments.window();
    match tool {
        "overview" => {
            let answer: Answer<Overview> = console.ask(&["overview"], &window)?;
            Ok(shown_of(console, "/", &answer, overview(&answer)))
        }
        "running" => {
            let answer: Answer<RunningList> = console.ask(&["running"], &arguments.list(Query::default()))?;
            Ok(shown_of(
                console,
                "/running",
                &answer,
                report::running(&answer.data, WIDTH),
            ))
        }
        "endpoint" => endpoint(console, arguments, window),
        "errors" => {
            let answer: Answer<Vec<ErrorRow>> = console.ask(&["errors"], &arguments.list(window))?;
            let rows = report::errors(&answer.data, &answer.envelope.now, WIDTH);
            Ok(shown_of(console, "/errors", &answer, rows))
        }
        "trace" => {
            let id = arguments.text("trace_id").unwrap_or_default();
            let answer: Answer<Trace> = console.ask(&["traces", id], &Query::default())?;
            let path = format!("/trace/{}", answer.data.trace_id);
            Ok(shown_of(console, &path, &answer, report::trace(&answer.data, WIDTH)))
        }
        "lines" => {
            let answer: Answer<Vec<Line>> = console.ask(&["lines"], &arguments.list(window))?;
            let rows = answer.data.iter().map(|line| report::line(line, false)).collect();
            Ok(shown_of(console, "/logs", &answer, rows))
        }
        "difference" => {
            let query = window
                .maybe("base_from", arguments.text("base_from"))
                .maybe("base_to", arguments.text("base_to"))
                .maybe("mode", arguments.is_set("slow").then_some("slow"));
            let answer: Answer<Difference> = console.ask(&["diff"], &query)?;
            Ok(shown_of(
                console,
                "/diff",
                &answer,
                report::difference(&answer.data, WIDTH),
            ))
        }
        _ => alerts(console, tool),
    }
}

fn overview(answer: &Answer<Overview>) -> Vec<Row> {
    let service = &answer.envelope.service;
    let mut rows = vec![report::totals(&service.name, &answer.data)];
    let of_service = |row| ServiceRow {
        service: String::new(),
        row,
    };
    let endpoints: Vec<_> = answer.data.endpoints.iter().cloned().map(of_service).collect();
    rows.extend(report::endpoints(&endpoints, false, WIDTH));
    rows.extend(report::saturation(&answer.data.saturation));
    rows.extend(
        answer
            .data
            .alerts
            .iter()
            .flat_map(|alert| report::firing(alert, &answer.envelope.now)),
    );
    rows
}

fn endpoint(console: &Console, arguments: &Arguments, window: Query) -> Result<Shown, ClientError> {
    let name = Query::default()
        .and("kind", arguments.text("kind").unwrap_or("server"))
        .and("method", arguments.text("method").unwrap_or_default())
        .and("endpoint", arguments.text("endpoint").unwrap_or_default());
    let answer: Answer<Endpoint> = console.ask(&["endpoint"], &name.clone().with(window))?;
    let page = console.page("/endpoint", &name.with(absolute(&answer)));
    let (mut rows, _) = report::endpoint(&answer.data, WIDTH);
    rows.extend(report::left_out(answer.left_out()));
    Ok(Shown { rows, page })
}

fn alerts(console: &Console, tool: &str) -> Result<Shown, ClientError> {
    let answer: Answer<Alerts> = console.ask(&["alerts"], &Query::default())?;
    let rows = match tool {
        "slos" => report::slos(&answer.data.slos, WIDTH),
        _ => report::alerts(&answer.data, &answer.envelope.now),
    };
    Ok(shown_of(console, "/alerts", &answer, rows))
}

fn shown_of<T: DeserializeOwned>(console: &Console, path: &str, answer: &Answer<T>, mut rows: Vec<Row>) -> Shown {
    if rows.is_empty() {
        rows.push(vec!["nothing was found".into()]);
    }
    rows.extend(report::left_out(answer.left_out()));
    if answer.envelope.next.is_some() {
        rows.push(vec!["there are more rows: narrow the filter or the window".into()]);
    }
    Shown {
        rows,
        page: console.page(path, &absolute(answer)),
    }
}

/// The window of an answer, so that the page shows the same later.
fn absolute<T>(answer: &Answer<T>) -> Query {
    match &answer.envelope.window {
        Some(window) => Query::default().and("from", &*window.from).and("to", &*window.to),
        None => Query::default(),
    }
}

// === impl Arguments ===

impl Arguments {
    /// Refuses arguments that the tool does not have: a model that guesses should know.
    fn checked(tool: &str, arguments: Map<String, Value>) -> Result<Self, String> {
        for (name, value) in &arguments {
            if !tools::takes(tool, name, value) {
                let name = cut(&shown(name), 64).into_owned();
                return Err(format!("{tool} has no argument {name:?} of this type: see its schema"));
            }
        }
        Ok(Self(arguments))
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    fn is_set(&self, name: &str) -> bool {
        self.0.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    fn window(&self) -> Query {
        Query::default()
            .maybe("last", self.text("last"))
            .maybe("from", self.text("from"))
            .maybe("to", self.text("to"))
    }

    fn list(&self, query: Query) -> Query {
        let limit = self.0.get("limit").and_then(Value::as_u64).unwrap_or(ROWS);
        query
            .maybe("filter", self.text("filter"))
            .and("limit", limit.clamp(1, MAX_ROWS).to_string())
    }
}

// === impl Shown ===

impl Shown {
    /// The rows that fit, then the address of the page.
    fn to_text(&self) -> String {
        let mut text = String::new();
        for (index, row) in self.rows.iter().enumerate() {
            let line = plain(row);
            if text.len() + line.len() > LONGEST {
                let left = self.rows.len() - index;
                let note = format!("… {left} more lines did not fit: narrow the question, or see the page\n");
                text.push_str(&note);
                break;
            }
            text += &line;
            text.push('\n');
        }
        text + "\npage: " + &self.page
    }
}
