//! Several instances in one process.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use actix_web::{App, HttpServer, rt, web};
use axum::{Router, routing::get};
use metrics::Recorder as _;
use obs_actix::ObsMiddleware;
use obs_axum::{
    ObsLayer,
    obs_core::{
        Obs, ObsBuilder, context,
        logs::LineReader,
        metrics::{Format, Registry},
        otel::opentelemetry::{global, trace::Tracer as _},
    },
};
use obs_tests::{
    DEADLINE,
    logs::LogBuffer,
    net::{self, Server},
    page::Page,
    spans::SpanBuffer,
};
use tracing::Level;
use tracing_log::log;

use crate::own_process::in_own_process;

/// An instance and what it has recorded.
#[derive(Debug, Default)]
struct Recorded {
    logs: LogBuffer,
    spans: SpanBuffer,
}

/// Logs a line for each line of its instance.
#[derive(Debug)]
struct LoggingReader;

impl LineReader for LoggingReader {
    fn read(&self, _: Level, line: &[u8]) {
        tracing::info!(bytes = line.len(), "read");
    }
}

impl Recorded {
    fn builder(&self, service: &str) -> ObsBuilder {
        Obs::builder(service)
            .log_writer(self.logs.clone())
            .tracer_provider(self.spans.provider())
    }

    /// The messages of the events of this test, and of which service they are.
    fn messages(&self) -> Vec<(String, String)> {
        let lines = self
            .logs
            .json_lines()
            .into_iter()
            .filter(|line| line.str("target").starts_with("init"));
        lines
            .map(|line| (line.str("service").to_owned(), line.str("message").to_owned()))
            .collect()
    }

    fn spans(&self) -> Vec<String> {
        self.spans.ended().iter().map(|span| span.name.to_string()).collect()
    }
}

fn counted(obs: &Obs, name: &str) -> Option<f64> {
    let page = String::from_utf8(obs.registry().render(Format::Text)).unwrap();
    Page::parse(&page).unwrap().value(name, &[])
}

/// What a handler does in each way that obs sees.
fn work() {
    tracing::info!("event");
    log::info!("record");
    metrics::counter!("worked_total").increment(1);
    tracing::info_span!("child").in_scope(|| tracing::info!("inside"));
    drop(global::tracer("library").start("of a library"));
    let elsewhere = context::carry(|| {
        tracing::info!("on another thread");
        metrics::counter!("worked_total").increment(1);
    });
    thread::spawn(elsewhere).join().unwrap();
}

fn on_axum(obs: &Obs) -> Server {
    let handler = || async {
        work();
        "done"
    };
    Server::start(
        Router::new()
            .route("/work", get(handler))
            .layer(ObsLayer::new().obs(obs)),
    )
}

fn on_actix(obs: &Obs) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, obs) = (listener.local_addr().unwrap(), obs.clone());
    let handler = || async {
        work();
        "done"
    };
    // Ends with the process of the test.
    thread::spawn(move || {
        let app = move || {
            App::new()
                .wrap(ObsMiddleware::new().obs(&obs))
                .route("/work", web::get().to(handler))
        };
        let server = HttpServer::new(app)
            .workers(1)
            .disable_signals()
            .listen(listener)
            .unwrap();
        rt::System::new().block_on(server.run())
    });
    address
}

