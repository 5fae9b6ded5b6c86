//! Records: what has ended.

use obs_core::recorder::{Filter, Record};

use super::{
    Problem,
    convert::is_error,
    filter::{Cell, Key, Query, Row},
    filterable::scalar,
    page::{Cursor, page},
    params::Params,
    types::{Field, Line, RecordSummary},
    view::{Made, View},
};

/// The parameters of `records`.
pub(super) const PARAMETERS: &[&str] = &[
    "from", "to", "last", "live", "filter", "sort", "order", "limit", "cursor", "mine", "only",
];
const SORTS: &[&str] = &["ended", "started", "duration", "head", "status", "response_bytes"];

/// A record with what else a filter finds of it: its lines, and the attributes of its spans.
struct Whole<'a> {
    summary: &'a RecordSummary,
    record: &'a Record,
    lines: Vec<Line>,
    attributes: Vec<Field>,
}

/// `GET records`.
pub(super) fn answer(view: &View<'_>, params: &Params<'_>) -> Result<Made<Vec<RecordSummary>>, Problem> {
    let window = params.window()?;
    let query = params.filter()?;
    let mine = view.mine(params.get("mine"))?;
    let sort = params.one_of("sort", SORTS)?;
    let only_errors = params.one_of("only", &["all", "errors"])? == "errors";
    let order = (params.is_descending()?, params.cursor()?, params.limit()?);
    let filter = if only_errors {
        Filter::new().errors()
    } else {
        Filter::new()
    };
    let records = view.records(&window, narrowed(filter, &query));
    let mut rows: Vec<_> = records
        .iter()
        .filter(|record| !only_errors || is_error(record))
        .filter_map(|record| {
            let summary = view.summary(record);
            let is_mine = mine.as_ref().is_none_or(|traces| traces.contains(&summary.trace_id));
            (is_mine && passes(view, &query, &summary, record)).then_some(summary)
        })
        .collect();
    let mut left_out = Vec::new();
    let next = page(&mut rows, |row| place(row, sort), order, &mut left_out);
    Ok(Made {
        data: rows,
        window: Some(window),
        left_out,
        next,
    })
}

/// What the recorder can look for by itself.
fn narrowed(mut filter: Filter, query: &Query) -> Filter {
    if let Some(id) = query.exactly(&Key::RequestId).filter(|id| id.len() == 36) {
        filter = filter.request_id(id);
    }
    filter
}

/// Whether a record passes a filter.
pub(super) fn passes(view: &View<'_>, query: &Query, summary: &RecordSummary, record: &Record) -> bool {
    if query.is_empty() {
        return true;
    }
    let attributes = record.spans.iter().flat_map(|span| &span.attributes);
    let attributes = attributes.map(|(key, value)| Field {
        key: key.clone(),
        value: value.into(),
    });
    query.passes(&Whole {
        summary,
        record,
        lines: view.lines_of(record),
        attributes: view.fields(attributes.collect()),
    })
}

fn place(row: &RecordSummary, sort: &str) -> Cursor {
    let tie = u64::from_str_radix(&row.span_id, 16).unwrap_or_default();
    match sort {
        "ended" => Cursor::new(row.ended.nanoseconds(), tie),
        "started" => Cursor::new(row.started.nanoseconds(), tie),
        "head" => Cursor::of_number(row.head.unwrap_or(-1.0), tie),
        "status" => Cursor::new(row.status.unwrap_or(0).into(), tie),
        "response_bytes" => Cursor::new(row.response_bytes, tie),
        _ => Cursor::of_number(row.duration, tie),
    }
}

impl Row for Whole<'_> {
    fn texts(&self, visit: &mut dyn FnMut(&str)) {
        self.summary.texts(visit);
        self.record.spans.iter().for_each(|span| visit(&span.name));
        self.lines.iter().for_each(|line| line.texts(visit));
    }

    fn cell(&self, key: &Key) -> Option<Cell<'_>> {
        let Key::Field(name) = key else {
            return self.summary.cell(key);
        };
        let attribute = self.attributes.iter().find(|field| field.key == *name);
        let attribute = attribute.map(|field| scalar(&field.value));
        attribute.or_else(|| self.lines.iter().find_map(|line| line.cell(key)))
    }
}
