//! After random events, notifications are those of a small model.

use proptest::prelude::*;

use super::world::{ALERTS, CHANNELS, RULES, Told, World};

/// Of each rule: `for` and the cooldown, in seconds.
pub(super) const TIMES: [(u64, u64); 3] = [(0, 60), (20, 4 * 3_600), (10, 30)];
const STEP: i64 = 10;

#[derive(Clone, Debug)]
enum Step {
    Tick(u8),
    Set(usize, bool),
    Channel(usize, bool),
    Restart {
        is_clean: bool,
        away: u64,
        wall: Option<i64>,
    },
    Wall(Option<i64>),
    Rule(usize, bool),
    ReplaceChannel(usize),
    Silence(usize, u64),
}

/// What the model knows of one alert.
#[derive(Clone, Copy, Debug, Default)]
struct Life {
    held: Option<i64>,
    fires: bool,
}

/// What the model knows of one channel and one alert.
#[derive(Clone, Copy, Debug, Default)]
struct Knows {
    fires: bool,
    next: i64,
}

#[derive(Debug, Default)]
struct Model {
    now: i64,
    holds: [bool; 4],
    lives: [Life; 4],
    is_down: [bool; 3],
    knows: [[Knows; 4]; 3],
    is_without: [bool; 3],
    silent_until: [i64; 3],
}

fn rule_of(alert: usize) -> usize {
    alert.min(2)
}

fn span(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap()
}

impl Model {
    fn tick(&mut self) -> Vec<Told> {
        self.now += STEP;
        let mut notified = Vec::new();
        for (alert, (name, pool)) in ALERTS.into_iter().enumerate() {
            let rule = rule_of(alert);
            let held = self.lives[alert].held.map_or(0, |held| held + STEP);
            let fires = self.lives[alert].fires || held >= span(TIMES[rule].0);
            let holds = self.holds[alert] && !self.is_without[rule];
            self.lives[alert] = if holds {
                Life {
                    held: Some(held),
                    fires,
                }
            } else {
                Life::default()
            };
            for (channel, called) in CHANNELS.into_iter().enumerate() {
                notified.extend(
                    self.notify(channel, alert)
                        .map(|letter| (called, letter, name, pool.to_owned())),
                );
            }
        }
        notified.sort_unstable();
        notified
    }

    fn notify(&mut self, channel: usize, alert: usize) -> Option<char> {
        let cooldown = span(TIMES[rule_of(alert)].1);
        let is_silent = self.now < self.silent_until[rule_of(alert)];
        let (knows, is_up) = (&mut self.knows[channel][alert], !self.is_down[channel]);
        if self.lives[alert].fires {
            if is_silent || self.now < knows.next {
                return None;
            }
            knows.next = self.now + if is_up { cooldown } else { cooldown.min(60) };
            knows.fires |= is_up;
            return is_up.then_some('F');
        }
        if channel == 2 || !knows.fires || !is_up {
            return None;
        }
        *knows = Knows::default();
        Some('R')
    }

    fn restart(&mut self, shown: i64) {
        // By the wall clock, which may have been set back: then no time has passed.
        let away = shown.max(0);
        self.knows.iter_mut().flatten().for_each(|knows| knows.next -= away);
        for life in &mut self.lives {
            // Nobody knows whether it held in between; after an hour all begins anew.
            let held = life.held.map(|held| held + away.min(STEP));
            *life = if away > 3_600 {
                Life::default()
            } else {
                Life { held, ..*life }
            };
        }
        self.silent_until = [0; 3];
    }

