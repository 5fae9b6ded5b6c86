//! Files of Alertmanager.
