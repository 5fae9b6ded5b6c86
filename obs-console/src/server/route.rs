//! What a path stands for.

use percent_encoding::percent_decode_str;

use super::{assets::Asset, intake::Signal};
use crate::query::Problem;

/// The most bytes of path and query together.
const MAX_URL: usize = 8 << 10;
/// The most segments of a path.
const MAX_SEGMENTS: usize = 8;

/// What a request asks for, by its path alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// The mount without a slash at its end, whose relative links would lead elsewhere.
    Mount,
    /// One of the pages, which are one document.
    Page,
    Asset(Asset),
    Login,
    /// Where other services report.
    Intake(Signal),
    /// The file that a page is passed on in, without what it is filled with.
    ShareTemplate,
    /// Below `/api/v1/`.
    Api(Vec<String>),
}

// === impl Route ===

impl Route {
    /// # Errors
    ///
    /// If there is nothing at this path, or it is too long.
    pub(super) fn of(path: &str, query: Option<&str>) -> Result<Self, Problem> {
        if path.len() + query.map_or(0, str::len) > MAX_URL {
            return Err(Problem::too_large(414, "the URL has more than 8 KiB"));
        }
        if path.is_empty() {
            return Ok(Self::Mount);
        }
        let Some(segments) = segments(path) else {
            return Err(nothing_here());
        };
        let words: Vec<&str> = segments.iter().map(String::as_str).collect();
        match *words {
            [] => Ok(Self::Page),
            ["login"] => Ok(Self::Login),
            ["assets", "share.html"] => Ok(Self::ShareTemplate),
            ["v1", signal] => Signal::named(signal).map(Self::Intake).ok_or_else(nothing_here),
            ["assets", file] => Asset::named(file).map(Self::Asset).ok_or_else(nothing_here),
            ["api", "v1", _, ..] => Ok(Self::Api(segments.into_iter().skip(2).collect())),
            _ if is_page(&words) => Ok(Self::Page),
            _ => Err(nothing_here()),
        }
    }
}

fn nothing_here() -> Problem {
    Problem::unknown("there is nothing at this path")
}

/// The pages that the document knows.
fn is_page(words: &[&str]) -> bool {
    matches!(
        words,
        ["controls"
            | "running"
            | "endpoint"
            | "logs"
            | "errors"
            | "diff"
            | "alerts"
            | "metrics"
            | "runtime"
            | "records"]
            | ["trace" | "errors" | "metrics", _]
    )
}

/// The decoded segments of a path; `None` if one of them could be taken for another path by anything on the way.
fn segments(path: &str) -> Option<Vec<String>> {
    let rest = path.strip_prefix('/')?;
    if rest.is_empty() {
        return Some(Vec::new());
    }
    let segments: Vec<String> = rest.split('/').map(segment).collect::<Option<_>>()?;
    (segments.len() <= MAX_SEGMENTS).then_some(segments)
}

fn segment(encoded: &str) -> Option<String> {
    let segment = percent_decode_str(encoded).decode_utf8().ok()?;
    let is_plain = !segment.is_empty()
        && !segment.chars().all(|c| c == '.')
        && !segment.contains(|c: char| c == '/' || c == '\\' || c.is_control());
    is_plain.then(|| segment.into_owned())
}

/// Splits a path at the mount: `full` is the path as the client has sent it, `routed` what is left of it for the router that
/// the console is mounted in, whose mount has `depth` segments. For adapters.
///
/// ```
/// use obs_console::split_mount;
///
/// assert_eq!(split_mount("/api/obs/logs", "/obs/logs", 1), ("/api/obs", "/logs")); // nested below /api
/// assert_eq!(split_mount("/obs", "/obs", 1), ("/obs", ""));
/// assert_eq!(split_mount("/logs", "/logs", 0), ("", "/logs"));
/// ```
#[must_use]
pub fn split_mount<'a>(full: &'a str, routed: &str, depth: usize) -> (&'a str, &'a str) {
    let mut slashes = routed.match_indices('/').skip(depth);
    let below = slashes.next().map_or(0, |(at, _)| routed.len() - at);
    full.split_at_checked(full.len().saturating_sub(below))
        .unwrap_or((full, ""))
}

/// Whether a mount can stand in a cookie and in a `Location` as it is. Prefixes with parameters have what the client says.
pub(super) fn is_plain_mount(mount: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/%".contains(&byte);
    !mount.starts_with("//") && mount.bytes().all(is_plain) && (mount.is_empty() || mount.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(path: &[&str]) -> Route {
        Route::Api(path.iter().map(|&segment| segment.to_owned()).collect())
    }

    #[test]
    fn paths_lead_to_pages_api_and_assets() {
        let of = |path| Route::of(path, None).ok();
        assert_eq!(of(""), Some(Route::Mount));
        for page in [
            "/",
            "/logs",
            "/trace/4bf92f3577b34da6a3ce929d0e0e4736",
            "/metrics/http_requests_total",
            "/errors/00ff",
        ] {
            assert_eq!(of(page), Some(Route::Page), "{page}");
        }
        assert_eq!(of("/api/v1/traces/00ff"), Some(api(&["traces", "00ff"])));
        assert_eq!(of("/api/v1/metrics/a%20b"), Some(api(&["metrics", "a b"])));
        assert_eq!(of("/login"), Some(Route::Login));
    }

    #[test]
    fn tricks_with_paths_lead_nowhere() {
        for trick in [
            "//",
            "/logs/",
            "//logs",
            "/./logs",
            "/../logs",
            "/%2e%2e/logs",
            "/%2e/",
            "/logs/..",
            "/api/v1/",
            "/api/v1",
            "/api",
            "/api/v1//overview",
            "/api/v1/traces/..",
            "/api/v1/traces/%2e%2e",
            "/api/v1/traces/a%2fb",
            "/api/v1/traces/a%5cb",
            "/api/v1/traces/a%00",
            "/api/v1/traces/%ff",
            "/assets/../login",
            "/assets/%2e%2e%2flogin",
            "/assets/",
            "/assets/app.js",
            "/trace",
            "/trace/a/b",
            "/LOGS",
            "/api/v2/overview",
            "/a/b/c/d/e/f/g/h/i",
            "logs",
        ] {
            assert_eq!(
                Route::of(trick, None).map_err(|problem| problem.status),
                Err(404),
                "{trick}"
            );
        }
    }

    #[test]
    fn a_url_of_more_than_8_kib_is_refused() {
        let query = "a".repeat(8 << 10);
        assert_eq!(
            Route::of("/", Some(&query[1..])).map_err(|problem| problem.status),
            Ok(Route::Page)
        );
        assert_eq!(Route::of("/", Some(&query)).map_err(|problem| problem.status), Err(414));
    }

    #[test]
    fn a_mount_ends_neither_a_header_nor_leads_to_another_host() {
        assert!(is_plain_mount("") && is_plain_mount("/obs") && is_plain_mount("/a/%20b/obs"));
        for bad in [
            "//evil.example",
            "/a;Domain=b",
            "/a b",
            "/a\r\nb",
            "/a,b",
            "obs",
            "/a\"b",
        ] {
            assert!(!is_plain_mount(bad), "{bad}");
        }
    }
}
