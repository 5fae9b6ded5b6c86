//! Files of Prometheus.
