//! Clients that have logged in.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use obs_base::token::Token;

use super::once::secret;
use crate::Rights;

/// The most sessions; the one that was idle for longest gives way.
const MAX_SESSIONS: usize = 64;
/// How long a session lives without a request.
pub(super) const IDLE: Duration = Duration::from_secs(12 * 60 * 60);
/// How long a session lives at most.
const LIFETIME: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The sessions, by the value of their cookies.
#[derive(Default)]
pub(super) struct Sessions(Mutex<Vec<Session>>);

#[derive(Debug)]
struct Session {
    token: Token,
    rights: Rights,
    begun: Instant,
    used: Instant,
}

// === impl Sessions ===

impl Sessions {
    /// Begins a session; returns the value of its cookie.
    pub(super) fn begin(&self, rights: Rights, now: Instant) -> Option<String> {
        let secret = secret()?;
        let token = Token::parse("session", &secret).ok()?;
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|session| session.lives(now));
        if sessions.len() >= MAX_SESSIONS
            && let Some((idlest, _)) = sessions.iter().enumerate().min_by_key(|(_, session)| session.used)
        {
            sessions.swap_remove(idlest);
        }
        sessions.push(Session {
            token,
            rights,
            begun: now,
            used: now,
        });
        Some(secret)
    }

    /// The rights of a session, by the value of its cookie.
    pub(super) fn rights(&self, shown: &[u8], now: Instant) -> Option<Rights> {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found = None;
        for session in sessions.iter_mut().filter(|session| session.lives(now)) {
            if session.token.is(shown) {
                session.used = now;
                found = Some(session.rights);
            }
        }
        found
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sessions(…)")
    }
}

// === impl Session ===

impl Session {
    fn lives(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.used) < IDLE && now.saturating_duration_since(self.begun) < LIFETIME
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_when_it_is_idle_or_old() {
        let (sessions, start) = (Sessions::default(), Instant::now());
        let cookie = sessions.begin(Rights::see(), start).unwrap();
        assert_eq!(sessions.rights(b"", start), None);
        let mut now = start;
        while now < start + LIFETIME {
            assert_eq!(sessions.rights(cookie.as_bytes(), now), Some(Rights::see()));
            now += IDLE / 2;
        }
        assert_eq!(sessions.rights(cookie.as_bytes(), now), None, "too old");
        let idle = sessions.begin(Rights::see(), now).unwrap();
        assert_eq!(sessions.rights(idle.as_bytes(), now + IDLE), None);
    }

    #[test]
    fn the_idlest_session_gives_way() {
        let (sessions, start) = (Sessions::default(), Instant::now());
        let at = |n: usize| start + Duration::from_secs(n as u64);
        let cookies: Vec<String> = (0..MAX_SESSIONS)
            .map(|n| sessions.begin(Rights::see(), at(n)).unwrap())
            .collect();
        let later = at(MAX_SESSIONS);
        assert!(sessions.rights(cookies[0].as_bytes(), later).is_some());
        let newest = sessions.begin(Rights::see().change(true), later).unwrap();
        assert!(sessions.rights(cookies[0].as_bytes(), later).is_some());
        assert!(sessions.rights(cookies[1].as_bytes(), later).is_none());
        assert!(sessions.rights(newest.as_bytes(), later).unwrap().changes());
    }
}
