//! The state behind the manager's lock: rules, history, notifications.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use obs_core::metrics::FamilySnapshot;

use super::{
    BuildError, RuleStatus, Telemetry,
    rule_evaluator::{Begun, EvaluationContext, RuleEvaluator},
    service::{Service, Watched},
    state_file::State,
    telemetry::Shown,
};
use crate::{
    Alert, AlertRule, AlertState, Custom, Naming, Remediation, Slo,
    dispatch::Dispatcher,
    evaluate::{Evidence, Plan},
    history::History,
    remediation::{Run, Runner, Runs, SavedRuns},
    state::{SavedAlert, static_labels},
    time::{Away, Moment},
};

/// See the [module](self).
#[derive(Debug)]
pub(super) struct Engine {
    pub(super) history: History,
    pub(super) naming: Naming,
    pub(super) common: BTreeMap<String, String>,
    pub(super) rules: BTreeMap<String, RuleEvaluator>,
    pub(super) service: Service,
    pub(super) slos: BTreeMap<String, Watched>,
    pub(super) dispatcher: Dispatcher,
    pub(super) runners: Vec<Runner>,
    pub(super) telemetry: Telemetry,
    /// Past transitions to firing and to resolved, the latest last.
    pub(super) past: VecDeque<Alert>,
    pub(super) most_past: usize,
    pub(super) last: Option<Moment>,
    /// Runs of remediations from a state file that have not been added yet.
    pub(super) saved_runs: HashMap<String, Runs>,
    shown: Shown,
    /// Whether an alert was pending at the last evaluation.
    was_pending: bool,
    wall_offset: i64,
}

/// The result of an evaluation.
#[derive(Debug)]
pub(super) struct Evaluated {
    /// Pending and firing alerts, and those that are resolved.
    pub(super) alerts: Vec<Alert>,
    /// The remediations to run.
    pub(super) runs: Vec<Run>,
    /// Whether the state file has to be written.
    pub(super) has_changed: bool,
    /// Rules that can't fire and have not been logged, with the reasons.
    pub(super) without_series: Vec<(String, String)>,
}

/// A step of the wall clock by less than this, in milliseconds, is a correction and not a change.
const SMALL_JUMP: u64 = 1_000;

// === impl Engine ===

impl Engine {
    pub(super) fn new(
        naming: Naming,
        common: BTreeMap<String, String>,
        dispatcher: Dispatcher,
        telemetry: Telemetry,
        mut history: History,
        most_past: usize,
    ) -> Result<Self, BuildError> {
        let service = Service::new(&naming, &mut history)?;
        Ok(Self {
            history,
            naming,
            common,
            rules: BTreeMap::new(),
            service,
            slos: BTreeMap::new(),
            dispatcher,
            runners: Vec::new(),
            telemetry,
            past: VecDeque::new(),
            most_past,
            last: None,
            saved_runs: HashMap::new(),
            shown: Shown::default(),
            was_pending: false,
            wall_offset: 0,
        })
    }

    pub(super) fn add_rule(&mut self, rule: &Arc<AlertRule>) -> Result<(), BuildError> {
        rule.check()?;
        if self.rules.contains_key(rule.name()) {
            return Err(BuildError::rule(
                rule.name(),
                "there is a rule of this name already: give one another name",
            ));
        }
        let plan = Plan::new(rule, &self.naming, &mut self.history)
            .map_err(|failure| BuildError::rule(rule.name(), failure.to_string()))?;
        self.rules.insert(
            rule.name().to_owned(),
            RuleEvaluator::new(Arc::clone(rule), plan, &self.naming),
        );
        Ok(())
    }

    /// Rules whose alerts inhibit each other, by the labels that are known before they fire.
    pub(super) fn ring(&self) -> Option<String> {
        if !self.dispatcher.may_have_rings() {
            return None;
        }
        let labels: Vec<_> = self
            .rules
            .values()
            .map(|evaluator| static_labels(&evaluator.rule, &self.common))
            .collect();
        let ring = self.dispatcher.ring(&labels)?;
        Some(format!(
            "{ring}; narrow the inhibitions so that one of them always notifies"
        ))
    }

