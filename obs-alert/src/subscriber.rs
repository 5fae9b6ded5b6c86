//! Threads that log where their starter does.

use obs_core::context::carry_instance;
use tracing::{Dispatch, dispatcher, subscriber::NoSubscriber};

/// `run`, for a thread of its own: what it logs belongs to the instance that is this thread's, and goes to the
/// subscriber that is this thread's. Where there is none, it goes to the process-wide one, also to one that is
/// installed later.
pub(crate) fn carried<T>(run: impl FnOnce() -> T) -> impl FnOnce() -> T {
    let here = dispatcher::get_default(Dispatch::clone);
    let run = carry_instance(run);
    move || {
        if here.is::<NoSubscriber>() {
            run()
        } else {
            dispatcher::with_default(&here, run)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use tracing::{Metadata, Subscriber, span, subscriber};

    use super::*;

    /// Takes everything and keeps nothing.
    struct Own;

    impl Subscriber for Own {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }

        fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
            span::Id::from_u64(1)
        }

        fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

        fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

        fn event(&self, _: &tracing::Event<'_>) {}

        fn enter(&self, _: &span::Id) {}

        fn exit(&self, _: &span::Id) {}
    }

    fn is_own() -> bool {
        dispatcher::get_default(Dispatch::is::<Own>)
    }

    #[test]
    fn a_thread_logs_where_its_starter_does() {
        let started = subscriber::with_default(Own, || thread::spawn(carried(is_own)));
        assert!(started.join().unwrap());
        assert!(!thread::spawn(carried(is_own)).join().unwrap());
    }
}
