//! A closure as a channel.

use std::{error::Error, sync::Arc};

use obs_core::guard::chain_text;

use super::{Notification, send_error::SendError};
use crate::text::MOST_ERROR;

/// The function that gets the notifications.
#[derive(Clone)]
pub(crate) struct Closure(Arc<Tell>);

type Tell = dyn Fn(&Notification) -> Result<(), Box<dyn Error + Send + Sync>> + Send + Sync;

// === impl Closure ===

impl Closure {
    pub(super) fn new<E>(send: impl Fn(&Notification) -> Result<(), E> + Send + Sync + 'static) -> Self
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        Self(Arc::new(move |notification| send(notification).map_err(Into::into)))
    }

    pub(super) fn send(&self, notification: &Notification) -> Result<(), SendError> {
        (self.0)(notification).map_err(|error| SendError::transient(chain_text(&*error, ": ", MOST_ERROR)))
    }
}
