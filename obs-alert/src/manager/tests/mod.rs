//! A service without a network, and what its manager makes of it.

mod budgets;
mod figures;
mod files;
mod hostile;
mod life;
mod missing;
mod model;
mod notifications;
mod restarts;
mod running;
mod world;

use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use obs_core::metrics::{Format, Registry};

use super::*;
use crate::{
    Alert, AlertRule, AlertState, Channel, Clock as _, Comparison, Condition, Inhibition, ManualClock, NoData,
    Notification, Severity, Silence, Sli, Slo,
    promql::{Selector, Window},
};

const TICK: Duration = Duration::from_secs(10);
const SOON: Duration = Duration::from_secs(15);

/// A service without a network: its counters, a clock, and a manager that evaluates when the test calls it.
struct Stage {
    registry: Registry,
    clock: ManualClock,
    manager: AlertManager,
    notified: Arc<Mutex<Vec<Notification>>>,
}

fn stage(build: impl FnOnce(AlertManagerBuilder) -> AlertManagerBuilder) -> Stage {
    let (registry, clock, notified) = (
        Registry::new(),
        ManualClock::new(),
        Arc::<Mutex<Vec<Notification>>>::default(),
    );
    let received = Arc::clone(&notified);
    let record = move |notification: &Notification| {
        received.lock().unwrap().push(notification.clone());
        Ok::<_, io::Error>(())
    };
    let builder = AlertManager::builder()
        .registry(&registry)
        .clock(clock.clone())
        .channel(Channel::closure("test", record).per_minute(6_000_000));
    let manager = build(builder).build().unwrap();
    Stage {
        registry,
        clock,
        manager,
        notified,
    }
}

impl Stage {
    fn requests(&self, outcome: &'static str, count: u64) {
        metrics::with_local_recorder(&self.registry, || {
            metrics::counter!("http_requests_total", "method" => "GET", "endpoint" => "/", "status" => "200", "outcome" => outcome)
                .increment(count);
        });
    }

    fn gauge(&self, pool: &'static str, value: f64) {
        metrics::with_local_recorder(&self.registry, || {
            metrics::gauge!("connections", "pool" => pool).set(value);
        });
    }

    fn tick(&self) -> Vec<Alert> {
        self.clock.advance(TICK);
        let alerts = self.manager.evaluate(self.clock.now());
        assert!(self.manager.flush(SOON));
        alerts
    }

    /// `pending HighErrorRate`, …
    fn states(&self) -> Vec<String> {
        self.tick()
            .iter()
            .map(|alert| format!("{} {}", alert.state(), alert.name()))
            .collect()
    }

    fn notified(&self) -> Vec<String> {
        self.notified
            .lock()
            .unwrap()
            .drain(..)
            .map(|notification| notification.title())
            .collect()
    }

    fn page(&self) -> String {
        String::from_utf8(self.registry.render(Format::Text)).unwrap()
    }
}

fn high_error_rate() -> AlertRule {
    AlertRule::new(
        "HighErrorRate",
        Condition::error_ratio(Window::minutes(5), 0.05),
        Severity::Critical,
        "Error rate exceeds 5%",
    )
    .cooldown(Duration::from_secs(60))
}

fn flag() -> (Arc<AtomicBool>, Condition) {
    let flag = Arc::new(AtomicBool::new(false));
    let read = Arc::clone(&flag);
    (
        flag,
        Condition::custom(move || Ok::<_, io::Error>(read.load(Ordering::Relaxed))),
    )
}

fn simple(name: &str, condition: Condition) -> AlertRule {
    AlertRule::new(name, condition, Severity::Warning, "it is so").cooldown(Duration::ZERO)
}
