//! Files of Loki.
