//! The log bridge of a build without log records: it does nothing.

use std::marker::PhantomData;

use tracing_core::Subscriber;
use tracing_subscriber::Layer;

use crate::LogSink;

/// A layer that would turn events into log records; without the feature `logs` it does nothing.
#[derive(Debug)]
pub struct LogBridge<K>(PhantomData<K>);

// === impl LogBridge ===

impl<K: LogSink> LogBridge<K> {
    /// A layer that does nothing.
    #[must_use]
    pub fn new(_: K) -> Self {
        Self(PhantomData)
    }
}

impl<S: Subscriber, K: LogSink> Layer<S> for LogBridge<K> {}
