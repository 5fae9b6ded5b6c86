//! Alerts, rules, objectives, silences.

use obs_alert::{Alert, AlertManager, AlertState, SloStatus};

use super::{
    Problem,
    budgets::{BUDGET_LEFT, BURN_RATE, SLO},
    history::Columns,
    overview::labels,
    page::Budget,
    params::Params,
    types::{AlertRow, Alerts, BurnRateRow, LeftOut, Points, RuleRow, SilenceRow, SloBudget, Time, Window},
    view::{Made, View},
};

/// The parameters of `alerts`.
pub(super) const PARAMETERS: &[&str] = &["from", "to", "last", "live"];
/// The columns of a burn chart.
const COLUMNS: usize = 120;

/// `GET alerts`.
pub(super) fn answer(view: &View<'_>, params: &Params<'_>) -> Result<Made<Alerts>, Problem> {
    let window = params.window()?;
    let Some(manager) = view.sources.alerts() else {
        let nothing = Alerts {
            available: false,
            alerts: Vec::new(),
            past: Vec::new(),
            rules: Vec::new(),
            slos: Vec::new(),
            silences: Vec::new(),
        };
        return Ok(Made {
            window: Some(window),
            ..Made::new(nothing)
        });
    };
    let mut data = Alerts {
        available: true,
        alerts: manager.alerts().iter().map(row).collect(),
        past: manager.past_alerts().iter().rev().map(row).collect(),
        rules: rules(manager),
        slos: slos(view, manager, &window),
        silences: silences(manager),
    };
    let mut budget = Budget::default();
    let left = [
        ("alerts", budget.take(&mut data.alerts)),
        ("slos", budget.take(&mut data.slos)),
        ("rules", budget.take(&mut data.rules)),
        ("silences", budget.take(&mut data.silences)),
        ("past", budget.take(&mut data.past)),
    ];
    let left = left.into_iter().filter(|(_, count)| *count > 0);
    Ok(Made {
        left_out: left
            .map(|(what, count)| LeftOut::new(what, count, "an answer has at most 1 MiB"))
            .collect(),
        window: Some(window),
        ..Made::new(data)
    })
}

/// The alerts that fire.
pub(super) fn firing(view: &View<'_>) -> Vec<AlertRow> {
    let alerts = view.sources.alerts().map(AlertManager::alerts).unwrap_or_default();
    let firing = alerts.iter().filter(|alert| alert.state() == AlertState::Firing);
    firing.take(100).map(row).collect()
}

fn row(alert: &Alert) -> AlertRow {
    let annotation = |key: &str| alert.annotations().get(key).cloned();
    let (fired_at, resolved_at) = (alert.fired_at(), alert.resolved_at());
    let since = match alert.state() {
        AlertState::Resolved => resolved_at,
        AlertState::Firing => fired_at,
        AlertState::Pending => None,
    };
    let pairs: Vec<_> = alert
        .labels()
        .iter()
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    AlertRow {
        name: alert.name().to_owned(),
        state: alert.state().as_str().to_owned(),
        severity: alert.severity().as_str().to_owned(),
        since: Time(since.unwrap_or_else(|| alert.active_at())),
        active_at: Time(alert.active_at()),
        fired_at: fired_at.map(Time),
        resolved_at: resolved_at.map(Time),
        value: alert.value().filter(|value| value.is_finite()),
        summary: alert.message().to_owned(),
        description: annotation("description"),
        runbook_url: annotation("runbook_url"),
        runbook: annotation("runbook"),
        labels: labels(&pairs),
        fingerprint: format!("{:016x}", alert.fingerprint()),
    }
}

fn rules(manager: &AlertManager) -> Vec<RuleRow> {
    let row = |rule: obs_alert::RuleStatus| RuleRow {
        name: rule.name,
        severity: rule.severity.as_str().to_owned(),
        state: rule.state.to_owned(),
        alerts: rule.alerts,
        error: rule.error,
        missing: rule.missing,
    };
    manager.rules().into_iter().map(row).collect()
}

fn slos(view: &View<'_>, manager: &AlertManager, window: &Window) -> Vec<SloBudget> {
    let sampler = view.sources.sampler();
    let zero = sampler.zero(view.now);
    let history = sampler.history();
    let grid = history.grid(window, COLUMNS, zero);
    let columns = history.read(grid, |key| [BURN_RATE, BUDGET_LEFT].contains(&&*key.metric));
    drop(history);
    manager.slos().into_iter().map(|slo| budget(slo, &columns)).collect()
}

fn budget(slo: SloStatus, columns: &Columns) -> SloBudget {
    let course = |metric: &str| {
        let is_its =
            |reading: &&super::history::Reading| *reading.key.metric == *metric && reading.key.label(SLO) == slo.name;
        let values = columns
            .series
            .iter()
            .find(is_its)
            .map(|reading| columns.values(reading));
        Points {
            from: columns.grid.from,
            step: columns.grid.step(),
            values: values.unwrap_or_else(|| vec![None; columns.grid.columns]),
        }
    };
    let finite = |value: Option<f64>| value.filter(|value| value.is_finite());
    let (burn, left) = (course(BURN_RATE), course(BUDGET_LEFT));
    SloBudget {
        objective: slo.objective,
        window: slo.window.to_string(),
        error_ratio: finite(slo.error_ratio),
        budget_left: finite(slo.budget_left),
        burn_rates: slo
            .burn_rates
            .iter()
            .filter(|(_, rate)| rate.is_finite())
            .map(|(window, rate)| BurnRateRow {
                window: window.to_string(),
                rate: *rate,
            })
            .collect(),
        burn,
        left,
        name: slo.name,
    }
}

fn silences(manager: &AlertManager) -> Vec<SilenceRow> {
    let row = |(id, silence): (obs_alert::SilenceId, obs_alert::Silence)| SilenceRow {
        id: id.to_string(),
        matchers: silence
            .matchers()
            .iter()
            .map(|matcher| format!("{}{}{:?}", matcher.label, matcher.op.as_str(), matcher.value))
            .collect(),
        until: manager.silence_ends(id).map(|moment| Time(moment.unix())),
        comment: silence.comment().to_owned(),
    };
    manager.silences().into_iter().map(row).collect()
}
