use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context as TaskContext, Poll, Waker},
};

use opentelemetry::{
    Value,
    trace::{SpanId as OtelSpanId, Status},
};
use opentelemetry_sdk::trace::SpanData;

use super::*;
use crate::{
    context::{current, run_in, scope},
    propagation,
    trace::{
        record_error, set_attribute,
        testing::{Collected, arrived, attribute, collecting, finish, job},
    },
};

fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut TaskContext::from_waker(Waker::noop()))
}

/// The one span that `work` makes in a job.
fn span_of(work: impl FnOnce()) -> SpanData {
    let (tracing, ended) = collecting(None);
    run_in(job(&tracing), work);
    ended.one()
}

fn text(span: &SpanData, key: &str) -> String {
    attribute(span, key)
        .unwrap_or_else(|| panic!("no {key} in {span:?}"))
        .to_string()
}

fn event(span: &SpanData, key: &str) -> String {
    let [event] = &span.events.events[..] else {
        panic!("not one event: {span:?}")
    };
    assert_eq!(event.name, "exception");
    let found = event.attributes.iter().find(|attribute| attribute.key.as_str() == key);
    found
        .unwrap_or_else(|| panic!("no {key} in {event:?}"))
        .value
        .to_string()
}

// === places ===

#[test]
fn spans_in_a_request_are_its_children_and_nest() {
    let (tracing, ended) = collecting(None);
    let request = arrived(&tracing);
    run_in(request.clone(), || {
        in_span_blocking("outer", || in_span_blocking("inner", || ()));
    });
    finish(&request);
    let spans = ended.take();
    let [server, outer, inner] = ["server", "outer", "inner"].map(|name| Collected::named(&spans, name));
    assert_eq!(outer.parent_span_id, server.span_context.span_id());
    assert_eq!(inner.parent_span_id, outer.span_context.span_id());
    assert!(
        [&outer, &inner]
            .iter()
            .all(|span| span.span_context.trace_id() == server.span_context.trace_id())
    );
}

#[test]
fn the_first_span_of_a_job_is_the_root_of_its_trace() {
    let (tracing, ended) = collecting(None);
    let job = job(&tracing);
    run_in(job.clone(), || {
        in_span_blocking("first", || ());
        in_span_blocking("second", || ());
    });
    for span in ended.take() {
        assert_eq!(span.parent_span_id, OtelSpanId::INVALID);
        assert_eq!(ids::trace_id(span.span_context.trace_id()), Some(job.trace_id()));
    }
}

#[test]
fn an_unsampled_request_has_no_spans() {
    let (tracing, ended) = collecting(Some(0.0));
    let request = arrived(&tracing);
    run_in(request, || {
        assert!(span("x").pending.is_none());
        assert_eq!(in_span_blocking("x", || 7), 7);
    });
    assert!(ended.take().is_empty());
}

#[test]
fn outside_of_everything_work_runs_without_a_span() {
    assert_eq!(in_span_blocking("x", || 7), 7);
    set_attribute("x", 1);
    record_error(&io::Error::other("x"));
}

#[test]
fn two_instances_do_not_meet() {
    let ((first, of_first), (second, of_second)) = (collecting(None), collecting(None));
    run_in(job(&first), || run_in(job(&second), || in_span_blocking("x", || ())));
    assert_eq!((of_first.take().len(), of_second.take().len()), (0, 1));
}

#[test]
fn what_is_called_from_a_span_becomes_its_child() {
    let (tracing, ended) = collecting(None);
    let mut sent = None;
    run_in(job(&tracing), || {
        in_span_blocking("call", || {
            propagation::inject(&mut |_, value| {
                sent = sent.or_else(|| propagation::TraceParent::parse(value.as_bytes()));
            });
        });
    });
    let span = ended.one();
    assert_eq!(sent.map(|sent| sent.span_id), ids::span_id(span.span_context.span_id()));
}

// === ends ===

#[test]
fn success_is_status_ok() {
    assert_eq!(span_of(|| in_span_blocking("x", || ())).status, Status::Ok);
    assert_eq!(
        span_of(|| drop(try_in_span_blocking("x", || Ok::<_, io::Error>(())))).status,
        Status::Ok
    );
}

