use std::{
    fs, io,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use obs_core::metrics::{Format, Registry};

use super::*;
use crate::{AlertManager, AlertRule, Clock as _, Condition, ManualClock, Severity, Silence};

const TICK: Duration = Duration::from_secs(60);

struct Stage {
    manager: AlertManager,
    registry: Registry,
    clock: ManualClock,
}

fn stage(remediation: Remediation) -> Stage {
    let (registry, clock) = (Registry::new(), ManualClock::new());
    let stuck = Condition::custom(|| Ok::<_, io::Error>(true));
    let manager = AlertManager::builder()
        .registry(&registry)
        .clock(clock.clone())
        .rule(AlertRule::new(
            "QueueStuck",
            stuck,
            Severity::Critical,
            "nothing leaves the queue",
        ))
        .remediation(remediation)
        .build()
        .unwrap();
    Stage {
        manager,
        registry,
        clock,
    }
}

impl Stage {
    fn tick(&self) {
        self.manager.evaluate(self.clock.now());
        self.clock.advance(TICK);
    }

    fn has(&self, outcome: &str, count: u32) -> bool {
        let page = String::from_utf8(self.registry.render(Format::Text)).unwrap();
        page.contains(&format!(
            "obs_alert_remediations_total{{outcome=\"{outcome}\",remediation=\"mend\"}} {count}\n"
        ))
    }

    fn wait_for(&self, outcome: &str, count: u32) {
        let started = Instant::now();
        while !self.has(outcome, count) {
            assert!(started.elapsed() < Duration::from_secs(15), "no {count} {outcome}");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

fn counting() -> (Arc<AtomicU32>, Remediation) {
    let runs = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&runs);
    let remediation = Remediation::closure("mend", move |alert| {
        assert_eq!(alert.name(), "QueueStuck");
        count.fetch_add(1, Ordering::Relaxed);
        Ok::<_, io::Error>(())
    });
    (runs, remediation.on("QueueStuck"))
}

#[test]
fn it_runs_again_after_its_cooldown_and_only_so_often_an_hour() {
    let (runs, remediation) = counting();
    let stage = stage(remediation.cooldown(5 * TICK).runs_per_hour(3));
    for minute in 0..59 {
        stage.tick();
        if minute % 5 == 0 && minute <= 10 {
            stage.wait_for("succeeded", minute / 5 + 1);
        }
    }
    assert_eq!(runs.load(Ordering::Relaxed), 3);
    assert!(stage.has("limited", 1), "said once");
    stage.tick();
    stage.tick();
    stage.wait_for("succeeded", 4);
}

#[test]
fn a_dry_run_does_nothing() {
    let (runs, remediation) = counting();
    let stage = stage(remediation.dry_run(true));
    stage.tick();
    assert!(stage.has("dry_run", 1));
    assert_eq!(runs.load(Ordering::Relaxed), 0);
}

#[test]
fn a_silenced_alert_starts_none() {
    let (runs, remediation) = counting();
    let stage = stage(remediation);
    stage
        .manager
        .silence(Silence::new(TICK / 2, "by hand").with("alertname", "QueueStuck"))
        .unwrap();
    stage.tick();
    assert_eq!(runs.load(Ordering::Relaxed), 0);
    stage.tick();
    stage.wait_for("succeeded", 1);
}

#[test]
fn a_panic_is_a_failure() {
    let stage =
        stage(Remediation::closure("mend", |_| -> Result<(), io::Error> { panic!("on purpose") }).on("QueueStuck"));
    stage.tick();
    stage.wait_for("failed", 1);
}

#[cfg(unix)]
#[test]
fn a_program_is_told_of_the_alert() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notified");
    let script = "{ echo \"$OBS_ALERT_NAME $OBS_ALERT_SEVERITY\"; cat; } > \"$FILE\"";
    let remediation = Remediation::command("mend", "sh", ["-c", script]).variable("FILE", file.to_str().unwrap());
    let stage = stage(remediation.on("QueueStuck"));
    stage.tick();
    stage.wait_for("succeeded", 1);
    let notified = fs::read_to_string(file).unwrap();
    let (line, json) = notified.split_once('\n').unwrap();
    assert_eq!(line, "QueueStuck critical");
    let json: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(json["labels"]["alertname"], "QueueStuck");
}

#[cfg(unix)]
#[test]
fn a_program_that_fails_hangs_or_is_not_there_is_counted() {
    for (arguments, outcome) in [
        (["sh", "-c", "exit 3"], "failed"),
        (["sh", "-c", "exec sleep 600"], "timed_out"),
        (["no-such-program", "", ""], "failed"),
    ] {
        let [program, first, second] = arguments;
        let remediation = Remediation::command("mend", program, [first, second]).timeout(Duration::from_millis(200));
        let stage = stage(remediation.on("QueueStuck"));
        stage.tick();
        stage.wait_for(outcome, 1);
    }
}

#[test]
fn what_is_wrong_is_refused_with_its_mend() {
    let builder = |remediation| {
        AlertManager::builder()
            .registry(&Registry::new())
            .remediation(remediation)
    };
    let nothing = || Remediation::closure("mend", |_| Ok::<_, io::Error>(()));
    for (remediation, expected) in [
        (nothing(), "remediation \"mend\": no alert starts it"),
        (nothing().on("Nope"), "remediation \"mend\": there is no rule \"Nope\""),
    ] {
        let error = builder(remediation).build().unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

/// A process of a service whose queue is stuck again and again, with a state file.
fn process(file: &std::path::Path, clock: &ManualClock, runs: &Arc<AtomicU32>) -> AlertManager {
    let count = Arc::clone(runs);
    let restart = Remediation::closure("restart", move |_| {
        count.fetch_add(1, Ordering::Relaxed);
        Ok::<_, io::Error>(())
    });
    let stuck = Condition::custom(|| Ok::<_, io::Error>(true));
    AlertManager::builder()
        .registry(&Registry::new())
        .clock(clock.clone())
        .state_file(file)
        .rule(AlertRule::new(
            "QueueStuck",
            stuck,
            Severity::Critical,
            "nothing leaves the queue",
        ))
        .remediation(restart.on("QueueStuck").cooldown(Duration::ZERO).runs_per_hour(3))
        .build()
        .unwrap()
}

fn wait_until(condition: impl Fn() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < Duration::from_secs(15), "waited in vain");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn runs_of_the_hour_are_remembered_over_restarts_whatever_the_wall_clock_says() {
    let folder = tempfile::tempdir().unwrap();
    let (file, runs) = (folder.path().join("alerts.json"), Arc::default());
    // Each process is ended by its own remedy, without a shutdown. The wall clock goes back in between.
    for (process_no, unix) in [1_700_000_000_u64, 1_700_000_060, 1_600_000_000, 0, 1_000, 2_000]
        .into_iter()
        .enumerate()
    {
        let clock = ManualClock::at(Duration::from_secs(unix));
        let manager = process(&file, &clock, &runs);
        manager.evaluate(clock.now());
        let expected = u32::try_from(process_no).unwrap().saturating_add(1).min(3);
        wait_until(|| runs.load(Ordering::Relaxed) == expected);
    }
    let clock = ManualClock::at(Duration::from_secs(2_000 + 3_600));
    process(&file, &clock, &runs).evaluate(clock.now());
    wait_until(|| runs.load(Ordering::Relaxed) == 4);
}

#[test]
fn the_series_of_an_alert_take_turns() {
    let notified = Arc::new(std::sync::Mutex::new(Vec::new()));
    let record = Arc::clone(&notified);
    let mend = Remediation::closure("mend", move |alert: &crate::Alert| {
        record.lock().unwrap().push(alert.labels()["pool"].clone());
        Ok::<_, io::Error>(())
    });
    let gauge = Condition::Gauge {
        selector: crate::promql::Selector::new("connections"),
        denominator: None,
        comparison: crate::Comparison::Above(10.0),
    };
    let (registry, clock) = (Registry::new(), ManualClock::new());
    let manager = AlertManager::builder()
        .registry(&registry)
        .clock(clock.clone())
        .rule(AlertRule::new("Full", gauge, Severity::Critical, "full"))
        .remediation(mend.on("Full").cooldown(2 * Duration::from_secs(3_600)))
        .build()
        .unwrap();
    metrics::with_local_recorder(&registry, || {
        for pool in ["a", "b", "c"] {
            metrics::gauge!("connections", "pool" => pool).set(11.0);
        }
    });
    for hour in 0..7 {
        manager.evaluate(clock.now());
        // Its cooldown is longer than the hour that runs are counted for.
        wait_until(|| notified.lock().unwrap().len() == hour / 2 + 1);
        clock.advance(Duration::from_secs(3_600));
    }
    let mut first: Vec<_> = notified.lock().unwrap()[..3].to_vec();
    first.sort_unstable();
    assert_eq!(first, ["a", "b", "c"]);
}
