//! Kubernetes, with the Prometheus Operator and the dashboard sidecar of Grafana.
//!
//! | file | is |
//! |---|---|
//! | `kubernetes/SERVICE.servicemonitor.yaml` | what is scraped: the pods behind the Service of this name |
//! | `kubernetes/alternatives/SERVICE.podmonitor.yaml` | the same where there is no Service; never both, or all counts twice |
//! | `kubernetes/SERVICE.prometheusrule.yaml`, `….2.yaml` | the rules of `prometheus/rules`; more than one where one would be too large for `kubectl apply` |
//! | `kubernetes/DASHBOARD.configmap.yaml` | a dashboard of `grafana/dashboards` |

mod config_maps;
mod files;
mod monitors;
mod object;
mod rules;

#[cfg(test)]
mod tests;

pub use files::files;
