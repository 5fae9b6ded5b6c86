//! The definition of services: who they are, what they promise, what they are watched for.
//!
//! It is written once, as `obs.yaml`; the services start their alerts and buckets from it, and the
//! `obs` command makes the configuration of everything around them from it.
//!
//! ```
//! use obs_rules::definition::Definition;
//!
//! let definition = Definition::parse(
//!     "
//! version: 1
//! team: { name: payments, contact: '#payments' }
//! links: { runbooks: https://runbooks.example.com }
//! services:
//!   - name: payment-service
//!     endpoints: [POST /payments]
//!     slos:
//!       - { name: availability, objective: 99.9, window: 30d }
//!     alerts:
//!       standard:
//!         HighLatency: { above: 500ms }
//!       own:
//!         - name: PaymentsFail
//!           severity: critical
//!           summary: Payments fail
//!           description: '{{ $value | humanizePercentage }} of the payments fail'
//!           condition:
//!             error_ratio: { endpoint: POST /payments, window: 5m, above: 2% }
//!           for: 2m
//! ",
//!     "obs.yaml",
//! )?;
//! let service = &definition.services[0];
//! assert!(service.alerts.iter().any(|rule| rule.name() == "PaymentsFail"));
//! assert!(definition.defects().is_empty());
//! # Ok::<(), obs_rules::definition::DefinitionError>(())
//! ```
//!
//! Unknown keys and values that can't be meant are refused, all at once, with file, line, column, what was
//! expected and the fix. Durations are written `500ms`, `30s`, `5m`, `1h30m` or `30d`.
//!
//! # The file
//!
//! | key | is | defaults to |
//! |---|---|---|
//! | `version` | 1 | must be given |
//! | `environment` | `production`, `staging`: a label of lines and alerts | `production` |
//! | `team`, `teams` | one, or a list, of `name`, `contact` and `escalation` | none |
//! | `links` | URLs: `runbooks` (the folder; the name of an alert in lower case is added), `grafana`, `source` | none |
//! | `services` | a list of services | must be given |
//!
//! Names of teams, services, environments and SLOs are 1 to 63 lower-case letters, digits and hyphens, a
//! letter first and no hyphen last: so they are label values, files, hosts and Kubernetes objects without
//! any escaping. No two of a kind have the same name.
//!
//! # A service
//!
//! | key | is | defaults to |
//! |---|---|---|
//! | `name` | its `job` in Prometheus and Loki and its `service.name` in traces | must be given |
//! | `description` | what it is for | none |
//! | `team` | whose it is, one of the file's teams | the only one |
//! | `version` | of it, as text: `'1.4.2'` | none |
//! | `environment` | where it runs | the file's |
//! | `namespace` | of its layer's metrics | `http` |
//! | `convention` | of its layer's metrics: `prometheus` or `opentelemetry` | `prometheus` |
//! | `targets` | where it is scraped, a list of `host:port` | none |
//! | `metrics_path` | of its page | `/metrics` |
//! | `log_files` | that it writes, a list | none: standard output |
//! | `endpoints` | a list of `GET /orders/{id}`, of gRPC methods (`shop.Orders/Get`, as they are recorded), or of `{ endpoint: GET /events, stream: true }` | none |
//! | `databases` | pools of connections, by the label `pool`, a list | none |
//! | `caches` | by the label `cache`, a list | none |
//! | `clients` | whether it calls other services | `false` |
//! | `slos` | a list of SLOs | none |
//! | `alerts` | `standard` and `own`, see below | the standard rules that mean something |
//!
//! # An SLO
//!
//! | key | is | defaults to |
//! |---|---|---|
//! | `name` | of it; its alerts are named after it | must be given |
//! | `description` | why it was promised | none |
//! | `endpoint` | one of the service's: `POST /checkout` | all requests |
//! | `objective` | the percentage of good requests: `99.9` | must be given |
//! | `window` | 1 to 366 days: `30d` | must be given |
//! | `sli` | what makes a request good: `availability` or `latency` | `availability` |
//! | `threshold` | of a latency, 1 ms to 1 h; becomes a bucket | must be given for a latency |
//! | `min_requests` | that the long window of an alert must have seen | 0 |
//!
//! # Alerts
//!
//! `alerts.standard` is `off`, or a map from the name of a [standard rule](crate::rules) to `off` or to what is to
//! be changed of it: `above` or `below`, whichever it compares with, `window`, and the settings below.
//! `alerts.own` is a list of rules with a `name` (letters, digits and `_`), a `condition` and settings:
//!
//! | setting | is | defaults to |
//! |---|---|---|
//! | `severity` | `critical` (a page), `warning` (a ticket) or `info` | must be given |
//! | `summary` | what has happened, in a sentence | none, which is a [defect](crate::Defect) |
//! | `description` | how bad it is, with the value: `{{ $value }}` | none, which is a defect |
//! | `team` | whose it is | the service's |
//! | `runbook` | a URL that says what to do | the one in `links.runbooks`, else none, which is a defect |
//! | `for` | how long it must be so | 0, which is a defect |
//! | `cause` | why an alert on a cause, not a symptom, is worth one | none, which is a defect of such an alert |
//! | `keep_firing_for` | how long it goes on when it is no longer so | 0 |
//! | `cooldown` | how long a channel is not notified again (in the process) | `5m` |
//! | `clear` | what a firing alert's value must come back past | the threshold |
//! | `min_requests` | that the window must have seen | 0 |
//! | `no_data` | `ok`, `alert` or `keep` | `ok` |
//! | `labels`, `annotations` | maps of text | none |
//!
//! A `condition` is a map with one key, its kind. All have a `window` (`5m` by default) but `gauge` and
//! `absence`; those about requests can name an `endpoint`.
//!
//! | kind | keys | fires when |
//! |---|---|---|
//! | `error_ratio` | `above: 5%` | more of the requests fail |
//! | `availability` | `below: 99%` | fewer of the requests don't fail |
//! | `latency` | `quantile: 0.99`, `above: 800ms` | the quantile is slower |
//! | `rate_change` | `before: 1h`, `above` or `below: 50%` | the rate of requests has changed since then |
//! | `ratio` | `numerator`, `denominator` (each `metric` and `labels`), `above` or `below` | one counter grows so by another |
//! | `gauge` | `metric`, `labels`, `divided_by`, `above` or `below: 17` | the gauge, or its share of another, is there |
//! | `increase` | `metric`, `labels`, `above` or `below: 0` | the counter has grown so |
//! | `absence` | `metric`, `labels` | there is no such series |

mod document;
mod error;
mod fields;
mod names;
mod node;
mod read_alert;
mod read_condition;
mod read_service;
mod read_slo;
mod report;
mod service;

#[cfg(test)]
mod tests;

pub(crate) use report::suggestion;

pub use error::{DefinitionError, Position, Problem};
pub use service::{Definition, Endpoint, Links, Service, Team};
