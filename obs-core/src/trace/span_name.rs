//! Names of server spans, made once per route.

use std::{
    borrow::Cow,
    collections::HashSet,
    sync::{Mutex, OnceLock, PoisonError},
};

use crate::names::value;

/// Names that are kept for the life of the process, at most: routes times methods stay far below.
const MAX_KEPT: usize = 8_192;

/// Names that are kept for good.
#[derive(Debug, Default)]
struct Names(Mutex<HashSet<&'static str>>);

/// The name of a server span: `{method} {route}`, `HTTP` for an unknown method, and no route where
/// none matched ([HTTP conventions](https://opentelemetry.io/docs/specs/semconv/http/http-spans/#name)).
///
/// The SDK takes `&'static str` or `String`, and a span per request must not cost a `String`. So a
/// name is kept for the life of the process; callers ask once per route and method and keep the
/// answer. Beyond a bound, which only a broken caller reaches, names are owned.
pub(crate) fn server_span_name(method: &str, endpoint: Option<&str>) -> Cow<'static, str> {
    static NAMES: OnceLock<Names> = OnceLock::new();
    let names = NAMES.get_or_init(Names::default);
    let method = if method == value::OTHER { "HTTP" } else { method };
    endpoint.map_or_else(|| names.keep(method), |endpoint| names.keep(&format!("{method} {endpoint}")))
}

// === impl Names ===

impl Names {
    fn keep(&self, name: &str) -> Cow<'static, str> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = kept.get(name) {
            return Cow::Borrowed(known);
        }
        if kept.len() == MAX_KEPT {
            return Cow::Owned(name.to_owned());
        }
        let forever: &'static str = Box::leak(name.into());
        kept.insert(forever);
        Cow::Borrowed(forever)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_once() {
        let names = Names::default();
        let (first, second) = (names.keep("GET /once/{id}"), names.keep("GET /once/{id}"));
        assert!(matches!(first, Cow::Borrowed(_)));
        assert_eq!(first.as_ptr(), second.as_ptr());
    }

    #[test]
    fn the_names_kept_are_bounded() {
        let names = Names::default();
        let last = (0..=MAX_KEPT).map(|n| names.keep(&format!("GET /bounded/{n}"))).last().unwrap();
        assert!(matches!(last, Cow::Owned(_)));
    }

    #[test]
    fn unknown_methods_and_routes_are_not_part_of_a_name() {
        assert_eq!(server_span_name("GET", Some("/users/{id}")), "GET /users/{id}");
        assert_eq!(server_span_name(value::OTHER, Some("/users/{id}")), "HTTP /users/{id}");
        assert_eq!(server_span_name("GET", None), "GET");
    }
}
