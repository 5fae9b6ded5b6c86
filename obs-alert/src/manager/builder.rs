//! Settings of a manager.

use std::{collections::BTreeMap, fmt, path::PathBuf, sync::Arc, time::Duration};

use obs_core::{
    Obs,
    metrics::{FamilySnapshot, Registry},
};

use super::{
    AlertManager, BuildError, Telemetry,
    engine::Engine,
    shared::{Shared, Source},
    state_file::{State, read_history},
    task,
};
use crate::{
    AlertRule, Channel, Clock, Inhibition, Naming, Remediation, Slo, SystemClock, channel::Reports,
    definition::Service, dispatch::Dispatcher, history::History,
};

/// Settings of an [`AlertManager`]. All are checked by [`build`](Self::build) and [`start`](Self::start).
///
/// ```no_run
/// use std::time::Duration;
/// use obs_alert::{AlertManager, Channel, Inhibition, Severity, definition::Definition};
/// use obs_core::Obs;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let definition = Definition::read("obs.yaml")?;
/// let service = &definition.services[0];
/// let obs = Obs::builder(&service.name).init()?;
/// let manager = AlertManager::builder()
///     .obs(&obs)
///     .service(service) // names, rules, SLOs; labels `service` and `env`
///     .channel(Channel::alertmanager(["http://alertmanager-0:9093", "http://alertmanager-1:9093"]))
///     .channel(Channel::slack("https://hooks.slack.com/services/…").min_severity(Severity::Critical))
///     .inhibition(Inhibition::new().source("alertname", "DatabaseDown").target("team", "orders"))
///     .group_by(["team"])
///     .interval(Duration::from_secs(15))
///     .state_file("/var/lib/orders/alerts.json")
///     .start()?;
/// # drop(manager);
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is evaluated before `build` or `start`"]
pub struct AlertManagerBuilder {
    source: Option<Arc<Source>>,
    registry: Option<Registry>,
    naming: Naming,
    labels: BTreeMap<String, String>,
    rules: Vec<AlertRule>,
    slos: Vec<Arc<Slo>>,
    channels: Vec<Channel>,
    remediations: Vec<Remediation>,
    inhibitions: Vec<Inhibition>,
    group_by: Vec<String>,
    interval: Duration,
    clock: Arc<dyn Clock>,
    state_file: Option<PathBuf>,
    external_url: String,
    history_size: usize,
}

// === impl AlertManagerBuilder ===

impl Default for AlertManagerBuilder {
    fn default() -> Self {
        Self {
            source: None,
            registry: None,
            naming: Naming::default(),
            labels: BTreeMap::new(),
            rules: Vec::new(),
            slos: Vec::new(),
            channels: Vec::new(),
            remediations: Vec::new(),
            inhibitions: vec![Inhibition::default()],
            group_by: vec!["alertname".to_owned()],
            interval: Duration::from_secs(10),
            clock: Arc::new(SystemClock::default()),
            state_file: None,
            external_url: String::new(),
            history_size: 1_000,
        }
    }
}

impl AlertManagerBuilder {
    /// The instance whose metrics the rules read, and to which the manager adds its own metrics. It or
    /// [`registry`](Self::registry) or [`source`](Self::source) must be set.
    pub fn obs(self, obs: &Obs) -> Self {
        self.registry(obs.registry())
    }

    /// The registry whose metrics the rules read, and to which the manager adds its own metrics.
    pub fn registry(mut self, registry: &Registry) -> Self {
        let watched = registry.clone();
        self.registry = Some(registry.clone());
        self.source(move || watched.snapshot())
    }

