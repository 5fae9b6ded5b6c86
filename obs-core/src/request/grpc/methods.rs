//! The gRPC methods that calls are recorded under: a list, or those that were learnt.

use std::{
    collections::HashSet,
    sync::{PoisonError, RwLock},
};

use crate::names::target;

/// How many methods are learnt at most; more have to be listed.
const MAX_LEARNT: usize = 256;
/// The longest name that is learnt, in bytes.
const MAX_NAME: usize = 256;

/// The methods that calls are recorded under.
#[derive(Debug, Default)]
pub(crate) struct Methods {
    /// The user's list; empty if the methods are to be learnt.
    listed: HashSet<Box<str>>,
    learnt: RwLock<HashSet<Box<str>>>,
}

// === impl Methods ===

impl Methods {
    /// These, each with or without a slash before it; if there are none, they are learnt.
    pub(crate) fn new(listed: &[Box<str>]) -> Self {
        Self {
            listed: listed.iter().map(|name| name.trim_start_matches('/').into()).collect(),
            learnt: RwLock::default(),
        }
    }

    /// Whether there is such a method: `package.Service/Method`.
    pub(super) fn contains(&self, name: &str) -> bool {
        if self.learns() {
            self.learnt
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .contains(name)
        } else {
            self.listed.contains(name)
        }
    }

    /// Whether methods are learnt that have a name like this.
    pub(super) fn may_learn(&self, name: &str) -> bool {
        self.learns() && is_name(name)
    }

    /// Learns a method, which is known to exist. Returns whether it is among the known ones now.
    pub(super) fn learn(&self, name: &str) -> bool {
        let mut learnt = self.learnt.write().unwrap_or_else(PoisonError::into_inner);
        if learnt.len() < MAX_LEARNT {
            learnt.insert(name.into());
            if learnt.len() == MAX_LEARNT {
                tracing::warn!(
                    target: target::OBS,
                    limit = MAX_LEARNT,
                    "no more gRPC methods are learnt, further ones are unmatched: list them with grpc_methods"
                );
            }
        }
        learnt.contains(name)
    }

    fn learns(&self) -> bool {
        self.listed.is_empty()
    }
}

/// Whether this can be the name of a service and a method in Protocol Buffers.
fn is_name(name: &str) -> bool {
    let is_word = |text: &str, also: u8| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == also)
    };
    let split = name.split_once('/').filter(|_| name.len() <= MAX_NAME);
    split.is_some_and(|(service, method)| is_word(service, b'.') && is_word(method, b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_methods_can_be_learnt() {
        for name in ["grpc.health.v1.Health/Check", "Echo/Say", "a_b.C/D_2"] {
            assert!(is_name(name), "{name}");
        }
        for text in [
            "",
            "/",
            "a/",
            "/b",
            "a/b/c",
            "a",
            "a/b c",
            "ä/b",
            "a/b.c",
            "a\"/b",
            &format!("a/{}", "b".repeat(255)),
        ] {
            assert!(!is_name(text), "{text}");
        }
    }

    #[test]
    fn what_is_listed_is_all_there_is() {
        let methods = Methods::new(&["Echo/Say".into()]);
        assert!(methods.contains("Echo/Say"));
        assert!(!methods.contains("Echo/Shout") && !methods.may_learn("Echo/Shout"));
    }

    #[test]
    fn learnt_methods_are_bounded() {
        let methods = Methods::default();
        for n in 0..1_000 {
            assert_eq!(methods.learn(&format!("Echo/M{n}")), n < MAX_LEARNT);
        }
        assert!(methods.contains("Echo/M0") && methods.learn("Echo/M0"));
        assert!(!methods.contains("Echo/M999"));
    }
}