#[test]
fn an_error_is_recorded_with_type_and_message() {
    let span = span_of(|| {
        let result = try_in_span_blocking("x", || Err::<(), _>(io::Error::other("card declined")));
        assert_eq!(result.unwrap_err().to_string(), "card declined");
    });
    assert_eq!(span.status, Status::error("card declined"));
    assert_eq!(text(&span, "error.type"), "std::io::error::Error");
    assert_eq!(event(&span, "exception.type"), "std::io::error::Error");
    assert_eq!(event(&span, "exception.message"), "card declined");
}

#[test]
fn an_error_as_plain_output_is_no_failure_of_the_span() {
    let span = span_of(|| assert!(in_span_blocking("x", || Err::<(), _>("not found")).is_err()));
    assert_eq!(span.status, Status::Ok);
}

#[test]
fn a_panic_is_an_error_and_ends_the_span() {
    let (tracing, ended) = collecting(None);
    run_in(job(&tracing), || {
        let caught = catch_unwind(AssertUnwindSafe(|| in_span_blocking("x", || panic!("on purpose"))));
        assert!(caught.is_err());
        assert_eq!(ended.one().status, Status::error("panicked"));
    });
}

#[test]
fn a_future_that_panics_ends_its_span_before_it_is_dropped() {
    let (tracing, ended) = collecting(None);
    run_in(job(&tracing), || {
        let mut future = Box::pin(in_span(
            "x",
            std::future::poll_fn(|_| -> Poll<()> { panic!("on purpose") }),
        ));
        assert!(catch_unwind(AssertUnwindSafe(|| poll_once(future.as_mut()))).is_err());
        let span = ended.one();
        assert_eq!(
            (text(&span, "error.type"), span.status),
            ("panic".to_owned(), Status::error("panicked"))
        );
    });
    assert!(ended.take().is_empty(), "recorded once");
}

#[test]
fn a_dropped_future_ends_its_span_without_a_status() {
    let (tracing, ended) = collecting(None);
    run_in(job(&tracing), || {
        let mut future = Box::pin(in_span("x", std::future::pending::<()>()));
        assert!(poll_once(future.as_mut()).is_pending());
        assert!(ended.take().is_empty());
    });
    assert_eq!(ended.one().status, Status::Unset);
}

#[test]
fn a_span_ends_though_others_hold_its_context() {
    let (tracing, ended) = collecting(None);
    let kept = run_in(job(&tracing), || in_span_blocking("x", Context::current));
    assert_eq!(ended.take().len(), 1);
    drop(kept);
    assert!(ended.take().is_empty(), "recorded once");
}

// === futures ===

#[test]
fn a_future_is_in_its_span_in_every_poll_and_only_there() {
    let (tracing, ended) = collecting(None);
    run_in(job(&tracing), || {
        let mut polls = 0;
        let mut future = Box::pin(in_span(
            "outer",
            std::future::poll_fn(move |_| {
                polls += 1;
                in_span_blocking(format!("poll {polls}"), || ());
                if polls == 2 { Poll::Ready(()) } else { Poll::Pending }
            }),
        ));
        assert!(poll_once(future.as_mut()).is_pending());
        assert!(!Context::current().has_active_span());
        assert!(poll_once(future.as_mut()).is_ready());
    });
    let spans = ended.take();
    let outer = Collected::named(&spans, "outer");
    for name in ["poll 1", "poll 2"] {
        assert_eq!(
            Collected::named(&spans, name).parent_span_id,
            outer.span_context.span_id()
        );
    }
}

#[test]
fn a_future_belongs_to_where_it_was_made_even_if_it_runs_elsewhere() {
    let (tracing, ended) = collecting(None);
    let request = arrived(&tracing);
    let mut future = Box::pin(run_in(request.clone(), || {
        try_in_span("x", async { Err::<(), _>("no") })
    }));
    assert!(current().is_none());
    assert!(poll_once(future.as_mut()).is_ready());
    let span = ended.one();
    assert_eq!(ids::span_id(span.parent_span_id), Some(request.span_id()));
    assert_eq!(span.status, Status::error("no"));
}

#[test]
fn a_task_with_the_requests_context_records_below_the_request() {
    let (tracing, ended) = collecting(None);
    let request = arrived(&tracing);
    let mut task = Box::pin(scope(request.clone(), async { in_span("x", async {}).await }));
    assert!(poll_once(task.as_mut()).is_ready());
    assert_eq!(ids::span_id(ended.one().parent_span_id), Some(request.span_id()));
}

