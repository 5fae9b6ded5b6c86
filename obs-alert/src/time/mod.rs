//! Points in time: [`Moment`], and the clocks that tell them.

mod away;
mod clock;
mod moment;
mod stamp;

pub(crate) use {away::Away, moment::millis, stamp::rfc3339};

pub use clock::{Clock, ManualClock, SystemClock};
pub use moment::Moment;
