//! A trace from its parts.

use obs_base::ids::TraceId;
use obs_core::names::attribute;
use obs_core::recorder::{Record, SpanRecord};

use super::{
    assemble::{Assembled, assemble},
    times::{critical_path, self_times},
};
use crate::query::{
    Problem, lines,
    page::{Budget, cut},
    params::Params,
    running,
    types::{Field, Kind, LeftOut, Line, RecordSummary, Running, Scalar, Span, SpanStatus, Time, Trace, Window},
    view::{Made, View},
};

/// The parameters of `traces/{id}`; the server takes `format`.
pub(in crate::query) const PARAMETERS: &[&str] = &["span", "format"];
/// The most spans of a trace.
const MAX_SPANS: usize = 5_000;
/// The most events of a span.
const MAX_EVENTS: usize = 128;
/// How long before and after a trace its lines are looked for.
const AROUND: std::time::Duration = std::time::Duration::from_secs(60);

/// `GET traces/{id}`.
pub(in crate::query) fn answer(view: &View<'_>, _: &Params<'_>, id: &str) -> Result<Made<Trace>, Problem> {
    of_id(view, id)
}

/// A trace by its id.
pub(in crate::query) fn of_id(view: &View<'_>, id: &str) -> Result<Made<Trace>, Problem> {
    let Some(trace_id) = parsed(id) else {
        return Err(Problem::bad_query(
            "id",
            Some(0),
            "a trace id has 32 lower-case hexadecimal digits, not all of them 0",
        ));
    };
    let recorder = view.sources.obs().recorder();
    let records = recorder.trace(trace_id);
    let open = running::all(view, |running| running.trace_id == trace_id);
    let foreign = view.sources.foreign().spans(id);
    let evicted = recorder.evicted(trace_id).map(Time::from);
    if records.is_empty() && open.is_empty() && foreign.is_empty() {
        return Err(match evicted {
            Some(at) => Problem::evicted("the trace has given way to newer ones", Some(at.to_string())),
            None => Problem::unknown("there is no such trace here, or it has given way long ago"),
        });
    }
    let mut left_out = left_out_of(&records, evicted);
    let mut spans = spans(view, &records, &open);
    spans.extend(foreign.into_iter().map(|span| seen(view, span)));
    let lines = lines_of(view, id, &records, &open);
    let mut trace = whole(view, id, spans, &mut left_out);
    trace.records = records.iter().map(|record| view.summary(record)).collect();
    trace.open = open;
    trace.lines = lines;
    bound(&mut trace, &mut left_out);
    Ok(Made {
        window: Some(Window {
            from: trace.started,
            to: trace.started.after(seconds(trace.duration)),
        }),
        left_out,
        ..Made::new(trace)
    })
}

/// The tree, and what is computed from it.
fn whole(view: &View<'_>, id: &str, spans: Vec<Span>, left_out: &mut Vec<LeftOut>) -> Trace {
    let Assembled { mut spans, parents } = assemble(spans);
    if spans.len() > MAX_SPANS {
        left_out.push(LeftOut::new(
            "spans",
            spans.len() - MAX_SPANS,
            "a trace has at most 5 000 spans here",
        ));
        spans.truncate(MAX_SPANS);
    }
    let parents = &parents[..spans.len()];
    let started = spans.iter().map(|span| span.started).min().unwrap_or(view.now);
    for span in &mut spans {
        span.offset = span.started.seconds_since(started).max(0.0);
    }
    let ended = spans.iter().map(|span| span.offset + span.duration);
    let duration = ended.fold(0.0, f64::max);
    for (span, self_time) in self_times(&spans, parents) {
        if let Some(span) = spans.get_mut(span) {
            span.self_time = self_time;
        }
    }
    let path = critical_path(&spans, parents);
    let mut services: Vec<_> = spans.iter().map(|span| span.service.clone()).collect();
    services.sort();
    services.dedup();
    Trace {
        trace_id: id.to_owned(),
        started,
        duration,
        services,
        records: Vec::new(),
        unaccounted: spans.first().map_or(0.0, |root| root.self_time),
        critical_path: path
            .iter()
            .filter_map(|at| Some(spans.get(*at)?.span_id.clone()))
            .collect(),
        spans,
        lines: Vec::new(),
        open: Vec::new(),
    }
}

