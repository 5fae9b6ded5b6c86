//! Configurations of Prometheus, and the list of all its files.

use obs_rules::definition::{Definition, Service};

use super::{
    discovery,
    rules::{self, Group},
    slos, unit_tests,
};
use crate::{
    File,
    text::slug,
    yaml::{self, Yaml},
};

/// Generates all files of Prometheus: a configuration for each kind of discovery and
/// release, target files, rules, and tests of the rules.
///
/// ```
/// use obs_rules::definition::Definition;
///
/// let text = "version: 1\nservices: [{ name: orders, targets: [orders:8080] }]";
/// let definition = Definition::parse(text, "obs.yaml")?;
/// let files = obs_stack::prometheus::files(&definition);
/// for path in [
///     "prometheus/prometheus.yml",
///     "prometheus/prometheus-kubernetes-v3.yml",
///     "prometheus/targets/orders.yml",
///     "prometheus/rules/orders.alerts.yml",
///     "prometheus/tests/orders.yml",
/// ] {
///     assert!(files.iter().any(|file| file.path == path), "{path}");
/// }
/// # Ok::<(), obs_rules::definition::DefinitionError>(())
/// ```
#[must_use]
pub fn files(definition: &Definition) -> Vec<File> {
    let mut files: Vec<_> = Discovery::ALL
        .into_iter()
        // Without the URL of a service there is no such file.
        .filter(|discovery| *discovery != Discovery::Http || definition.links.discovery.is_some())
        .flat_map(|discovery| Release::ALL.map(|release| config(definition, discovery, release)))
        .collect();
    for service in &definition.services {
        files.push(discovery::target_file(service));
        files.extend(rule_files(definition, service));
        files.extend(unit_tests::files(service));
    }
    files
}

/// All groups of a service's rules: recording rules of its SLOs, then alert rules.
pub(crate) fn groups(definition: &Definition, service: &Service) -> Vec<Group> {
    kinds(definition, service)
        .into_iter()
        .flat_map(|(.., groups)| groups)
        .collect()
}

/// The rule files of a service; a file without rules is left out.
fn rule_files(definition: &Definition, service: &Service) -> impl Iterator<Item = File> {
    kinds(definition, service)
        .into_iter()
        .filter(|(.., groups)| !groups.is_empty())
        .map(|(kind, about, groups)| {
            let about = format!("{about} of {}.{}", service.name, slos::notes(service));
            File::new(
                rule_path(service, kind),
                yaml::document(&about, &rules::document(&groups)),
            )
        })
}

/// The path of a rule file.
pub(super) fn rule_path(service: &Service, kind: &str) -> String {
    format!("prometheus/rules/{}.{kind}.yml", slug(&service.name))
}

/// The kinds of rule files: name, header, groups.
fn kinds(definition: &Definition, service: &Service) -> [(&'static str, &'static str, Vec<Group>); 2] {
    [
        (
            "slos",
            "Recording rules for the service level objectives",
            slos::groups(service),
        ),
        ("alerts", "Alert rules", rules::alert_groups(definition, service)),
    ]
}

/// How Prometheus finds the instances of services: one configuration is generated for each.
///
/// | discovery | use it where | the label `job` is |
/// |---|---|---|
/// | [`Static`](Self::Static) | instances have fixed addresses, in `targets` of the definition | the service's name |
/// | [`File`](Self::File) | a program writes `targets/*.yml`; Prometheus sees changes at once | the service's name |
/// | [`Http`](Self::Http) | an inventory answers HTTP requests: `links.discovery` | in the answer |
/// | [`Kubernetes`](Self::Kubernetes) | pods have the annotation `prometheus.io/scrape: "true"` | the pod's label `app.kubernetes.io/name` |
///
/// With the Prometheus Operator, use the objects of [`kubernetes`](crate::kubernetes) in
/// place of a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Discovery {
    /// The targets in the definition.
    Static,
    /// Files with lists of targets (`file_sd_configs`).
    File,
    /// An HTTP service that returns lists of targets (`http_sd_configs`).
    Http,
    /// Pods of a Kubernetes cluster, by their annotations (`kubernetes_sd_configs`).
    Kubernetes,
}

/// The version of Prometheus that a configuration is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Release {
    /// 2.42 and later, including 3.
    Any,
    /// 3 and later: native histograms, scrape protocols.
    V3,
}

/// How often services are scraped. The data source in Grafana has the same interval.
const SCRAPE_INTERVAL: &str = "15s";
/// How often rules are evaluated, unless their group says otherwise.
const EVALUATION_INTERVAL: &str = "30s";
/// The address of the Alertmanager in the Compose file.
const ALERTMANAGER: &str = "alertmanager:9093";

// === impl Discovery ===

