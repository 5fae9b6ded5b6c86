//! The process-wide default: the instance of layers, clients and pages that were given none.

use std::sync::{Arc, OnceLock};

use super::{Pipeline, Routes};
use crate::{context::set_default_instance, metrics::Registry};

/// The instance that was made the process-wide default.
static INSTALLED: OnceLock<Arc<Pipeline>> = OnceLock::new();
/// The routes of the process-wide default before there is one, and of `init`.
static ROUTES: OnceLock<Arc<Routes>> = OnceLock::new();

/// The registry of the process-wide default, before and after `init`.
pub(crate) fn default_registry() -> &'static Registry {
    static REGISTRY: OnceLock<Registry> = OnceLock::new();
    REGISTRY.get_or_init(Registry::new)
}

/// The routes of the process-wide default, before and after `init`.
pub(crate) fn default_routes() -> &'static Arc<Routes> {
    match INSTALLED.get() {
        Some(pipeline) => &pipeline.routes,
        None => ROUTES.get_or_init(Arc::default),
    }
}

/// The process-wide default: what `init` has installed; without it, metrics and ids only.
pub(crate) fn default() -> Arc<Pipeline> {
    static BARE: OnceLock<Arc<Pipeline>> = OnceLock::new();
    installed()
        .cloned()
        .unwrap_or_else(|| Arc::clone(BARE.get_or_init(|| Arc::new(Pipeline::bare()))))
}

/// The process-wide default, if there is one.
pub(crate) fn installed() -> Option<&'static Arc<Pipeline>> {
    INSTALLED.get()
}

/// Whether `pipeline` is the process-wide default.
pub(crate) fn is_installed(pipeline: &Arc<Pipeline>) -> bool {
    installed().is_some_and(|installed| Arc::ptr_eq(installed, pipeline))
}

/// Makes `pipeline` the process-wide default, until the process ends.
pub(crate) fn install(pipeline: &Arc<Pipeline>) {
    if INSTALLED.set(Arc::clone(pipeline)).is_ok() {
        set_default_instance(pipeline.tracing.forever());
        // Layers that have been added to services before are those of the default from now on.
        if let Some(before) = ROUTES.get() {
            pipeline.routes.take_layer_of(before);
        }
    }
}

/// The value of an environment variable; one that is not Unicode counts as unset.
pub(crate) fn env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