/// Cuts what would be more than an answer may have: the lines first.
fn bound(trace: &mut Trace, left_out: &mut Vec<LeftOut>) {
    let mut budget = Budget::default();
    let left = [
        ("records", budget.take(&mut trace.records)),
        ("running", budget.take(&mut trace.open)),
        ("spans", budget.take(&mut trace.spans)),
        ("critical_path", budget.take(&mut trace.critical_path)),
        ("lines", budget.take(&mut trace.lines)),
    ];
    let left = left.into_iter().filter(|(_, count)| *count > 0);
    left_out.extend(left.map(|(what, count)| LeftOut::new(what, count, "an answer has at most 1 MiB")));
}

fn left_out_of(records: &[Record], evicted: Option<Time>) -> Vec<LeftOut> {
    let sum = |count: fn(&Record) -> u32| records.iter().map(|record| count(record) as usize).sum::<usize>();
    let (spans, lines) = (sum(|record| record.left_out_spans), sum(|record| record.left_out_lines));
    let mut left_out = Vec::new();
    if spans > 0 {
        left_out.push(LeftOut::new("spans", spans, "a record keeps 64 child spans"));
    }
    if lines > 0 {
        left_out.push(LeftOut::new("lines", lines, "a record keeps the newest 64 lines"));
    }
    left_out.extend(evicted.map(|at| LeftOut {
        what: "records".to_owned(),
        count: None,
        why: format!("records of this trace have given way, the last of them at {at}"),
    }));
    left_out
}

/// A trace id of 32 lower-case hexadecimal digits.
fn parsed(id: &str) -> Option<TraceId> {
    let is_hex = id.len() == 32
        && id
            .bytes()
            .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    let number = is_hex.then(|| u128::from_str_radix(id, 16).ok())??;
    TraceId::new(number)
}

fn seconds(seconds: f64) -> std::time::Duration {
    std::time::Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

/// The spans of this process.
fn spans(view: &View<'_>, records: &[Record], open: &[Running]) -> Vec<Span> {
    let service = &view.service().name;
    let mut spans = Vec::new();
    for record in records {
        spans.push(seen(view, of_record(&view.summary(record))));
        spans.extend(record.spans.iter().map(|span| seen(view, of_child(span, service))));
    }
    spans.extend(open.iter().map(|running| of_running(running, service)));
    spans
}

/// A span as the client sees it.
fn seen(view: &View<'_>, mut span: Span) -> Span {
    for text in [&mut span.name, &mut span.service].into_iter().chain(&mut span.error) {
        cut(text);
    }
    if !span.is_record {
        span.attributes = view.fields(span.attributes);
        span.events.truncate(MAX_EVENTS);
        for event in &mut span.events {
            cut(&mut event.name);
            event.attributes = view.fields(std::mem::take(&mut event.attributes));
        }
    }
    span
}

fn name_of(method: &str, endpoint: &str, kind: Kind) -> String {
    match (method.is_empty(), endpoint.is_empty()) {
        (false, false) => format!("{method} {endpoint}"),
        (true, false) => endpoint.to_owned(),
        (false, true) => method.to_owned(),
        (true, true) => kind.as_str().to_owned(),
    }
}

fn kind_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Request | Kind::Upgrade => "server",
        Kind::Call => "client",
        Kind::Job => "internal",
    }
}

fn text(key: &str, value: &str) -> Option<Field> {
    (!value.is_empty()).then(|| Field {
        key: key.to_owned(),
        value: Scalar::Text(value.to_owned()),
    })
}

