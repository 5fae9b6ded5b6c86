//! The one service that a client talks to.

use std::borrow::Cow;

use super::ClientUrl;
use crate::trace::split_authority;

/// Scheme, authority and path that all URLs of a service have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BaseUrl {
    scheme: &'static str,
    host: Box<str>,
    port: Option<u16>,
    /// Without a slash at its end.
    path: Box<str>,
}

// === impl BaseUrl ===

impl BaseUrl {
    /// Reads `http://host[:port][/path]`, or `https`. Query and fragment don't count.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.trim().split_once("://")?;
        let scheme = ["http", "https"]
            .into_iter()
            .find(|known| known.eq_ignore_ascii_case(scheme))?;
        let rest = rest.split(['?', '#']).next().unwrap_or_default();
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, port) = split_authority(authority);
        let is_host = |text: &str| !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c == '@');
        is_host(host).then(|| Self {
            scheme,
            host: host.to_ascii_lowercase().into(),
            port: port.filter(|port| *port != if scheme == "https" { 443 } else { 80 }),
            path: path.trim_end_matches('/').into(),
        })
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// The URL, completed by this one where the request has no value.
    pub(super) fn complete<'a>(&'a self, url: ClientUrl<'a>) -> ClientUrl<'a> {
        if !url.host.is_empty() {
            return url;
        }
        ClientUrl {
            scheme: self.scheme,
            host: &self.host,
            port: self.port,
            ..url
        }
    }

    /// The template from the root of the service on: `target` is relative to the base URL's path.
    pub(super) fn template<'a>(&self, url: &ClientUrl<'_>, target: &'a str) -> Cow<'a, str> {
        let is_under = !self.path.is_empty()
            && url.host.eq_ignore_ascii_case(&self.host)
            && url
                .path
                .strip_prefix(&*self.path)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        if !is_under || target.is_empty() {
            return Cow::Borrowed(target);
        }
        let slash = if target.starts_with('/') { "" } else { "/" };
        Cow::Owned(format!("{}{slash}{target}", self.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Option<(&'static str, String, Option<u16>, String)> {
        BaseUrl::parse(text).map(|base| (base.scheme, base.host.into(), base.port, base.path.into()))
    }

    #[test]
    fn a_base_url_is_taken_apart() {
        let expected = |scheme, host: &str, port, path: &str| Some((scheme, host.to_owned(), port, path.to_owned()));
        assert_eq!(parts("http://users"), expected("http", "users", None, ""));
        assert_eq!(
            parts("https://Users.Internal:443/api/v1/"),
            expected("https", "users.internal", None, "/api/v1")
        );
        assert_eq!(parts("http://[::1]:8080/?x=1"), expected("http", "::1", Some(8080), ""));
        assert_eq!(
            parts("http://user:secret@users/a#b"),
            expected("http", "users", None, "/a")
        );
    }

    #[test]
    fn what_is_no_http_url_is_none() {
        for bad in [
            "",
            "users",
            "users:8080",
            "ftp://users",
            "http://",
            "http:///path",
            "http://a b",
        ] {
            assert_eq!(parts(bad), None, "{bad}");
        }
    }

    #[test]
    fn templates_are_relative_to_the_base() {
        let base = BaseUrl::parse("http://users/api").unwrap();
        let url = |host, path| ClientUrl {
            host,
            path,
            ..ClientUrl::default()
        };
        assert_eq!(
            base.template(&url("USERS", "/api/users/7"), "/users/{id}"),
            "/api/users/{id}"
        );
        assert_eq!(
            base.template(&url("users", "/api/users/7"), "users/{id}"),
            "/api/users/{id}"
        );
        assert_eq!(base.template(&url("users", "/apis/7"), "/apis/{id}"), "/apis/{id}");
        assert_eq!(base.template(&url("other", "/api/7"), "/api/{id}"), "/api/{id}");
        assert_eq!(base.template(&url("users", "/api/7"), ""), "");
    }

    #[test]
    fn a_request_that_tells_no_host_goes_to_the_base() {
        let base = BaseUrl::parse("https://users:8443").unwrap();
        let url = base.complete(ClientUrl {
            path: "/x",
            ..ClientUrl::default()
        });
        assert_eq!(
            (url.scheme, url.host, url.port, url.path),
            ("https", "users", Some(8443), "/x")
        );
        let completed = base.complete(ClientUrl {
            host: "other",
            ..ClientUrl::default()
        });
        assert_eq!(completed.host, "other");
    }
}