    fn set_rule(&mut self, rule: usize, is_there: bool) {
        if !is_there {
            let lives = self
                .lives
                .iter_mut()
                .enumerate()
                .filter(|(alert, _)| rule_of(*alert) == rule);
            lives.for_each(|(_, life)| *life = Life::default());
        }
        self.is_without[rule] = !is_there;
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let wall = || {
        prop_oneof![
            Just(None),
            prop_oneof![Just(-86_400), Just(-3_600), Just(86_400), Just(0)].prop_map(Some)
        ]
    };
    let away = prop_oneof![Just(0_u64), Just(30), Just(600), Just(3_000), Just(7_200)];
    let restart = (any::<bool>(), away, prop_oneof![3 => Just(Some(0)), 1 => wall()]);
    let step = prop_oneof![
        8 => (1..4_u8).prop_map(Step::Tick),
        1 => (20..100_u8).prop_map(Step::Tick),
        8 => (0..4_usize, any::<bool>()).prop_map(|(alert, holds)| Step::Set(alert, holds)),
        4 => (0..3_usize, any::<bool>()).prop_map(|(channel, is_up)| Step::Channel(channel, is_up)),
        4 => restart.prop_map(|(is_clean, away, wall)| Step::Restart { is_clean, away, wall }),
        2 => wall().prop_map(Step::Wall),
        2 => (0..RULES.len(), any::<bool>()).prop_map(|(rule, is_there)| Step::Rule(rule, is_there)),
        1 => (0..CHANNELS.len()).prop_map(Step::ReplaceChannel),
        1 => (0..3_usize, 5..100_u64).prop_map(|(rule, seconds)| Step::Silence(rule, seconds)),
    ];
    prop::collection::vec(step, 1..40)
}

/// The model and the manager, side by side.
struct Both {
    world: World,
    model: Model,
    unix: i64,
    /// Whether a rule was removed or added since the state file was written.
    has_changed_rules: bool,
}

impl Both {
    fn tick(&mut self) -> Result<(), TestCaseError> {
        self.unix += STEP;
        self.has_changed_rules = false;
        let (said, expected) = (self.world.tick(), self.model.tick());
        prop_assert_eq!(said, expected);
        Ok(())
    }

    fn set_wall(&mut self, by: Option<i64>) {
        self.unix = by.map_or(0, |by| (self.unix + by).max(0));
    }

    fn run(&mut self, step: &Step) -> Result<(), TestCaseError> {
        let (world, model) = (&mut self.world, &mut self.model);
        match *step {
            Step::Tick(times) => (0..times).try_for_each(|_| self.tick())?,
            Step::Set(alert, holds) => {
                world.set(alert, holds);
                model.holds[alert] = holds;
            }
            Step::Channel(channel, is_up) => {
                world.set_channel(channel, is_up);
                model.is_down[channel] = !is_up;
            }
            Step::Restart { is_clean, away, wall } => {
                // A clock that was set back says nothing of the time since the file was written for the last time.
                // A crash before the next evaluation restores a rule's alerts, also if it was removed and added again.
                let is_clean = is_clean || wall.is_none_or(|by| by < 0) || self.has_changed_rules;
                world.restart(is_clean, away, wall);
                let before = self.unix;
                self.set_wall(wall.map(|by| by + span(away)));
                self.model.restart(self.unix - before);
                // What comes to nothing before it has evaluated has saved nothing.
                self.tick()?;
            }
            Step::Wall(by) => {
                world.set_wall(by);
                self.set_wall(by);
                // What was saved before is still stamped by the old time.
                self.tick()?;
            }
            Step::Rule(rule, is_there) => {
                world.set_rule(rule, is_there);
                model.set_rule(rule, is_there);
                self.has_changed_rules = true;
            }
            Step::ReplaceChannel(channel) => {
                world.replace_channel(channel);
                model.knows[channel] = Default::default();
            }
            Step::Silence(rule, seconds) => {
                world.silence(rule, seconds);
                model.silent_until[rule] = model.silent_until[rule].max(model.now + span(seconds));
            }
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 300, ..ProptestConfig::default() })]
    #[test]
    fn whatever_happens_what_is_told_is_what_a_simple_model_says(steps in steps()) {
        let mut both = Both { world: World::new(), model: Model::default(), unix: 1_700_000_000, has_changed_rules: false };
        for step in &steps {
            both.run(step)?;
        }
        // In the end no condition holds: each channel that was notified of an alert is notified of its end.
        for index in 0..4 {
            both.run(&Step::Set(index, false))?;
        }
        for channel in 0..3 {
            both.run(&Step::Channel(channel, true))?;
        }
        both.tick()?;
        both.tick()?;
        prop_assert!(both.model.knows[..2].iter().flatten().all(|knows| !knows.fires));
    }
}
