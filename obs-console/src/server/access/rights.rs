//! Who sends a request, and what they may do.

use std::time::Instant;

use obs_base::token::{Admission, Token};

use super::{cookie::Cookie, once::Once, origin, session::Sessions};
use crate::{Rights, query::Problem, server::ConsoleRequest};

/// The headers of proxies, behind which every client seems to be on this machine.
const OF_PROXIES: [&str; 4] = ["forwarded", "via", "x-forwarded-for", "x-real-ip"];
const NO_ADDRESS: &str = "the address of the client is unknown, and without a token only clients on this machine are \
     admitted: set a token, or serve with addresses (axum: `into_make_service_with_connect_info::<SocketAddr>()` or \
     `obs_axum::serve`)";
const NOT_HERE: &str = "without a token, only clients on this machine are admitted: set a token or `one_time_link`";
const BEHIND_PROXY: &str = "the request has come through a proxy, and without a token only clients on this machine are \
     admitted: set a token or `one_time_link`";

/// Who is admitted.
#[derive(Debug)]
pub(crate) struct Access {
    tokens: Vec<(Token, Rights)>,
    once: Option<Once>,
    /// What is switched on: nobody has other rights.
    most: Rights,
    hosts: Vec<String>,
    sessions: Sessions,
}

// === impl Access ===

impl Access {
    pub(crate) fn new(tokens: Vec<(Token, Rights)>, has_links: bool, most: Rights, hosts: Vec<String>) -> Self {
        Self {
            tokens,
            once: has_links.then(Once::default),
            most,
            hosts,
            sessions: Sessions::default(),
        }
    }

    /// Checks where a request comes from.
    ///
    /// # Errors
    ///
    /// If a page of another site may have sent it.
    pub(crate) fn check_origin(&self, request: &ConsoleRequest<'_>, is_page: bool) -> Result<(), Problem> {
        origin::check(request, &self.hosts, is_page)
    }

    /// The rights of whoever sends a request.
    ///
    /// # Errors
    ///
    /// If they are not admitted.
    pub(crate) fn rights(&self, request: &ConsoleRequest<'_>) -> Result<Rights, Problem> {
        if !self.asks_for_token() {
            return self.on_this_machine(request);
        }
        if let Some(rights) = self.by_header(request)? {
            return Ok(rights);
        }
        let (values, now) = (Cookie::of(request).shown(request), Instant::now());
        let found = values.iter().find_map(|value| self.sessions.rights(value, now));
        found.ok_or_else(|| Problem::unauthorized("the console takes a token"))
    }

    /// Who sends a request, for the list of changes: there are no names, only addresses and what was shown.
    pub(crate) fn by(&self, request: &ConsoleRequest<'_>) -> String {
        let address = request
            .peer
            .map_or("an unknown address".to_owned(), |peer| peer.to_canonical().to_string());
        match (self.asks_for_token(), request.has("authorization")) {
            (false, _) => address,
            (true, true) => format!("token from {address}"),
            (true, false) => format!("session from {address}"),
        }
    }

    /// Whether clients have to show something.
    pub(crate) fn asks_for_token(&self) -> bool {
        !self.tokens.is_empty() || self.once.is_some()
    }

    /// A new link's token, if there are links that admit once.
    pub(crate) fn issue_link(&self) -> Option<String> {
        self.once.as_ref()?.issue()
    }

    /// Exchanges the token of a link for the header that sets a cookie.
    pub(crate) fn redeem_link(&self, cookie: &Cookie, shown: &[u8]) -> Option<String> {
        let is_known = self.once.as_ref().is_some_and(|once| once.redeem(shown));
        is_known.then(|| self.begin(cookie, self.most)).flatten()
    }

    /// Exchanges a token of the settings or of a link for the header that sets a cookie.
    pub(crate) fn log_in(&self, cookie: &Cookie, shown: &[u8]) -> Option<String> {
        match self.of_token(shown) {
            Some(rights) => self.begin(cookie, rights),
            None => self.redeem_link(cookie, shown),
        }
    }

    fn begin(&self, cookie: &Cookie, rights: Rights) -> Option<String> {
        let value = self.sessions.begin(rights, Instant::now())?;
        Some(cookie.set(&value))
    }

    fn on_this_machine(&self, request: &ConsoleRequest<'_>) -> Result<Rights, Problem> {
        match request.peer {
            None => Err(Problem::forbidden(NO_ADDRESS)),
            Some(peer) if !peer.to_canonical().is_loopback() => Err(Problem::forbidden(NOT_HERE)),
            Some(_) if OF_PROXIES.iter().any(|name| request.has(name)) => Err(Problem::forbidden(BEHIND_PROXY)),
            Some(_) => Ok(self.most),
        }
    }

