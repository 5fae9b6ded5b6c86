//! No listener: the build is without its feature.

use std::{sync::Arc, time::Duration};

use obs_base::InitError;

use crate::{
    exposition::PageSettings,
    pipeline::{Listener, Pipeline},
};

/// There is none.
#[derive(Debug)]
pub(crate) enum Bound {}

/// There is none.
#[derive(Debug)]
pub(crate) enum Serving {}

/// Binds nothing.
#[expect(clippy::unnecessary_wraps, reason = "the twin of the real one")]
pub(crate) fn bind(_: &PageSettings) -> Result<Option<Bound>, InitError> {
    Ok(None)
}

// === impl Bound ===

impl Bound {
    pub(crate) fn serve(self, _: Arc<Pipeline>) -> Result<Serving, InitError> {
        match self {}
    }
}

// === impl Serving ===

impl Listener for Serving {
    fn stop(&self, _: Duration) -> bool {
        match *self {}
    }
}
