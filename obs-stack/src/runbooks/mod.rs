//! Files of runbooks.
