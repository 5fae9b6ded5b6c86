//! Start and shutdown with every kind of tokio runtime, and with none, over both transports.

use std::time::{Duration, Instant};

use obs_axum::obs_core::{Obs, trace};
use obs_tests::{
    DEADLINE,
    logs::LogBuffer,
    otlp::{ReceivedSpan, Receiver},
};
use tokio::runtime::{Builder, Runtime};

use crate::{
    own_process::in_own_process,
    service::{Service, builder, lines_of},
};

/// How long a shutdown may take: less than the 5 s that a span waits for company.
const SHUTDOWN: Duration = Duration::from_secs(4);

/// The default, OTLP over HTTP, and gRPC.
const TRANSPORTS: [&[(&str, &str)]; 2] = [&[], &[("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]];

fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn multi_thread() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

/// Everything that outlasts the pipeline under test.
struct Bench {
    logs: LogBuffer,
    collector: Receiver,
}

impl Bench {
    fn new() -> Self {
        Self {
            logs: LogBuffer::new(),
            collector: Receiver::start(),
        }
    }

    fn init(&self) -> Obs {
        builder(&self.logs)
            .otlp_endpoint(self.collector.endpoint())
            .init()
            .unwrap()
    }

    /// One request, and a job beside it; returns the id of the request.
    fn work() -> String {
        let service = Service::start();
        let id = service.order();
        trace::in_span_blocking("job", || tracing::info!("job done"));
        id
    }

    /// Nothing more is waited for: all of it arrived before the shutdown returned.
    #[track_caller]
    fn assert_flushed(&self, request_id: &str) {
        let spans = self.collector.spans();
        let names: Vec<_> = spans.iter().map(|span| span.span.name.as_str()).collect();
        assert!(
            names.contains(&"GET /orders/{id}") && names.contains(&"job"),
            "{names:?}"
        );
        let written = self.logs.lines().len();
        let lines = lines_of(&self.logs, request_id);
        let span = spans.iter().find(|span| span.span.name.starts_with("GET")).unwrap();
        assert_eq!(ReceivedSpan::trace_id(span), lines[1].str("trace_id"));
        assert_eq!(self.logs.lines().len(), written, "lines that came late");
        let messages = self.logs.json_lines();
        assert!(
            messages.iter().any(|line| line.str("message") == "job done"),
            "{messages:#?}"
        );
    }
}

/// Shuts down and checks that it took its time limit seriously.
#[track_caller]
fn shut_down(obs: &Obs) {
    let start = Instant::now();
    obs.shutdown(SHUTDOWN).unwrap();
    assert!(start.elapsed() < SHUTDOWN, "{:?}", start.elapsed());
}

in_own_process!(
    neither_init_nor_shutdown_needs_a_runtime,
    || {
        let bench = Bench::new();
        let obs = bench.init();
        let id = Bench::work();
        shut_down(&obs);
        bench.assert_flushed(&id);
    },
    TRANSPORTS
);

in_own_process!(
    both_work_on_a_current_thread_runtime,
    || {
        let bench = Bench::new();
        current_thread().block_on(async {
            let obs = bench.init();
            let id = Bench::work();
            shut_down(&obs);
            bench.assert_flushed(&id);
        });
    },
    TRANSPORTS
);

in_own_process!(
    both_work_on_a_multi_thread_runtime,
    || {
        let bench = Bench::new();
        let runtime = multi_thread();
        runtime.block_on(async {
            let obs = bench.init();
            // On a worker, too.
            let id = tokio::spawn(async move {
                let id = Bench::work();
                shut_down(&obs);
                id
            });
            bench.assert_flushed(&id.await.unwrap());
        });
    },
    TRANSPORTS
);

in_own_process!(
    the_runtime_of_init_may_be_gone_at_shutdown,
    || {
        let bench = Bench::new();
        let obs = current_thread().block_on(async { bench.init() });
        let id = Bench::work();
        multi_thread().block_on(async { shut_down(&obs) });
        bench.assert_flushed(&id);
    },
    TRANSPORTS
);

in_own_process!(
    dropping_the_last_handle_flushes,
    || {
        let bench = Bench::new();
        let obs = bench.init();
        let clone = obs.clone();
        let id = Bench::work();
        drop(obs);
        let start = Instant::now();
        drop(clone);
        assert!(start.elapsed() < SHUTDOWN, "{:?}", start.elapsed());
        bench.assert_flushed(&id);
    },
    TRANSPORTS
);

in_own_process!(dropping_the_last_handle_flushes_inside_a_runtime_too, || {
    let bench = Bench::new();
    current_thread().block_on(async {
        let obs = bench.init();
        let id = Bench::work();
        drop(obs);
        bench.assert_flushed(&id);
    });
});

in_own_process!(
    the_defaults_work_on_without_a_handle,
    || {
        let bench = Bench::new();
        drop(bench.init());
        let id = Bench::work();
        assert_eq!(lines_of(&bench.logs, &id).len(), 2);
        bench.collector.wait_for(DEADLINE, |spans| spans.len() == 2);
    },
    [&[("OTEL_BSP_SCHEDULE_DELAY", "100")]]
);

in_own_process!(after_shutdown_requests_are_served_counted_and_logged, || {
    let bench = Bench::new();
    let obs = bench.init();
    let service = Service::start();
    service.order();
    let under_way = service.start_upload();
    shut_down(&obs);
    shut_down(&obs);
    assert_eq!(bench.collector.spans().len(), 1);
    let id = service.order();
    assert_eq!(service.counted(), 2.0);
    assert_eq!(lines_of(&bench.logs, &id).len(), 2);
    // The one that had begun is too late: it is counted as lost.
    under_way.end();
    let lost = || {
        service
            .page()
            .value("obs_spans_dropped_total", &[("reason", "shutdown")])
    };
    obs_tests::until(DEADLINE, || lost() == Some(1.0));
    assert_eq!(bench.collector.spans().len(), 1);
});

in_own_process!(a_shutdown_keeps_its_time_limit_whatever_the_collector_does, || {
    let bench = Bench::new();
    bench.collector.answer(obs_tests::otlp::Answer::Hang);
    let obs = bench.init();
    let id = Bench::work();
    let limit = Duration::from_millis(300);
    let start = Instant::now();
    let error = obs.shutdown(limit).unwrap_err();
    let took = start.elapsed();
    assert_eq!(error.unfinished, ["traces"]);
    assert_eq!(error.to_string(), "traces not flushed within 300ms");
    // Most of it is for the spans, the rest for the last lines.
    assert!(took >= limit / 2 && took < Duration::from_secs(2), "{took:?}");
    // The lines have all come nevertheless.
    assert_eq!(lines_of(&bench.logs, &id).len(), 2);
});

#[cfg(target_os = "linux")]
in_own_process!(threads_end_with_the_pipeline, || {
    let bench = Bench::new();
    let obs = Obs::builder("shop")
        .log_writer(bench.logs.clone())
        .otlp_endpoint(bench.collector.endpoint());
    let obs = obs.build().unwrap();
    assert_eq!(threads(), ["obs-export", "obs-logs"]);
    shut_down(&obs);
    drop(obs);
    obs_tests::until(DEADLINE, || threads().is_empty());
    // And without a shutdown.
    let obs = Obs::builder("shop")
        .log_writer(bench.logs.clone())
        .otlp_endpoint(bench.collector.endpoint());
    let obs = obs.build().unwrap();
    drop(obs);
    obs_tests::until(DEADLINE, || threads().is_empty());
});

/// The threads of ours that run.
#[cfg(target_os = "linux")]
fn threads() -> Vec<String> {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    let mut names: Vec<_> = names
        .map(|name| name.trim_end().to_owned())
        .filter(|name| name.starts_with("obs-"))
        .collect();
    names.sort();
    names
}
