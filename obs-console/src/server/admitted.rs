//! A request whose head was checked.

use std::{future::Future, sync::Arc};

use bytes::Bytes;
use obs_base::{calendar::rfc3339, clock};
use serde_json::json;

use super::{
    access::Cookie,
    assets::Asset,
    body::{ConsoleBody, stream},
    controls::{Change, Kind},
    followers::{Following, MAX_FOLLOWERS},
    forms, pages,
    request::ConsoleRequest,
    response::ConsoleResponse,
    route::{Route, is_plain_mount},
    server::Server,
};
use crate::{
    Rights,
    query::{self, ApiAnswer, ApiRequest, ConsoleFacts, Follow, Format, Problem},
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
    Control(Control),
}

/// A change, whose body is not read yet.
#[derive(Debug)]
pub(super) struct Control {
    kind: Kind,
    by: String,
}

/// A request of the API.
#[derive(Debug)]
pub(super) struct ApiCall {
    path: Vec<String>,
    query: String,
    format: Format,
    rights: Rights,
    follows: bool,
}

/// A form with a token.
#[derive(Debug)]
pub(super) struct Login {
    cookie: Cookie,
    mount: String,
}

// === impl Admitted ===

impl Admitted {
    pub(super) fn new(server: Arc<Server>, request: &ConsoleRequest<'_>) -> Self {
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
            Action::Login(_) | Action::Control(_) => MAX_BODY,
            Action::Respond(_) | Action::Api(_) => 0,
        }
    }

    /// Answers. `body` is empty if the limit is 0, and `None` if it has more bytes than that or could not be read.
    ///
    /// Needs a tokio runtime only for the health checks of `runtime`; can be dropped at any time.
    pub fn answer(self, body: Option<Bytes>) -> impl Future<Output = ConsoleResponse> + Send + use<> {
        async move {
            let Self {
                server,
                is_head,
                action,
            } = self;
            let answered = match action {
                Action::Respond(response) => Ok(response),
                Action::Login(login) => login.answer(&server, body),
                Action::Control(control) => control.answer(&server, body).await,
                Action::Api(call) => call.answer(&server, is_head).await,
            };
            let mut response = answered.unwrap_or_else(ConsoleResponse::from).secured();
            if is_head {
                response.body = ConsoleBody::Full(Bytes::new());
            }
            response
        }
    }
}

// === impl Server ===

impl Server {
    fn decide(&self, request: &ConsoleRequest<'_>) -> Action {
        let is_api = request.path.starts_with("/api/");
        self.checked(request).unwrap_or_else(|problem| {
            let for_people = !is_api && accepts(request, "text/html");
            Action::Respond(if for_people {
                pages::problem(request, &problem)
            } else {
                problem.into()
            })
        })
    }

    fn checked(&self, request: &ConsoleRequest<'_>) -> Result<Action, Problem> {
        if !is_plain_mount(request.mount) {
            return Err(Problem::unknown("there is nothing at this path"));
        }
        let route = Route::of(request.path, request.query);
        let is_get = ["GET", "HEAD"].contains(&request.method);
        let is_page = matches!(route, Ok(Route::Page | Route::Mount)) && is_get;
        self.access.check_origin(request, is_page)?;
        let route = match route {
            // Nobody learns what there is before they are admitted.
            Err(problem) => return Err(self.access.rights(request).err().unwrap_or(problem)),
            Ok(route) => route,
        };
        match route {
            Route::Login => return self.login(request),
            Route::Asset(asset) if is_get => return self.asset(asset, request),
            _ => {}
        }
        if is_page && let Some(response) = self.redeemed(request)? {
            return Ok(Action::Respond(response));
        }
        let rights = self.access.rights(request)?;
        if let Route::Api(path) = &route
            && let [controls, name] = path.as_slice()
            && controls == "controls"
        {
            return self.control(name, rights, request);
        }
        if !is_get {
            return Err(Problem::method("this path takes GET and HEAD"));
        }
        Ok(match route {
            Route::Mount => Action::Respond(ConsoleResponse::see_other(located(request.mount, "/", request.query))),
            Route::Api(path) => Action::Api(ApiCall::new(path, request, rights)),
            Route::Page | Route::Login | Route::Asset(_) => Action::Respond(pages::index(request)),
        })
    }

    /// Files are no secret: the page of the login has them too. Where there is no login, they are for this machine alone.
    fn asset(&self, asset: Asset, request: &ConsoleRequest<'_>) -> Result<Action, Problem> {
        if !self.access.asks_for_token() {
            self.access.rights(request)?;
        }
        Ok(Action::Respond(asset.answer(request)))
    }