fn of_record(record: &RecordSummary) -> Span {
    let is_error = matches!(&*record.outcome, "server_error" | "panic" | "body_error")
        || (record.kind == Kind::Call && record.outcome == "client_error");
    let status = record.status.map(|status| Field {
        key: attribute::HTTP_RESPONSE_STATUS_CODE.to_owned(),
        value: Scalar::Unsigned(status.into()),
    });
    let optional = |value: &Option<String>| value.clone().unwrap_or_default();
    let attributes = [
        text(attribute::HTTP_REQUEST_METHOD, &record.method),
        text(attribute::HTTP_ROUTE, &record.endpoint).filter(|_| record.kind != Kind::Call),
        text(attribute::URL_TEMPLATE, &record.endpoint).filter(|_| record.kind == Kind::Call),
        text(attribute::URL_PATH, &record.path),
        status,
        text(attribute::CLIENT_ADDRESS, &optional(&record.client)),
        text(attribute::ERROR_TYPE, &optional(&record.error_type)),
        text("request_id", &record.request_id),
    ];
    Span {
        service: record.service.clone(),
        span_id: record.span_id.clone(),
        parent_id: record.parent_id.clone(),
        name: name_of(&record.method, &record.endpoint, record.kind),
        kind: kind_of(record.kind).to_owned(),
        started: record.started,
        offset: 0.0,
        duration: record.duration,
        self_time: 0.0,
        status: if is_error { SpanStatus::Error } else { SpanStatus::Unset },
        outcome: Some(record.outcome.clone()),
        error: record.error.clone(),
        attributes: attributes.into_iter().flatten().collect(),
        left_out_attributes: 0,
        events: Vec::new(),
        is_record: true,
        is_running: false,
    }
}

fn of_child(span: &SpanRecord, service: &str) -> Span {
    use obs_core::recorder::SpanStatus as Status;
    let attributes = span.attributes.iter().map(|(key, value)| Field {
        key: key.clone(),
        value: value.into(),
    });
    Span {
        service: service.to_owned(),
        span_id: span.span_id.to_string(),
        parent_id: span.parent_id.map(|id| id.to_string()),
        name: span.name.clone(),
        kind: span.kind.to_owned(),
        started: span.started.into(),
        offset: 0.0,
        duration: span.duration.as_secs_f64(),
        self_time: 0.0,
        status: match span.status {
            Status::Error => SpanStatus::Error,
            Status::Ok => SpanStatus::Ok,
            _ => SpanStatus::Unset,
        },
        outcome: None,
        error: None,
        attributes: attributes.collect(),
        left_out_attributes: span.left_out,
        events: Vec::new(),
        is_record: false,
        is_running: false,
    }
}

fn of_running(running: &Running, service: &str) -> Span {
    let attributes = [
        text(attribute::HTTP_REQUEST_METHOD, &running.method),
        text(attribute::URL_PATH, &running.path),
        text("request_id", &running.request_id),
    ];
    Span {
        service: service.to_owned(),
        span_id: running.span_id.clone(),
        parent_id: running.parent_id.clone(),
        name: name_of(&running.method, &running.endpoint, running.kind),
        kind: kind_of(running.kind).to_owned(),
        started: running.started,
        offset: 0.0,
        duration: running.age,
        self_time: 0.0,
        status: SpanStatus::Unset,
        outcome: None,
        error: None,
        attributes: attributes.into_iter().flatten().collect(),
        left_out_attributes: 0,
        events: Vec::new(),
        is_record: false,
        is_running: true,
    }
}

/// The lines of a trace in order: those of its records, and what the feed and other services have of it.
fn lines_of(view: &View<'_>, id: &str, records: &[Record], open: &[Running]) -> Vec<Line> {
    let begins = records.iter().map(|record| Time::from(record.started));
    let begin = begins.chain(open.iter().map(|running| running.started)).min();
    let window = Window {
        from: begin.unwrap_or_default().before(AROUND),
        to: view.now.after(AROUND),
    };
    // Ends of requests are spans here.
    let is_its = |line: &Line| line.trace_id.as_deref() == Some(id) && !line.is_end();
    let mut lines = lines::all(view, &window, is_its, &mut Vec::new());
    lines.sort_by_key(|line| line.at);
    lines
}
