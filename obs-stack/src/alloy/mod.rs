//! Files of Grafana Alloy.
