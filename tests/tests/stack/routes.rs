//! Which receiver is notified of which alert, according to amtool.

use std::process::Command;

use obs_tests::backends;

use crate::stage::{OPEN_TELEMETRY, SHOP, Stack, definition};

fn receivers(stack: &Stack, labels: &[(&str, &str)]) -> String {
    let config = stack.path("alertmanager/alertmanager.yml");
    let labels = labels.iter().map(|(key, value)| format!("{key}={value}"));
    let mut amtool = Command::new(backends::program("amtool"));
    amtool
        .args(["config", "routes", "test"])
        .arg(format!("--config.file={}", config.display()))
        .args(labels);
    let output = amtool.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn alerts_go_to_their_team() {
    if !backends::require("amtool") {
        return;
    }
    for path in [SHOP, OPEN_TELEMETRY] {
        let stack = Stack::generate(path);
        for team in &definition(path).teams {
            for severity in ["critical", "warning"] {
                let told = receivers(&stack, &[("team", &team.name), ("severity", severity)]);
                assert_eq!(told.split(',').next_back(), Some(team.name.as_str()), "{severity}");
            }
        }
    }
}

#[test]
fn nobody_is_told_of_alerts_for_the_record() {
    if !backends::require("amtool") {
        return;
    }
    let stack = Stack::generate(SHOP);
    assert_eq!(receivers(&stack, &[("team", "shop"), ("severity", "info")]), "discard");
}

/// amlint finds what is valid and not meant: routes that nothing reaches, inhibition of too much.
#[test]
fn a_semantic_linter_has_nothing_to_say() {
    if !backends::require("amlint") {
        return;
    }
    for path in [SHOP, OPEN_TELEMETRY] {
        let stack = Stack::generate(path);
        let mut amlint = Command::new(backends::program("amlint"));
        amlint
            .args(["check", "--strict"])
            .arg(stack.path("alertmanager/alertmanager.yml"));
        let output = amlint.output().unwrap();
        assert!(
            output.status.success(),
            "{path}: {}",
            String::from_utf8_lossy(&output.stdout)
        );
    }
}

#[test]
fn only_a_page_that_goes_on_is_escalated_to_whom_a_program_can_reach() {
    if !backends::require("amtool") {
        return;
    }
    let stack = Stack::generate(OPEN_TELEMETRY);
    assert_eq!(
        receivers(&stack, &[("team", "search"), ("severity", "critical")]),
        "search-escalation,search"
    );
    assert_eq!(
        receivers(&stack, &[("team", "search"), ("severity", "warning")]),
        "search"
    );
    // The shop's is a telephone number.
    assert_eq!(
        receivers(&Stack::generate(SHOP), &[("team", "shop"), ("severity", "critical")]),
        "shop"
    );
}

#[test]
fn an_alert_of_nobody_reaches_somebody() {
    if !backends::require("amtool") {
        return;
    }
    let stack = Stack::generate(SHOP);
    assert_eq!(receivers(&stack, &[("severity", "critical")]), "shop");
}