in_own_process!(what_happens_in_a_request_belongs_to_its_instance, || {
    let recorded = [Recorded::default(), Recorded::default()];
    let instances = Obs::init_several([recorded[0].builder("shop"), recorded[1].builder("bank")]).unwrap();
    let [shop, bank] = &instances;
    let server = on_axum(shop);
    for (address, requests) in [(server.addr(), 1), (on_actix(bank), 2)] {
        for _ in 0..requests {
            assert_eq!(net::get(address, "/work").text(), "done");
        }
    }
    for (obs, recorded, service, requests) in [(shop, &recorded[0], "shop", 1), (bank, &recorded[1], "bank", 2)] {
        recorded.logs.wait_for_requests(DEADLINE, requests);
        obs.flush(DEADLINE).unwrap();
        let expected = ["event", "record", "inside", "on another thread"];
        let expected: Vec<_> = (0..requests)
            .flat_map(|_| expected.map(|message| (service.to_owned(), message.to_owned())))
            .collect();
        assert_eq!(recorded.messages(), expected);
        assert_eq!(
            counted(obs, "worked_total"),
            Some(f64::from(u32::try_from(2 * requests).unwrap()))
        );
        let expected: Vec<_> = (0..requests)
            .flat_map(|_| ["child", "of a library", "GET /work"])
            .collect();
        assert_eq!(recorded.spans(), expected);
        // The event of the child is on that, the others are on the span of the request.
        let events: Vec<_> = recorded
            .spans
            .ended()
            .iter()
            .map(|span| span.events.events.len())
            .collect();
        assert_eq!(events, [1, 0, 3].repeat(requests));
        let traces: std::collections::HashSet<_> = recorded
            .spans
            .ended()
            .iter()
            .map(|span| span.span_context.trace_id())
            .collect();
        assert_eq!(traces.len(), requests);
    }
});

in_own_process!(
    what_happens_outside_of_requests_belongs_to_the_thread_or_the_default,
    || {
        let recorded = [Recorded::default(), Recorded::default()];
        let [shop, bank] = Obs::init_several([recorded[0].builder("shop"), recorded[1].builder("bank")]).unwrap();
        // A library keeps its tracer, whatever instance the spans belong to.
        let tracer = global::tracer("library");
        let happen = move || {
            tracing::info_span!("around").in_scope(|| tracing::info!("event"));
            drop(tracer.start("of a library"));
            metrics::counter!("happened_total").increment(1);
            context::run_new(|| tracing::info!("job"));
        };
        happen();
        let own = bank.clone();
        thread::spawn(move || {
            own.make_thread_default();
            happen();
            // A recorder of the thread comes first.
            let local = Registry::new();
            metrics::with_local_recorder(&local, || metrics::counter!("happened_total").increment(10));
            local.describe_counter("happened_total".into(), None, "".into());
        })
        .join()
        .unwrap();
        context::run_in(bank.start_context(), || tracing::info!("job of the bank"));
        for (obs, recorded) in [(&shop, &recorded[0]), (&bank, &recorded[1])] {
            obs.flush(DEADLINE).unwrap();
            assert_eq!(counted(obs, "happened_total"), Some(1.0));
            assert_eq!(recorded.spans(), ["around", "of a library"]);
        }
        let messages = recorded.each_ref().map(|recorded| {
            let messages = recorded.messages().into_iter();
            messages
                .map(|(service, message)| format!("{service}: {message}"))
                .collect::<Vec<_>>()
        });
        assert_eq!(messages[0], ["shop: event", "shop: job"]);
        assert_eq!(messages[1], ["bank: event", "bank: job", "bank: job of the bank"]);
    }
);

