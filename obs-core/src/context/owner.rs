//! The instance that an event, a span or a metric belongs to.

use super::{InstanceRef, outside_instance, with_current};

/// The instance of what happens here: that of the current request or job, else that of the thread, else the
/// process-wide default.
#[inline]
pub(crate) fn owner() -> Option<InstanceRef> {
    // Requests of layers that were used before there was a default have the id 0.
    let of_request = with_current(|request| request.parts().instance.clone().filter(|instance| instance.id() != 0));
    of_request.flatten().or_else(outside_instance)
}
