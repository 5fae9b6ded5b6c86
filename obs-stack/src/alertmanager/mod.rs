//! Files of [Alertmanager](https://prometheus.io/docs/alerting/latest/configuration/):
//! which team is notified of which alert, when and how.
//!
//! | file | content |
//! |---|---|
//! | `alertmanager/alertmanager.yml` | routes, receivers, inhibition rules |
//! | `alertmanager/templates/obs.tmpl` | texts of notifications: summary, description, links to runbook and dashboard |
//!
//! # Receivers
//!
//! A team's `contact` and `escalation` in the definition select its receivers:
//!
//! | contact | receiver | secret, a file below `/run/secrets` |
//! |---|---|---|
//! | `#channel`, `@person` | Slack or a compatible webhook | `TEAM_slack_url` |
//! | `https://…`, `http://…` | webhook | |
//! | `name@example.com` | e-mail through the relay `smtp:25` | |
//! | `pagerduty` | PagerDuty | `TEAM_pagerduty_key` |
//! | anything else, or nothing | Slack, the default channel of the webhook; no escalation | `TEAM_slack_url` |
//!
//! # Routes
//!
//! | severity | first notification after | repeated every |
//! |---|---|---|
//! | `critical` | 10 s; the escalation after 15 min | 1 h |
//! | `warning` | 1 min | 24 h |
//! | `info` | never: it is only recorded | |
//!
//! Alerts are grouped by name, service and environment, so a notification has all instances
//! of an alert. A change of a group that was notified already (another instance, a
//! resolution) is sent after 5 minutes, to the escalation after 15. An alert without a team
//! goes to the first receiver of the definition, so that none gets lost.
//!
//! # Texts
//!
//! | template | is | has |
//! |---|---|---|
//! | `obs.title` | the subject | `FIRING` with the number of alerts or `RESOLVED`, severity, service, name |
//! | `obs.link` | where the title leads | the runbook, else Alertmanager |
//! | `obs.text` | the body, for each alert | summary, description, links to runbook, dashboard and query, begin and end |
//!
//! Labels and annotations are inserted as text: a template within an annotation is not
//! evaluated by Alertmanager.
//!
//! # Inhibition
//!
//! - A critical burn-rate alert inhibits the warnings of the same SLO.
//! - A critical alert inhibits the warning of the same name.
//! - The standard rule `ServiceDown` inhibits all other alerts of the service.
//!
//! ```
//! use obs_rules::definition::Definition;
//!
//! let text = "version: 1\nteam: { name: shop, contact: '#on-call' }\nservices: [{ name: orders }]";
//! let definition = Definition::parse(text, "obs.yaml")?;
//! let config = &obs_stack::alertmanager::files(&definition)[0];
//! assert_eq!(config.path, "alertmanager/alertmanager.yml");
//! assert!(config.content.contains("api_url_file: /run/secrets/shop_slack_url"));
//! # Ok::<(), obs_rules::definition::DefinitionError>(())
//! ```

mod config;
mod receivers;

#[cfg(test)]
mod tests;

pub use config::files;

pub(crate) use receivers::secrets;
