//! The instance that an event, a span or a metric belongs to.

use super::{InstanceRef, instance, outside_instance, set_thread_default, with_current};

/// The instance of what happens here: that of the current request or job, else that of the thread, else the
/// process-wide default.
#[inline]
pub(crate) fn owner() -> Option<InstanceRef> {
    // Requests of layers that were used before there was a default have the id 0.
    let of_request = with_current(|request| request.parts().instance.clone().filter(|instance| instance.id() != 0));
    of_request.flatten().or_else(outside_instance)
}

/// The ids of those that may own what happens here, in the order of [`owner`]; 0 for none.
pub(super) fn owner_ids() -> [u64; 3] {
    let of_request = with_current(|request| request.parts().instance_id());
    let [of_thread, default] = instance::outside_ids();
    [of_request.unwrap_or_default(), of_thread, default]
}

/// Wraps `work`, which is to run on a thread of its own, so that what it does outside of requests belongs to the
/// instance that is the one of this thread, see [`Obs::make_thread_default`](crate::Obs::make_thread_default).
#[doc(hidden)]
pub fn carry_instance<R>(work: impl FnOnce() -> R) -> impl FnOnce() -> R {
    let here = instance::of_thread();
    move || {
        if let Some(instance) = here {
            set_thread_default(instance);
        }
        work()
    }
}
