//! What the services say of themselves: a table from their registries, one trace from their lines.

mod lines;
mod print;
mod routes;
mod trace;

pub(crate) use lines::LogLines;
pub(crate) use print::Report;
