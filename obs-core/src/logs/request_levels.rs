//! More lines of single requests, for a time.

use std::{
    fmt,
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicU8, Ordering::Relaxed},
    },
};

use tracing_core::{Level, LevelFilter, Metadata};

use super::parts::level_index;
use crate::context;

/// The requests whose lines are written up to another level, see [`Obs::log_requests`](crate::Obs::log_requests).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RequestMatch {
    /// Those of a route, by its template: `/orders/{id}`. Needs the flight recorder.
    Route(String),
    /// The one with this id, or those: a caller may send the same one with each of its requests.
    RequestId(String),
}

/// The levels of some requests.
#[derive(Debug, Default)]
pub(super) struct RequestLevels {
    /// The number of the most verbose level, and one more; 0 if there is none.
    most: AtomicU8,
    matches: RwLock<Vec<(RequestMatch, Level)>>,
}

const LEVELS: [Level; 5] = [Level::TRACE, Level::DEBUG, Level::INFO, Level::WARN, Level::ERROR];

// === impl RequestMatch ===

impl fmt::Display for RequestMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Route(route) => write!(f, "requests of {route:?}"),
            Self::RequestId(id) => write!(f, "requests with the id {id:?}"),
        }
    }
}

// === impl RequestLevels ===

impl RequestLevels {
    pub(super) fn set(&self, matches: Vec<(RequestMatch, Level)>) {
        let levels = matches.iter().map(|(_, level)| LevelFilter::from_level(*level));
        let most = levels.max().unwrap_or(LevelFilter::OFF);
        let most = most.into_level().map_or(0, |level| level_index(level) + 1);
        *self.matches.write().unwrap_or_else(PoisonError::into_inner) = matches;
        self.most.store(u8::try_from(most).unwrap_or_default(), Relaxed);
    }

    /// The most verbose level of all.
    #[inline]
    pub(super) fn most(&self) -> LevelFilter {
        match self.most.load(Relaxed) {
            0 => LevelFilter::OFF,
            number => LevelFilter::from_level(LEVELS[usize::from(number - 1) % LEVELS.len()]),
        }
    }

    /// Whether what has this metadata may become a line in some request.
    #[inline]
    pub(super) fn may_take(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && *metadata.level() <= self.most()
    }

    /// Whether it becomes a line in the current request.
    #[inline]
    pub(super) fn takes(&self, metadata: &Metadata<'_>) -> bool {
        self.may_take(metadata) && self.takes_here(*metadata.level())
    }

    #[cold]
    fn takes_here(&self, level: Level) -> bool {
        let takes = context::with_current(|request| {
            let matches = self.matches.read().unwrap_or_else(PoisonError::into_inner);
            matches.iter().any(|(of, most)| {
                level <= *most
                    && match of {
                        RequestMatch::RequestId(id) => request.request_id() == id,
                        RequestMatch::Route(route) => {
                            let entry = request.parts().entry();
                            entry.is_some_and(|entry| entry.endpoint() == route.as_str())
                        }
                    }
            })
        });
        takes.unwrap_or(false)
    }
}
