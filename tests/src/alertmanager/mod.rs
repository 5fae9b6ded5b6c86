//! A real Alertmanager and its amtool (Debian package `prometheus-alertmanager`).
//!
//! ```no_run
//! use obs_tests::{alertmanager::Alertmanager, backends};
//!
//! if backends::require("alertmanager") && backends::require("amtool") {
//!     let alertmanager = Alertmanager::start("http://127.0.0.1:9000/hook");
//!     assert!(alertmanager.amtool_alerts().is_empty());
//! }
//! ```

mod amtool;
mod server;

pub use {amtool::check_config, server::Alertmanager};