    /// Returns the removed rule, to be dropped without the lock: its closure is the application's code.
    pub(super) fn remove_rule(&mut self, name: &str) -> Option<RuleEvaluator> {
        let mut evaluator = self.rules.remove(name)?;
        evaluator.plan.release(&mut self.history);
        Some(evaluator)
    }

    pub(super) fn add_remediation(&mut self, remediation: Remediation) -> Result<(), BuildError> {
        let name = remediation.called().to_owned();
        if self.runners.iter().any(|runner| runner.name() == name) {
            let message = "there is a remediation of this name already: give one another name";
            return Err(BuildError::remediation(&name, message));
        }
        remediation
            .check(|alert| self.rules.contains_key(alert))
            .map_err(|message| BuildError::remediation(&name, &message))?;
        let runs = self.saved_runs.remove(&name).unwrap_or_default();
        self.runners
            .push(Runner::new(remediation, self.telemetry.clone(), runs));
        Ok(())
    }

    pub(super) fn add_slo(&mut self, slo: &Arc<Slo>) -> Result<(), BuildError> {
        slo.check()?;
        if self.slos.contains_key(slo.name()) {
            return Err(BuildError::slo(
                slo.name(),
                "there is an SLO of this name already: give one another name",
            ));
        }
        let watched = Watched::new(slo, &self.naming, &mut self.history)?;
        self.slos.insert(slo.name().to_owned(), watched);
        Ok(())
    }

    pub(super) fn remove_slo(&mut self, name: &str) -> bool {
        let watched = self.slos.remove(name);
        let was_there = watched.is_some();
        if let Some(watched) = watched {
            watched.release(&mut self.history);
        }
        was_there
    }

    /// Continues from a state file. An alert that no longer fires is resolved at the first evaluation.
    pub(super) fn restore(&mut self, state: State, away: Away, interval: Duration) {
        let State {
            alerts,
            notified,
            remediations,
            ..
        } = state;
        self.dispatcher.restore(notified, away);
        let mut by_rule: HashMap<String, Vec<SavedAlert>> = HashMap::new();
        for alert in alerts {
            by_rule.entry(alert.rule.clone()).or_default().push(alert);
        }
        for (rule, alerts) in by_rule {
            if let Some(evaluator) = self.rules.get_mut(&rule) {
                evaluator.restore(alerts, &self.common, away, interval);
            }
        }
        self.saved_runs = remediations
            .into_iter()
            .map(|runs| (runs.remediation.clone(), runs.restored(away)))
            .collect();
    }

    /// The closures, to be called without the lock.
    pub(super) fn closures(&self) -> Vec<(String, Custom)> {
        let closure =
            |evaluator: &RuleEvaluator| Some((evaluator.rule.name().to_owned(), evaluator.plan.closure()?.clone()));
        self.rules.values().filter_map(closure).collect()
    }

    /// The time of an evaluation, never before the last one.
    pub(super) fn advance(&mut self, now: Moment) -> Moment {
        let now = self.not_before_last(now);
        self.last = Some(now);
        now
    }

    /// The time of the clock, or that of the last evaluation if it is later: callers may evaluate at another time than
    /// the clock's.
    pub(super) fn not_before_last(&self, now: Moment) -> Moment {
        self.last.filter(|last| !last.has_come(now)).unwrap_or(now)
    }

    /// Evaluates all rules, and hands notifications to the channels.
    pub(super) fn evaluate(
        &mut self,
        families: &[FamilySnapshot],
        results: &mut HashMap<String, Result<bool, String>>,
        now: Moment,
    ) -> Evaluated {
        let now = self.advance(now);
        self.history.observe(families, now.ticks());
        let without_series = self.look_for_series(families);
        let mut begun = Begun::new();
        let around = EvaluationContext {
            history: &self.history,
            common: &self.common,
            now,
        };
        for (name, evaluator) in &mut self.rules {
            let result = evaluator.plan.closure().map(|_| {
                // A rule that was added while the closures ran is called the next time.
                results
                    .remove(name)
                    .unwrap_or_else(|| Err("it was not called yet".to_owned()))
            });
            evaluator.evaluate(result, around, &mut begun);
            if evaluator.error.is_some() {
                self.telemetry.failed(name);
            }
        }
        Evaluated {
            without_series,
            ..self.conclude(begun, now)
        }
    }

