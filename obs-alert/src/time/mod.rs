//! Points in time: [`Moment`], and the clocks that measure them.

mod away;
mod clock;
mod moment;

pub(crate) use {away::Away, moment::millis};

pub use clock::{Clock, ManualClock, SystemClock};
pub use moment::Moment;
