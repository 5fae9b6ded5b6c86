//! A Compose file that runs everything around the services.
//!
//! | file | content |
//! |---|---|
//! | `compose.yaml` | Prometheus, Alertmanager, Grafana, Loki, Tempo, the OpenTelemetry Collector, Alloy, each with its generated files |
//! | `prometheus/prometheus-compose.yml` | the configuration of that Prometheus |
//!
//! Start it with `docker compose up -d` in the generated folder. The services themselves
//! run beside it, on the host or elsewhere; a target on the loopback address of the host is
//! scraped as `host.docker.internal`, and on Linux must listen on more than `127.0.0.1` for
//! that. All ports are published on `127.0.0.1` only, since none of these programs requires
//! a password:
//!
//! | program | port |
//! |---|---|
//! | Grafana | the one in `links.grafana` if that is on this machine, else 3000 |
//! | Prometheus, Alertmanager | 9090, 9093 |
//! | Loki, Tempo | 3100, 3200 |
//! | OpenTelemetry Collector | 4317 (gRPC), 4318 (HTTP) |
//!
//! Prometheus keeps samples longer than the longest window of an SLO, 45 days at least.
//! Secrets of receivers are read from files: the variable `TEAM_SLACK_URL_FILE`, in the
//! environment or in `.env`, names the file for the secret `TEAM_slack_url`. Alloy runs
//! only with `--profile containers`, because lines that a service also sends by OTLP would
//! be stored twice.
//!
//! ```
//! use obs_rules::definition::Definition;
//!
//! let definition = Definition::parse("version: 1\nservices: [{ name: orders }]", "obs.yaml")?;
//! let compose = &obs_stack::compose::files(&definition)[0];
//! assert_eq!(compose.path, "compose.yaml");
//! assert!(compose.content.contains("docker.io/prom/prometheus:v"));
//! # Ok::<(), obs_rules::definition::DefinitionError>(())
//! ```

use std::{collections::BTreeSet, net::IpAddr, path::Path};

use obs_rules::definition::{Definition, Service};

use crate::{
    File, alertmanager,
    prometheus::{self, retention_days},
    yaml::{self, Yaml},
};

/// The header of the Compose file.
const ABOUT: &str = "Everything around the services: docker compose up -d\n\
                     Then point the services at it with OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318, and open Grafana.\n\
                     With --profile containers, Alloy reads the output of containers that are called like the services.";

/// Generates `compose.yaml` and `prometheus/prometheus-compose.yml`.
///
/// Images have fixed versions, so that the generated configuration fits them. Data are in
/// named volumes and survive `docker compose down`; `down --volumes` removes them.
#[must_use]
pub fn files(definition: &Definition) -> Vec<File> {
    let mut document = Yaml::map([
        ("name", "obs".into()),
        ("services", services(definition)),
        ("volumes", volumes()),
    ]);
    if !alertmanager::secrets(definition).is_empty() {
        document = document.with("secrets", secrets(definition));
    }
    vec![
        File::new("compose.yaml", yaml::document(ABOUT, &document)),
        prometheus_config(definition),
    ]
}

/// The name by which a container reaches the host.
const HOST: &str = "host.docker.internal";

/// The configuration of Prometheus, with targets as its container reaches them.
fn prometheus_config(definition: &Definition) -> File {
    let mut definition = definition.clone();
    for service in &mut definition.services {
        service.targets = reachable(service);
    }
    let about = "Scrapes the targets that the definition names from within a container: what listens on the loopback\n\
                 of the host is reached as host.docker.internal, and must listen on more than 127.0.0.1 for that on Linux.";
    prometheus::config_for_compose(&definition, about)
}

/// The targets of a service as a container reaches them.
fn reachable(service: &Service) -> Vec<String> {
    service.targets.iter().map(|target| of_container(target)).collect()
}

/// A target as a container reaches it: in a container, a loopback address is its own, so
/// the host takes its place.
pub(crate) fn of_container(target: &str) -> String {
    let Some((host, port)) = target.rsplit_once(':') else {
        return target.to_owned();
    };
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let is_own = host == "localhost" || address.is_ok_and(|address| address.is_loopback() || address.is_unspecified());
    if is_own {
        format!("{HOST}:{port}")
    } else {
        target.to_owned()
    }
}

