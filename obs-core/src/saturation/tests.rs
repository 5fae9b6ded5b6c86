//! The state of the process and of its runtimes on the page.

use std::io;

use crate::{
    Obs,
    metrics::{Format, Registry},
};

fn build() -> Obs {
    Obs::builder("shop").log_writer(io::sink()).build().unwrap()
}

fn page(registry: &Registry) -> String {
    String::from_utf8(registry.render(Format::Text)).unwrap()
}

/// The value of a series.
fn value(page: &str, series: &str) -> Option<f64> {
    page.lines()
        .find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok())
}

#[cfg(all(feature = "process", any(target_os = "linux", target_os = "macos")))]
#[test]
fn an_instance_shows_the_process() {
    use crate::names::metric;

    let obs = build();
    let text = page(obs.registry());
    for def in metric::PROCESS {
        assert!(
            value(&text, &def.name("")).is_some_and(|value| value > 0.0) || def == metric::PROCESS_CPU,
            "{def:?}\n{text}"
        );
    }
    assert!(text.contains("# TYPE process_cpu_seconds_total counter\n"), "{text}");
    assert!(text.contains("# TYPE process_open_fds gauge\n"), "{text}");
}

#[cfg(all(feature = "process", any(target_os = "linux", target_os = "macos")))]
#[test]
fn the_processor_time_is_that_of_the_process_and_only_grows() {
    let (one, other) = (build(), build());
    let mut last = 0.0;
    for _ in 0..3 {
        let seconds = value(&page(one.registry()), "process_cpu_seconds_total").unwrap();
        assert!(seconds >= last);
        last = value(&page(other.registry()), "process_cpu_seconds_total").unwrap();
        // Each registry counts for itself: the totals don't add up.
        assert!(last >= seconds && last < seconds + 10.0, "{seconds} and then {last}");
    }
}

#[test]
fn a_registry_of_its_own_shows_nothing_of_the_process() {
    let text = page(&Registry::new());
    assert!(!text.contains("process_") && !text.contains("tokio_"), "{text}");
}

#[cfg(feature = "tokio-metrics")]
#[tokio::test]
async fn the_runtime_of_the_start_is_watched() {
    let obs = build();
    let text = page(obs.registry());
    assert_eq!(value(&text, "tokio_workers{runtime=\"main\"}"), Some(1.0), "{text}");
    for def in crate::names::metric::TOKIO {
        assert!(
            value(&text, &format!("{}{{runtime=\"main\"}}", def.name(""))).is_some(),
            "{def:?}\n{text}"
        );
    }
}

#[cfg(feature = "tokio-metrics")]
#[test]
fn runtimes_of_one_name_are_added_up_and_each_is_watched_once() {
    let obs = build();
    let runtime = || {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .build()
            .unwrap()
    };
    let (one, other) = (runtime(), runtime());
    for runtime in [&one, &other, &one] {
        obs.watch_runtime("worker", runtime.handle());
    }
    one.block_on(async { tokio::spawn(async { std::hint::black_box(1) }).await.unwrap() });
    let waits = one.spawn(std::future::pending::<()>());
    let text = page(obs.registry());
    assert_eq!(value(&text, "tokio_workers{runtime=\"worker\"}"), Some(4.0), "{text}");
    assert!(
        value(&text, "tokio_live_tasks{runtime=\"worker\"}") >= Some(1.0),
        "{text}"
    );
    assert!(!text.contains("runtime=\"main\""), "{text}");
    waits.abort();
    let busy = |text: &str| value(text, "tokio_worker_busy_seconds_total{runtime=\"worker\"}").unwrap();
    assert!(busy(&page(obs.registry())) >= busy(&text));
}

#[cfg(feature = "tokio-metrics")]
#[test]
fn the_runtime_of_the_first_scrape_is_watched_where_the_start_had_none() {
    let obs = build();
    let served = crate::page::MetricsPage::of(&obs);
    let ask = crate::exposition::PageRequest {
        method: "GET",
        path: "/metrics",
        query: None,
        headers: &(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let text = runtime.block_on(async { served.answer(&ask).await }).body;
    let text = std::str::from_utf8(&text).unwrap();
    assert_eq!(value(text, "tokio_workers{runtime=\"main\"}"), Some(1.0), "{text}");
}
