//! Files of Compose.
