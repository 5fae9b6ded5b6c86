//! Who is in the shop.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use obs_axum::obs_core::Obs;

use crate::business::Business;

/// How long a user counts as active.
const ACTIVE: Duration = Duration::from_secs(5 * 60);
/// More users than this are not told apart: names come from visitors.
const MOST: usize = 10_000;

/// The users who did something lately.
#[derive(Debug, Default)]
pub(crate) struct Visitors {
    seen: Mutex<HashMap<String, Instant>>,
}

// === impl Visitors ===

impl Visitors {
    /// Visitors whose number stands on the page of `obs`, counted when the page is made.
    pub(crate) fn on_page_of(obs: &Obs) -> Arc<Self> {
        let visitors = Arc::new(Self::default());
        let (counted, gauge) = (Arc::clone(&visitors), Business::active_users());
        obs.registry()
            .before_render(move || gauge.set(f64::from(counted.active(Instant::now()))));
        visitors
    }

    /// A user has done something.
    pub(crate) fn saw(&self, user_id: &str) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = seen.get_mut(user_id) {
            *last = Instant::now();
        } else if seen.len() < MOST {
            seen.insert(user_id.to_owned(), Instant::now());
        }
    }

    /// How many users were seen lately; forgets the others.
    fn active(&self, now: Instant) -> u32 {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.retain(|_, last| now.saturating_duration_since(*last) < ACTIVE);
        u32::try_from(seen.len()).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_counts_once_and_for_five_minutes() {
        let visitors = Visitors::default();
        for user in ["user-1", "user-2", "user-1"] {
            visitors.saw(user);
        }
        let now = Instant::now();
        assert_eq!(visitors.active(now), 2);
        assert_eq!(visitors.active(now + ACTIVE), 0);
    }
}
