//! One rule and its alerts.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    Alert, AlertRule, NoData,
    evaluate::{Measured, Plan, Reading},
    history::{History, Now},
    state::{Active, Outcome, Phase, Times},
    time::Moment,
};

/// A rule that is evaluated.
#[derive(Debug)]
pub(super) struct Judge {
    pub(super) rule: Arc<AlertRule>,
    pub(super) plan: Plan,
    pub(super) active: Vec<Active>,
    /// Why it could not be evaluated the last time.
    pub(super) error: Option<String>,
}

/// What has changed in an evaluation.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) resolved: Vec<Alert>,
    pub(super) has_begun_to_fire: bool,
}

/// The circumstances of an evaluation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Circumstances<'a> {
    pub(super) history: &'a History,
    pub(super) common: &'a BTreeMap<String, String>,
    pub(super) now: Moment,
}

/// What is found of one alert: its series, whether it holds, and its value.
type Finding<'a> = (u128, &'a [(String, String)], Option<bool>, Option<f64>);

// === impl Judge ===

impl Judge {
    pub(super) const fn new(rule: Arc<AlertRule>, plan: Plan) -> Self {
        Self { rule, plan, active: Vec::new(), error: None }
    }

    /// Evaluates the rule; `told` is what its closure has said, if its condition is one.
    pub(super) fn evaluate(
        &mut self,
        told: Option<Result<bool, String>>,
        around: Circumstances<'_>,
        changes: &mut Changes,
    ) {
        self.error = None;
        match told {
            Some(Ok(holds)) => self.settle_one(Some(holds), None, around, changes),
            // Neither so nor not: everything stays as it is.
            Some(Err(error)) => self.error = Some(error),
            None => self.evaluate_plan(around, changes),
        }
    }

    fn evaluate_plan(&mut self, around: Circumstances<'_>, changes: &mut Changes) {
        match self.plan.measure(around.history) {
            Measured::One(reading) => {
                let holds = self.holds(reading, self.active.first());
                self.settle_one(Some(holds), Some(reading.value), around, changes);
            }
            Measured::NoData => {
                let holds = match self.rule.no_data {
                    NoData::Ok => Some(false),
                    NoData::Alert => Some(true),
                    NoData::Keep => None,
                };
                self.settle_one(holds, None, around, changes);
            }
            Measured::Each(readings) => self.settle_each(&readings, around, changes),
        }
    }

    /// The rule has one alert, or alerts of series that are gone: those are over, or kept, with it.
    fn settle_one(
        &mut self,
        holds: Option<bool>,
        value: Option<f64>,
        around: Circumstances<'_>,
        changes: &mut Changes,
    ) {
        if self.active.is_empty() && holds != Some(true) {
            return;
        }
        let mut active = std::mem::take(&mut self.active);
        let own = active.iter().position(|one| one.key == 0).map(|at| active.swap_remove(at));
        for other in active {
            let holds = if self.rule.no_data == NoData::Keep { None } else { Some(false) };
            self.settle(Some(other), (0, &[], holds, None), around, changes);
        }
        self.settle(own, (0, &[], holds, value), around, changes);
    }

    fn settle_each(&mut self, readings: &[(&Now, Reading)], around: Circumstances<'_>, changes: &mut Changes) {
        let known: BTreeMap<u128, Active> =
            std::mem::take(&mut self.active).into_iter().map(|one| (one.key, one)).collect();
        let mut known = known;
        for (now, reading) in readings {
            let one = known.remove(&now.key);
            let holds = self.holds(*reading, one.as_ref());
            if one.is_some() || holds {
                let finding = (now.key, &*now.labels, Some(holds), Some(reading.value));
                self.settle(one, finding, around, changes);
            }
        }
        for (key, gone) in known {
            let is_kept = self.rule.no_data == NoData::Keep && key != 0;
            self.settle(Some(gone), (key, &[], (!is_kept).then_some(false), None), around, changes);
        }
    }

    fn holds(&self, reading: Reading, active: Option<&Active>) -> bool {
        let clear = active.filter(|one| one.phase.is_firing()).and(self.rule.clear_threshold);
        self.plan.holds(reading, None) || clear.is_some() && self.plan.holds(reading, clear)
    }

    fn settle(
        &mut self,
        active: Option<Active>,
        (key, series, holds, value): Finding<'_>,
        around: Circumstances<'_>,
        changes: &mut Changes,
    ) {
        let Some(holds) = holds else {
            self.active.extend(active);
            return;
        };
        let times = Times { hold_for: self.rule.hold_for, keep_firing_for: self.rule.keep_firing_for };
        let was_firing = active.as_ref().is_some_and(|one| one.phase.is_firing());
        let next = Phase::next(active.as_ref().map(|one| one.phase), holds, around.now, times);
        changes.has_begun_to_fire |= !was_firing && next.is_some_and(Phase::is_firing);
        match (active, next) {
            (Some(one), next) => match one.step(&self.rule, next, value, around.now) {
                Outcome::Goes(one) => self.active.push(one),
                Outcome::Resolved(alert) => changes.resolved.push(alert),
                Outcome::Dropped => {}
            },
            (None, Some(phase)) => {
                self.active.push(Active::begin(&self.rule, around.common, key, series, phase, value));
            }
            (None, None) => {}
        }
    }

    /// The rule is taken away: what fires is over.
    pub(super) fn end(self, now: Moment) -> (Plan, Vec<Alert>) {
        let rule = self.rule;
        let over = self.active.into_iter().filter_map(|one| match one.step(&rule, None, None, now) {
            Outcome::Resolved(alert) => Some(alert),
            Outcome::Goes(_) | Outcome::Dropped => None,
        });
        (self.plan, over.collect())
    }
}
