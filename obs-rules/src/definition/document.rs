//! Reads the whole file.

use std::{fs, path::Path};

use super::{
    Definition, DefinitionError, Links, Problem, Team,
    fields::{Field, Fields},
    names::without_twins,
    node::{self, Value},
    read_service::read_service,
    report::Report,
};

/// What the rest of the file says of all services.
#[derive(Debug)]
pub(super) struct Common {
    pub(super) teams: Vec<Team>,
    pub(super) environment: String,
    pub(super) links: Links,
}

const KEYS: [&str; 6] = ["version", "environment", "links", "team", "teams", "services"];
const TEAM_KEYS: [&str; 3] = ["name", "contact", "escalation"];
const LINK_KEYS: [&str; 4] = ["runbooks", "grafana", "source", "discovery"];
/// The environment of services that name none.
const DEFAULT_ENVIRONMENT: &str = "production";

// === impl Definition ===

impl Definition {
    /// Reads a file, completely into memory.
    ///
    /// ```no_run
    /// use obs_rules::definition::Definition;
    ///
    /// let definition = Definition::read("obs.yaml")?;
    /// let orders = definition.service("orders").ok_or("obs.yaml has no service \"orders\"")?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If it can't be read, or for all that [`parse`](Self::parse) refuses.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, DefinitionError> {
        let path = path.as_ref();
        let name = path.display().to_string();
        let text = fs::read_to_string(path).map_err(|source| DefinitionError::unreadable(name.clone(), source))?;
        Self::parse(&text, &name)
    }

    /// Reads the text of a file; the name is for messages.
    ///
    /// ```
    /// use obs_rules::definition::Definition;
    ///
    /// let definition = Definition::parse(
    ///     "
    /// version: 1
    /// team: { name: payments, contact: '#payments' }
    /// links: { runbooks: 'https://runbooks.example.com' }
    /// services:
    ///   - name: payment-service
    ///     endpoints: [POST /payments]
    ///     slos:
    ///       - { name: availability, objective: 99.9, window: 30d }
    /// ",
    ///     "obs.yaml",
    /// )?;
    /// assert_eq!(definition.services[0].slos[0].objective(), 0.999);
    ///
    /// let error = Definition::parse("version: 1\nservices:\n  - nam: orders", "obs.yaml").unwrap_err();
    /// assert!(error.to_string().contains(
    ///     "obs.yaml:3:5: a service has no key \"nam\" (did you mean \"name\"?)"
    /// ));
    /// # Ok::<(), obs_rules::definition::DefinitionError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the text is not YAML, has unknown keys, values of a wrong type or out of range, names that are given twice or
    /// that nothing defines: all problems at once, each with its position and the fix.
    pub fn parse(text: &str, file_name: &str) -> Result<Self, DefinitionError> {
        let root = node::parse(text, file_name).map_err(|problem| DefinitionError::invalid(vec![problem]))?;
        let report = Report::new(file_name);
        let read = Fields::of(&root, "the file", &KEYS, &report).map(|fields| read_document(fields, file_name));
        report.finish(read)
    }

    /// What its alerts lack to be good ones, and where: see [`AlertRule::quality`](crate::AlertRule::quality). `obs
    /// check` prints them.
    ///
    /// ```
    /// use obs_rules::definition::Definition;
    ///
    /// let text = "
    /// version: 1
    /// team: { name: payments }
    /// services:
    ///   - { name: orders, alerts: { standard: { HighErrorRate: { above: 2% } } } }
    /// ";
    /// let definition = Definition::parse(text, "obs.yaml")?;
    /// let first = definition.defects()[0].to_string();
    /// assert!(first.contains("alert \"HighErrorRate\" of \"orders\" has no runbook"), "{first}");
    /// # Ok::<(), obs_rules::definition::DefinitionError>(())
    /// ```
    #[must_use]
    pub fn defects(&self) -> Vec<Problem> {
        let alerts = self
            .services
            .iter()
            .flat_map(|service| service.alerts.iter().map(move |rule| (service, rule)));
        let of_alert = alerts.flat_map(|(service, rule)| {
            let at = service.places.get(rule.name()).copied().unwrap_or_default();
            let about = format!("alert {:?} of {:?}", rule.name(), service.name);
            rule.quality()
                .into_iter()
                .map(move |defect| Problem::new(&self.file, at, format!("{about} has {defect}: {}", defect.fix())))
        });
        of_alert.collect()
    }

    /// Notes on settings whose effect may surprise, and where they are: an SLO that lacks one of its alerts, because
    /// [that could never fire](crate::Slo::note).
    #[must_use]
    pub fn notes(&self) -> Vec<Problem> {
        let slos = self
            .services
            .iter()
            .flat_map(|service| service.slos.iter().map(move |slo| (service, slo)));
        let of_slo = slos.filter_map(|(service, slo)| {
            let at = slo
                .alerts()
                .first()
                .and_then(|rule| service.places.get(rule.name()))
                .copied()
                .unwrap_or_default();
            Some(Problem::new(&self.file, at, slo.note()?))
        });
        of_slo.collect()
    }

    /// The service of this name.
    #[must_use]
    pub fn service(&self, name: &str) -> Option<&super::Service> {
        self.services.iter().find(|service| service.name == name)
    }
}

