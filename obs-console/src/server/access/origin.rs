//! Where a request comes from.

use super::host::Authority;
use crate::{query::Problem, server::ConsoleRequest};

/// Refuses what a page of another site may have sent: a host that is not ours (the site's name leads to this machine), or
/// an origin that is not this host.
///
/// # Errors
///
/// A refusal that says which it was.
pub(super) fn check(request: &ConsoleRequest<'_>, hosts: &[String], is_page: bool) -> Result<(), Problem> {
    let host = host_of(request)?;
    let Some(authority) = Authority::read(&host) else {
        return Err(Problem::bad_request("the header Host can't be read"));
    };
    if !authority.is_own() && !hosts.iter().any(|allowed| authority.is(allowed)) {
        let message = "the console is not served under this host: allow it by `allow_host`";
        return Err(Problem::forbidden(message));
    }
    let origin = request.has("origin").then(|| request.only("origin"));
    if let Some(origin) = origin
        && !origin.is_some_and(|origin| is_same(&origin, authority))
    {
        return Err(Problem::forbidden("the request comes from a page of another site"));
    }
    if is_foreign(request, is_page) {
        return Err(Problem::forbidden("the request comes from a page of another site"));
    }
    Ok(())
}

/// The host of a request; where the target has one too, both must be the same.
fn host_of(request: &ConsoleRequest<'_>) -> Result<String, Problem> {
    let in_header = request.has("host").then(|| request.only("host"));
    match (in_header, request.authority) {
        (None, Some(authority)) => Ok(authority.to_owned()),
        (Some(Some(host)), None) => Ok(host),
        (Some(Some(host)), Some(authority)) if host.eq_ignore_ascii_case(authority) => Ok(host),
        _ => Err(Problem::bad_request("the request needs one host")),
    }
}

/// Whether an origin is the host itself. The scheme may be that of a proxy in front.
fn is_same(origin: &str, host: Authority<'_>) -> bool {
    let (default, rest) = match (origin.strip_prefix("http://"), origin.strip_prefix("https://")) {
        (Some(rest), _) => (80, rest),
        (_, Some(rest)) => (443, rest),
        _ => return false,
    };
    let Some(origin) = Authority::read(rest) else {
        return false;
    };
    origin.is(host.host) && origin.port.unwrap_or(default) == host.port.unwrap_or(default)
}

/// Whether the browser says that another site has made the request. A person may follow a link to a page.
fn is_foreign(request: &ConsoleRequest<'_>, is_page: bool) -> bool {
    let is_ours = |site: &str| ["same-origin", "none"].contains(&site);
    let Some(site) = request.only("sec-fetch-site") else {
        return request.has("sec-fetch-site");
    };
    let follows_link =
        is_page && request.says("sec-fetch-mode", "navigate") && request.says("sec-fetch-dest", "document");
    !is_ours(&site) && !follows_link
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(headers: &[(&str, &str)], hosts: &[&str], is_page: bool) -> u16 {
        let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
        let request = ConsoleRequest {
            method: "GET",
            path: "/",
            mount: "/obs",
            query: None,
            authority: None,
            headers: &headers,
            peer: None,
        };
        check(&request, &hosts, is_page).map_or_else(|problem| problem.status, |()| 200)
    }

    #[test]
    fn a_name_of_another_site_is_refused_wherever_it_leads() {
        assert_eq!(status(&[("host", "localhost:3000")], &[], false), 200);
        assert_eq!(status(&[("host", "rebind.example:3000")], &[], false), 403);
        assert_eq!(status(&[("host", "shop.internal")], &["shop.internal"], false), 200);
        assert_eq!(status(&[], &[], false), 400);
        assert_eq!(status(&[("host", "localhost"), ("host", "localhost")], &[], false), 400);
        assert_eq!(status(&[("host", "localhost/")], &[], false), 403);
    }

    #[test]
    fn the_target_and_the_header_name_the_same_host() {
        let with = |authority, headers: &[(&str, &str)]| {
            let request = ConsoleRequest {
                method: "GET",
                path: "/",
                mount: "",
                query: None,
                authority: Some(authority),
                headers: &headers,
                peer: None,
            };
            check(&request, &[], false).map_or_else(|problem| problem.status, |()| 200)
        };
        assert_eq!(with("localhost:1", &[]), 200);
        assert_eq!(with("localhost:1", &[("host", "localhost:1")]), 200);
        assert_eq!(with("localhost:1", &[("host", "evil.example")]), 400);
        assert_eq!(with("evil.example", &[]), 403);
    }

    #[test]
    fn an_origin_must_be_the_host_itself() {
        let with = |origin| status(&[("host", "localhost:3000"), ("origin", origin)], &[], false);
        assert_eq!(with("http://localhost:3000"), 200);
        for other in [
            "null",
            "http://localhost:4000",
            "http://localhost",
            "http://evil.example:3000",
            "",
            "localhost:3000",
            "ftp://localhost:3000",
        ] {
            assert_eq!(with(other), 403, "{other}");
        }
        let https = [("host", "shop.internal"), ("origin", "https://shop.internal")];
        assert_eq!(status(&https, &["shop.internal"], false), 200);
        let twice = [
            ("host", "localhost"),
            ("origin", "http://localhost"),
            ("origin", "http://evil.example"),
        ];
        assert_eq!(status(&twice, &[], false), 403);
    }

    #[test]
    fn a_link_from_another_site_opens_a_page_and_nothing_else() {
        let link = [
            ("host", "localhost"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
        ];
        assert_eq!(status(&link, &[], true), 200);
        assert_eq!(status(&link, &[], false), 403);
        let frame = [link[0], link[1], link[2], ("sec-fetch-dest", "iframe")];
        assert_eq!(status(&frame, &[], true), 403);
        assert_eq!(
            status(&[("host", "localhost"), ("sec-fetch-site", "same-site")], &[], true),
            403
        );
        assert_eq!(
            status(&[("host", "localhost"), ("sec-fetch-site", "same-origin")], &[], false),
            200
        );
    }
}