    /// The rights of the bearer token, if one is shown.
    fn by_header(&self, request: &ConsoleRequest<'_>) -> Result<Option<Rights>, Problem> {
        let header = request.headers.get("authorization");
        let mut is_wrong = false;
        let mut found = None;
        // All are compared, so that the time doesn't tell which of them it is.
        for (token, rights) in &self.tokens {
            match token.admits(header) {
                Admission::Granted => found = Some(self.limited(*rights)),
                Admission::Missing => {}
                Admission::Wrong => is_wrong = true,
            }
        }
        if found.is_none() && is_wrong {
            return Err(Problem::unauthorized("the token is wrong"));
        }
        Ok(found)
    }

    fn of_token(&self, shown: &[u8]) -> Option<Rights> {
        let mut found = None;
        for (token, rights) in &self.tokens {
            if token.is(shown) {
                found = Some(self.limited(*rights));
            }
        }
        found
    }

    fn limited(&self, rights: Rights) -> Rights {
        rights
            .sensitive(rights.sees_sensitive() && self.most.sees_sensitive())
            .change(rights.changes() && self.most.changes())
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    const TOKEN: &str = "0123456789abcdef";

    fn access(token: Option<&str>, has_links: bool) -> Access {
        let tokens = token.map(|token| {
            (
                Token::parse("token", token).unwrap(),
                Rights::see().sensitive(true).change(true),
            )
        });
        Access::new(
            tokens.into_iter().collect(),
            has_links,
            Rights::see().change(true),
            Vec::new(),
        )
    }

    fn status(access: &Access, headers: &[(&str, &str)], peer: Option<&str>) -> u16 {
        with(headers, peer, |request| {
            access.rights(request).map_or_else(|problem| problem.status, |_| 200)
        })
    }

    fn with<T>(headers: &[(&str, &str)], peer: Option<&str>, call: impl FnOnce(&ConsoleRequest<'_>) -> T) -> T {
        let peer: Option<IpAddr> = peer.map(|peer| peer.parse().unwrap());
        call(&ConsoleRequest {
            method: "GET",
            path: "/",
            mount: "/obs",
            query: None,
            authority: None,
            headers: &headers,
            peer,
        })
    }

    #[test]
    fn without_a_token_only_this_machine_is_admitted() {
        let open = access(None, false);
        for here in ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(status(&open, &[], Some(here)), 200, "{here}");
        }
        for other in ["10.0.0.7", "::ffff:10.0.0.7", "0.0.0.0", "::"] {
            assert_eq!(status(&open, &[], Some(other)), 403, "{other}");
        }
        assert_eq!(status(&open, &[], None), 403);
        for header in OF_PROXIES {
            assert_eq!(
                status(&open, &[(header, "10.0.0.7")], Some("127.0.0.1")),
                403,
                "{header}"
            );
        }
    }

    #[test]
    fn with_a_token_this_machine_needs_it_too() {
        let closed = access(Some(TOKEN), false);
        let bearer = format!("Bearer {TOKEN}");
        assert_eq!(status(&closed, &[], Some("127.0.0.1")), 401);
        assert_eq!(
            status(
                &closed,
                &[("authorization", "Bearer 0123456789abcdeX")],
                Some("127.0.0.1")
            ),
            401
        );
        assert_eq!(status(&closed, &[("authorization", &bearer)], None), 200);
    }

    #[test]
    fn a_token_has_no_right_that_is_not_switched_on() {
        let closed = access(Some(TOKEN), false);
        let bearer = format!("Bearer {TOKEN}");
        let rights = with(&[("authorization", &bearer)], None, |request| closed.rights(request)).unwrap();
        assert!(rights.changes() && !rights.sees_sensitive());
    }

    #[test]
    fn a_login_begins_a_session_of_this_console_alone() {
        let (console, other) = (access(Some(TOKEN), true), access(Some(TOKEN), true));
        assert!(with(&[], None, |request| console.log_in(&Cookie::of(request), b"wrong")).is_none());
        let link = console.issue_link().unwrap();
        for shown in [TOKEN, &link] {
            let set = with(&[], None, |request| {
                console.log_in(&Cookie::of(request), shown.as_bytes())
            })
            .unwrap();
            let cookie = set.split(';').next().unwrap();
            assert_eq!(status(&console, &[("cookie", cookie)], None), 200);
            assert_eq!(status(&other, &[("cookie", cookie)], None), 401);
        }
        assert!(
            with(&[], None, |request| console
                .log_in(&Cookie::of(request), link.as_bytes()))
            .is_none(),
            "once"
        );
    }

    #[test]
    fn the_token_of_the_settings_is_not_taken_from_a_link() {
        let console = access(Some(TOKEN), true);
        assert!(
            with(&[], None, |request| console
                .redeem_link(&Cookie::of(request), TOKEN.as_bytes()))
            .is_none()
        );
    }
}