fn read_document(fields: Fields<'_>, file: &str) -> Definition {
    if let Some(version) = fields.need("version", "1")
        && version
            .number()
            .is_some_and(|number| number.to_bits() != 1.0_f64.to_bits())
    {
        version.refuse::<()>("1, the only version there is");
    }
    let environment = fields
        .get("environment")
        .and_then(Field::name)
        .unwrap_or(DEFAULT_ENVIRONMENT)
        .to_owned();
    let links = fields.get("links").and_then(read_links).unwrap_or_default();
    let common = Common {
        teams: read_teams(fields),
        environment,
        links,
    };

    let items = fields
        .need("services", "[{ name: orders }]")
        .map(Field::items)
        .unwrap_or_default();
    if let Some(field) = fields
        .get("services")
        .filter(|field| field.node.value == Value::List(Vec::new()))
    {
        field.refuse::<()>("at least one service");
    }
    let read = items
        .into_iter()
        .filter_map(|item| Some((item.at(), read_service(item, &common)?)));
    let services = without_twins("service", read, |service| &service.name, fields.report);
    let services = services.into_iter().map(|(_, service)| service).collect();
    let Common { teams, links, .. } = common;
    Definition {
        teams,
        links,
        services,
        file: file.to_owned(),
    }
}

/// `team` for one, `teams` for several.
fn read_teams(fields: Fields<'_>) -> Vec<Team> {
    if let (Some(_), Some(teams)) = (fields.get("team"), fields.get("teams")) {
        fields.report.add::<()>(
            teams.at(),
            "both \"team\" and \"teams\": put all of them into \"teams\"",
        );
    }
    let items = fields.get("team").into_iter().chain(fields.list("teams"));
    let read = items.filter_map(|item| Some((item.at(), read_team(item)?)));
    let teams = without_twins("team", read, |team| &team.name, fields.report);
    teams.into_iter().map(|(_, team)| team).collect()
}

fn read_team(field: Field<'_>) -> Option<Team> {
    let fields = field.fields("a team", &TEAM_KEYS)?;
    let text = |key| fields.get(key).and_then(Field::words).map(str::to_owned);
    let (contact, escalation) = (text("contact"), text("escalation"));
    Some(Team {
        name: fields.need("name", "payments")?.name()?.to_owned(),
        contact,
        escalation,
    })
}

fn read_links(field: Field<'_>) -> Option<Links> {
    let fields = field.fields("links", &LINK_KEYS)?;
    let url = |key| fields.get(key).and_then(Field::http_url).map(str::to_owned);
    Some(Links {
        runbooks: url("runbooks"),
        grafana: url("grafana"),
        source: url("source"),
        discovery: url("discovery"),
    })
}
