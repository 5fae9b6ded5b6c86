//! A change, on its way to the console's thread.

use std::sync::Arc;

use bytes::Bytes;
use obs_base::{calendar::rfc3339, clock};
use serde_json::json;

use super::{
    controls::{Change, Kind},
    response::{ConsoleResponse, too_large},
    state::{Server, failed},
};
use crate::query::{Format, Problem};

/// A change, whose body is not read yet.
#[derive(Debug)]
pub(super) struct Making {
    pub(super) kind: Kind,
    pub(super) by: String,
}

// === impl Making ===

impl Making {
    pub(super) async fn answer(self, server: &Arc<Server>, body: Option<Bytes>) -> Result<ConsoleResponse, Problem> {
        let Self { kind, by } = self;
        let change = Change::read(kind, &body.ok_or_else(too_large)?)?;
        let (controls, sources) = (Arc::clone(&server.controls), Arc::clone(&server.sources));
        let reply = server.run(move |_| controls.apply(change, &by, sources.obs(), sources.alerts()))?;
        let made = reply.await.unwrap_or_else(|| Err(failed()))?;
        let until = rfc3339(clock::since_epoch(made.until));
        let body = json!({ "api": 1, "data": { "id": made.id, "kind": made.kind, "text": made.text, "until": until, "by": made.by } });
        Ok(ConsoleResponse::new(200, Format::Json.content_type(), body.to_string()))
    }
}
