//! The state that layers and clients make of their common settings.

use std::sync::Arc;

use super::grpc::Methods;
use crate::{
    metrics::Convention,
    options::Common,
    pipeline::{KnownMethods, Pipeline},
    redact::Redactor,
};

/// The state of a layer, or of a client, that follows from the settings that both have. Built when the first request of
/// the layer arrives, once everything is set up.
pub(crate) struct CommonState {
    /// The instance that is recorded into.
    pub(crate) pipeline: Arc<Pipeline>,
    /// The names of the RED metrics and their labels.
    pub(crate) convention: Convention,
    /// The gRPC methods that are label values.
    pub(crate) grpc_methods: Methods,
    /// The request methods that are label values.
    pub(crate) known_methods: KnownMethods,
    /// Redacts queries, URLs and headers, by the names of the instance and those of the layer.
    pub(crate) redactor: Redactor,
}

// === impl CommonState ===

impl CommonState {
    pub(crate) fn new(options: &Common) -> Self {
        let pipeline = options.instance();
        // The first request of the layer or client: by now, everything is set up.
        pipeline.connections.report(&pipeline);
        Self {
            convention: options.convention(&pipeline),
            grpc_methods: Methods::new(&options.grpc_methods),
            known_methods: options.known_methods(&pipeline),
            redactor: options.redactor(&pipeline),
            pipeline,
        }
    }
}
