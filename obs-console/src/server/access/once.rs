//! Links that admit once.

use std::{
    collections::VecDeque,
    fmt::Write as _,
    sync::{Mutex, PoisonError},
};

use obs_base::token::Token;
use rand::{TryRngCore as _, rngs::OsRng};

/// The most links that wait to be opened; older ones give way.
const MAX_LINKS: usize = 16;

/// The tokens of links that were not opened yet.
#[derive(Debug, Default)]
pub(super) struct Once(Mutex<VecDeque<Token>>);

/// A new secret of 256 bits, as hex; `None` if the system has no random numbers.
pub(super) fn secret() -> Option<String> {
    let mut bytes = [0_u8; 32];
    OsRng.try_fill_bytes(&mut bytes).ok()?;
    let mut hex = String::with_capacity(64);
    for byte in bytes {
        write!(hex, "{byte:02x}").ok()?;
    }
    Some(hex)
}

// === impl Once ===

impl Once {
    /// A new token, for one link.
    pub(super) fn issue(&self) -> Option<String> {
        let secret = secret()?;
        let token = Token::parse("one_time_link", &secret).ok()?;
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.truncate(MAX_LINKS - 1);
        waiting.push_front(token);
        Some(secret)
    }

    /// Takes a token away; whether it was there.
    pub(super) fn redeem(&self, shown: &[u8]) -> bool {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = waiting.len();
        waiting.retain(|token| !token.is(shown));
        waiting.len() < before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_admits_once() {
        let once = Once::default();
        let (first, second) = (once.issue().unwrap(), once.issue().unwrap());
        assert_ne!(first, second);
        assert!(!once.redeem(b"") && !once.redeem(b"wrong"));
        assert!(once.redeem(first.as_bytes()));
        assert!(!once.redeem(first.as_bytes()));
        assert!(once.redeem(second.as_bytes()));
    }

    #[test]
    fn the_oldest_links_give_way() {
        let once = Once::default();
        let links: Vec<String> = (0..=MAX_LINKS).map(|_| once.issue().unwrap()).collect();
        assert!(!once.redeem(links[0].as_bytes()));
        assert!(once.redeem(links[1].as_bytes()));
    }
}
