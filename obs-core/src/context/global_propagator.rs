//! OpenTelemetry's global propagator: its headers are those of the instance in which they are read or sent.

use std::cell::Cell;

use opentelemetry::{
    Context, global,
    propagation::{Extractor, Injector, TextMapPropagator, text_map_propagator::FieldIter},
};

use super::{Propagators, owner};
use crate::guard::guarded;

/// Characters of a header's name in a notice.
const MAX_NAME: usize = 64;

thread_local! {
    /// Whether a propagator of this module was asked for its headers on this thread.
    static IS_ASKED: Cell<bool> = const { Cell::new(false) };
}

/// The propagator of the process, which reads and sends the headers of the instance of the request or job in which it is
/// used, outside of these those of the thread's or of the process-wide default.
#[derive(Debug)]
pub(crate) struct GlobalPropagator {
    default: Propagators,
    fields: Vec<String>,
}

// === impl GlobalPropagator ===

impl GlobalPropagator {
    pub(crate) fn new(default: Propagators) -> Self {
        Self {
            fields: default.headers(),
            default,
        }
    }

    /// A header that the global propagator of the process uses and `ours` don't, at most 64 characters of it; none if
    /// that propagator is of obs.
    pub(crate) fn foreign_header(ours: &Propagators) -> Option<String> {
        IS_ASKED.set(false);
        // A propagator of the application may panic.
        let theirs: Vec<String> =
            guarded(|| global::get_text_map_propagator(|theirs| theirs.fields().map(str::to_owned).collect()))?;
        if IS_ASKED.get() {
            return None;
        }
        let ours = ours.headers();
        let is_ours = |name: &String| ours.iter().any(|our| our.eq_ignore_ascii_case(name));
        let foreign = theirs.into_iter().find(|name| !is_ours(name))?;
        Some(foreign.chars().take(MAX_NAME).collect())
    }
}

impl TextMapPropagator for GlobalPropagator {
    fn inject_context(&self, context: &Context, injector: &mut dyn Injector) {
        match owner() {
            Some(instance) => instance.propagators().inject(context, injector),
            None => self.default.inject(context, injector),
        }
    }

    fn extract_with_context(&self, context: &Context, extractor: &dyn Extractor) -> Context {
        match owner() {
            Some(instance) => instance.propagators().extract(context, extractor),
            None => self.default.extract(context, extractor),
        }
    }

    fn fields(&self) -> FieldIter<'_> {
        IS_ASKED.set(true);
        FieldIter::new(&self.fields)
    }
}
