use opentelemetry::{Value, trace::TraceContextExt};
use tracing_subscriber::layer::SubscriberExt;

use super::*;
use crate::{
    context::run_in,
    trace::{
        in_span_blocking,
        testing::{Collected, arrived, attribute, collecting, finish, job},
    },
};

/// Runs `work` with a subscriber that has the layer.
fn subscribed(tracing: &Tracing, work: impl FnOnce()) {
    let subscriber = tracing_subscriber::registry().with(tracing.layer());
    tracing::subscriber::with_default(subscriber, work);
}

#[test]
fn tracing_spans_in_a_request_are_children_of_its_span() {
    let (tracing, ended) = collecting(None);
    let request = arrived(&tracing);
    subscribed(&tracing, || {
        run_in(request.clone(), || {
            tracing::info_span!("outer", items = 3).in_scope(|| in_span_blocking("inner", || ()));
        });
    });
    finish(&request);
    let spans = ended.take();
    let [server, outer, inner] = ["server", "outer", "inner"].map(|name| Collected::named(&spans, name));
    assert_eq!(outer.parent_span_id, server.span_context.span_id());
    assert_eq!(inner.parent_span_id, outer.span_context.span_id());
    assert_eq!(attribute(&outer, "items"), Some(&Value::I64(3)));
}

#[test]
fn an_unsampled_request_makes_no_spans() {
    let (tracing, ended) = collecting(Some(0.0));
    let request = arrived(&tracing);
    subscribed(&tracing, || {
        run_in(request, || {
            let span = tracing::info_span!("x");
            span.in_scope(|| {
                opentelemetry::Context::map_current(|current| assert!(!current.span().is_recording()));
            });
        });
    });
    assert!(ended.take().is_empty());
}

#[test]
fn a_job_and_its_tracing_spans_share_a_trace() {
    let (tracing, ended) = collecting(None);
    let job = job(&tracing);
    subscribed(&tracing, || {
        run_in(job.clone(), || tracing::info_span!("x").in_scope(|| ()));
    });
    assert_eq!(ids::trace_id(ended.one().span_context.trace_id()), Some(job.trace_id()));
}

#[test]
fn outside_requests_the_sampler_decides() {
    for (ratio, expected) in [(1.0, 1), (0.0, 0)] {
        let (tracing, ended) = collecting(Some(ratio));
        subscribed(&tracing, || tracing::info_span!("x").in_scope(|| ()));
        assert_eq!(ended.take().len(), expected);
    }
}

#[test]
fn a_request_of_another_instance_makes_no_spans_here() {
    let ((ours, here), (theirs, there)) = (collecting(None), collecting(None));
    subscribed(&ours, || {
        run_in(job(&theirs), || tracing::info_span!("x").in_scope(|| ()));
    });
    assert_eq!((here.take().len(), there.take().len()), (0, 0));
}

#[test]
fn the_export_thread_makes_no_spans() {
    let (tracing, ended) = collecting(None);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            obs_otlp::become_export_thread();
            subscribed(&tracing, || tracing::info_span!("x").in_scope(|| ()));
        });
    });
    assert!(ended.take().is_empty());
}

#[test]
fn without_a_tracer_there_is_no_layer() {
    let tracing = Tracing::start(crate::trace::testing::config(&|_| None), Vec::new()).unwrap();
    subscribed(&tracing, || tracing::info_span!("x").in_scope(|| ()));
}

#[test]
fn what_is_below_the_level_is_left_out() {
    let (tracing, ended) = collecting(None);
    subscribed(&tracing, || {
        run_in(job(&tracing), || tracing::debug_span!("x").in_scope(|| ()));
    });
    assert!(ended.take().is_empty());
    let subscriber = tracing_subscriber::registry().with(tracing.layer_up_to(LevelFilter::DEBUG));
    tracing::subscriber::with_default(subscriber, || {
        run_in(job(&tracing), || tracing::debug_span!("x").in_scope(|| ()));
    });
    assert_eq!(ended.take().len(), 1);
}

#[test]
fn unsigned_fields_have_to_be_cast() {
    // What the documentation of the module tells users to do, and why.
    let (tracing, ended) = collecting(None);
    subscribed(&tracing, || {
        run_in(job(&tracing), || {
            tracing::info_span!("x", cast = 3_i64, uncast = 3_u64).in_scope(|| ());
        });
    });
    let span = ended.one();
    assert_eq!(attribute(&span, "cast"), Some(&Value::I64(3)));
    assert_eq!(attribute(&span, "uncast"), Some(&Value::from("3")));
}

#[test]
fn events_outside_of_tracing_spans_go_to_the_span_of_the_request() {
    let (tracing, ended) = collecting(None);
    let request = arrived(&tracing);
    subscribed(&tracing, || {
        run_in(request.clone(), || {
            tracing::info!(items = 3_u64, path = "/x", "cart {}", "loaded");
            tracing::info_span!("inner").in_scope(|| tracing::info!("inside"));
        });
        tracing::info!("outside");
    });
    finish(&request);
    let spans = ended.take();
    let [server, inner] = ["server", "inner"].map(|name| Collected::named(&spans, name));
    let [event] = &server.events.events[..] else {
        panic!("{server:?}")
    };
    assert_eq!(event.name, "cart loaded");
    for (key, value) in [
        ("items", Value::I64(3)),
        ("path", "/x".into()),
        ("level", "INFO".into()),
    ] {
        assert!(
            event.attributes.contains(&opentelemetry::KeyValue::new(key, value)),
            "{event:?}"
        );
    }
    assert_eq!(inner.events.events.len(), 1);
}