/// The port of Grafana if the definition has no link to one on this machine.
const GRAFANA_PORT: u16 = 3000;

/// The programs, by name.
fn services(definition: &Definition) -> Yaml {
    Yaml::map([
        ("prometheus", prometheus(definition)),
        ("alertmanager", alertmanager(definition)),
        ("grafana", grafana(definition)),
        ("loki", loki()),
        ("tempo", tempo()),
        ("otel-collector", collector(definition)),
        ("alloy", alloy()),
    ])
}

/// The named volumes, which keep data when containers are replaced.
fn volumes() -> Yaml {
    let names = [
        "prometheus",
        "alertmanager",
        "grafana",
        "loki",
        "tempo",
        "otel-collector",
    ];
    Yaml::map(names.map(|name| (name, Yaml::Map(Vec::new()))))
}

/// The secrets of the receivers: files whose paths come from the environment or from
/// `.env`.
fn secrets(definition: &Definition) -> Yaml {
    let secrets = alertmanager::secrets(definition).into_iter().map(|secret| {
        let variable = format!("{}_FILE", secret.to_ascii_uppercase().replace(['-', '.'], "_"));
        // An empty file: Alertmanager starts, and logs an error when it sends to that receiver.
        let file = format!("${{{variable}:-/dev/null}}");
        (secret, Yaml::map([("file", file.into())]))
    });
    Yaml::Map(secrets.collect())
}

/// A program: its image, arguments, published ports and volumes.
fn program(image: &str, command: &[&str], ports: &[String], volumes: &[&str]) -> Yaml {
    let mut program = Yaml::map([("image", image.into()), ("restart", "unless-stopped".into())]);
    if !command.is_empty() {
        program = program.with("command", Yaml::list(command.iter().copied()));
    }
    if !ports.is_empty() {
        program = program.with("ports", Yaml::list(ports));
    }
    program.with("volumes", Yaml::list(volumes.iter().copied()))
}

/// A port published on the loopback address only: the programs have no authentication.
fn port(outside: u16, inside: u16) -> String {
    format!("127.0.0.1:{outside}:{inside}")
}

/// Prometheus, with exemplars and a retention for the longest SLO.
fn prometheus(definition: &Definition) -> Yaml {
    let retention = format!(
        "--storage.tsdb.retention.time={}d",
        retention_days(&definition.services)
    );
    program(
        PROMETHEUS_IMAGE,
        &[
            "--config.file=/etc/prometheus/prometheus-compose.yml",
            "--storage.tsdb.path=/prometheus",
            // The longest window of an SLO, and a margin.
            &retention,
            "--enable-feature=exemplar-storage",
        ],
        &[port(9090, 9090)],
        &["./prometheus:/etc/prometheus:ro", "prometheus:/prometheus"],
    )
    .with("extra_hosts", Yaml::list([format!("{HOST}:host-gateway")]))
}

/// Alertmanager, with the secrets of its receivers.
fn alertmanager(definition: &Definition) -> Yaml {
    let program = program(
        ALERTMANAGER_IMAGE,
        &[
            "--config.file=/etc/alertmanager/alertmanager.yml",
            "--storage.path=/alertmanager",
        ],
        &[port(9093, 9093)],
        &["./alertmanager:/etc/alertmanager:ro", "alertmanager:/alertmanager"],
    )
    .with("extra_hosts", Yaml::list([format!("{HOST}:host-gateway")]));
    let secrets = alertmanager::secrets(definition);
    if secrets.is_empty() {
        program
    } else {
        program.with("secrets", Yaml::list(secrets))
    }
}

