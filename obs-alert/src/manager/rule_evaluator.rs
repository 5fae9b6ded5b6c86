//! One rule and its alerts.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use obs_rules::query::{Sample, Values};

use crate::{
    Alert, AlertRule, Naming, NoData,
    evaluate::{Evidence, Expected, Plan, key},
    history::History,
    state::{Active, Phase, SavedAlert, Times},
    time::{Away, Moment},
};

/// A rule that is evaluated.
#[derive(Debug)]
pub(super) struct RuleEvaluator {
    pub(super) rule: Arc<AlertRule>,
    pub(super) plan: Plan,
    pub(super) active: Vec<Active>,
    /// The error of the last evaluation.
    pub(super) error: Option<String>,
    /// The reason why it can't fire, if there is proof.
    pub(super) missing: Option<String>,
    expected: Expected,
    /// Whether this was logged.
    is_reported: bool,
}

/// The alerts that have begun to fire in an evaluation.
pub(super) type Begun = Vec<Alert>;

/// What an evaluation reads and its time.
#[derive(Clone, Copy, Debug)]
pub(super) struct EvaluationContext<'a> {
    pub(super) history: &'a History,
    pub(super) common: &'a BTreeMap<String, String>,
    pub(super) now: Moment,
}

/// The result for one alert: its series, whether it holds, and its value.
type Finding<'a> = (u128, &'a [(String, String)], Option<bool>, Option<f64>);

// === impl RuleEvaluator ===

impl RuleEvaluator {
    pub(super) fn new(rule: Arc<AlertRule>, plan: Plan, naming: &Naming) -> Self {
        let expected = rule
            .query(naming)
            .map(|query| Expected::new(&query, naming))
            .unwrap_or_default();
        Self {
            rule,
            plan,
            active: Vec::new(),
            error: None,
            missing: None,
            expected,
            is_reported: false,
        }
    }

    /// Checks whether the series that it reads can exist. Returns the reason why not, once.
    pub(super) fn look_for_series(&mut self, evidence: &Evidence<'_>) -> Option<String> {
        self.missing = self.expected.missing(evidence);
        let is_new = self.missing.is_some() && !self.is_reported;
        self.is_reported |= is_new;
        self.missing.clone().filter(|_| is_new)
    }

    /// Evaluates the rule; `result` is that of its closure, if its condition is one.
    pub(super) fn evaluate(
        &mut self,
        result: Option<Result<bool, String>>,
        around: EvaluationContext<'_>,
        begun: &mut Begun,
    ) {
        self.error = None;
        match result {
            Some(Ok(holds)) => self.settle_one(Some(holds), None, around, begun),
            // The result is unknown: all alerts keep their state.
            Some(Err(error)) => self.error = Some(error),
            None => self.evaluate_plan(around, begun),
        }
    }

    fn evaluate_plan(&mut self, around: EvaluationContext<'_>, begun: &mut Begun) {
        let values = self.plan.values(around.history);
        let is_firing = self.rule.clears_at().is_some() && self.active.iter().any(|one| one.phase.is_firing());
        let clear = if is_firing {
            self.plan.clear_values(around.history)
        } else {
            Values::none()
        };
        match values.iter().next() {
            None => {
                let holds = match self.rule.no_data_policy() {
                    NoData::Ok => Some(false),
                    NoData::Alert => Some(true),
                    NoData::Keep => None,
                };
                self.settle_one(holds, None, around, begun);
            }
            Some(_) if self.plan.has_series() => self.settle_each(&values, &clear, around, begun),
            Some(sample) => {
                let holds = holds(sample, &clear, self.active.first());
                self.settle_one(Some(holds), Some(sample.value), around, begun);
            }
        }
    }

    /// The rule has one alert. Alerts of series that no longer exist are resolved, or kept, with it.
    fn settle_one(
        &mut self,
        holds: Option<bool>,
        value: Option<f64>,
        around: EvaluationContext<'_>,
        begun: &mut Begun,
    ) {
        if self.active.is_empty() && holds != Some(true) {
            return;
        }
        let mut active = std::mem::take(&mut self.active);
        let own = active
            .iter()
            .position(|one| one.key == 0)
            .map(|at| active.swap_remove(at));
        for other in active {
            let holds = if self.rule.no_data_policy() == NoData::Keep {
                None
            } else {
                Some(false)
            };
            self.settle(Some(other), (0, &[], holds, None), around, begun);
        }
        self.settle(own, (0, &[], holds, value), around, begun);
    }