in_own_process!(
    what_happens_at_the_end_of_an_instance_or_a_thread_is_written_once,
    || {
        struct AtEnd;
        impl Drop for AtEnd {
            fn drop(&mut self) {
                tracing::info!("at the end");
                metrics::counter!("ended_total").increment(1);
            }
        }
        thread_local! { static AT_END: AtEnd = const { AtEnd }; }

        let recorded = [Recorded::default(), Recorded::default()];
        let [shop, bank] = Obs::init_several([
            recorded[0].builder("shop").line_reader(LoggingReader),
            recorded[1].builder("bank"),
        ])
        .unwrap();
        bank.shutdown(DEADLINE).unwrap();
        let job = bank.start_context();
        let own = bank.clone();
        drop(bank);
        context::run_in(job, || tracing::info!("after the shutdown"));
        thread::spawn(move || {
            AT_END.with(|_| own.make_thread_default());
        })
        .join()
        .unwrap();
        tracing::info!("to be read");
        shop.flush(DEADLINE).unwrap();
        let messages = || {
            let all = recorded.iter().flat_map(Recorded::messages);
            let mut all: Vec<_> = all.map(|(_, message)| message).collect();
            all.sort();
            all
        };
        obs_tests::until(DEADLINE, || messages().len() >= 5);
        // The reader reads each line of its instance but those that it logs itself.
        let read = messages().iter().filter(|message| *message == "read").count();
        let others: Vec<_> = messages().into_iter().filter(|message| message != "read").collect();
        assert_eq!(others, ["after the shutdown", "at the end", "to be read"]);
        assert!((1..=2).contains(&read), "{read}");
        assert!(
            recorded[1]
                .messages()
                .contains(&("bank".to_owned(), "after the shutdown".to_owned()))
        );
    }
);

in_own_process!(without_a_default_the_first_one_has_what_belongs_to_none, || {
    use tracing_subscriber::layer::SubscriberExt as _;
    let recorded = [Recorded::default(), Recorded::default(), Recorded::default()];
    let [shop, bank, outsider] = ["shop", "bank", "outsider"].map(|name| {
        let index = ["shop", "bank", "outsider"]
            .iter()
            .position(|known| *known == name)
            .unwrap();
        recorded[index].builder(name).build().unwrap()
    });
    let subscriber = tracing_subscriber::registry()
        .with(bank.subscriber_layer())
        .with(shop.subscriber_layer());
    tracing::subscriber::set_global_default(subscriber).unwrap();
    tracing::info!("outside");
    context::run_in(outsider.start_context(), || {
        tracing::info!("of an instance that is not there");
    });
    context::run_in(bank.start_context(), || tracing::info!("of the bank"));
    for obs in [&shop, &bank, &outsider] {
        obs.flush(DEADLINE).unwrap();
    }
    let messages = recorded.each_ref().map(|recorded| recorded.messages().len());
    assert_eq!(messages, [2, 1, 0]);
});

in_own_process!(a_setting_that_is_wrong_starts_none, || {
    let error = Obs::init_several([Obs::builder("shop"), Obs::builder("bank").sample_ratio(2.0)]).unwrap_err();
    assert!(error.to_string().starts_with("sample_ratio is \"2\""), "{error}");
    let recorded = Recorded::default();
    let [_shop] = Obs::init_several([recorded.builder("shop")]).unwrap();
});

/// A writer that knows whether it was used.
#[derive(Clone, Default)]
struct Used(Arc<AtomicBool>);

impl io::Write for Used {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.store(true, Ordering::Relaxed);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Why two instances are refused, the first of which is this one; the second is not touched.
fn refused(first: ObsBuilder) -> String {
    let used = Used::default();
    let error = Obs::init_several([first, Obs::builder("bank").log_writer(used.clone())]).unwrap_err();
    assert!(!used.0.load(Ordering::Relaxed), "{error}");
    error.to_string()
}

in_own_process!(of_several_instances_none_starts_before_all_checks, || {
    let error = refused(Obs::builder("shop").sample_ratio(2.0));
    assert!(error.starts_with("sample_ratio is \"2\""), "{error}");
    let recorded = Recorded::default();
    let [_shop] = Obs::init_several([recorded.builder("shop")]).unwrap();
    let error = refused(Obs::builder("shop"));
    assert!(error.starts_with("the process-wide obs is already set"), "{error}");
});

in_own_process!(of_several_instances_none_starts_where_there_is_a_subscriber, || {
    tracing::subscriber::set_global_default(tracing_subscriber::registry()).unwrap();
    let error = refused(Obs::builder("shop"));
    assert!(error.starts_with("the process-wide subscriber of `tracing`"), "{error}");
});
