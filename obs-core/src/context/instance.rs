//! The instance of a context: the functions of it that contexts call.

use std::{any::Any, cell::RefCell, fmt, sync::OnceLock};

use metrics::Recorder;

use super::{Propagators, TraceFlags, TraceId};
use crate::{arc_or_static::ArcOrStatic, recorder::FlightRecorder};

/// The functions of an instance that a context calls; its traces implement them.
pub(crate) trait Instance: Any + fmt::Debug + Send + Sync {
    /// The id of the instance, unique in the process; 0 for the process-wide default before `init`.
    fn id(&self) -> u64;

    /// Whether a trace that starts here, outside a request, is recorded.
    fn samples_root(&self, trace_id: TraceId) -> bool;

    /// Whether the part of a trace that starts here is recorded, for a trace that came with these flags.
    fn samples_child(&self, parent: TraceFlags, trace_id: TraceId) -> bool;

    /// The formats of trace headers that are read and sent.
    fn propagators(&self) -> &Propagators;

    /// The recorder of the instance's metrics of the `metrics` facade.
    fn recorder(&self) -> &dyn Recorder;

    /// Where the requests and jobs of the instance are recorded.
    fn flight_recorder(&self) -> &FlightRecorder;
}

/// A handle to an instance, which contexts hold.
pub(crate) type InstanceRef = ArcOrStatic<dyn Instance>;

thread_local! {
    static OF_THREAD: RefCell<Option<InstanceRef>> = const { RefCell::new(None) };
}

/// The instance of contexts that start outside a request; none before `init`.
static DEFAULT: OnceLock<InstanceRef> = OnceLock::new();

/// Makes `instance` the one of contexts that start outside a request, until the process ends.
pub(crate) fn set_default_instance(instance: InstanceRef) {
    let _ = DEFAULT.set(instance);
}

/// The instance of contexts that start outside a request; none before `init`.
fn default_instance() -> Option<InstanceRef> {
    DEFAULT.get().cloned()
}

/// Makes `instance` the one of events, spans and metrics on this thread outside of requests, until the thread ends.
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

/// The instance of this thread outside of requests and jobs: the one set for the thread, else the process-wide default.
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
