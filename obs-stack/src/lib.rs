//! From one definition of services ([`obs_alert::definition`]) to the configuration of everything
//! around them.
//!
//! Each module makes the files of one program; none reads or writes the disk.

mod file;

pub mod alertmanager;
pub mod alloy;
pub mod collector;
pub mod compose;
pub mod grafana;
pub mod kubernetes;
pub mod loki;
pub mod openslo;
pub mod prometheus;
pub mod runbooks;
pub mod tempo;

pub use file::File;
