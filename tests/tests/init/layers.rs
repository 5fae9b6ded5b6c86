//! Layers of the application in the subscriber of `init()`.

use std::sync::{Arc, Mutex};

use obs_axum::obs_core::Obs;
use obs_tests::{DEADLINE, logs::LogBuffer, spans::SpanBuffer};
use tracing::{Event, Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{
    Layer,
    layer::{Context, Identity},
    registry::LookupSpan,
};

use crate::{
    own_process::in_own_process,
    service::{Service, builder, lines_of},
};

/// Notes the events that it gets, each with its own name and the spans around it.
#[derive(Clone, Debug, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

#[derive(Debug)]
struct Named {
    name: &'static str,
    seen: Seen,
}

/// Panics when it becomes part of a subscriber.
#[derive(Debug)]
struct Broken;

impl Seen {
    fn layer(&self, name: &'static str) -> Named {
        Named {
            name,
            seen: self.clone(),
        }
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Named {
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if event.metadata().target() == "app" {
            let spans = context.event_scope(event).into_iter().flatten().count();
            let seen = format!("{} {} {spans}", self.name, event.metadata().level());
            self.seen.0.lock().unwrap().push(seen);
        }
    }
}

impl<S: Subscriber> Layer<S> for Broken {
    fn on_layer(&mut self, _: &mut S) {
        panic!("on purpose")
    }
}

in_own_process!(each_layer_gets_what_its_own_filter_lets_through, || {
    let (logs, seen) = (LogBuffer::new(), Seen::default());
    let _obs = builder(&logs)
        .log_filter("warn")
        .layer(seen.layer("all"))
        .layer(seen.layer("errors").with_filter(LevelFilter::ERROR))
        .layer(Some(seen.layer("infos").with_filter(LevelFilter::INFO)))
        .layer(None::<Identity>)
        .init()
        .unwrap();
    let log = || {
        tracing::error!(target: "app", "one");
        tracing::warn!(target: "app", "two");
        tracing::info!(target: "app", "three");
        tracing::trace!(target: "app", "four");
    };
    // Twice: what `tracing` remembers of an event is what it does the second time.
    for _ in 0..2 {
        tracing::debug_span!("around").in_scope(log);
        // The filters don't let the span through that is around.
        let expected = [
            "all ERROR 1",
            "errors ERROR 0",
            "infos ERROR 0",
            "all WARN 1",
            "infos WARN 0",
            "all INFO 1",
            "infos INFO 0",
            "all TRACE 1",
        ];
        assert_eq!(seen.take(), expected);
    }
    let messages = |lines: &[_]| {
        lines
            .iter()
            .map(|line: &obs_tests::logs::LogLine| line.str("message").to_owned())
            .collect::<Vec<_>>()
    };
    let lines = logs.wait_for(DEADLINE, |lines| lines.len() >= 4);
    assert_eq!(messages(&lines), ["one", "two", "one", "two"]);
});

in_own_process!(the_filter_of_lines_can_be_changed_beside_other_layers, || {
    let (logs, seen) = (LogBuffer::new(), Seen::default());
    let obs = builder(&logs)
        .layer(seen.layer("errors").with_filter(LevelFilter::ERROR))
        .init()
        .unwrap();
    let log = || tracing::debug!(target: "app", "detail");
    log();
    obs.set_log_filter("debug").unwrap();
    log();
    obs.set_log_filter("info").unwrap();
    log();
    assert!(obs.flush(DEADLINE).is_ok());
    assert_eq!(
        logs.json_lines()
            .iter()
            .filter(|line| line.str("message") == "detail")
            .count(),
        1
    );
    assert_eq!(seen.take(), Vec::<String>::new());
});

in_own_process!(lines_spans_and_metrics_are_those_without_layers, || {
    let (logs, seen, spans) = (LogBuffer::new(), Seen::default(), SpanBuffer::new());
    let _obs = builder(&logs)
        .tracer_provider(spans.provider())
        .layer(seen.layer("all"))
        .init()
        .unwrap();
    let service = Service::start();
    let lines = lines_of(&logs, &service.order());
    assert_eq!(lines.len(), 2);
    assert_eq!(service.counted(), 1.0);
    obs_tests::until(DEADLINE, || spans.ended().len() == 1);
    assert_eq!(spans.ended()[0].events.events.len(), 1);
});

in_own_process!(a_filter_that_is_a_layer_holds_for_all, || {
    let logs = LogBuffer::new();
    let obs = builder(&logs).layer(LevelFilter::WARN).init().unwrap();
    tracing::info!("hidden");
    tracing::warn!("shown");
    assert!(obs.flush(DEADLINE).is_ok());
    let lines = logs.json_lines();
    assert_eq!(
        lines.iter().map(|line| line.str("message")).collect::<Vec<_>>(),
        ["shown"]
    );
});

in_own_process!(a_layer_that_panics_at_the_start_is_an_error, || {
    let logs = LogBuffer::new();
    let error = builder(&logs).layer(Broken).init().unwrap_err();
    assert_eq!(
        error.to_string(),
        "could not add the layers to the subscriber: a layer panicked, or there are more than 64 layers with filters"
    );
    let many = |count| {
        (0..count).fold(builder(&logs), |builder, _| {
            builder.layer(Identity::new().with_filter(LevelFilter::OFF))
        })
    };
    assert!(many(64).init().is_err());
    // Nothing is installed.
    let _obs = many(16).init().unwrap();
    let service = Service::start();
    assert_eq!(lines_of(&logs, &service.order()).len(), 2);
    assert_eq!(service.page().value("orders_placed_total", &[]), Some(1.0));
});

in_own_process!(build_takes_no_layers, || {
    let error = Obs::builder("shop").layer(Identity::new()).build().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the number of layers is \"1\", expected none with `build`: add them to your own subscriber, beside \
         `Obs::subscriber_layer`"
    );
});