/// Grafana, whose dashboards are readable without a login.
fn grafana(definition: &Definition) -> Yaml {
    let environment = [
        // Whoever reaches the port on this machine may look.
        ("GF_AUTH_ANONYMOUS_ENABLED", "true"),
        ("GF_AUTH_ANONYMOUS_ORG_ROLE", "Viewer"),
        ("GF_ANALYTICS_REPORTING_ENABLED", "false"),
    ];
    program(
        GRAFANA_IMAGE,
        &[],
        &[port(grafana_port(definition), GRAFANA_PORT)],
        &[
            "./grafana/provisioning:/etc/grafana/provisioning:ro",
            "./grafana/dashboards:/var/lib/grafana/dashboards/obs:ro",
            "grafana:/var/lib/grafana",
        ],
    )
    .with(
        "environment",
        Yaml::map(environment.map(|(key, value)| (key, value.into()))),
    )
    .with("depends_on", Yaml::list(["prometheus", "loki", "tempo"]))
}

/// The port in `links.grafana`, if that is on this machine.
fn grafana_port(definition: &Definition) -> u16 {
    let link = definition.links.grafana.as_deref().unwrap_or_default();
    let host = link
        .split_once("://")
        .map_or(link, |(_, rest)| rest)
        .split('/')
        .next()
        .unwrap_or_default();
    match host.rsplit_once(':') {
        Some(("localhost" | "127.0.0.1", port)) => port.parse().unwrap_or(GRAFANA_PORT),
        _ => GRAFANA_PORT,
    }
}

/// Loki, with local storage.
fn loki() -> Yaml {
    let command = ["-config.file=/etc/loki/loki-config.yaml"];
    program(
        LOKI_IMAGE,
        &command,
        &[port(3100, 3100)],
        &["./loki:/etc/loki:ro", "loki:/loki"],
    )
}

/// Tempo, with local storage.
fn tempo() -> Yaml {
    let command = ["-config.file=/etc/tempo/tempo.yaml"];
    program(
        TEMPO_IMAGE,
        &command,
        &[port(3200, 3200)],
        &["./tempo:/etc/tempo:ro", "tempo:/var/tempo"],
    )
}

/// The collector: it receives OTLP of the services and reads their log files.
fn collector(definition: &Definition) -> Yaml {
    let mut volumes = vec![
        "./otel-collector:/etc/otelcol:ro".to_owned(),
        "otel-collector:/var/lib/otelcol".to_owned(),
    ];
    volumes.extend(
        log_folders(definition)
            .iter()
            .map(|folder| format!("{folder}:{folder}:ro")),
    );
    let volumes: Vec<&str> = volumes.iter().map(String::as_str).collect();
    let ports = [port(4317, 4317), port(4318, 4318)];
    program(
        COLLECTOR_IMAGE,
        &["--config=/etc/otelcol/config.yaml"],
        &ports,
        &volumes,
    )
    // It keeps how far it has read in a volume that is root's, and reads files of any user.
    .with("user", "0")
    .with("depends_on", Yaml::list(["loki", "tempo"]))
}

/// The folders of all log files, each once; of a pattern, the part before the first
/// wildcard. Never the root.
fn log_folders(definition: &Definition) -> BTreeSet<String> {
    let files = definition.services.iter().flat_map(|service| &service.log_files);
    files
        .filter_map(|file| {
            let plain = file.split(['*', '?', '[', '{']).next().unwrap_or_default();
            let folder = if plain.len() == file.len() || !plain.ends_with('/') {
                Path::new(plain).parent()?.to_str()?
            } else {
                plain.trim_end_matches('/')
            };
            // Never the whole file system.
            (folder.starts_with('/') && folder.len() > 1).then(|| folder.to_owned())
        })
        .collect()
}

/// Alloy, in the profile `containers`: it reads the standard output of the services'
/// containers.
fn alloy() -> Yaml {
    let command = ["run", "--storage.path=/var/lib/alloy/data", "/etc/alloy/config.alloy"];
    let volumes = ["./alloy:/etc/alloy:ro", "/var/run/docker.sock:/var/run/docker.sock:ro"];
    program(ALLOY_IMAGE, &command, &[], &volumes)
        .with("profiles", Yaml::list(["containers"]))
        .with("depends_on", Yaml::list(["loki"]))
}

