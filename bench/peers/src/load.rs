//! What is asked of a subject.

use std::fmt;

/// What a request looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `GET /users/{id}` with a query.
    Get,
    /// `POST /upload` with a body of ten bytes.
    Post,
    /// A path that no route matches.
    Unmatched,
}

/// What it says of its trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parent {
    /// Nothing: a new trace begins, and is sampled.
    None,
    /// Its trace is sampled.
    Sampled,
    /// Its trace is not sampled.
    Unsampled,
}

/// One way to load a subject. All its requests are alike, but for the route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    /// One kind of request on one thread.
    Plain(Kind, Parent),
    /// A handler that is polled ten times, in a sampled trace.
    Polls,
    /// Requests spread over so many routes, in a sampled trace.
    Routes(usize),
    /// So many threads at once, all on one route or each on its own, in a sampled trace.
    Threads { threads: usize, apart: bool },
}

/// The parents that each kind of request is sent with.
pub const PARENTS: [Parent; 3] = [Parent::None, Parent::Sampled, Parent::Unsampled];
/// The kinds of requests.
pub const KINDS: [Kind; 3] = [Kind::Get, Kind::Post, Kind::Unmatched];
/// Polls of a slow handler.
pub const POLLS: usize = 10;
/// What is run on a few subjects only.
pub const SPECIAL: [Load; 8] = [
    Load::Polls,
    Load::Routes(1),
    Load::Routes(100),
    Load::Routes(10_000),
    Load::Threads { threads: 2, apart: false },
    Load::Threads { threads: 2, apart: true },
    Load::Threads { threads: 4, apart: false },
    Load::Threads { threads: 4, apart: true },
];

// === impl Load ===

impl Load {
    /// All loads; their places in this list are their names between processes.
    pub fn all() -> Vec<Self> {
        let plain = KINDS.iter().flat_map(|&kind| PARENTS.map(|parent| Self::Plain(kind, parent)));
        plain.chain(SPECIAL).collect()
    }

    pub fn parent(self) -> Parent {
        match self {
            Self::Plain(_, parent) => parent,
            Self::Polls | Self::Routes(_) | Self::Threads { .. } => Parent::Sampled,
        }
    }

    pub fn is_upload(self) -> bool {
        matches!(self, Self::Plain(Kind::Post, _))
    }

    pub fn is_threaded(self) -> bool {
        matches!(self, Self::Threads { .. })
    }
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(kind, parent) => write!(f, "{kind}, {parent}"),
            Self::Polls => write!(f, "a handler of {POLLS} polls"),
            Self::Routes(1) => f.write_str("1 route"),
            Self::Routes(routes) => write!(f, "{routes} routes"),
            Self::Threads { threads, apart: false } => write!(f, "{threads} threads, one series"),
            Self::Threads { threads, apart: true } => write!(f, "{threads} threads, a series each"),
        }
    }
}

// === impl Kind ===

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Get => "GET with query",
            Self::Post => "POST with body",
            Self::Unmatched => "unmatched",
        })
    }
}

// === impl Parent ===

impl Parent {
    /// The header `traceparent`.
    pub fn traceparent(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Sampled => Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
            Self::Unsampled => Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"),
        }
    }
}

impl fmt::Display for Parent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "no parent",
            Self::Sampled => "sampled",
            Self::Unsampled => "unsampled",
        })
    }
}
