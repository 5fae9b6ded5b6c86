//! The login, by a form.

use bytes::Bytes;

use super::{
    access::Cookie,
    forms,
    response::{ConsoleResponse, located, too_large},
    route::Route,
    state::Server,
};
use crate::query::Problem;

/// A form with a token.
#[derive(Debug)]
pub(super) struct Login {
    pub(super) cookie: Cookie,
    pub(super) mount: String,
}

// === impl Login ===

impl Login {
    pub(super) fn answer(self, server: &Server, body: Option<Bytes>) -> Result<ConsoleResponse, Problem> {
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