impl Discovery {
    /// All kinds of discovery.
    pub const ALL: [Self; 4] = [Self::Static, Self::File, Self::Http, Self::Kubernetes];

    /// The part of the file name that stands for this discovery.
    const fn suffix(self) -> &'static str {
        match self {
            Self::Static => "",
            Self::File => "-file",
            Self::Http => "-http",
            Self::Kubernetes => "-kubernetes",
        }
    }

    /// The part of the header about this discovery.
    const fn about(self) -> &'static str {
        match self {
            Self::Static => "Scrapes the targets that the definition names.",
            Self::File => "Scrapes the targets in targets/*.yml; Prometheus sees changes of these files at once.",
            Self::Http => "Asks an HTTP service for the targets; each group of targets must say its `job`.",
            Self::Kubernetes => "Scrapes the pods of a Kubernetes cluster that enable it by annotations.",
        }
    }
}

// === impl Release ===

impl Release {
    /// All releases.
    pub const ALL: [Self; 2] = [Self::Any, Self::V3];

    /// The part of the file name that stands for this release.
    const fn suffix(self) -> &'static str {
        match self {
            Self::Any => "",
            Self::V3 => "-v3",
        }
    }

    /// The part of the header about this release.
    const fn about(self) -> &'static str {
        match self {
            Self::Any => "For Prometheus 2.42 and later. Start it with --enable-feature=exemplar-storage",
            Self::V3 => {
                "For Prometheus 3 and later: with native histograms. Start it with --enable-feature=exemplar-storage"
            }
        }
    }
}

/// Generates one configuration.
///
/// With [`Discovery::Http`] and no `links.discovery` in the definition, the URL is empty.
///
/// ```
/// use obs_rules::definition::Definition;
/// use obs_stack::prometheus::{Discovery, Release, config};
///
/// let text = "version: 1\nservices: [{ name: orders, targets: ['orders:8080'] }]";
/// let definition = Definition::parse(text, "obs.yaml")?;
/// let file = config(&definition, Discovery::Static, Release::Any);
/// assert_eq!(file.path, "prometheus/prometheus.yml");
/// assert!(file.content.contains("orders:8080"));
/// # Ok::<(), obs_rules::definition::DefinitionError>(())
/// ```
#[must_use]
pub fn config(definition: &Definition, discovery: Discovery, release: Release) -> File {
    let mut about = format!(
        "{}\n{}\nto keep the exemplars that lead from a latency to its trace.",
        discovery.about(),
        release.about()
    );
    if let Some(note) = slos::retention_note(&definition.services) {
        about = format!("{about}\n{note}");
    }
    let path = format!("prometheus/prometheus{}{}.yml", discovery.suffix(), release.suffix());
    let scrapes = scrape_configs(definition, discovery, release);
    File::new(path, yaml::document(&about, &whole(scrapes)))
}

/// The configuration for the Compose file: static targets, Prometheus 3.
pub(crate) fn config_for_compose(definition: &Definition, about: &str) -> File {
    let scrapes = scrape_configs(definition, Discovery::Static, Release::V3);
    File::new(
        "prometheus/prometheus-compose.yml",
        yaml::document(about, &whole(scrapes)),
    )
}

/// A configuration with these scrapes.
fn whole(scrapes: Vec<Yaml>) -> Yaml {
    Yaml::map([
        (
            "global",
            Yaml::map([
                ("scrape_interval", SCRAPE_INTERVAL.into()),
                ("scrape_timeout", "10s".into()),
                ("evaluation_interval", EVALUATION_INTERVAL.into()),
            ]),
        ),
        ("rule_files", Yaml::list(["rules/*.yml"])),
        (
            "alerting",
            Yaml::map([(
                "alertmanagers",
                Yaml::list([Yaml::map([(
                    "static_configs",
                    Yaml::list([Yaml::map([("targets", Yaml::list([ALERTMANAGER]))])]),
                )])]),
            )]),
        ),
        ("scrape_configs", Yaml::List(scrapes)),
        (
            "storage",
            Yaml::map([("exemplars", Yaml::map([("max_exemplars", 100_000.into())]))]),
        ),
    ])
}

/// The scrape configurations: one for each service, or one for all where the discovery
/// itself names the service.
fn scrape_configs(definition: &Definition, discovery: Discovery, release: Release) -> Vec<Yaml> {
    let each = |sd: fn(&Service) -> Yaml| {
        definition
            .services
            .iter()
            .map(|service| discovery::of_service(service, release, sd(service)))
            .collect()
    };
    match discovery {
        Discovery::Static => each(discovery::fixed),
        Discovery::File => each(discovery::files),
        Discovery::Http => vec![discovery::http(definition, release)],
        Discovery::Kubernetes => vec![discovery::pods(definition, release)],
    }
}
