//! More traces of a route, for a time.

use std::{
    fmt,
    sync::{
        Arc, PoisonError, RwLock, RwLockWriteGuard,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use obs_base::InitError;

use super::sampler::ratio;
use crate::overrides::{Override, OverrideId, Overrides};

/// The routes whose ratio is raised; clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct SamplingBoosts(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Whether there are any: most requests look no further.
    is_active: AtomicBool,
    boosts: RwLock<Overrides<Boost>>,
}

#[derive(Debug)]
struct Boost {
    route: String,
    ratio: f64,
    bound: u64,
}

// === impl SamplingBoosts ===

impl SamplingBoosts {
    pub(crate) fn add(&self, route: &str, share: f64, duration: Duration) -> Result<OverrideId, InitError> {
        const SETTING: &str = "boost_sampling";
        let boost = Boost {
            route: route.to_owned(),
            ratio: share,
            bound: ratio(SETTING, share)?,
        };
        let inner = Arc::downgrade(&self.0);
        let mut boosts = self.0.write();
        let id = boosts.add(boost, (SETTING, duration), move |id| {
            if let Some(inner) = inner.upgrade() {
                Self(inner).end(id);
            }
        })?;
        self.0.is_active.store(true, Relaxed);
        Ok(id)
    }

    /// Ends a boost; false if it has ended already.
    pub(crate) fn end(&self, id: OverrideId) -> bool {
        let mut boosts = self.0.write();
        let ended = boosts.end(id);
        self.0.is_active.store(boosts.iter().next().is_some(), Relaxed);
        ended.is_some()
    }

    pub(crate) fn list(&self) -> Vec<Override> {
        let boosts = self.0.boosts.read().unwrap_or_else(PoisonError::into_inner);
        boosts.list().collect()
    }

    /// The bound for traces of a route, by the highest of its boosts.
    #[inline]
    pub(super) fn bound(&self, route: Option<&str>) -> Option<u64> {
        let route = route.filter(|_| self.0.is_active.load(Relaxed))?;
        self.0.bound(route)
    }
}

// === impl Inner ===

impl Inner {
    fn write(&self) -> RwLockWriteGuard<'_, Overrides<Boost>> {
        self.boosts.write().unwrap_or_else(PoisonError::into_inner)
    }

    #[cold]
    fn bound(&self, route: &str) -> Option<u64> {
        let boosts = self.boosts.read().unwrap_or_else(PoisonError::into_inner);
        let of_route = boosts.iter().filter(|boost| boost.route == route);
        of_route.map(|boost| boost.bound).max()
    }
}

// === impl Boost ===

impl fmt::Display for Boost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "traces of {:?} at the ratio {}", self.route, self.ratio)
    }
}
