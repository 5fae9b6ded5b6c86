//! The instance that a context belongs to, as far as contexts know it.

use std::{any::Any, cell::RefCell, fmt, sync::OnceLock};

use metrics::Recorder;

use super::{Propagators, TraceFlags, TraceId};
use crate::arc_or_static::ArcOrStatic;

/// What a context asks of its instance. Its traces implement it.
pub(crate) trait Instance: Any + fmt::Debug + Send + Sync {
    /// Tells the instances of one process apart; 0 is the process-wide default before `init`.
    fn id(&self) -> u64;

    /// Whether a trace that starts here, outside a request, is recorded.
    fn samples_root(&self, trace_id: TraceId) -> bool;

    /// Whether the part of a trace that starts here is recorded, which has come with these flags.
    fn samples_child(&self, parent: TraceFlags, trace_id: TraceId) -> bool;

    /// In which headers traces are read and sent on.
    fn propagators(&self) -> &Propagators;

    /// Where metrics of the `metrics` facade go that belong to the instance.
    fn recorder(&self) -> &dyn Recorder;
}

/// A handle to an instance, which contexts hold.
pub(crate) type InstanceRef = ArcOrStatic<dyn Instance>;

thread_local! {
    static OF_THREAD: RefCell<Option<InstanceRef>> = const { RefCell::new(None) };
}

/// The instance of contexts that start outside a request; none before `init`.
static DEFAULT: OnceLock<InstanceRef> = OnceLock::new();

/// Makes `instance` the one of contexts that start outside a request; there is no way back.
pub(crate) fn set_default_instance(instance: InstanceRef) {
    let _ = DEFAULT.set(instance);
}

/// The instance of contexts that start outside a request; none before `init`.
fn default_instance() -> Option<InstanceRef> {
    DEFAULT.get().cloned()
}

/// Makes `instance` the one of what happens on this thread outside of requests, until the thread ends.
pub(crate) fn set_thread_default(instance: InstanceRef) {
    let before = OF_THREAD.try_with(|of_thread| of_thread.replace(Some(instance)));
    // Outside of the thread's state: this may be the last handle to an instance.
    drop(before);
}

pub(super) fn of_thread() -> Option<InstanceRef> {
    OF_THREAD
        .try_with(|of_thread| of_thread.try_borrow().ok().and_then(|instance| instance.clone()))
        .ok()
        .flatten()
}

/// The instance of what happens here outside of requests and jobs: that of the thread, else the process-wide default.
pub(crate) fn outside_instance() -> Option<InstanceRef> {
    of_thread().or_else(default_instance)
}

/// The ids of the instance of the thread and of the process-wide default; 0 for none.
pub(super) fn outside_ids() -> [u64; 2] {
    let of_thread = OF_THREAD.try_with(|of_thread| {
        let of_thread = of_thread.try_borrow().ok();
        of_thread.and_then(|instance| instance.as_ref().map(|instance| instance.id()))
    });
    let default = DEFAULT.get().map(|instance| instance.id());
    [
        of_thread.ok().flatten().unwrap_or_default(),
        default.unwrap_or_default(),
    ]
}
