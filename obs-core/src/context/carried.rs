//! A context that work is done in piece by piece.

use opentelemetry::Context as OtelContext;

use super::{Entered, RequestContext, current, enter, otel};

/// The context that was current when this was made, for work that is done piece by piece on whatever
/// task or thread: the polls of a body or a stream, and its drop.
///
/// ```
/// use obs_core::context::{self, Carried};
///
/// let mut carried = context::run_new(Carried::current);
/// assert!(context::current().is_none());
/// assert!(carried.run(context::current).is_some());
/// ```
#[derive(Clone, Debug)]
pub struct Carried {
    context: Option<RequestContext>,
    otel: OtelContext,
}

/// Keeps a carried context current, and hands it back, also if what runs in it panics.
struct Within<'a> {
    home: &'a mut Option<RequestContext>,
    entered: Option<Entered>,
}

// === impl Carried ===

impl Carried {
    /// The context that is current now, and the innermost span with it; outside of a request the work
    /// is done outside of one.
    #[must_use]
    pub fn current() -> Self {
        Self::new(current(), otel::current())
    }

    pub(super) fn new(context: Option<RequestContext>, otel: OtelContext) -> Self {
        Self { context, otel }
    }

    /// Whether there is a request in it.
    #[must_use]
    pub fn has_request(&self) -> bool {
        self.context.is_some()
    }

    /// Runs a piece of the work in it.
    pub fn run<R>(&mut self, work: impl FnOnce() -> R) -> R {
        let _otel = otel::attach(self.otel.clone());
        let entered = enter(self.context.take());
        let _within = Within {
            home: &mut self.context,
            entered: Some(entered),
        };
        work()
    }

    pub(super) fn context(&self) -> Option<&RequestContext> {
        self.context.as_ref()
    }
}

// === impl Within ===

impl Drop for Within<'_> {
    fn drop(&mut self) {
        *self.home = self.entered.take().and_then(Entered::leave);
    }
}
