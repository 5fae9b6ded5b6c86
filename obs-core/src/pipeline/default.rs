//! The process-wide default: the instance of layers, clients and pages that were given none.

use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use super::{Pipeline, Routes};
use crate::{context::set_default_instance, metrics::Registry};

/// The instance that `init` has installed.
static INSTALLED: RwLock<Option<Arc<Pipeline>>> = RwLock::new(None);

/// The registry of the process-wide default, before and after `init`.
pub(crate) fn default_registry() -> &'static Registry {
    static REGISTRY: OnceLock<Registry> = OnceLock::new();
    REGISTRY.get_or_init(Registry::new)
}

/// The routes of the process-wide default, before and after `init`.
pub(crate) fn default_routes() -> &'static Arc<Routes> {
    static ROUTES: OnceLock<Arc<Routes>> = OnceLock::new();
    ROUTES.get_or_init(Arc::default)
}

/// The process-wide default: what `init` has installed; without it, metrics and ids only.
pub(crate) fn default() -> Arc<Pipeline> {
    static BARE: OnceLock<Arc<Pipeline>> = OnceLock::new();
    installed().unwrap_or_else(|| Arc::clone(BARE.get_or_init(|| Arc::new(Pipeline::bare()))))
}

/// What `init` has installed, if it has succeeded.
pub(crate) fn installed() -> Option<Arc<Pipeline>> {
    INSTALLED.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Makes `pipeline` the process-wide default.
pub(crate) fn install(pipeline: &Arc<Pipeline>) {
    set_default_instance(pipeline.instance.clone());
    *INSTALLED.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(pipeline));
}

/// The value of an environment variable; one that is not Unicode counts as unset.
pub(crate) fn env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