    fn control(&self, name: &str, rights: Rights, request: &ConsoleRequest<'_>) -> Result<Action, Problem> {
        if !self.has_controls {
            return Err(Problem::forbidden(
                "the controls are not switched on: `Console::builder(…).controls(true)`",
            ));
        }
        if !rights.changes() {
            return Err(Problem::forbidden("the token may see, and change nothing"));
        }
        let Some(kind) = Kind::named(name) else {
            return Err(Problem::unknown("there is no such control"));
        };
        if request.method != "POST" {
            return Err(Problem::method("controls take POST"));
        }
        // What a form of another site can't send, whatever the browser says of its origin.
        let content_type = request.only("content-type").unwrap_or_default();
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        if !media_type.eq_ignore_ascii_case("application/json") {
            return Err(Problem::too_large(415, "controls take application/json"));
        }
        let by = self.access.by(request);
        Ok(Action::Control(Control { kind, by }))
    }

    fn login(&self, request: &ConsoleRequest<'_>) -> Result<Action, Problem> {
        if !self.access.asks_for_token() {
            self.access.rights(request)?;
        }
        match request.method {
            "POST" => Ok(Action::Login(Login {
                cookie: Cookie::of(request),
                mount: request.mount.to_owned(),
            })),
            "GET" | "HEAD" => Err(Problem::unauthorized("the console takes a token")),
            _ => Err(Problem::method("the login takes POST")),
        }
    }

    /// The answer to a link with a token, if the request is that of one.
    fn redeemed(&self, request: &ConsoleRequest<'_>) -> Result<Option<ConsoleResponse>, Problem> {
        let query = request.query.unwrap_or_default();
        let Some(token) = forms::value_of(query, "token").filter(|_| self.access.asks_for_token()) else {
            return Ok(None);
        };
        let rest = forms::without(query, "token");
        let path = if request.path.is_empty() { "/" } else { request.path };
        let on = ConsoleResponse::see_other(located(request.mount, path, Some(&rest)));
        // Browsers and messengers look at links before anybody opens them.
        let is_ahead = request.method == "HEAD" || request.has("sec-purpose") || request.has("purpose");
        if is_ahead {
            return Err(Problem::unavailable("the link is for whoever opens it"));
        }
        match self.access.redeem_link(&Cookie::of(request), token.as_bytes()) {
            Some(cookie) => Ok(Some(on.header("set-cookie", cookie))),
            None if self.access.rights(request).is_ok() => Ok(Some(on)),
            None => Err(Problem::unauthorized(
                "the link was opened already, or is not one of this start: each admits once",
            )),
        }
    }
}

/// A path of the console as the client sees it.
fn located(mount: &str, path: &str, query: Option<&str>) -> String {
    let query = query.filter(|query| !query.is_empty());
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{mount}{path}{query}")
}

/// Whether the client names this type.
fn accepts(request: &ConsoleRequest<'_>, media_type: &str) -> bool {
    let mut found = false;
    request.headers.for_each("accept", &mut |value| {
        let value = String::from_utf8_lossy(value);
        found |= value
            .split([',', ';'])
            .any(|part| part.trim().eq_ignore_ascii_case(media_type));
    });
    found
}

// === impl Login ===

impl Login {
    fn answer(self, server: &Server, body: Option<Bytes>) -> Result<ConsoleResponse, Problem> {
        let body = body.ok_or_else(too_large)?;
        let form = std::str::from_utf8(&body).map_err(|_| Problem::bad_request("the form can't be read"))?;
        let token = forms::value_of(form, "token").unwrap_or_default();
        let Some(cookie) = server.access.log_in(&self.cookie, token.as_bytes()) else {
            return Err(Problem::unauthorized(
                "the token is wrong, or its link was opened already",
            ));
        };
        let next = forms::value_of(form, "next").unwrap_or_default();
        let (path, query) = next
            .split_once('?')
            .map_or((&*next, None), |(path, query)| (path, Some(query)));
        let is_page = Route::of(path, query) == Ok(Route::Page);
        let is_plain = next.bytes().all(|byte| byte.is_ascii_graphic());
        let on = if is_page && is_plain { &*next } else { "/" };
        let response = ConsoleResponse::see_other(located(&self.mount, on, None));
        Ok(response.header("set-cookie", cookie))
    }
}

// === impl Control ===

impl Control {
    async fn answer(self, server: &Arc<Server>, body: Option<Bytes>) -> Result<ConsoleResponse, Problem> {
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

fn too_large() -> Problem {
    Problem::too_large(413, "the body has more bytes than are read")
}

// === impl ApiCall ===

impl ApiCall {
    fn new(path: Vec<String>, request: &ConsoleRequest<'_>, rights: Rights) -> Self {
        let query = request.query.unwrap_or_default();
        Self {
            follows: forms::value_of(query, "follow").is_some_and(|value| value == "true"),
            path,
            query: query.to_owned(),
            format: format_of(request),
            rights,
        }
    }

    async fn answer(self, server: &Arc<Server>, is_head: bool) -> Result<ConsoleResponse, Problem> {
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

/// An answer that panicked; the process's panic hook has said where.
fn failed() -> Problem {
    Problem::unavailable("the answer could not be made")
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
