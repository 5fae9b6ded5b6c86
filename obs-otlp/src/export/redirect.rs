//! Where a collector redirects to.

use obs_base::http_client::http::Uri;

/// The place that `Location` names, if it is of the same origin: what is sent may be secret, as may the headers
/// ([RFC 6454](https://www.rfc-editor.org/rfc/rfc6454)).
pub(super) fn target(from: &Uri, location: Option<&str>) -> Result<Uri, &'static str> {
    const NOWHERE: &str = "without a URL to go to";
    let location = location.ok_or(NOWHERE)?.trim();
    let location = location.split('#').next().unwrap_or_default();
    let scheme = from.scheme_str().unwrap_or("http");
    let authority = from.authority().map_or("", |authority| authority.as_str());
    let absolute = if location.is_empty() {
        return Err(NOWHERE);
    } else if location.starts_with("//") {
        format!("{scheme}:{location}")
    } else if location.starts_with('/') {
        format!("{scheme}://{authority}{location}")
    } else if location.contains("://") {
        location.to_owned()
    } else {
        let folder = from.path().rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{scheme}://{authority}{folder}/{location}")
    };
    let to: Uri = absolute.parse().map_err(|_| NOWHERE)?;
    if origin(&to) == origin(from) {
        Ok(to)
    } else {
        Err("to another origin, which is not followed: set it as the endpoint")
    }
}

fn origin(uri: &Uri) -> Option<(String, String, u16)> {
    let scheme = uri.scheme_str()?.to_ascii_lowercase();
    let usual = if scheme == "https" { 443 } else { 80 };
    // User information is not sent, and is not part of an origin.
    let has_user = uri.authority()?.as_str().contains('@');
    let host = uri.host().filter(|_| !has_user)?.to_ascii_lowercase();
    Some((scheme, host, uri.port_u16().unwrap_or(usual)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(location: &str) -> Option<String> {
        let from = Uri::from_static("http://Collector:80/v1/traces?key=1");
        target(&from, Some(location)).ok().map(|uri| uri.to_string())
    }

    #[test]
    fn redirects_within_the_origin_are_resolved() {
        for (location, expected) in [
            ("/otlp/v1/traces", "http://Collector:80/otlp/v1/traces"),
            ("http://collector/v2", "http://collector/v2"),
            ("HTTP://COLLECTOR:80/v2#x", "http://COLLECTOR:80/v2"),
            ("//collector/v2", "http://collector/v2"),
            ("spans?a=b", "http://Collector:80/v1/spans?a=b"),
        ] {
            assert_eq!(from(location).as_deref(), Some(expected), "{location}");
        }
    }

    #[test]
    fn nothing_is_sent_to_another_origin() {
        for location in [
            "https://collector/v1/traces",
            "http://collector:81/v1/traces",
            "http://evil/v1/traces",
            "//evil",
            "http://collector@evil/",
            "http://evil@collector/",
            "http://",
            "",
            "ftp://collector/",
            "/a b\u{7f}",
        ] {
            assert_eq!(from(location), None, "{location}");
        }
        assert!(target(&Uri::from_static("http://h/"), None).is_err());
    }
}
