//! The settings of a layer, and the state that is built from them.

use std::sync::{Arc, OnceLock};

use super::{ArcOrStatic, Instrument, Options};
use crate::{
    clock,
    pipeline::{self, Routes},
};

/// The settings of a layer, and the state that is built from them at the first request. Clones share both.
///
/// For adapters: their layer is a `LayerState` with setters, and their service a clone by
/// [`for_service`](Self::for_service). Settings that need the instance are resolved at the first request, so that a
/// layer may be made before `init`.
#[derive(Clone, Debug, Default)]
pub struct LayerState {
    lazy: LazyRef,
}

/// A reference that is counted, or valid until the process ends.
#[derive(Clone, Debug)]
enum LazyRef {
    Counted(Arc<Lazy>),
    Forever(&'static Arc<Lazy>),
}

#[derive(Debug, Default)]
struct Lazy {
    options: Options,
    instrument: OnceLock<ArcOrStatic<Instrument>>,
    /// The leaked reference to itself, once there is one.
    forever: OnceLock<&'static Arc<Self>>,
}

// === impl LayerState ===

impl LayerState {
    /// A layer with changed settings and new state; clones that were made before keep theirs.
    #[must_use]
    pub fn with(self, change: impl FnOnce(&mut Options)) -> Self {
        let mut options = self.lazy.options.clone();
        change(&mut options);
        Self {
            lazy: LazyRef::Counted(Arc::new(Lazy {
                options,
                ..Lazy::default()
            })),
        }
    }

    /// Registers the layer with its instance, whose metrics pages then observe unmatched requests with its settings.
    ///
    /// Has to be called when the layer is added to a service.
    pub fn announce(&self) {
        let routes = match self.lazy.options.common.own_instance() {
            Some(pipeline) => &pipeline.routes,
            None => pipeline::default_routes(),
        };
        routes.set_layer(self.lazy.counted());
    }

    /// The layer that was [registered](Self::announce) last, if it still exists.
    pub(crate) fn last_of(routes: &Routes) -> Option<Self> {
        routes.layer().map(|lazy| Self {
            lazy: LazyRef::Counted(lazy),
        })
    }

    /// The state for a service that the layer is added to.
    ///
    /// The state of a layer of the process-wide default is leaked, once for each layer, so that a clone of the service
    /// changes no reference count: some routers clone their services for each request.
    #[must_use]
    pub fn for_service(&self) -> Self {
        clock::prepare();
        match self.lazy.options.common.own_instance() {
            Some(_) => self.clone(),
            None => Self {
                lazy: self.lazy.forever(),
            },
        }
    }

    /// The adapter's own settings of type `T`, if there are any, see [`Common::edit_hooks`](crate::options::Common::edit_hooks).
    #[inline]
    #[must_use]
    pub fn hooks<T: 'static>(&self) -> Option<&T> {
        self.lazy.options.common.hooks()
    }

    /// The state, which is built at the first call.
    #[must_use]
    pub fn instrument(&self) -> &ArcOrStatic<Instrument> {
        let Lazy {
            options,
            instrument,
            forever: _,
        } = &*self.lazy;
        instrument.get_or_init(|| {
            let is_default = options.common.own_instance().is_none();
            let instrument = Instrument::new(options.clone());
            if is_default {
                ArcOrStatic::forever(instrument)
            } else {
                ArcOrStatic::counted(instrument)
            }
        })
    }
}

// === impl LazyRef ===

impl LazyRef {
    fn counted(&self) -> &Arc<Lazy> {
        match self {
            Self::Counted(lazy) => lazy,
            Self::Forever(lazy) => lazy,
        }
    }

    fn forever(&self) -> Self {
        let lazy = self.counted();
        Self::Forever(lazy.forever.get_or_init(|| Box::leak(Box::new(Arc::clone(lazy)))))
    }
}

impl Default for LazyRef {
    fn default() -> Self {
        Self::Counted(Arc::default())
    }
}

impl std::ops::Deref for LazyRef {
    type Target = Lazy;

    #[inline]
    fn deref(&self) -> &Lazy {
        self.counted()
    }
}
