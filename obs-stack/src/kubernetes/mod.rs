//! Files of Kubernetes.
