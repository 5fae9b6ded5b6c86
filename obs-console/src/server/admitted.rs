//! A request whose head was checked.

use std::sync::Arc;

use bytes::Bytes;

use super::{
    api::ApiCall, body::ConsoleBody, login::Login, making::Making, receiving::Receiving, request::ConsoleRequest,
    response::ConsoleResponse, share::Share, state::Server,
};

/// The most bytes of a form or of a control's body.
const MAX_BODY: usize = 64 << 10;

/// A request whose head was checked; it is answered by [`answer`](Self::answer), refused or not.
#[derive(Debug)]
#[must_use = "a request has to be answered"]
pub struct Admitted {
    server: Arc<Server>,
    is_head: bool,
    action: Action,
}

/// What there is to do.
#[derive(Debug)]
pub(super) enum Action {
    Respond(ConsoleResponse),
    Api(ApiCall),
    Login(Login),
    Make(Making),
    Share(Share),
    Receive(Receiving),
}

// === impl Admitted ===

impl Admitted {
    /// Decides about a request by its head.
    pub(crate) fn new(server: Arc<Server>, request: &ConsoleRequest<'_>) -> Self {
        let action = server.decide(request);
        Self {
            server,
            is_head: request.method == "HEAD",
            action,
        }
    }

    /// The most bytes of the body that [`answer`](Self::answer) needs: 0 if it needs none.
    #[must_use]
    pub fn body_limit(&self) -> usize {
        match self.action {
            Action::Login(_) | Action::Make(_) => MAX_BODY,
            Action::Receive(ref receiving) => receiving.limit(),
            Action::Respond(_) | Action::Api(_) | Action::Share(_) => 0,
        }
    }

    /// Answers. `body` is empty if the limit is 0, and `None` if it has more bytes than that or could not be read.
    ///
    /// Needs a tokio runtime only for the health checks of `runtime`; can be dropped at any time.
    pub async fn answer(self, body: Option<Bytes>) -> ConsoleResponse {
        let Self {
            server,
            is_head,
            action,
        } = self;
        let answered = match action {
            Action::Respond(response) => Ok(response),
            Action::Login(login) => login.answer(&server, body),
            Action::Make(making) => making.answer(&server, body).await,
            Action::Receive(receiving) => receiving.answer(&server, body).await,
            Action::Share(share) => share.answer(&server).await,
            Action::Api(call) => call.answer(&server, is_head).await,
        };
        let mut response = answered.unwrap_or_else(ConsoleResponse::from).secured();
        if is_head {
            response.body = ConsoleBody::Full(Bytes::new());
        }
        response
    }
}
