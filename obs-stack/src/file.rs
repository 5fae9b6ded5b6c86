//! A file that is to be written.

/// A file that is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Where, below the output folder, with `/` between folders.
    pub path: String,
    /// What.
    pub content: String,
}

// === impl File ===

impl File {
    /// A file with this content.
    #[must_use]
    pub fn new(path: impl Into<String>, content: impl Into<String>) -> Self {
        Self { path: path.into(), content: content.into() }
    }
}
