//! From one definition of services ([`obs_rules::definition`]) to the configuration of everything
//! around them.
//!
//! Each module makes the files of one program; none reads or writes the disk but [`output`].

mod file;
mod subject;
mod text;
mod yaml;

pub mod alertmanager;
pub mod alloy;
pub mod cli;
pub mod collector;
pub mod compose;
pub mod grafana;
pub mod kubernetes;
pub mod live;
pub mod loki;
pub mod openslo;
pub mod output;
pub mod prometheus;
pub mod runbooks;
pub mod tempo;

pub use file::{File, files};

pub(crate) use file::header;
