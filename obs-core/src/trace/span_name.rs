//! Names of server spans, made once per route.

use std::{
    borrow::Cow,
    collections::HashSet,
    sync::{Mutex, OnceLock, PoisonError},
};

use crate::names::value;

/// Names that are kept for the life of the process, at most: routes times methods stay far below.
const MAX_KEPT: usize = 8_192;

/// Names that live as long as the process.
#[derive(Debug, Default)]
struct SpanNames(Mutex<HashSet<&'static str>>);

/// The name in a form that costs nothing to give to a span.
///
/// The SDK takes `&'static str` or `String`, and a span per request must not cost a `String`. So a
/// name is kept for the life of the process; callers ask once per route and method and keep the
/// answer. Beyond a bound, which only a broken caller reaches, names are owned.
pub(crate) fn span_name(name: &str) -> Cow<'static, str> {
    static NAMES: OnceLock<SpanNames> = OnceLock::new();
    NAMES.get_or_init(SpanNames::default).keep(name, MAX_KEPT)
}

// === impl SpanNames ===

impl SpanNames {
    fn keep(&self, name: &str, max: usize) -> Cow<'static, str> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = kept.get(name) {
            return Cow::Borrowed(known);
        }
        if kept.len() >= max {
            return Cow::Owned(name.to_owned());
        }
        let forever: &'static str = Box::leak(name.into());
        kept.insert(forever);
        Cow::Borrowed(forever)
    }
}

/// The name of a server span: `{method} {route}`, `HTTP` for an unknown method, and no route where
/// none matched ([HTTP conventions](https://opentelemetry.io/docs/specs/semconv/http/http-spans/#name)).
pub(crate) fn server_span_name(method: &str, endpoint: Option<&str>) -> Cow<'static, str> {
    let method = if method == value::OTHER { "HTTP" } else { method };
    endpoint.map_or_else(|| span_name(method), |endpoint| span_name(&format!("{method} {endpoint}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_once() {
        let (first, second) = (span_name("GET /once/{id}"), span_name("GET /once/{id}"));
        assert!(matches!(first, Cow::Borrowed(_)));
        assert_eq!(first.as_ptr(), second.as_ptr());
    }

    #[test]
    fn the_names_kept_are_bounded() {
        let names = SpanNames::default();
        assert!(matches!(names.keep("a", 1), Cow::Borrowed("a")));
        assert!(matches!(names.keep("b", 1), Cow::Owned(_)));
        assert!(matches!(names.keep("a", 1), Cow::Borrowed("a")));
    }
}
