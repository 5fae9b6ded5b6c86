//! A trace to pass on: as OTLP, and as a page that opens without a server.

use std::sync::Arc;

use obs_base::{calendar::rfc3339, clock};
use serde_json::{Value, json};

use super::{
    assets::{Asset, SHARE},
    response::ConsoleResponse,
    state::{Server, failed},
};
use crate::{
    Rights,
    query::{self, Answer, Field, Problem, Scalar, Span, SpanStatus, Time, Trace},
};

/// The most bytes of a file.
const MAX_BYTES: usize = 4 << 20;

/// What a trace is passed on as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Otlp,
    Html,
}

/// A trace that is asked for.
#[derive(Debug)]
pub(super) struct Share {
    pub(super) id: String,
    pub(super) form: Form,
    pub(super) rights: Rights,
}

// === impl Form ===

impl Form {
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "otlp" => Some(Self::Otlp),
            "html" => Some(Self::Html),
            _ => None,
        }
    }
}

// === impl Share ===

impl Share {
    pub(super) async fn answer(self, server: &Arc<Server>) -> Result<ConsoleResponse, Problem> {
        let sources = Arc::clone(&server.sources);
        let reply = server.run(move |_| {
            let Self { id, form, rights } = self;
            let answer = query::trace(&sources, &id, rights)?;
            let (content_type, ending, body) = match form {
                Form::Otlp => ("application/json", "json", otlp(&answer.data).to_string()),
                Form::Html => ("text/html; charset=utf-8", "html", page(&answer)),
            };
            if body.len() > MAX_BYTES {
                return Err(Problem::unavailable("the trace is too large for one file"));
            }
            let file = format!("attachment; filename=\"trace-{}.{ending}\"", answer.data.trace_id);
            let response = ConsoleResponse::new(200, content_type, body);
            // It is for a file: nothing of it runs here.
            Ok(response
                .header("content-disposition", file)
                .header("content-security-policy", "default-src 'none'; sandbox"))
        })?;
        reply.await.unwrap_or_else(|| Err(failed()))
    }
}

/// The page, with everything that it needs in it.
fn page(answer: &Answer<Trace>) -> String {
    let id = &answer.data.trace_id;
    let data = json!({
        "obs": 1,
        "path": format!("/trace/{id}"),
        "saved": rfc3339(clock::unix_now()),
        "answers": { format!("traces/{id}"): answer },
    });
    let data = within_script(&data.to_string());
    let (style, script) = (Asset::Style.plain(), Asset::Script.plain());
    let (style, script) = (String::from_utf8_lossy(&style), String::from_utf8_lossy(&script));
    filled(
        SHARE,
        &[("{{style}}", &style), ("{{data}}", &data), ("{{script}}", &script)],
    )
}

/// A template with its places filled in, each once, in the order in which they stand; what is filled in is not read again.
fn filled(template: &str, places: &[(&str, &str)]) -> String {
    let (mut out, mut rest) = (String::new(), template);
    for (place, text) in places {
        if let Some((before, after)) = rest.split_once(place) {
            out.push_str(before);
            out.push_str(text);
            rest = after;
        }
    }
    out + rest
}

