//! The observation that is being polled on this thread, and what a handler or an inner layer can request of it.

use std::cell::Cell;

/// An observation is being polled.
const OBSERVED: u8 = 1;
/// An inner layer can [join](super::nested) it, if it has no further signals.
const JOINABLE: u8 = 1 << 1;
const LOGS: u8 = 1 << 2;
const TRACES: u8 = 1 << 3;
/// An inner layer has joined.
pub(super) const JOINED: u8 = 1 << 4;
/// The handler has requested a slot for the lifetime of a stream.
pub(super) const SLOT: u8 = 1 << 5;
/// The handler has requested to be left out of all signals.
pub(super) const DISCARD: u8 = 1 << 6;

/// What an observation supports while it is polled, and what was requested meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scope {
    /// The id of the instance, see `Tracing::instance`.
    instance: u64,
    flags: u8,
}

/// The scope that was entered; [`leave`](Entered::leave) makes the one around it current again.
#[derive(Debug)]
pub(super) struct Entered {
    outer: Scope,
}

thread_local! {
    static CURRENT: Cell<Scope> = const { Cell::new(Scope::NONE) };
}

// === impl Scope ===

impl Scope {
    const NONE: Self = Self { instance: 0, flags: 0 };

    /// That of an observation which no layer within may join.
    pub(super) const CLOSED: Self = Self {
        instance: 0,
        flags: OBSERVED,
    };

    /// That of an observation which layers within of the same instance may join.
    pub(super) fn joinable(instance: u64, logs: bool, traces: bool) -> Self {
        let logs = if logs { LOGS } else { 0 };
        let traces = if traces { TRACES } else { 0 };
        Self {
            instance,
            flags: OBSERVED | JOINABLE | logs | traces,
        }
    }

    /// That of the innermost observation on this thread.
    #[inline]
    pub(super) fn current() -> Self {
        CURRENT.get()
    }

    /// Whether there is an observation that its handler has not left.
    #[inline]
    pub(super) fn is_active(self) -> bool {
        self.flags & (OBSERVED | DISCARD) == OBSERVED
    }

    #[inline]
    pub(super) fn was_asked_for(self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// Whether a request of a layer with this scope loses nothing if it is recorded by this one.
    pub(super) fn takes(self, inner: Self) -> bool {
        let signals = inner.flags & (LOGS | TRACES);
        self.flags & JOINABLE != 0 && self.instance == inner.instance && self.flags & signals == signals
    }

    /// Adds a request to the innermost observation; returns the state before.
    pub(super) fn ask(add: u8, remove: u8) -> Self {
        let scope = CURRENT.get();
        CURRENT.set(Self {
            flags: (scope.flags & !remove) | add,
            ..scope
        });
        scope
    }

    /// Makes this scope current.
    #[inline]
    pub(super) fn enter(self) -> Entered {
        Entered {
            outer: CURRENT.replace(self),
        }
    }
}

// === impl Entered ===

impl Entered {
    /// Returns what was requested since; `None` if nothing was, as in most polls.
    #[inline]
    pub(super) fn leave(self) -> Option<Scope> {
        let scope = CURRENT.replace(self.outer);
        (scope.flags & (JOINED | SLOT | DISCARD) != 0).then_some(scope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_takes_layers_of_its_instance_that_write_no_more_signals() {
        let scope = |logs, traces| Scope::joinable(1, logs, traces);
        for (logs, traces) in [(false, false), (true, false), (false, true), (true, true)] {
            assert!(scope(true, true).takes(scope(logs, traces)));
            assert_eq!(scope(false, false).takes(scope(logs, traces)), !logs && !traces);
        }
        assert!(!scope(true, true).takes(Scope::joinable(2, false, false)));
        assert!(!Scope::CLOSED.takes(scope(false, false)) && !Scope::NONE.takes(scope(false, false)));
    }

    #[test]
    fn what_is_asked_for_belongs_to_the_innermost() {
        let outer = Scope::CLOSED.enter();
        let inner = Scope::CLOSED.enter();
        Scope::ask(SLOT, 0);
        assert!(
            inner
                .leave()
                .is_some_and(|scope| scope.was_asked_for(SLOT) && !scope.was_asked_for(JOINED))
        );
        assert!(Scope::current().is_active());
        Scope::ask(DISCARD, SLOT);
        assert!(!Scope::current().is_active());
        assert!(outer.leave().is_some_and(|scope| scope.was_asked_for(DISCARD)));
        assert_eq!(Scope::CLOSED.enter().leave(), None);
    }
}
