//! The programs.

use std::{collections::BTreeSet, path::Path};

use obs_rules::definition::Definition;

use super::{images, targets::HOST};
use crate::{alertmanager, prometheus::retention_days, yaml::Yaml};

/// Where Grafana is published if the definition does not say.
const GRAFANA_PORT: u16 = 3000;

pub(super) fn all(definition: &Definition) -> Yaml {
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

/// The volumes that outlive their containers.
pub(super) fn volumes() -> Yaml {
    let names = ["prometheus", "alertmanager", "grafana", "loki", "tempo", "otel-collector"];
    Yaml::map(names.map(|name| (name, Yaml::Map(Vec::new()))))
}

/// The secrets of the receivers: files, whose paths come from the environment or from `.env`.
pub(super) fn secrets(definition: &Definition) -> Yaml {
    let secrets = alertmanager::secrets(definition).into_iter().map(|secret| {
        let variable = format!("{}_FILE", secret.to_ascii_uppercase().replace(['-', '.'], "_"));
        // An empty file: Alertmanager starts, and says what it lacks when it wants to tell somebody.
        let file = format!("${{{variable}:-/dev/null}}");
        (secret, Yaml::map([("file", file.into())]))
    });
    Yaml::Map(secrets.collect())
}

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

/// Published on the loopback only: nothing here asks who you are.
fn port(outside: u16, inside: u16) -> String {
    format!("127.0.0.1:{outside}:{inside}")
}

fn prometheus(definition: &Definition) -> Yaml {
    let retention = format!("--storage.tsdb.retention.time={}d", retention_days(&definition.services));
    program(
        images::PROMETHEUS,
        &[
            "--config.file=/etc/prometheus/prometheus-compose.yml",
            "--storage.tsdb.path=/prometheus",
            // The windows of the objectives, and some.
            &retention,
            "--enable-feature=exemplar-storage",
        ],
        &[port(9090, 9090)],
        &["./prometheus:/etc/prometheus:ro", "prometheus:/prometheus"],
    )
    .with("extra_hosts", Yaml::list([format!("{HOST}:host-gateway")]))
}

fn alertmanager(definition: &Definition) -> Yaml {
    let program = program(
        images::ALERTMANAGER,
        &["--config.file=/etc/alertmanager/alertmanager.yml", "--storage.path=/alertmanager"],
        &[port(9093, 9093)],
        &["./alertmanager:/etc/alertmanager:ro", "alertmanager:/alertmanager"],
    )
    .with("extra_hosts", Yaml::list([format!("{HOST}:host-gateway")]));
    let secrets = alertmanager::secrets(definition);
    if secrets.is_empty() { program } else { program.with("secrets", Yaml::list(secrets)) }
}

fn grafana(definition: &Definition) -> Yaml {
    let environment = [
        // Whoever reaches the port on this machine may look.
        ("GF_AUTH_ANONYMOUS_ENABLED", "true"),
        ("GF_AUTH_ANONYMOUS_ORG_ROLE", "Viewer"),
        ("GF_ANALYTICS_REPORTING_ENABLED", "false"),
    ];
    program(
        images::GRAFANA,
        &[],
        &[port(grafana_port(definition), GRAFANA_PORT)],
        &[
            "./grafana/provisioning:/etc/grafana/provisioning:ro",
            "./grafana/dashboards:/var/lib/grafana/dashboards/obs:ro",
            "grafana:/var/lib/grafana",
        ],
    )
    .with("environment", Yaml::map(environment.map(|(key, value)| (key, value.into()))))
    .with("depends_on", Yaml::list(["prometheus", "loki", "tempo"]))
}

/// The port of the definition's link, if that is on this machine.
fn grafana_port(definition: &Definition) -> u16 {
    let link = definition.links.grafana.as_deref().unwrap_or_default();
    let host = link.split_once("://").map_or(link, |(_, rest)| rest).split('/').next().unwrap_or_default();
    match host.rsplit_once(':') {
        Some(("localhost" | "127.0.0.1", port)) => port.parse().unwrap_or(GRAFANA_PORT),
        _ => GRAFANA_PORT,
    }
}

fn loki() -> Yaml {
    let command = ["-config.file=/etc/loki/loki-config.yaml"];
    program(images::LOKI, &command, &[port(3100, 3100)], &["./loki:/etc/loki:ro", "loki:/loki"])
}

fn tempo() -> Yaml {
    let command = ["-config.file=/etc/tempo/tempo.yaml"];
    program(images::TEMPO, &command, &[port(3200, 3200)], &["./tempo:/etc/tempo:ro", "tempo:/var/tempo"])
}

/// Where the services send to, and what reads the files that they write.
fn collector(definition: &Definition) -> Yaml {
    let mut volumes = vec!["./otel-collector:/etc/otelcol:ro".to_owned(), "otel-collector:/var/lib/otelcol".to_owned()];
    volumes.extend(log_folders(definition).iter().map(|folder| format!("{folder}:{folder}:ro")));
    let volumes: Vec<&str> = volumes.iter().map(String::as_str).collect();
    let ports = [port(4317, 4317), port(4318, 4318)];
    program(images::COLLECTOR, &["--config=/etc/otelcol/config.yaml"], &ports, &volumes)
        // It keeps how far it has read in a volume that is root's, and reads files of any user.
        .with("user", "0")
        .with("depends_on", Yaml::list(["loki", "tempo"]))
}

/// The folders of the log files: those without a pattern in them.
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

/// Reads what containers of the services write to standard output; asked for by a profile, since lines
/// that a service also sends by OTLP would be there twice.
fn alloy() -> Yaml {
    let command = ["run", "--storage.path=/var/lib/alloy/data", "/etc/alloy/config.alloy"];
    let volumes = ["./alloy:/etc/alloy:ro", "/var/run/docker.sock:/var/run/docker.sock:ro"];
    program(images::ALLOY, &command, &[], &volumes)
        .with("profiles", Yaml::list(["containers"]))
        .with("depends_on", Yaml::list(["loki"]))
}
