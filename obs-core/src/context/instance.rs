//! The instance that a context belongs to, as far as contexts know it.

use std::{
    any::Any,
    fmt,
    sync::{PoisonError, RwLock},
};

use super::{Propagators, TraceId};
use crate::arc_or_static::ArcOrStatic;

/// What a context asks of its instance. Its traces implement it.
pub(crate) trait Instance: Any + fmt::Debug + Send + Sync {
    /// Tells the instances of one process apart; 0 is the process-wide default before `init`.
    fn id(&self) -> u64;

    /// Whether a trace that starts here, outside a request, is recorded.
    fn samples_root(&self, trace_id: TraceId) -> bool;

    /// In which headers traces are read and sent on.
    fn propagators(&self) -> &Propagators;
}

/// A handle to an instance, which contexts hold.
pub(crate) type InstanceRef = ArcOrStatic<dyn Instance>;

/// The instance of contexts that start outside a request; none before `init`.
static DEFAULT: RwLock<Option<InstanceRef>> = RwLock::new(None);

/// Makes `instance` the one of contexts that start outside a request.
pub(crate) fn set_default_instance(instance: InstanceRef) {
    *DEFAULT.write().unwrap_or_else(PoisonError::into_inner) = Some(instance);
}

/// The instance of contexts that start outside a request; none before `init`.
pub(crate) fn default_instance() -> Option<InstanceRef> {
    DEFAULT.read().unwrap_or_else(PoisonError::into_inner).clone()
}
