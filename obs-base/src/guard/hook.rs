//! Hooks of the application.

use std::{
    cell::RefCell,
    fmt,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
};

use super::guarded;
use obs_conventions::names::target;

thread_local! {
    /// The ids of the hooks that are running on this thread, the innermost last.
    static RUNNING: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

/// A hook of the application (a closure or a reader) whose panics are caught and that doesn't call itself.
///
/// - A panic is caught; the first one of each hook is logged as a warning (target `obs`). The hook is called again the
///   next time.
/// - A hook isn't called for its own effects on the same thread: a reader of log lines that logs doesn't receive the
///   line.
/// - It isn't called from destructors of thread-locals that run after the list of running hooks was destroyed.
///
/// ```
/// use obs_base::guard::Guarded;
///
/// let hook = Guarded::new("the on_finish hook", |status: u16| status >= 500);
/// assert_eq!(hook.call(|hook| hook(503)), Some(true));
/// ```
pub struct Guarded<H: ?Sized> {
    /// The name of the hook in the warning, such as `the on_finish hook`.
    what: &'static str,
    /// Unique in the process.
    id: u64,
    has_panicked: AtomicBool,
    hook: H,
}

/// Marks the hook as running on this thread until it is dropped.
struct Running(());

// === impl Guarded ===

impl<H> Guarded<H> {
    /// Guards `hook`.
    ///
    /// `what` is the subject of the warning, such as `the on_finish hook`.
    pub fn new(what: &'static str, hook: H) -> Self {
        static HOOKS: AtomicU64 = AtomicU64::new(0);
        let id = HOOKS.fetch_add(1, Ordering::Relaxed);
        Self {
            what,
            id,
            has_panicked: AtomicBool::new(false),
            hook,
        }
    }
}

impl<H: ?Sized> Guarded<H> {
    /// Runs `call` with the hook and returns its result.
    ///
    /// `None` if it panics, if the hook is running on this thread already, and late in the end of a thread.
    #[inline]
    pub fn call<R>(&self, call: impl FnOnce(&H) -> R) -> Option<R> {
        let _running = Running::start(self.id)?;
        let returned = guarded(|| call(&self.hook));
        if returned.is_none() {
            self.warn_once();
        }
        returned
    }

    #[cold]
    fn warn_once(&self) {
        if !self.has_panicked.swap(true, Ordering::Relaxed) {
            warn(self.what);
        }
    }
}

/// Compiled once for all hooks.
fn warn(what: &'static str) {
    // Guarded, since layers of the application receive the event, perhaps while the thread unwinds.
    let _ = guarded(|| {
        tracing::warn!(target: target::OBS, "{what} has panicked and is ignored for this call; further panics of it are not logged");
    });
}

impl<H: Default> Default for Guarded<H> {
    fn default() -> Self {
        Self::new("a hook", H::default())
    }
}

impl<H: ?Sized> fmt::Debug for Guarded<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }
}

// === impl Running ===

impl Running {
    /// `None` if the hook is running already, and if the thread-local has been destroyed.
    #[inline]
    fn start(id: u64) -> Option<Self> {
        let start = |running: &RefCell<Vec<u64>>| {
            let mut running = running.try_borrow_mut().ok()?;
            let is_new = !running.contains(&id);
            if is_new {
                running.push(id);
            }
            is_new.then_some(Self(()))
        };
        RUNNING.try_with(start).ok().flatten()
    }
}

impl Drop for Running {
    #[inline]
    fn drop(&mut self) {
        let _ = RUNNING.try_with(|running| running.try_borrow_mut().map(|mut running| running.pop()));
    }
}

#[cfg(test)]
mod tests {
    use std::{
        cell::RefCell,
        panic::resume_unwind,
        sync::{
            Arc, OnceLock,
            atomic::{AtomicUsize, Ordering},
        },
    };

    use super::*;

    #[test]
    fn a_hook_is_not_called_for_what_it_does_itself() {
        static HOOK: OnceLock<Guarded<fn()>> = OnceLock::new();
        static CALLS: AtomicUsize = AtomicUsize::new(0);
        fn again() {
            CALLS.fetch_add(1, Ordering::Relaxed);
            assert_eq!(HOOK.get().unwrap().call(|hook| hook()), None);
        }
        let hook = HOOK.get_or_init(|| Guarded::new("a hook", again));
        assert_eq!(hook.call(|hook| hook()), Some(()));
        assert_eq!(hook.call(|hook| hook()), Some(()));
        assert_eq!(CALLS.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn a_hook_that_panics_is_called_the_next_time() {
        let calls = RefCell::new(0);
        let hook: Arc<Guarded<dyn Fn()>> = Arc::new(Guarded::new("a hook", || resume_unwind(Box::new("on purpose"))));
        for _ in 0..2 {
            let called = hook.call(|hook| {
                *calls.borrow_mut() += 1;
                hook();
            });
            assert!(called.is_none());
        }
        assert_eq!(*calls.borrow(), 2);
    }
}
