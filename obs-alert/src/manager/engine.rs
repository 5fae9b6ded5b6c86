//! What is behind the manager's lock: rules, history and who is told.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::Arc,
};

use obs_core::metrics::FamilySnapshot;

use super::{
    BuildError, RuleStatus, Telemetry,
    judge::{Changes, Circumstances, Judge},
    service::{Service, Watched},
    telemetry::Shown,
};
use crate::{
    Alert, AlertRule, AlertState, Naming, Slo,
    condition::Custom,
    dispatch::{Dispatcher, Firing},
    evaluate::Plan,
    history::History,
    remediation::Runner,
    time::Moment,
};

/// See the [module](self).
#[derive(Debug)]
pub(super) struct Engine {
    pub(super) history: History,
    pub(super) naming: Naming,
    pub(super) common: BTreeMap<String, String>,
    pub(super) rules: BTreeMap<String, Judge>,
    pub(super) service: Service,
    pub(super) slos: BTreeMap<String, Watched>,
    pub(super) dispatcher: Dispatcher,
    pub(super) runners: Vec<Runner>,
    pub(super) telemetry: Telemetry,
    /// What has begun to fire and what was over, the latest last.
    pub(super) past: VecDeque<Alert>,
    pub(super) most_past: usize,
    pub(super) last: Option<Moment>,
    /// Alerts of rules that were taken away.
    over: Vec<Alert>,
    shown: Shown,
}

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
            over: Vec::new(),
            shown: Shown::default(),
        })
    }

    pub(super) fn add_rule(&mut self, rule: AlertRule) -> Result<(), BuildError> {
        rule.check()?;
        if self.rules.contains_key(rule.name()) {
            return Err(BuildError::rule(rule.name(), "there is a rule of this name already: give one another name"));
        }
        let plan = Plan::new(&rule, &self.naming, &mut self.history)
            .map_err(|failure| BuildError::rule(rule.name(), failure.to_string()))?;
        self.rules.insert(rule.name().to_owned(), Judge::new(Arc::new(rule), plan));
        Ok(())
    }

    /// Whether there was one.
    pub(super) fn remove_rule(&mut self, name: &str, now: Moment) -> bool {
        let Some(judge) = self.rules.remove(name) else { return false };
        let (plan, over) = judge.end(now);
        plan.release(&mut self.history);
        self.over.extend(over);
        true
    }

    pub(super) fn add_slo(&mut self, slo: &Arc<Slo>) -> Result<(), BuildError> {
        slo.check()?;
        if self.slos.contains_key(slo.name()) {
            return Err(BuildError::slo(slo.name(), "there is an SLO of this name already: give one another name"));
        }
        let watched = Watched::new(Arc::clone(slo), &self.naming, &mut self.history)?;
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

    /// The closures, to be asked without the lock.
    pub(super) fn closures(&self) -> Vec<(String, Custom)> {
        let closure = |judge: &Judge| Some((judge.rule.name().to_owned(), judge.plan.custom()?.clone()));
        self.rules.values().filter_map(closure).collect()
    }

    /// The moment of an evaluation: time does not go back.
    pub(super) fn advance(&mut self, now: Moment) -> Moment {
        let now = self.last.filter(|last| !last.has_come(now)).unwrap_or(now);
        self.last = Some(now);
        now
    }

    /// Evaluates all rules; the alerts that are there, and those that are over.
    pub(super) fn evaluate(
        &mut self,
        families: &[FamilySnapshot],
        told: &mut HashMap<String, Result<bool, String>>,
        now: Moment,
    ) -> Vec<Alert> {
        let now = self.advance(now);
        self.history.observe(families, now.ticks());
        let mut changes = Changes { resolved: std::mem::take(&mut self.over), has_begun_to_fire: false };
        let around = Circumstances { history: &self.history, common: &self.common, now };
        for (name, judge) in &mut self.rules {
            let told = judge.plan.custom().map(|_| {
                // A rule that came while the others' closures were asked is asked the next time.
                told.remove(name).unwrap_or_else(|| Err("it was not asked yet".to_owned()))
            });
            judge.evaluate(told, around, &mut changes);
            if judge.error.is_some() {
                self.telemetry.failed(name);
            }
        }
        self.conclude(changes, now)
    }

    fn conclude(&mut self, changes: Changes, now: Moment) -> Vec<Alert> {
        let mut alerts: Vec<Alert> = self.active().cloned().collect();
        let firing: Vec<Alert> = alerts.iter().filter(|alert| alert.state() == AlertState::Firing).cloned().collect();
        let begun = firing.iter().filter(|alert| alert.fired_at() == Some(now.unix())).cloned();
        let past: Vec<Alert> = begun.chain(changes.resolved.iter().cloned()).collect();
        for alert in past {
            self.remember(alert);
        }
        let resolved = changes.resolved.clone();
        self.dispatcher.dispatch(Firing { alerts: firing, resolved, has_news: changes.has_begun_to_fire }, now);
        self.remedy(&alerts, now);
        self.telemetry.show(alerts.iter(), &mut self.shown);
        alerts.extend(changes.resolved);
        alerts
    }

    fn remember(&mut self, alert: Alert) {
        while self.past.len() >= self.most_past.max(1) {
            self.past.pop_front();
        }
        self.past.push_back(alert);
    }

    fn remedy(&mut self, alerts: &[Alert], now: Moment) {
        for runner in &mut self.runners {
            let found = alerts.iter().find(|alert| {
                let is_meant = alert.state() == AlertState::Firing && runner.is_for(alert.name());
                is_meant && !self.dispatcher.is_silenced(alert)
            });
            if let Some(alert) = found {
                runner.consider(alert, now);
            }
        }
    }

    /// The alerts that are pending or firing, by rule.
    pub(super) fn active(&self) -> impl Iterator<Item = &Alert> {
        self.rules.values().flat_map(|judge| judge.active.iter().map(|one| &one.alert))
    }

    pub(super) fn rule_statuses(&self) -> Vec<RuleStatus> {
        self.rules.values().map(status).collect()
    }
}

fn status(judge: &Judge) -> RuleStatus {
    let is_firing = judge.active.iter().any(|one| one.phase.is_firing());
    let state = match (&judge.error, judge.active.is_empty()) {
        (Some(_), _) => "error",
        (None, true) => "inactive",
        (None, false) if is_firing => "firing",
        (None, false) => "pending",
    };
    RuleStatus {
        name: judge.rule.name().to_owned(),
        severity: judge.rule.severity(),
        state,
        alerts: judge.active.len(),
        error: judge.error.clone(),
    }
}
