//! Which alert goes to whom, and when.

use obs_rules::{
    Severity,
    definition::{Definition, Team},
    promql::{MatchOp, Matcher, Selector},
};

use super::{
    contact::Contact,
    receivers::{self, DISCARD},
};
use crate::yaml::Yaml;

/// The tree of routes: nobody is told of alerts for the record, a team of its own.
pub(super) fn tree(definition: &Definition) -> Yaml {
    let record = Yaml::map([("receiver", DISCARD.into()), ("matchers", matchers("severity", Severity::Info.as_str()))]);
    let routes: Vec<_> = [record].into_iter().chain(definition.teams.iter().map(of_team)).collect();
    Yaml::map([
        ("receiver", receivers::fallback(definition).into()),
        // One message for all instances of an alert of a service.
        ("group_by", Yaml::list(["alertname", "service", "env"])),
        ("group_wait", "30s".into()),
        ("group_interval", "5m".into()),
        ("repeat_interval", "4h".into()),
        ("routes", Yaml::List(routes)),
    ])
}

/// A page comes at once and is repeated; a ticket waits for its kin and is repeated once a day.
fn of_team(team: &Team) -> Yaml {
    let critical = || matchers("severity", Severity::Critical.as_str());
    let page = Yaml::map([
        ("receiver", team.name.as_str().into()),
        ("matchers", critical()),
        ("group_wait", "10s".into()),
        ("repeat_interval", "1h".into()),
    ]);
    let escalation = Contact::of_escalation(team).map(|_| {
        Yaml::map([
            ("receiver", receivers::escalation(team).into()),
            ("matchers", critical()),
            // Told of what is not over by then: an alert that ends within the wait is never sent.
            ("group_wait", "15m".into()),
            ("group_interval", "15m".into()),
            ("repeat_interval", "1h".into()),
            ("continue", true.into()),
        ])
    });
    Yaml::map([
        ("receiver", team.name.as_str().into()),
        ("matchers", matchers("team", &team.name)),
        ("group_wait", "1m".into()),
        ("repeat_interval", "24h".into()),
        ("routes", Yaml::list(escalation.into_iter().chain([page]))),
    ])
}

pub(super) fn matchers(label: &str, value: &str) -> Yaml {
    matchers_of(&Selector::new("").with(label, value))
}

/// Matchers are spelled as in `PromQL`.
pub(super) fn matchers_of(selector: &Selector) -> Yaml {
    let of = |matcher: &Matcher| {
        let mut alone = Selector::new("");
        alone = match matcher.op {
            MatchOp::Equal => alone.with(&matcher.label, &matcher.value),
            MatchOp::NotEqual => alone.without(&matcher.label, &matcher.value),
            MatchOp::Regex => alone.matching(&matcher.label, &matcher.value),
            MatchOp::NotRegex => alone.not_matching(&matcher.label, &matcher.value),
        };
        alone.to_string().trim_start_matches('{').trim_end_matches('}').to_owned()
    };
    Yaml::list(selector.matchers().iter().map(of))
}
