//! Files of Grafana.
