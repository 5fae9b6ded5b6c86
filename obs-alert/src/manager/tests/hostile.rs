//! Code of others that panics, spans without end, and more than can be kept.

use std::{fmt, panic};

use tracing::{Metadata, Subscriber, span, subscriber};

use super::*;
use crate::{Clock, Moment, Remediation};

/// Panics when it is shown.
struct Loud;

impl fmt::Display for Loud {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("on purpose")
    }
}

impl fmt::Debug for Loud {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("on purpose")
    }
}

impl std::error::Error for Loud {}

/// Panics when it is dropped.
struct Dropped;

impl Drop for Dropped {
    fn drop(&mut self) {
        panic::panic_any("on purpose");
    }
}

/// A log that panics at each event.
struct Panics;

impl Subscriber for Panics {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, _: &tracing::Event<'_>) {
        panic!("on purpose")
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

#[test]
fn errors_and_payloads_that_panic_themselves_disturb_nobody() {
    let remediation = Remediation::closure("mend", |_| Err::<(), _>(Loud))
        .on("A")
        .cooldown(Duration::ZERO);
    let (_, other) = flag();
    let stage = stage(|builder| {
        let shown = Condition::custom(|| Err::<bool, _>(Loud));
        let dropped = Condition::custom(|| -> Result<bool, io::Error> { panic::panic_any(Dropped) });
        let builder = builder
            .rule(simple("Shown", shown))
            .rule(simple("Dropped", dropped))
            .rule(simple("B", other));
        let builder = builder.rule(simple("A", Condition::custom(|| Ok::<_, io::Error>(true))));
        let builder = builder.channel(Channel::closure("loud", |_| Err(Loud)).attempts(1));
        let builder = builder.channel(Channel::closure("dropped", |_| -> Result<(), io::Error> {
            panic::panic_any(Dropped)
        }));
        builder.remediation(remediation)
    });
    assert_eq!(stage.states(), ["firing A"]);
    assert!(
        stage
            .page()
            .contains("obs_alert_notifications_total{channel=\"loud\",outcome=\"failed\"} 1\n")
    );
    assert!(
        stage
            .page()
            .contains("obs_alert_notifications_total{channel=\"dropped\",outcome=\"failed\"} 1\n")
    );
    running::wait_for(|| {
        stage
            .page()
            .contains("obs_alert_remediations_total{outcome=\"failed\",remediation=\"mend\"} 1\n")
    });
    assert_eq!(
        stage
            .manager
            .rules()
            .iter()
            .filter(|rule| rule.state == "error")
            .count(),
        2
    );
}

#[test]
fn a_log_that_panics_ends_neither_the_evaluation_nor_a_channel() {
    let attempts = Arc::new(Mutex::new(0));
    let count = Arc::clone(&attempts);
    let fails = move |_: &Notification| {
        *count.lock().unwrap() += 1;
        Err(io::Error::other("down"))
    };
    let registry = Registry::new();
    let builder = AlertManager::builder()
        .registry(&registry)
        .interval(Duration::from_millis(100));
    let broken = Condition::custom(|| Err::<bool, _>(io::Error::other("no answer")));
    let firing = Condition::custom(|| Ok::<_, io::Error>(true));
    let builder = builder.rule(simple("Broken", broken)).rule(simple("A", firing));
    let builder = builder.channel(Channel::closure("down", fails).attempts(1).per_minute(6_000_000));
    // The threads log where their starter does.
    let manager = subscriber::with_default(Panics, || builder.start().unwrap());
    running::wait_for(|| manager.rules().iter().any(|rule| rule.state == "error"));
    running::wait_for(|| *attempts.lock().unwrap() >= 2);
    assert!(manager.shutdown(SOON));
}

#[test]
fn a_condition_that_never_answers_silences_no_other_rule() {
    let blocked = Arc::new(Mutex::new(()));
    let (held, wait) = (blocked.lock().unwrap(), Arc::clone(&blocked));
    let calls = Arc::new(Mutex::new(0));
    let count = Arc::clone(&calls);
    let hangs = Condition::custom(move || {
        *count.lock().unwrap() += 1;
        drop(wait.lock());
        Ok::<_, io::Error>(true)
    });
    let firing = || Condition::custom(|| Ok::<_, io::Error>(true));
    let stage = stage(|builder| {
        builder
            .rule(simple("A", firing()))
            .rule(simple("B", hangs))
            .rule(simple("C", firing()))
    });
    assert_eq!(stage.states(), ["firing A", "firing C"]);
    assert_eq!(stage.states(), ["firing A", "firing C"]);
    assert_eq!(stage.manager.rules()[1].state, "error");
    assert_eq!(
        *calls.lock().unwrap(),
        1,
        "it is not called again before it has returned"
    );
    drop(held);
    running::wait_for(|| stage.states().len() == 3);
}

/// A clock that panics now and then.
struct Broken(Mutex<u64>);

impl Clock for Broken {
    fn now(&self) -> Moment {
        let mut calls = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *calls += 1;
        assert!(*calls < 3 || *calls > 5, "on purpose");
        Moment::new(Duration::from_millis(*calls * 100), Duration::ZERO)
    }
}

#[test]
fn a_clock_that_panics_does_not_end_the_evaluation() {
    let (is_so, condition) = flag();
    is_so.store(true, Ordering::Relaxed);
    let builder = AlertManager::builder()
        .registry(&Registry::new())
        .clock(Broken(Mutex::new(0)));
    let manager = builder.rule(simple("A", condition).hold_for(Duration::from_millis(500)));
    let manager = manager.interval(Duration::from_millis(100)).start().unwrap();
    running::wait_for(|| manager.alerts().iter().any(|alert| alert.state() == AlertState::Firing));
}

#[test]
fn the_longest_spans_are_no_panic() {
    let longest = Duration::MAX;
    let (is_so, condition) = flag();
    is_so.store(true, Ordering::Relaxed);
    let rule = |name: &str| {
        simple(name, condition.clone())
            .cooldown(longest)
            .keep_firing_for(longest)
    };
    let stage = stage(|builder| {
        let mend = Remediation::closure("mend", |_| Ok::<_, io::Error>(()))
            .on("A")
            .cooldown(longest)
            .timeout(longest);
        let quiet = Channel::closure("fails", |_| Err(io::Error::other("no")))
            .backoff(longest)
            .timeout(longest);
        builder
            .rule(rule("A"))
            .rule(rule("B").hold_for(longest))
            .remediation(mend)
            .channel(quiet.attempts(1))
    });
    stage
        .manager
        .silence(Silence::new(longest, "for ever").with("alertname", "B"))
        .unwrap();
    assert_eq!(stage.states(), ["firing A", "pending B"]);
    assert!(stage.manager.flush(longest));
    stage.manager.evaluate(Moment::new(longest, longest));
    assert_eq!(stage.manager.alerts().len(), 2);
    assert!(stage.manager.shutdown(longest));
}

#[test]
fn what_a_channel_does_not_take_is_bounded_in_bytes_and_counted() {
    let is_up = Arc::new(AtomicBool::new(true));
    let ask = Arc::clone(&is_up);
    let record = move |_: &Notification| {
        if ask.load(Ordering::Relaxed) {
            Ok(())
        } else {
            Err(io::Error::other("down"))
        }
    };
    let gauge = Condition::Gauge {
        selector: Selector::new("connections"),
        denominator: None,
        comparison: Comparison::Above(10.0),
    };
    let rule = simple("Full", gauge).description("x".repeat(20_000));
    let channel = Channel::closure("flaky", record).attempts(1).per_minute(6_000_000);
    let stage = stage(|builder| builder.rule(rule).channel(channel));
    let set = |value| {
        metrics::with_local_recorder(&stage.registry, || {
            (0..700).for_each(|pool| metrics::gauge!("connections", "pool" => pool.to_string()).set(value));
        });
    };
    set(11.0);
    stage.tick();
    is_up.store(false, Ordering::Relaxed);
    set(1.0);
    stage.tick();
    let dropped = "obs_alert_notifications_total{channel=\"flaky\",outcome=\"dropped\"} ";
    let page = stage.page();
    let count: usize = page
        .lines()
        .find_map(|line| line.strip_prefix(dropped)?.parse().ok())
        .unwrap();
    // 4 MiB of texts of 8 KiB are kept.
    assert!((150..300).contains(&count), "{count}");
    is_up.store(true, Ordering::Relaxed);
    stage.tick();
    stage.tick();
    assert!(
        stage.page().contains(&format!("{dropped}{count}\n")),
        "the others were notified"
    );
}
