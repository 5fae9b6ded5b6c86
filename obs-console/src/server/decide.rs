//! What is done about a request, by its head.

use super::{
    access::Cookie,
    admitted::Action,
    api::ApiCall,
    assets::{Asset, SHARE},
    controls::Kind,
    forms,
    intake::{Encoding, Message, Signal},
    login::Login,
    making::Making,
    pages,
    receiving::Receiving,
    request::ConsoleRequest,
    response::{ConsoleResponse, located},
    route::{Route, is_plain_mount},
    share::{Form, Share},
    state::Server,
};
use crate::{Rights, query::Problem};

// === impl Server ===

impl Server {
    /// Decides about a request.
    pub(super) fn decide(&self, request: &ConsoleRequest<'_>) -> Action {
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
            Route::Intake(signal) => return self.receive(signal, request),
            Route::Login => return self.login(request),
            Route::ShareTemplate if is_get => return self.template(request),
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
            Route::Api(path) => match shared(&path, request, rights)? {
                Some(share) => Action::Share(share),
                None => Action::Api(ApiCall::new(path, request, rights)),
            },
            Route::Page | Route::Login | Route::Asset(_) | Route::Intake(_) | Route::ShareTemplate => {
                Action::Respond(pages::index(request))
            }
        })
    }

    /// Files are no secret: the page of the login has them too. Where there is no login, they are for this machine alone.
    fn asset(&self, asset: Asset, request: &ConsoleRequest<'_>) -> Result<Action, Problem> {
        if !self.access.asks_for_token() {
            self.access.rights(request)?;
        }
        Ok(Action::Respond(asset.answer(request)))
    }

    fn receive(&self, signal: Signal, request: &ConsoleRequest<'_>) -> Result<Action, Problem> {
        let Some(gate) = &self.gate else {
            return Err(Problem::unknown(
                "other services can't report here: `Console::builder(…).accept_otlp(…)`",
            ));
        };
        gate.check(request)?;
        if request.method != "POST" {
            return Err(Problem::method("messages are sent by POST"));
        }
        let encoding = Encoding::of(request)?;
        let place = gate.place()?;
        Ok(Action::Receive(Receiving {
            message: Message { signal, encoding },
            place,
        }))
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
        Ok(Action::Make(Making { kind, by }))
    }

    /// The template of shared files, for the page to fill in; it is not to be opened here.
    fn template(&self, request: &ConsoleRequest<'_>) -> Result<Action, Problem> {
        self.access.rights(request)?;
        Ok(Action::Respond(ConsoleResponse::new(
            200,
            "text/plain; charset=utf-8",
            SHARE,
        )))
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

/// The trace to pass on, if a request asks for one.
fn shared(path: &[String], request: &ConsoleRequest<'_>, rights: Rights) -> Result<Option<Share>, Problem> {
    let format = forms::value_of(request.query.unwrap_or_default(), "format");
    match (path, format) {
        ([traces, id], Some(format)) if traces == "traces" => match Form::named(&format) {
            Some(form) => Ok(Some(Share {
                id: id.clone(),
                form,
                rights,
            })),
            None => Err(Problem::bad_query("format", Some(0), "expected otlp or html")),
        },
        _ => Ok(None),
    }
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
