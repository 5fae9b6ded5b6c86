//! A context for work that runs in several steps, such as the polls of a body.

use opentelemetry::Context as OtelContext;

use super::{Entered, RequestContext, current, enter, otel};
use crate::recorder::ActiveSpan;

/// The context that was current when this was made, for work that runs in several steps on any task or thread: the
/// polls of a body or a stream, and its drop.
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
    /// The child span that was active, of a request that is not sampled.
    active: ActiveSpan,
}

/// Keeps a carried context current until it is dropped, then moves it back, also after a panic.
struct Within<'a> {
    home: &'a mut Option<RequestContext>,
    entered: Option<Entered>,
}

// === impl Carried ===

impl Carried {
    /// The context that is current now, with the innermost span. Made outside of a request, it runs the work outside
    /// of any request.
    #[must_use]
    pub fn current() -> Self {
        Self::new(current(), otel::current())
    }

    pub(super) fn new(context: Option<RequestContext>, otel: OtelContext) -> Self {
        Self {
            context,
            otel,
            active: ActiveSpan::current(),
        }
    }

    /// Whether it belongs to a request.
    #[must_use]
    pub fn has_request(&self) -> bool {
        self.context.is_some()
    }

    /// Runs one step of the work in this context.
    pub fn run<R>(&mut self, work: impl FnOnce() -> R) -> R {
        let _otel = otel::attach(self.otel.clone());
        let _active = self.active.activate();
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