/// The image of Prometheus, of the version that the generated files are for.
const PROMETHEUS_IMAGE: &str = "docker.io/prom/prometheus:v3.14.0";
/// The image of Alertmanager, of the version that the generated files are for.
const ALERTMANAGER_IMAGE: &str = "docker.io/prom/alertmanager:v0.34.0";
/// The image of Grafana, of the version that the generated files are for.
const GRAFANA_IMAGE: &str = "docker.io/grafana/grafana:13.2.0";
/// The image of Loki, of the version that the generated files are for.
const LOKI_IMAGE: &str = "docker.io/grafana/loki:3.7.0";
/// The image of Tempo, of the version that the generated files are for.
const TEMPO_IMAGE: &str = "docker.io/grafana/tempo:3.0.0";
/// The image of the OpenTelemetry Collector, contrib distribution, of the version that the
/// generated files are for.
const COLLECTOR_IMAGE: &str = "docker.io/otel/opentelemetry-collector-contrib:0.159.0";
/// The image of Alloy, of the version that the generated files are for.
const ALLOY_IMAGE: &str = "docker.io/grafana/alloy:v1.21.2";

#[cfg(test)]
mod tests {
    use obs_rules::definition::Definition;

    use super::{files, of_container};

    fn compose(more: &str) -> String {
        let text = format!("version: 1\nservices: [{{ name: a, endpoints: [GET /a] }}]\n{more}");
        files(&Definition::parse(&text, "obs.yaml").unwrap())[0].content.clone()
    }

    #[test]
    fn what_listens_on_the_loopback_is_on_the_host() {
        for target in ["localhost:80", "127.0.0.1:80", "127.0.0.2:80", "[::1]:80", "0.0.0.0:80"] {
            assert_eq!(of_container(target), "host.docker.internal:80", "{target}");
        }
        for target in ["orders:80", "10.0.0.1:80", "[2001:db8::1]:80"] {
            assert_eq!(of_container(target), target);
        }
    }

    #[test]
    fn grafana_is_where_the_definition_says_if_that_is_here() {
        assert!(compose("links: { grafana: 'http://localhost:3300' }").contains("127.0.0.1:3300:3000"));
        assert!(compose("links: { grafana: 'https://grafana.example.com' }").contains("127.0.0.1:3000:3000"));
        assert!(compose("").contains("127.0.0.1:3000:3000"));
    }

    #[test]
    fn prometheus_keeps_samples_for_longer_than_the_longest_objective() {
        let with = compose("");
        assert!(with.contains("--storage.tsdb.retention.time=45d"), "{with}");
        let text = "version: 1\nservices:\n  - name: a\n    slos: [{ name: kept, objective: 99.9, window: 90d }]\n";
        let with = &files(&Definition::parse(text, "obs.yaml").unwrap())[0].content;
        assert!(with.contains("--storage.tsdb.retention.time=99d"), "{with}");
    }

    #[test]
    fn secrets_are_declared_where_they_are_used() {
        let with = compose("team: { name: the-team, contact: '#a' }");
        assert!(with.contains("secrets:\n    - the-team_slack_url\n"), "{with}");
        assert!(
            with.contains("secrets:\n  the-team_slack_url:\n    file: ${THE_TEAM_SLACK_URL_FILE:-/dev/null}\n"),
            "{with}"
        );
        assert!(!compose("").contains("secrets:"));
    }

    #[test]
    fn folders_of_log_files_are_mounted_once_and_never_the_root() {
        let text = "
version: 1
services:
  - { name: a, endpoints: [GET /a], log_files: [/var/log/a/x.log, '/var/log/a/*.log', /x.log] }
  - { name: b, endpoints: [GET /b], log_files: ['/srv/b-*/y.log'] }
";
        let content = &files(&Definition::parse(text, "obs.yaml").unwrap())[0].content;
        let mounts: Vec<_> = content
            .lines()
            .filter(|line| line.contains(":/var/log") || line.contains(":/srv"))
            .collect();
        assert_eq!(mounts, ["    - /srv:/srv:ro", "    - /var/log/a:/var/log/a:ro"]);
    }
}
