//! What a client may see and do.

use serde::Serialize;

/// The rights of a client that was admitted. Each of them may see; what redaction hides stays hidden for all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Rights {
    sensitive: bool,
    change: bool,
}

// === impl Rights ===

impl Rights {
    /// May see, without what is sensitive: addresses of clients, paths as they were requested, values of fields and
    /// attributes.
    #[must_use]
    pub const fn see() -> Self {
        Self {
            sensitive: false,
            change: false,
        }
    }

    /// May see what is sensitive too.
    #[must_use]
    pub const fn sensitive(self, may: bool) -> Self {
        Self { sensitive: may, ..self }
    }

    /// May use the controls, if the console has them.
    #[must_use]
    pub const fn change(self, may: bool) -> Self {
        Self { change: may, ..self }
    }

    /// Whether the client may see what is sensitive.
    #[must_use]
    pub const fn sees_sensitive(self) -> bool {
        self.sensitive
    }

    /// Whether the client may use the controls.
    #[must_use]
    pub const fn changes(self) -> bool {
        self.change
    }
}
