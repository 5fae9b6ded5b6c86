//! Files of Tempo.
