use std::sync::{Arc, Mutex};

use opentelemetry::{Value, trace::TraceContextExt};
use tracing_subscriber::{filter::filter_fn, layer::SubscriberExt};

use super::*;
use crate::{
    context::run_in,
    guard::Guarded,
    trace::{
        TracingConfig, in_span_blocking,
        testing::{Collected, arrived, attribute, collecting, config, finish, job},
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
    let tracing = Tracing::start(config(&|_| None), Vec::new()).unwrap();
    subscribed(&tracing, || tracing::info_span!("x").in_scope(|| ()));
}

/// A pipeline with this filter that ends in a list.
fn filtered(directives: &str) -> (Tracing, Collected) {
    let collected = Collected::default();
    let config = TracingConfig {
        span_filter: Some(directives.to_owned()),
        ..config(&|_| None)
    };
    let tracing = Tracing::start(config, vec![Box::new(Guarded::new("a reader", collected.clone()))]).unwrap();
    (tracing, collected)
}

fn names(ended: &Collected) -> Vec<String> {
    ended.take().into_iter().map(|span| span.name.into_owned()).collect()
}

/// Spans and events of two targets and two levels, in a job.
fn work(tracing: &Tracing) {
    run_in(job(tracing), || {
        tracing::info_span!(target: "db", "query").in_scope(|| {
            tracing::debug_span!(target: "db", "row").in_scope(|| ());
            tracing::debug!(target: "db", "plan");
            tracing::warn!(target: "db", "slow");
        });
        tracing::info_span!(target: "db::pool", "connect").in_scope(|| ());
        tracing::debug_span!(target: "other", "detail").in_scope(|| ());
        tracing::info_span!(target: "other", "work").in_scope(|| ());
    });
}

#[test]
fn what_is_below_the_level_is_left_out() {
    let (tracing, ended) = collecting(None);
    subscribed(&tracing, || work(&tracing));
    assert_eq!(names(&ended), ["query", "connect", "work"]);
}

#[test]
fn each_target_has_its_level() {
    for (directives, expected) in [
        ("info,db=debug", &["row", "query", "connect", "work"][..]),
        ("debug,db::pool=off", &["row", "query", "detail", "work"]),
        ("db=info", &["query", "connect"]),
        ("error", &[]),
        ("off", &[]),
    ] {
        let (tracing, ended) = filtered(directives);
        subscribed(&tracing, || work(&tracing));
        assert_eq!(names(&ended), expected, "{directives}");
    }
}

#[test]
fn events_are_filtered_as_spans_are() {
    let (tracing, ended) = filtered("info,db=debug");
    subscribed(&tracing, || work(&tracing));
    let query = Collected::named(&ended.take(), "query");
    let events: Vec<_> = query.events.iter().map(|event| event.name.as_ref()).collect();
    assert_eq!(events, ["plan", "slow"]);
    let (tracing, ended) = filtered("warn,db=info");
    subscribed(&tracing, || work(&tracing));
    let query = Collected::named(&ended.take(), "query");
    assert_eq!(query.events.len(), 1);
}

#[test]
fn other_layers_have_filters_of_their_own() {
    let seen = Names::default();
    let up_to = |level| filter_fn(move |metadata| *metadata.level() <= level);
    let (tracing, ended) = filtered("warn");
    let subscriber = tracing_subscriber::registry()
        .with(tracing.layer())
        .with(seen.clone().with_filter(up_to(LevelFilter::DEBUG)));
    tracing::subscriber::with_default(subscriber, || work(&tracing));
    assert_eq!(names(&ended), [""; 0]);
    assert_eq!(seen.take(), ["query", "row", "connect", "detail", "work"]);

    let (tracing, ended) = filtered("debug");
    let subscriber = tracing_subscriber::registry()
        .with(seen.clone().with_filter(up_to(LevelFilter::ERROR)))
        .with(tracing.layer());
    tracing::subscriber::with_default(subscriber, || work(&tracing));
    assert_eq!(names(&ended).len(), 5);
    assert_eq!(seen.take(), [""; 0]);
}

/// Keeps the names of spans.
#[derive(Clone, Default)]
struct Names(Arc<Mutex<Vec<&'static str>>>);

impl Names {
    fn take(&self) -> Vec<&'static str> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl<S: Subscriber> Layer<S> for Names {
    fn on_new_span(&self, attributes: &tracing::span::Attributes<'_>, _: &tracing::span::Id, _: Context<'_, S>) {
        self.0.lock().unwrap().push(attributes.metadata().name());
    }
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
