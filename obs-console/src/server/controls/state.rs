//! Making changes, and knowing those that hold.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use obs_alert::{AlertManager, Silence, SilenceId};
use obs_core::{Obs, OverrideId};

use super::{
    audit::{Audit, shown},
    change::Change,
};
use crate::query::{ActiveControl, Audited, ControlsState, Problem};

/// The most silences from here at a time.
const MAX_SILENCES: usize = 32;
/// The target of the lines about changes.
const TARGET: &str = "obs::console";

/// The changes of a console.
#[derive(Debug, Default)]
pub(in crate::server) struct Controls(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    audit: Audit,
    /// Who has changed a setting, by its id.
    settings: BTreeMap<String, (&'static str, String)>,
    silences: BTreeMap<u64, Silenced>,
    next: u64,
}

/// A silence from here.
#[derive(Debug)]
struct Silenced {
    id: SilenceId,
    text: String,
    by: String,
    ends: Instant,
    until: SystemTime,
}

// === impl Controls ===

impl Controls {
    /// Makes a change that somebody asks for.
    ///
    /// # Errors
    ///
    /// If it is refused; nothing is changed then.
    pub(in crate::server) fn apply(
        &self,
        change: Change,
        by: &str,
        obs: &Obs,
        alerts: Option<&AlertManager>,
    ) -> Result<ActiveControl, Problem> {
        let (kind, text) = (change.kind(), shown(&change.text()));
        // A warning, so that it is on the line whatever the filter, and before the filter changes.
        tracing::warn!(target: TARGET, kind, change = text, by, "the console changes the service");
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let made = state.make(change, &text, by, obs, alerts);
        match &made {
            Ok(_) => state.audit.add(by, text),
            Err(problem) => {
                tracing::warn!(target: TARGET, kind, reason = %problem, by, "the change was refused");
            }
        }
        made
    }

    /// The changes that hold, and who has made which.
    pub(in crate::server) fn state(&self, is_enabled: bool, obs: &Obs) -> ControlsState {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let active = state.active(obs, Instant::now());
        let audit: Vec<Audited> = state.audit.list();
        ControlsState {
            enabled: is_enabled,
            active,
            audit,
        }
    }
}

// === impl State ===

impl State {
    fn make(
        &mut self,
        change: Change,
        text: &str,
        by: &str,
        obs: &Obs,
        alerts: Option<&AlertManager>,
    ) -> Result<ActiveControl, Problem> {
        let kind = change.kind();
        let (parameter, made, time) = match change {
            Change::LogFilter { directives, time } => {
                // No filter hides the lines about the changes that follow.
                let directives = format!("{directives},{TARGET}=warn");
                ("directives", obs.set_log_filter_for(directives, time), time)
            }
            Change::LogRequests { requests, level, time } => ("route", obs.log_requests(requests, level, time), time),
            Change::Sampling { route, ratio, time } => ("route", obs.boost_sampling(route, ratio, time), time),
            Change::Silence {
                alert,
                labels,
                time,
                comment,
            } => {
                let comment = format!("{} (console, {by})", shown(&comment));
                let silence = Silence::new(time, comment).with("alertname", &alert);
                let silence = labels
                    .iter()
                    .fold(silence, |silence, (name, value)| silence.with(name, value));
                return self.silence(silence, time, text, by, alerts);
            }
            Change::End { id } => return self.end(&id, by, obs, alerts),
        };
        let id = made.map_err(|error| Problem::bad_query(parameter, None, error.to_string()))?;
        let id = id.to_string();
        self.settings.insert(id.clone(), (kind, by.to_owned()));
        Ok(ActiveControl {
            id,
            kind,
            text: text.to_owned(),
            until: until(time),
            by: by.to_owned(),
        })
    }

    fn silence(
        &mut self,
        silence: Silence,
        time: Duration,
        text: &str,
        by: &str,
        alerts: Option<&AlertManager>,
    ) -> Result<ActiveControl, Problem> {
        let alerts = alerts.ok_or_else(|| Problem::unknown("the console has no alerts"))?;
        let now = Instant::now();
        self.silences.retain(|_, silence| silence.ends > now);
        if self.silences.len() >= MAX_SILENCES {
            return Err(Problem::too_many(format!(
                "{MAX_SILENCES} silences hold already: end one"
            )));
        }
        let begun = alerts.silence(silence);
        let id = begun.map_err(|error| Problem::bad_query("labels", None, error.to_string()))?;
        let number = self.next;
        self.next += 1;
        let silenced = Silenced {
            id,
            text: text.to_owned(),
            by: by.to_owned(),
            ends: now + time,
            until: until(time),
        };
        let active = silenced.shown(number);
        self.silences.insert(number, silenced);
        Ok(active)
    }

    /// Ends a change before its time.
    fn end(&mut self, id: &str, by: &str, obs: &Obs, alerts: Option<&AlertManager>) -> Result<ActiveControl, Problem> {
        let active = self
            .active(obs, Instant::now())
            .into_iter()
            .find(|active| active.id == id);
        let ended = active.ok_or_else(|| Problem::unknown("no such change holds: it has ended already"))?;
        if let Some(number) = id.strip_prefix("silence-").and_then(|number| number.parse().ok()) {
            let silence: Option<Silenced> = self.silences.remove(&number);
            let _ = alerts
                .zip(silence)
                .map(|(alerts, silence)| alerts.end_silence(silence.id));
        } else if let Ok(id) = id.parse::<OverrideId>() {
            obs.end_override(id);
        }
        Ok(ActiveControl {
            until: SystemTime::now(),
            by: by.to_owned(),
            ..ended
        })
    }

    /// What holds: settings that code has changed too.
    fn active(&mut self, obs: &Obs, now: Instant) -> Vec<ActiveControl> {
        self.silences.retain(|_, silence| silence.ends > now);
        let overrides = obs.overrides();
        self.settings
            .retain(|id, _| overrides.iter().any(|held| held.id.to_string() == *id));
        let mut active: Vec<ActiveControl> = overrides
            .into_iter()
            .map(|held| {
                let id = held.id.to_string();
                let (kind, by) = self
                    .settings
                    .get(&id)
                    .cloned()
                    .unwrap_or(("setting", "the service".to_owned()));
                ActiveControl {
                    id,
                    kind,
                    text: shown(&held.text),
                    until: held.until,
                    by,
                }
            })
            .collect();
        active.extend(self.silences.iter().map(|(number, silence)| silence.shown(*number)));
        active
    }
}

fn until(time: Duration) -> SystemTime {
    let now = SystemTime::now();
    now.checked_add(time).unwrap_or(now)
}

// === impl Silenced ===

impl Silenced {
    fn shown(&self, number: u64) -> ActiveControl {
        ActiveControl {
            id: format!("silence-{number}"),
            kind: "silence",
            text: self.text.clone(),
            until: self.until,
            by: self.by.clone(),
        }
    }
}
