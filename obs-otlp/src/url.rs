//! URLs as messages show them.

/// Bytes of a part of a path that is not shown.
const LONG_PART: usize = 16;

/// The URL without what may be secret in it: no credentials, no query, and no long parts of the path, which are keys
/// more often than names.
pub(crate) fn shown(url: &str) -> String {
    let url = without_credentials(url);
    let (scheme, rest) = url.split_once("://").unwrap_or(("", &url));
    let mut parts = rest.split(['?', '#']).next().unwrap_or_default().split('/');
    let mut shown = format!("{scheme}://{}", parts.next().unwrap_or_default());
    for part in parts {
        shown.push('/');
        shown.push_str(if part.len() < LONG_PART { part } else { "…" });
    }
    shown
}

/// Whether the connection is to be encrypted.
pub(crate) fn is_https(url: &str) -> bool {
    url.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https:"))
}

/// The URL with a mark in place of user and password.
pub(crate) fn without_credentials(url: &str) -> String {
    let (before, rest) = url.split_once("://").unwrap_or(("", url));
    match rest.rsplit_once('@') {
        Some((_, after)) => format!("{before}://…@{after}"),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_has_no_secrets() {
        assert_eq!(
            shown("http://user:secret@host:4318/api/0123456789abcdef0123/v1/traces?key=secret#x"),
            "http://…@host:4318/api/…/v1/traces"
        );
        assert_eq!(shown("http://host?a"), "http://host");
    }
}