    /// The rules that read series which can't exist, the first time that this is detected.
    fn look_for_series(&mut self, families: &[FamilySnapshot]) -> Vec<(String, String)> {
        let evidence = Evidence::new(&self.naming, families);
        let found = self
            .rules
            .iter_mut()
            .filter_map(|(name, evaluator)| Some((name.clone(), evaluator.look_for_series(&evidence)?)));
        let found = found.collect();
        self.telemetry.without_series(
            self.rules
                .values()
                .filter(|evaluator| evaluator.missing.is_some())
                .count(),
        );
        found
    }

    fn conclude(&mut self, begun: Begun, now: Moment) -> Evaluated {
        let mut alerts: Vec<Alert> = self.active().cloned().collect();
        let firing: Vec<Alert> = alerts
            .iter()
            .filter(|alert| alert.state() == AlertState::Firing)
            .cloned()
            .collect();
        let over = self.dispatcher.dispatch(firing, !begun.is_empty(), now);
        begun
            .into_iter()
            .chain(over.iter().cloned())
            .for_each(|alert| self.remember(alert));
        let runs = self.remedy(&alerts, now);
        self.telemetry.show(alerts.iter(), &mut self.shown);
        let has_changed = self.has_changed(&alerts, now) || !runs.is_empty();
        alerts.extend(over);
        Evaluated {
            alerts,
            runs,
            has_changed,
            without_series: Vec::new(),
        }
    }

    fn has_changed(&mut self, alerts: &[Alert], now: Moment) -> bool {
        let is_pending = alerts.iter().any(|alert| alert.state() == AlertState::Pending);
        // The start of a pending alert is saved, and its end.
        let was_pending = std::mem::replace(&mut self.was_pending, is_pending);
        let offset = std::mem::replace(&mut self.wall_offset, now.wall_offset());
        let has_jumped = offset.abs_diff(now.wall_offset()) > SMALL_JUMP;
        self.dispatcher.take_changed() || is_pending || was_pending || has_jumped
    }

    fn remember(&mut self, alert: Alert) {
        while self.past.len() >= self.most_past.max(1) {
            self.past.pop_front();
        }
        self.past.push_back(alert);
    }

    fn remedy(&mut self, alerts: &[Alert], now: Moment) -> Vec<Run> {
        let is_meant = |alert: &&Alert| alert.state() == AlertState::Firing && !self.dispatcher.is_silenced(alert);
        let firing: Vec<&Alert> = alerts.iter().filter(is_meant).collect();
        let runs = self.runners.iter_mut().filter_map(|runner| {
            let own: Vec<&Alert> = firing
                .iter()
                .copied()
                .filter(|alert| runner.is_for(alert.name()))
                .collect();
            runner.consider(&own, now)
        });
        runs.collect()
    }

    pub(super) fn save_runs(&self, now: Moment) -> Vec<SavedRuns> {
        let waiting = self.saved_runs.iter().map(|(name, runs)| runs.save(name, now));
        self.runners
            .iter()
            .map(|runner| runner.runs().save(runner.name(), now))
            .chain(waiting)
            .collect()
    }

    /// The alerts that are pending or firing, by rule.
    pub(super) fn active(&self) -> impl Iterator<Item = &Alert> {
        self.rules
            .values()
            .flat_map(|evaluator| evaluator.active.iter().map(|one| &one.alert))
    }

    /// The rules that can't fire.
    pub(super) fn rules_without_series(&self) -> impl Iterator<Item = &str> {
        self.rules
            .values()
            .filter(|evaluator| evaluator.missing.is_some())
            .map(|evaluator| evaluator.rule.name())
    }

    pub(super) fn rule_statuses(&self) -> Vec<RuleStatus> {
        self.rules.values().map(status).collect()
    }
}

fn status(evaluator: &RuleEvaluator) -> RuleStatus {
    let is_firing = evaluator.active.iter().any(|one| one.phase.is_firing());
    let state = match (&evaluator.error, evaluator.active.is_empty()) {
        (Some(_), _) => "error",
        (None, true) => "inactive",
        (None, false) if is_firing => "firing",
        (None, false) => "pending",
    };
    RuleStatus {
        name: evaluator.rule.name().to_owned(),
        severity: evaluator.rule.severity(),
        state,
        alerts: evaluator.active.len(),
        error: evaluator.error.clone(),
        missing: evaluator.missing.clone(),
    }
}
