//! Alertmanager: who is told what, by severity and team, and what is not worth telling beside it.
//!
//! | file | is |
//! |---|---|
//! | `alertmanager/alertmanager.yml` | routes, receivers, inhibition |
//! | `alertmanager/templates/obs.tmpl` | the texts: summary, description, links to runbook and dashboard |
//!
//! What a team's `contact` and `escalation` look like decides how it is told:
//!
//! | contact | receiver | secret, a file below `/run/secrets` |
//! |---|---|---|
//! | `#channel`, `@person` | Slack, or whatever takes its webhooks | `TEAM_slack_url` |
//! | `https://…`, `http://…` | a webhook | |
//! | `name@example.com` | e-mail through the relay `smtp:25` | |
//! | `pagerduty` | PagerDuty | `TEAM_pagerduty_key` |
//! | anything else, or nothing | Slack, the webhook's own channel; no escalation | `TEAM_slack_url` |

mod config;
mod receivers;

#[cfg(test)]
mod tests;

pub use config::files;

pub(crate) use receivers::secrets;
