//! Requests of the API, on their way to the query layer.

use std::sync::Arc;

use super::{
    body::{ConsoleBody, stream},
    followers::Following,
    forms,
    request::ConsoleRequest,
    response::ConsoleResponse,
    state::{MAX_FOLLOWERS, Server, failed},
};
use crate::{
    Rights,
    query::{self, ApiAnswer, ApiRequest, ConsoleFacts, Follow, Format, Problem},
};

/// A request of the API.
#[derive(Debug)]
pub(super) struct ApiCall {
    path: Vec<String>,
    query: String,
    format: Format,
    rights: Rights,
    follows: bool,
}

// === impl ApiCall ===

impl ApiCall {
    pub(super) fn new(path: Vec<String>, request: &ConsoleRequest<'_>, rights: Rights) -> Self {
        let query = request.query.unwrap_or_default();
        Self {
            follows: forms::value_of(query, "follow").is_some_and(|value| value == "true"),
            path,
            query: query.to_owned(),
            format: format_of(request),
            rights,
        }
    }

    pub(super) async fn answer(self, server: &Arc<Server>, is_head: bool) -> Result<ConsoleResponse, Problem> {
        if self.follows && !is_head {
            return self.follow(server).await;
        }
        let health = match &server.health {
            Some(health) if self.path == ["runtime"] => Some(health.readiness().await),
            _ => None,
        };
        let (sources, console) = (Arc::clone(&server.sources), server.facts());
        let (controls, has_controls) = (Arc::clone(&server.controls), server.has_controls);
        let reply = server.run(move |_| {
            let changes = (self.path == ["controls"]).then(|| controls.state(has_controls, sources.obs()));
            let request = ApiRequest {
                health: health.as_ref(),
                controls: changes.as_ref(),
                ..self.request(console)
            };
            query::answer(&sources, &request)
        })?;
        let ApiAnswer { content_type, body } = reply.await.unwrap_or_else(|| Err(failed()))?;
        Ok(ConsoleResponse::new(200, content_type, body).header("vary", "accept"))
    }

    /// A stream of rows.
    async fn follow(self, server: &Arc<Server>) -> Result<ConsoleResponse, Problem> {
        if server.is_stopping() {
            return Err(Problem::unavailable("the service stops"));
        }
        let Some(place) = server.places.take() else {
            return Err(Problem::too_many(format!("{MAX_FOLLOWERS} clients follow already")));
        };
        let (sender, follower) = stream(place);
        let (sources, console) = (Arc::clone(&server.sources), server.facts());
        let reply = server.run(move |following| {
            let follow = Follow::start(&sources, &self.request(console))?;
            following.push(Following::new(sender, follow));
            Ok(())
        })?;
        reply.await.unwrap_or_else(|| Err(failed()))?;
        let response = ConsoleResponse::with_body(200, Format::Ndjson.content_type(), ConsoleBody::Stream(follower));
        // Neither compressed nor collected by what is in front.
        Ok(response
            .header("cache-control", "no-store, no-transform")
            .header("x-accel-buffering", "no"))
    }

    fn request(&self, console: ConsoleFacts) -> ApiRequest<'_> {
        ApiRequest {
            path: &self.path,
            query: &self.query,
            format: self.format,
            rights: self.rights,
            console,
            health: None,
            controls: None,
        }
    }
}

/// The form that the client names first; a browser's list of types gets JSON.
fn format_of(request: &ConsoleRequest<'_>) -> Format {
    let mut found = None;
    request.headers.for_each("accept", &mut |value| {
        let value = String::from_utf8_lossy(value);
        for range in value.split(',') {
            let name = range.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
            let format = match &*name {
                "application/json" | "text/html" => Some(Format::Json),
                "application/x-ndjson" => Some(Format::Ndjson),
                "text/markdown" => Some(Format::Markdown),
                "text/plain" => Some(Format::Text),
                _ => None,
            };
            found = found.or(format);
        }
    });
    found.unwrap_or_default()
}
