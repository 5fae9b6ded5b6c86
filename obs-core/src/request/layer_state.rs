//! A layer's settings with the state that they lead to.

use std::sync::{Arc, OnceLock};

use super::{ArcOrStatic, Instrument, Options};
use crate::{
    clock,
    pipeline::{self, Routes},
};

/// A layer's settings and, made at the first request, its state; clones share both.
#[derive(Clone, Debug, Default)]
pub struct LayerState {
    lazy: LazyRef,
}

/// Counted by reference, or there until the process ends.
#[derive(Clone, Debug)]
enum LazyRef {
    Counted(Arc<Lazy>),
    Forever(&'static Arc<Lazy>),
}

#[derive(Debug, Default)]
struct Lazy {
    options: Options,
    instrument: OnceLock<ArcOrStatic<Instrument>>,
    /// Itself, once it is not counted any more.
    forever: OnceLock<&'static Arc<Self>>,
}

// === impl LayerState ===

impl LayerState {
    /// The same settings with a change; a layer that was cloned before keeps its own.
    #[must_use]
    pub fn with(self, change: impl FnOnce(&mut Options)) -> Self {
        let mut options = self.lazy.options.clone();
        change(&mut options);
        Self { lazy: LazyRef::Counted(Arc::new(Lazy { options, ..Lazy::default() })) }
    }

    /// To be called when the layer is added to a service: pages of the same instance then know it.
    pub fn announce(&self) {
        let routes = match self.lazy.options.common.own_instance() {
            Some(pipeline) => &pipeline.routes,
            None => pipeline::default_routes(),
        };
        routes.set_layer(self.lazy.counted());
    }

    /// The layer that was [announced](Self::announce) last, if it is still in use.
    pub(crate) fn last_of(routes: &Routes) -> Option<Self> {
        routes.layer().map(|lazy| Self { lazy: LazyRef::Counted(lazy) })
    }

    /// The state for a service that the layer is added to. That of the process-wide default stays until
    /// the process ends, so that clones of the service, of which some routers make one for each request,
    /// need not be counted.
    #[must_use]
    pub fn for_service(&self) -> Self {
        clock::prepare();
        match self.lazy.options.common.own_instance() {
            Some(_) => self.clone(),
            None => Self { lazy: self.lazy.forever() },
        }
    }

    /// What the adapter keeps with the settings, see [`Options::edit_hooks`].
    #[inline]
    #[must_use]
    pub fn hooks<T: 'static>(&self) -> Option<&T> {
        self.lazy.options.hooks()
    }

    /// The state, made at the first call.
    #[must_use]
    pub fn instrument(&self) -> &ArcOrStatic<Instrument> {
        let Lazy { options, instrument, forever: _ } = &*self.lazy;
        instrument.get_or_init(|| {
            let is_default = options.common.own_instance().is_none();
            let instrument = Instrument::new(options.clone());
            if is_default { ArcOrStatic::forever(instrument) } else { ArcOrStatic::counted(instrument) }
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