// === contents ===

#[test]
fn attributes_keep_their_types() {
    let span = span_of(|| {
        span("x")
            .attribute("signed", -3)
            .attribute("unsigned", 3_u64)
            .attribute("huge", u64::MAX)
            .attribute("float", 0.5)
            .attribute("truth", true)
            .attribute("text", "t")
            .kind(SpanKind::Producer)
            .run_blocking(|| set_attribute("later", 9_u32));
    });
    for (key, value) in [
        ("signed", Value::I64(-3)),
        ("unsigned", Value::I64(3)),
        ("huge", Value::from("18446744073709551615")),
        ("float", Value::F64(0.5)),
        ("truth", Value::Bool(true)),
        ("text", Value::from("t")),
        ("later", Value::I64(9)),
    ] {
        assert_eq!(attribute(&span, key), Some(&value), "{key}");
    }
    assert_eq!(span.span_kind, opentelemetry::trace::SpanKind::Producer);
}

#[test]
fn a_recorded_error_tells_what_caused_it_and_leaves_the_status_alone() {
    #[derive(Debug)]
    struct Outer(io::Error);
    impl fmt::Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("charge failed")
        }
    }
    impl std::error::Error for Outer {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }

    let span = span_of(|| in_span_blocking("x", || record_error(&Outer(io::Error::other("no route")))));
    assert!(event(&span, "exception.type").ends_with("::Outer"));
    assert_eq!(event(&span, "exception.message"), "charge failed");
    assert_eq!(
        event(&span, "exception.stacktrace"),
        "charge failed\ncaused by: no route"
    );
    assert_eq!(span.status, Status::Ok);
}

#[test]
fn an_error_that_is_its_own_source_is_recorded_and_ends() {
    #[derive(Debug)]
    struct Ring;
    impl fmt::Display for Ring {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("ring")
        }
    }
    impl std::error::Error for Ring {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(self)
        }
    }

    let span = span_of(|| in_span_blocking("x", || record_error(&Ring)));
    assert_eq!(event(&span, "exception.message"), "ring");
    let attributes = &span.events.events[0].attributes;
    assert!(
        !attributes
            .iter()
            .any(|attribute| attribute.key.as_str() == "exception.stacktrace")
    );
}

#[test]
fn an_error_whose_display_panics_is_recorded_all_the_same() {
    struct Hostile;
    impl fmt::Display for Hostile {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            panic!("on purpose")
        }
    }

    let span = span_of(|| drop(try_in_span_blocking("x", || Err::<(), _>(Hostile))));
    assert_eq!(event(&span, "exception.message"), crate::guard::PANICKED);
}

#[test]
fn a_future_drops_what_it_holds_within_its_span() {
    struct Marks(&'static str);
    impl Drop for Marks {
        fn drop(&mut self) {
            set_attribute(self.0, true);
        }
    }

    let (tracing, ended) = collecting(None);
    run_in(job(&tracing), || {
        let done = Marks("done");
        let mut done = Box::pin(in_span(
            "done",
            std::future::poll_fn(move |_| {
                let _done = &done;
                Poll::Ready(())
            }),
        ));
        assert!(poll_once(done.as_mut()).is_ready());
        let dropped = Marks("dropped");
        let mut dropped = Box::pin(in_span("dropped", async move {
            let _dropped = &dropped;
            std::future::pending::<()>().await;
        }));
        assert!(poll_once(dropped.as_mut()).is_pending());
    });
    for span in ended.take() {
        assert!(attribute(&span, &span.name).is_some(), "{span:?}");
    }
}

#[test]
fn a_trait_object_has_no_type_to_tell() {
    let error: &dyn std::error::Error = &io::Error::other("x");
    let span = span_of(|| in_span_blocking("x", || record_error(error)));
    assert_eq!(event(&span, "exception.message"), "x");
    assert!(
        span.events.events[0]
            .attributes
            .iter()
            .all(|attribute| attribute.key.as_str() != "exception.type")
    );
}

#[test]
fn futures_of_sendable_work_are_send() {
    fn assert_send<T: Send>(_: &T) {}
    assert_send(&in_span("x", async {}));
    assert_send(&try_in_span("x", async { Ok::<_, io::Error>(()) }));
    assert_send(&span("x"));
}
