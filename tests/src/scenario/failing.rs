//! Errors that handlers fail with.

use std::{error::Error, fmt};

/// The secret in [`Failing::Secret`].
pub const SECRET: &str = "5ecr3t";

/// An error that a handler fails with, and what is odd about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failing {
    /// Two errors lie behind it: `order not placed`, `payment failed`, `no answer within 2 s`.
    Chained,
    /// It is its own source: `ring`.
    Ring,
    /// Each of its methods panics.
    Panics,
    /// It has a mebibyte of text.
    Huge,
    /// It has [`SECRET`] in a URL.
    Secret,
}

/// A source.
#[derive(Debug)]
struct Source(&'static str, Option<&'static Self>);

static TIMEOUT: Source = Source("no answer within 2 s", None);
static PAYMENT: Source = Source("payment failed", Some(&TIMEOUT));

// === impl Failing ===

impl fmt::Display for Failing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chained => f.write_str("order not placed"),
            Self::Ring => f.write_str("ring"),
            Self::Panics => panic!("in a Display"),
            Self::Huge => (0..1 << 20).try_for_each(|_| f.write_str("x")),
            Self::Secret => write!(f, "no answer from https://ann:{SECRET}@h/?sig={SECRET}"),
        }
    }
}

impl Error for Failing {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Chained => Some(&PAYMENT),
            Self::Ring => Some(self),
            Self::Panics => panic!("in a source"),
            Self::Huge | Self::Secret => None,
        }
    }
}

// === impl Source ===

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for Source {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.1.map(|source| source as _)
    }
}
