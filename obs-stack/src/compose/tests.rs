use obs_rules::definition::Definition;

use super::{files, targets::of_container};

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
    let mounts: Vec<_> = content.lines().filter(|line| line.contains(":/var/log") || line.contains(":/srv")).collect();
    assert_eq!(mounts, ["    - /srv:/srv:ro", "    - /var/log/a:/var/log/a:ro"]);
}
