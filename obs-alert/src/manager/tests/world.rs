//! A service that is restarted, whose clocks jump and whose channels fail.

use std::path::PathBuf;

use super::*;
use crate::{Clock, Moment};

/// The alerts that there are: their rule, and their series if the rule has several.
pub(super) const ALERTS: [(&str, &str); 4] = [("A", ""), ("B", ""), ("Full", "x"), ("Full", "y")];
pub(super) const RULES: [&str; 3] = ["A", "B", "Full"];
/// The last one is not notified of resolved alerts.
pub(super) const CHANNELS: [&str; 3] = ["one", "two", "quiet"];

/// A clock whose hands are set apart.
#[derive(Clone, Debug)]
struct Hands(Arc<Mutex<(Duration, Duration)>>);

impl Clock for Hands {
    fn now(&self) -> Moment {
        let (monotonic, unix) = *self.0.lock().unwrap();
        Moment::new(monotonic, unix)
    }
}

/// The notifications: the channel, then `F` (firing) or `R` (resolved) and the alert.
pub(super) type Told = (&'static str, char, &'static str, String);

pub(super) struct World {
    folder: tempfile::TempDir,
    hands: Hands,
    holds: Arc<Mutex<[bool; 4]>>,
    is_up: Arc<Mutex<[bool; 3]>>,
    log: Arc<Mutex<Vec<Told>>>,
    pub(super) has_rule: [bool; 3],
    pub(super) has_gauges: bool,
    pub(super) no_data: NoData,
    is_broken: Arc<AtomicBool>,
    registry: Registry,
    manager: Option<AlertManager>,
}

impl World {
    pub(super) fn new() -> Self {
        let hands = Hands(Arc::new(Mutex::new((
            Duration::ZERO,
            Duration::from_secs(1_700_000_000),
        ))));
        let mut world = Self {
            folder: tempfile::tempdir().unwrap(),
            hands,
            holds: Arc::default(),
            is_up: Arc::new(Mutex::new([true; 3])),
            log: Arc::default(),
            has_rule: [true; 3],
            has_gauges: true,
            no_data: NoData::Ok,
            is_broken: Arc::default(),
            registry: Registry::new(),
            manager: None,
        };
        world.start();
        world
    }

    pub(super) fn file(&self) -> PathBuf {
        self.folder.path().join("alerts.json")
    }

    /// The state file and the history.
    pub(super) fn files(&self) -> [PathBuf; 2] {
        [self.file(), self.folder.path().join("alerts.json.history")]
    }

    /// Ends without a shutdown.
    pub(super) fn stop(&mut self) {
        self.manager = None;
    }

    /// Begins anew with these files.
    pub(super) fn start_from(&mut self, state: &[u8], history: &[u8]) {
        self.stop();
        let files = self.files();
        std::fs::write(&files[0], state).unwrap();
        std::fs::write(&files[1], history).unwrap();
        self.start();
    }

    pub(super) fn manager(&self) -> &AlertManager {
        self.manager.as_ref().unwrap()
    }

    fn rule(&self, index: usize) -> AlertRule {
        let (hold_for, cooldown) = model::TIMES[index];
        let rule = |condition| {
            AlertRule::new(RULES[index], condition, Severity::Warning, "so")
                .hold_for(Duration::from_secs(hold_for))
                .cooldown(Duration::from_secs(cooldown))
                .no_data(self.no_data)
        };
        if index == 2 {
            let comparison = Comparison::Above(10.0);
            return rule(Condition::Gauge {
                selector: Selector::new("connections"),
                denominator: None,
                comparison,
            });
        }
        let (holds, is_broken) = (Arc::clone(&self.holds), Arc::clone(&self.is_broken));
        rule(Condition::custom(move || {
            if is_broken.load(Ordering::Relaxed) {
                return Err(io::Error::other("no answer"));
            }
            Ok(holds.lock().unwrap()[index])
        }))
    }

    fn channel(&self, index: usize) -> Channel {
        let (name, is_up, log) = (CHANNELS[index], Arc::clone(&self.is_up), Arc::clone(&self.log));
        let record = move |notification: &Notification| {
            if !is_up.lock().unwrap()[index] {
                return Err(io::Error::other("down"));
            }
            let notified = notification.alerts().iter().map(|alert| {
                let letter = if alert.state() == AlertState::Firing { 'F' } else { 'R' };
                let rule = RULES.into_iter().find(|rule| *rule == alert.name()).unwrap();
                (
                    name,
                    letter,
                    rule,
                    alert.labels().get("pool").cloned().unwrap_or_default(),
                )
            });
            log.lock().unwrap().extend(notified);
            Ok(())
        };
        Channel::closure(name, record)
            .attempts(1)
            .per_minute(6_000_000)
            .send_resolved(index < 2)
    }

