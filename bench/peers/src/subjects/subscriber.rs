//! The process-wide subscriber of a peer.

use std::error::Error;

use tracing_subscriber::{
    EnvFilter, Registry,
    layer::{Layered, SubscriberExt},
    registry::LookupSpan,
    util::SubscriberInitExt,
};

/// What layers are put on: the filter first, as it decides for all.
pub type Base = Layered<EnvFilter, Registry>;

/// The registry behind a filter, as services have it.
pub fn filtered(directives: &str) -> Base {
    tracing_subscriber::registry().with(EnvFilter::new(directives))
}

pub fn install<S>(subscriber: S) -> Result<(), Box<dyn Error>>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
{
    Ok(subscriber.try_init()?)
}
