//! Files on disk: written as a whole or not at all, and compared with what would be
//! generated.
//!
//! A generated folder contains only generated files, and beside them:
//!
//! - hidden files and folders, whose names begin with a dot; `.obs-generated` among them,
//!   the list of generated files
//! - files with `.local.` in their names (`prometheus/rules/mine.local.yml`)
//!
//! Both are never read or changed. Any other file makes [`Folder::write`] fail, so that no
//! work of people is overwritten. Text that people add to runbooks is kept: see
//! [`runbooks::merged`](crate::runbooks::merged).
//!
//! ```
//! use obs_stack::{File, output::Folder};
//!
//! let place = tempfile::tempdir()?;
//! let folder = Folder::new(place.path().join("deploy"));
//! let files = [File::new("prometheus/prometheus.yml", "global: {}\n")];
//! assert_eq!(folder.drift(&files)?.len(), 1);
//! folder.write(&files)?;
//! assert!(folder.drift(&files)?.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod drift;
mod folder;
mod write;

#[cfg(test)]
mod tests;

pub use drift::Drift;
pub use folder::{Folder, OutputError};
pub use write::Written;
