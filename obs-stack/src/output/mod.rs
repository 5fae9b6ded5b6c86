//! Files on disk: written all or not at all, and compared with what would be written.
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
