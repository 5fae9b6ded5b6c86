//! Files of `OpenSLO`.