/// JSON that no parser of HTML or of scripts takes for anything else.
fn within_script(json: &str) -> String {
    json.replace('<', "\\u003c")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

/// The trace as an `ExportTraceServiceRequest` in JSON, by service.
fn otlp(trace: &Trace) -> Value {
    let of_service = |service: &String| {
        let spans = trace.spans.iter().filter(|span| span.service == *service);
        let spans: Vec<Value> = spans.map(|span| otlp_span(&trace.trace_id, span)).collect();
        json!({
            "resource": { "attributes": [{ "key": "service.name", "value": { "stringValue": service } }] },
            "scopeSpans": [{ "scope": { "name": "obs" }, "spans": spans }],
        })
    };
    json!({ "resourceSpans": trace.services.iter().map(of_service).collect::<Vec<_>>() })
}

fn otlp_span(trace_id: &str, span: &Span) -> Value {
    let from = nanoseconds(span.started);
    let seconds = if span.duration.is_finite() {
        span.duration.max(0.0)
    } else {
        0.0
    };
    let time = std::time::Duration::try_from_secs_f64(seconds).unwrap_or_default();
    let to = from.saturating_add(time.as_nanos());
    let events: Vec<Value> = span
        .events
        .iter()
        .map(|event| {
            json!({
                "timeUnixNano": nanoseconds(event.at).to_string(),
                "name": event.name,
                "attributes": attributes(&event.attributes),
            })
        })
        .collect();
    let code = match span.status {
        SpanStatus::Unset => 0,
        SpanStatus::Ok => 1,
        SpanStatus::Error => 2,
    };
    json!({
        "traceId": trace_id,
        "spanId": span.span_id,
        "parentSpanId": span.parent_id.as_deref().unwrap_or_default(),
        "name": span.name,
        "kind": kind(&span.kind),
        "startTimeUnixNano": from.to_string(),
        "endTimeUnixNano": to.to_string(),
        "attributes": attributes(&span.attributes),
        "droppedAttributesCount": span.left_out_attributes,
        "events": events,
        "status": { "code": code, "message": span.error.as_deref().unwrap_or_default() },
    })
}

fn nanoseconds(Time(since_epoch): Time) -> u128 {
    since_epoch.as_nanos()
}

fn kind(name: &str) -> u8 {
    match name {
        "server" => 2,
        "client" => 3,
        "producer" => 4,
        "consumer" => 5,
        _ => 1,
    }
}

fn attributes(fields: &[Field]) -> Vec<Value> {
    let one = |field: &Field| json!({ "key": field.key, "value": any_value(&field.value) });
    fields.iter().map(one).collect()
}

fn any_value(value: &Scalar) -> Value {
    match value {
        Scalar::Text(text) => json!({ "stringValue": text }),
        Scalar::Signed(number) => json!({ "intValue": number.to_string() }),
        Scalar::Unsigned(number) => match i64::try_from(*number) {
            Ok(number) => json!({ "intValue": number.to_string() }),
            Err(_) => json!({ "stringValue": number.to_string() }),
        },
        Scalar::Number(number) => json!({ "doubleValue": number }),
        Scalar::Bool(value) => json!({ "boolValue": value }),
    }
}

#[cfg(test)]
mod tests {
    use obs_core::{Obs, context, recorder::Filter};

    use super::*;
    use crate::{query::Foreign, server::intake};

    #[test]
    fn what_is_filled_in_is_not_read_again() {
        let places = [("{{a}}", "x{{b}}"), ("{{b}}", "y{{a}}")];
        assert_eq!(filled("1{{a}}2{{b}}3", &places), "1x{{b}}2y{{a}}3");
    }

    #[test]
    fn no_text_of_a_trace_ends_its_script() {
        let hostile = "</script><script>alert(1)</script>\u{2028}\u{2029}<!--";
        let json = within_script(&json!({ "text": hostile }).to_string());
        assert!(!json.contains('<') && json.is_ascii(), "{json}");
        let back: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(back["text"], hostile);
    }

    fn recorded() -> Answer<Trace> {
        let obs = Obs::builder("shop").log_writer(std::io::sink()).build().unwrap();
        context::run_in(obs.start_context(), || context::set_field("html", "</script><b>"));
        let record = obs.recorder().recent(&Filter::new()).remove(0);
        let sources = query::Sources::new(obs, None, 1 << 20);
        query::trace(&sources, &record.trace_id.to_string(), Rights::see().sensitive(true)).unwrap()
    }

    #[test]
    fn a_trace_is_one_file_with_all_that_its_page_needs() {
        let answer = recorded();
        let page = page(&answer);
        assert!(
            !page.contains("{{data}}</script>") && page.contains("id=\"obs-data\">{\""),
            "its data"
        );
        assert!(page.len() > Asset::Script.plain().len() + Asset::Style.plain().len());
        assert_eq!(page.matches("http-equiv=\"Content-Security-Policy\"").count(), 1);
    }

    #[test]
    fn a_trace_that_is_passed_on_as_otlp_can_be_taken_in_again() {
        let answer = recorded();
        let message = otlp(&answer.data);
        let store = Foreign::default();
        intake::take_json(&message, &store);
        let taken = store.spans(&answer.data.trace_id);
        assert_eq!(taken.len(), answer.data.spans.len());
        assert_eq!(taken[0].name, answer.data.spans[0].name);
        assert_eq!(taken[0].span_id, answer.data.spans[0].span_id);
    }
}