    fn settle_each(
        &mut self,
        values: &Values<'_>,
        clear: &Values<'_>,
        around: EvaluationContext<'_>,
        begun: &mut Begun,
    ) {
        let (restored, known): (Vec<_>, Vec<_>) = std::mem::take(&mut self.active)
            .into_iter()
            .partition(|one| one.is_restored);
        let mut restored: BTreeMap<u64, Active> =
            restored.into_iter().map(|one| (one.alert.fingerprint(), one)).collect();
        let mut known: BTreeMap<u128, Active> = known.into_iter().map(|one| (one.key, one)).collect();
        for sample in values.iter() {
            let one = known
                .remove(&key(sample))
                .or_else(|| self.found_again(&mut restored, sample, around));
            let holds = holds(sample, clear, one.as_ref());
            if one.is_some() || holds {
                let finding = (key(sample), sample.labels(), Some(holds), Some(sample.value));
                self.settle(one, finding, around, begun);
            }
        }
        for (key, missing) in known
            .into_iter()
            .chain(restored.into_values().map(|one| (one.key, one)))
        {
            let is_kept = self.rule.no_data_policy() == NoData::Keep && key != 0;
            self.settle(
                Some(missing),
                (key, &[], (!is_kept).then_some(false), None),
                around,
                begun,
            );
        }
    }

    /// The alert of a series from before a restart.
    fn found_again(
        &self,
        restored: &mut BTreeMap<u64, Active>,
        sample: &Sample<'_>,
        around: EvaluationContext<'_>,
    ) -> Option<Active> {
        if restored.is_empty() {
            return None;
        }
        let print = Active::fingerprint_of(&self.rule, around.common, sample.labels(), Some(sample.value));
        let one = restored.remove(&print)?;
        Some(Active {
            key: key(sample),
            is_restored: false,
            ..one
        })
    }

    fn settle(
        &mut self,
        active: Option<Active>,
        (key, series, holds, value): Finding<'_>,
        around: EvaluationContext<'_>,
        begun: &mut Begun,
    ) {
        let Some(holds) = holds else {
            self.active.extend(active);
            return;
        };
        let active = active.filter(|one| !one.is_stale);
        let (hold_for, keep_firing_for, _) = self.rule.times();
        let times = Times {
            hold_for,
            keep_firing_for,
        };
        let was_firing = active.as_ref().is_some_and(|one| one.phase.is_firing());
        let next = Phase::next(active.as_ref().map(|one| one.phase), holds, around.now, times);
        let next = match (active, next) {
            (Some(one), Some(phase)) => one.in_phase(&self.rule, phase, value),
            (None, Some(phase)) => Active::begin(&self.rule, around.common, key, series, phase, value),
            // It never fired, or is resolved.
            (_, None) => return,
        };
        if !was_firing && next.phase.is_firing() {
            begun.push(next.alert.clone());
        }
        self.active.push(next);
    }

    /// Continues with the alerts of a state file. The downtime counts for `for` as one interval between evaluations at
    /// most.
    pub(super) fn restore(
        &mut self,
        saved: Vec<SavedAlert>,
        common: &BTreeMap<String, String>,
        away: Away,
        interval: Duration,
    ) {
        let has_series = self.plan.has_series();
        for (index, saved) in saved.into_iter().enumerate() {
            if let Some(mut one) = saved.restored(&self.rule, common, has_series, (away, interval)) {
                // Keys of series are hashes with a secret of the process: alerts of a state file are found by their labels.
                one.key = if has_series {
                    u128::try_from(index).unwrap_or(0) + 1
                } else {
                    0
                };
                self.active.push(one);
            }
        }
    }
}

/// Whether the condition holds; for a firing alert, whether it has not reached its clear threshold.
fn holds(sample: &Sample<'_>, clear: &Values<'_>, active: Option<&Active>) -> bool {
    let goes_on = || clear.iter().any(|clear| key(clear) == key(sample) && clear.holds);
    sample.holds || active.is_some_and(|one| one.phase.is_firing()) && goes_on()
}