    pub(super) fn start(&mut self) {
        self.registry = Registry::new();
        let builder = AlertManager::builder()
            .registry(&self.registry)
            .clock(self.hands.clone());
        let rules = (0..3)
            .filter(|index| self.has_rule[*index])
            .map(|index| self.rule(index));
        let builder = builder.state_file(self.file()).rules(rules);
        let builder = (0..3).fold(builder, |builder, index| builder.channel(self.channel(index)));
        self.manager = Some(builder.build().unwrap());
    }

    pub(super) fn set(&mut self, alert: usize, holds: bool) {
        self.holds.lock().unwrap()[alert] = holds;
    }

    /// Whether the closures of conditions fail.
    pub(super) fn set_broken(&mut self, is_broken: bool) {
        self.is_broken.store(is_broken, Ordering::Relaxed);
    }

    pub(super) fn set_channel(&mut self, channel: usize, is_up: bool) {
        self.is_up.lock().unwrap()[channel] = is_up;
    }

    pub(super) fn replace_channel(&mut self, channel: usize) {
        assert!(self.manager().remove_channel(CHANNELS[channel]));
        self.manager().add_channel(self.channel(channel)).unwrap();
    }

    pub(super) fn set_rule(&mut self, rule: usize, is_there: bool) {
        if is_there && !self.has_rule[rule] {
            self.manager().add_rule(self.rule(rule)).unwrap();
        } else if !is_there {
            let _ = self.manager().remove_rule(RULES[rule]);
        }
        self.has_rule[rule] = is_there;
    }

    pub(super) fn silence(&mut self, rule: usize, seconds: u64) {
        let silence = Silence::new(Duration::from_secs(seconds), "test").with("alertname", RULES[rule]);
        self.manager().silence(silence).unwrap();
    }

    /// The wall clock is set, by so many seconds or to 1970.
    pub(super) fn set_wall(&mut self, by: Option<i64>) {
        let mut hands = self.hands.0.lock().unwrap();
        let seconds = i64::try_from(hands.1.as_secs()).unwrap();
        hands.1 = Duration::from_secs(u64::try_from(by.map_or(0, |by| seconds + by)).unwrap_or(0));
    }

    /// Ends, by a shutdown or without one, and begins again after a while. The monotonic clock of the next
    /// process begins anew.
    pub(super) fn restart(&mut self, is_clean: bool, away: u64, wall: Option<i64>) {
        let manager = self.manager.take().unwrap();
        if is_clean {
            assert!(manager.shutdown(SOON));
        }
        drop(manager);
        self.hands.0.lock().unwrap().0 = Duration::from_secs(5);
        self.set_wall(wall.map(|by| by + i64::try_from(away).unwrap()));
        self.start();
    }

    /// Evaluates 10 seconds later, and returns the notifications.
    pub(super) fn tick(&mut self) -> Vec<Told> {
        {
            let mut hands = self.hands.0.lock().unwrap();
            *hands = (hands.0 + TICK, hands.1 + TICK);
        }
        let holds = *self.holds.lock().unwrap();
        metrics::with_local_recorder(&self.registry, || {
            for (index, (_, pool)) in ALERTS.into_iter().enumerate().skip(if self.has_gauges { 2 } else { 4 }) {
                metrics::gauge!("connections", "pool" => pool).set(if holds[index] { 20.0 } else { 1.0 });
            }
        });
        let manager = self.manager();
        manager.evaluate(manager.now());
        assert!(manager.flush(SOON));
        let mut notified = std::mem::take(&mut *self.log.lock().unwrap());
        notified.sort_unstable();
        notified
    }

    /// The same in a word: `one:FA two:RFull/x`.
    pub(super) fn words(&mut self) -> String {
        let words: Vec<_> = self
            .tick()
            .into_iter()
            .map(|(channel, letter, rule, pool)| {
                let slash = if pool.is_empty() { "" } else { "/" };
                format!("{channel}:{letter}{rule}{slash}{pool}")
            })
            .collect();
        words.join(" ")
    }
}
