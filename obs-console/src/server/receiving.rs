//! A message of another service, on its way to the console's thread.

use std::sync::Arc;

use bytes::Bytes;

use super::{
    followers::Place,
    intake::Message,
    response::{ConsoleResponse, too_large},
    state::{Server, failed},
};
use crate::query::Problem;

/// A message, whose body is not read yet.
#[derive(Debug)]
pub(super) struct Receiving {
    pub(super) message: Message,
    pub(super) place: Place,
}

// === impl Receiving ===

impl Receiving {
    /// The most bytes of the body.
    pub(super) fn limit(&self) -> usize {
        self.message.encoding.limit()
    }

    pub(super) async fn answer(self, server: &Arc<Server>, body: Option<Bytes>) -> Result<ConsoleResponse, Problem> {
        let Self { message, place } = self;
        let body = body.ok_or_else(too_large)?;
        let sources = Arc::clone(&server.sources);
        let reply = server.run(move |_| {
            let taken = message.take(body, sources.foreign());
            drop(place);
            taken
        })?;
        reply.await.unwrap_or_else(|| Err(failed()))
    }
}