    /// A function that returns the metrics, in place of a registry: several registries together, a replay. It is
    /// called at each evaluation; if it panics, alerts keep their state until the next one, and an error is logged.
    ///
    /// ```
    /// use obs_alert::AlertManager;
    /// use obs_core::metrics::Registry;
    ///
    /// let [orders, payments] = [Registry::new(), Registry::new()];
    /// let manager = AlertManager::builder()
    ///     .source(move || [orders.snapshot(), payments.snapshot()].concat())
    ///     .build()?;
    /// # Ok::<(), obs_alert::BuildError>(())
    /// ```
    pub fn source(mut self, read: impl Fn() -> Vec<FamilySnapshot> + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(read));
        self
    }

    /// The names of the RED metrics, which must be those of the service's layer. Defaults to the namespace `http` of
    /// the Prometheus convention. [`service`](Self::service) sets it.
    pub fn naming(mut self, naming: Naming) -> Self {
        self.naming = naming;
        self
    }

    /// The names, SLOs and alerts of a service, from its definition. Its alerts have the labels `service` and `env`.
    pub fn service(mut self, service: &Service) -> Self {
        self.naming = service.naming_in_process();
        self.rules.extend(service.alerts.iter().cloned());
        self.slos.extend(service.slos.iter().cloned());
        let this = self.label("service", &service.name);
        if service.environment.is_empty() {
            this
        } else {
            this.label("env", &service.environment)
        }
    }

    /// Adds a label to all alerts of this process; a label of the rule with the same name takes precedence.
    pub fn label(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.insert(key.into(), value.into());
        self
    }

    /// Adds a rule.
    pub fn rule(mut self, rule: AlertRule) -> Self {
        self.rules.push(rule);
        self
    }

    /// Adds rules.
    ///
    /// ```
    /// use obs_alert::{AlertManager, rules};
    /// use obs_core::metrics::Registry;
    ///
    /// let manager = AlertManager::builder().registry(&Registry::new()).rules(rules::essential()).build()?;
    /// assert_eq!(manager.rules().len(), 3);
    /// # Ok::<(), obs_alert::BuildError>(())
    /// ```
    pub fn rules(mut self, rules: impl IntoIterator<Item = AlertRule>) -> Self {
        self.rules.extend(rules);
        self
    }

    /// Adds an objective, whose error budget is computed. Its alerts are rules, and are added separately:
    ///
    /// ```
    /// use std::{sync::Arc, time::Duration};
    /// use obs_alert::{AlertManager, Sli, Slo, promql::Window};
    /// use obs_core::metrics::Registry;
    ///
    /// let month = Window::new(Duration::from_secs(30 * 86_400))?;
    /// let slo = Arc::new(Slo::new("availability", 0.999, month, Sli::Availability));
    /// let builder = AlertManager::builder().registry(&Registry::new());
    /// let manager = builder.rules(slo.alerts()).slo(Arc::clone(&slo)).build()?;
    /// assert_eq!(manager.slos()[0].objective, 0.999);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn slo(mut self, slo: Arc<Slo>) -> Self {
        self.slos.push(slo);
        self
    }

    /// Adds a notification channel. Its thread starts with the manager. Without channels alerts are evaluated and
    /// counted, and nobody is notified.
    pub fn channel(mut self, channel: Channel) -> Self {
        self.channels.push(channel);
        self
    }

    /// Adds a remediation: an action that a firing alert starts.
    pub fn remediation(mut self, remediation: Remediation) -> Self {
        self.remediations.push(remediation);
        self
    }

    /// Adds an inhibition to the default one, by which critical alerts inhibit the others of the same `slo`.
    pub fn inhibition(mut self, inhibition: Inhibition) -> Self {
        self.inhibitions.push(inhibition);
        self
    }

    /// The labels that group alerts: those with the same values share a notification. Defaults to `alertname`; with
    /// an empty list all alerts are one group.
    pub fn group_by<L: Into<String>>(mut self, labels: impl IntoIterator<Item = L>) -> Self {
        self.group_by = labels.into_iter().map(Into::into).collect();
        self
    }

    /// How often the task evaluates, from 100 ms to an hour. Defaults to 10 seconds.
    pub const fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// The clock. Defaults to the clocks of the system.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The state file: pending and firing alerts, the channels that were notified of them, and the last runs of
    /// remediations, so that after a restart a channel that was notified of an alert is notified of its end too. It
    /// is written on each change, and each minute. The history of the windows is in a second file, with `.history`
    /// added to the name: written each minute, every 5 minutes if it is larger than 1 MiB, and at the shutdown.
    ///
    /// The downtime is computed from the wall clock, and is zero if that was set back. After more than an hour alerts
    /// start anew. A file that is invalid, of another version or larger than 64 MiB (256 MiB the history) is ignored
    /// with a warning. A gauge that is not set at the first evaluation is missing data. Defaults to none.
    pub fn state_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.state_file = Some(path.into());
        self
    }

    /// The URL at which people reach this service: `externalURL` and `generatorURL` of notifications. Defaults to none.
    pub fn external_url(mut self, url: impl Into<String>) -> Self {
        self.external_url = url.into();
        self
    }

    /// The number of past transitions, to firing and to resolved, that are kept. Defaults to 1 000.
    pub const fn history_size(mut self, alerts: usize) -> Self {
        self.history_size = alerts;
        self
    }

    /// A manager without a thread: the caller evaluates, with [`evaluate`](AlertManager::evaluate).
    ///
    /// ```
    /// use obs_alert::{AlertManager, rules};
    /// use obs_core::metrics::Registry;
    ///
    /// let builder = AlertManager::builder().registry(&Registry::new());
    /// let manager = builder.rules(rules::essential()).build()?;
    /// assert!(manager.evaluate(manager.now()).is_empty());
    /// # Ok::<(), obs_alert::BuildError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If no metrics were given, or if a rule, SLO, channel, remediation, inhibition or setting is invalid; the first
    /// error is reported.
    pub fn build(self) -> Result<AlertManager, BuildError> {
        self.shared().map(AlertManager::new)
    }

    /// A manager that evaluates by itself, on a thread of its own, at each interval, the first time at once.
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build), and if no thread can be started.
    pub fn start(self) -> Result<AlertManager, BuildError> {
        let shared = self.shared()?;
        task::start(&shared).map_err(|error| BuildError::setting("interval", format!("no thread: {error}")))?;
        Ok(AlertManager::new(shared))
    }

    fn shared(mut self) -> Result<Arc<Shared>, BuildError> {
        let source = self
            .source
            .take()
            .ok_or_else(|| BuildError::setting("registry", "there are no metrics to watch: set `obs` or `registry`"))?;
        self.check_interval()?;
        let reports = Reports::default();
        let engine = self.engine(&reports)?;
        let Self {
            clock,
            interval,
            state_file,
            channels,
            remediations,
            ..
        } = self;
        let manager = AlertManager::new(Arc::new(Shared::new(
            engine, source, clock, interval, reports, state_file,
        )));
        channels
            .into_iter()
            .try_for_each(|channel| manager.add_channel(channel))?;
        remediations
            .into_iter()
            .try_for_each(|remediation| manager.add_remediation(remediation))?;
        Ok(manager.into_shared())
    }

    fn check_interval(&self) -> Result<(), BuildError> {
        const RANGE: std::ops::RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_secs(3_600);
        if RANGE.contains(&self.interval) {
            return Ok(());
        }
        Err(BuildError::setting(
            "interval",
            format!("{:?} is not between 100 ms and 1 h; 10 s is usual", self.interval),
        ))
    }

    fn engine(&mut self, reports: &Reports) -> Result<Engine, BuildError> {
        let telemetry = Telemetry::new(self.registry.take());
        let group_by = std::mem::take(&mut self.group_by);
        let mut dispatcher = Dispatcher::new(
            reports.clone(),
            telemetry.clone(),
            group_by,
            &self.external_url,
            self.interval,
        );
        for inhibition in self.inhibitions.drain(..) {
            dispatcher
                .inhibit(inhibition)
                .map_err(|error| BuildError::setting("inhibition", error))?;
        }
        let now = self.clock.now();
        let mut history = History::default();
        if let Some(saved) = self.state_file.as_deref().and_then(read_history) {
            history.restore(saved, now);
        }
        let (naming, labels) = (self.naming.clone(), self.labels.clone());
        let mut engine = Engine::new(naming, labels, dispatcher, telemetry, history, self.history_size)?;
        self.rules
            .drain(..)
            .try_for_each(|rule| engine.add_rule(&Arc::new(rule)))?;
        self.slos.drain(..).try_for_each(|slo| engine.add_slo(&slo))?;
        if let Some(ring) = engine.ring() {
            return Err(BuildError::setting("inhibition", ring));
        }
        if let Some((state, away)) = self.state_file.as_deref().and_then(|path| State::read(path, now)) {
            engine.restore(state, away, self.interval);
        }
        Ok(engine)
    }
}

impl fmt::Debug for AlertManagerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AlertManagerBuilder")
            .field("naming", &self.naming)
            .field("labels", &self.labels)
            .field("rules", &self.rules)
            .field("channels", &self.channels)
            .field("remediations", &self.remediations)
            .field("interval", &self.interval)
            .field("state_file", &self.state_file)
            .finish_non_exhaustive()
    }
}
