//! Names of server and client spans.

use std::{borrow::Cow, cell::RefCell, collections::HashMap};

use rustc_hash::FxBuildHasher;

use crate::{interner::Interner, names::value};

/// Names that are kept for the life of the process, at most: routes times methods stay far below.
const MAX_NAMES: usize = 8_192;

static NAMES: Interner = Interner::new(MAX_NAMES);

/// A method and a route that live as long as the process, by their addresses and lengths.
type Key = (usize, usize, usize, usize);

/// The name of the span of a request, which is put together only where it is needed.
#[derive(Clone, Debug)]
pub(crate) enum SpanName {
    /// See [`http_span_name`].
    Http {
        method: &'static str,
        route: Option<&'static str>,
    },
    Given(Cow<'static, str>),
}

thread_local! {
    /// The names that this thread has used: they need neither a lock nor a text that is put together.
    static KNOWN: RefCell<HashMap<Key, &'static str, FxBuildHasher>> =
        const { RefCell::new(HashMap::with_hasher(FxBuildHasher)) };
}

/// The name of a server span: `{method} {route}`, `HTTP` for an unknown method, and no route where
/// none matched ([HTTP conventions](https://opentelemetry.io/docs/specs/semconv/http/http-spans/#name)).
/// The name of a client's span has the template of the URL in place of the route.
///
/// The SDK takes `&'static str` or `String`, and a span per request must not cost a `String`. So a
/// name is kept for the life of the process. Beyond a bound, which only a broken caller reaches, names
/// are owned.
pub(crate) fn http_span_name(method: &'static str, route: Option<&Cow<'static, str>>) -> Cow<'static, str> {
    match route {
        None => Cow::Borrowed(shown(method)),
        Some(Cow::Borrowed(route)) => known(method, route),
        Some(Cow::Owned(route)) => name(method, route),
    }
}

// === impl SpanName ===

impl SpanName {
    /// The name of a span of HTTP.
    pub(crate) fn http(method: &'static str, route: Option<&Cow<'static, str>>) -> Self {
        match route {
            None => Self::Http { method, route: None },
            Some(Cow::Borrowed(route)) => Self::Http {
                method,
                route: Some(route),
            },
            Some(Cow::Owned(_)) => Self::Given(http_span_name(method, route)),
        }
    }

    pub(super) fn into_text(self) -> Cow<'static, str> {
        match self {
            Self::Http { method, route: None } => Cow::Borrowed(shown(method)),
            Self::Http {
                method,
                route: Some(route),
            } => known(method, route),
            Self::Given(name) => name,
        }
    }

    /// About the length of the text, in bytes, and not less.
    pub(super) fn max_len(&self) -> usize {
        match self {
            Self::Http { method, route } => method.len() + 1 + route.map_or(0, str::len),
            Self::Given(name) => name.len(),
        }
    }
}

impl From<&'static str> for SpanName {
    fn from(name: &'static str) -> Self {
        Self::Given(Cow::Borrowed(name))
    }
}

fn shown(method: &'static str) -> &'static str {
    if method == value::OTHER { "HTTP" } else { method }
}

#[inline]
fn known(method: &'static str, route: &'static str) -> Cow<'static, str> {
    let key = (method.as_ptr().addr(), method.len(), route.as_ptr().addr(), route.len());
    let known = KNOWN.try_with(|known| known.try_borrow().ok()?.get(&key).copied());
    match known {
        Ok(Some(name)) => Cow::Borrowed(name),
        Ok(None) | Err(_) => learn(key, method, route),
    }
}

#[cold]
fn learn(key: Key, method: &'static str, route: &'static str) -> Cow<'static, str> {
    let name = name(method, route);
    if let Cow::Borrowed(name) = name {
        let _ = KNOWN.try_with(|known| known.try_borrow_mut().map(|mut known| known.insert(key, name)));
    }
    name
}

fn name(method: &'static str, route: &str) -> Cow<'static, str> {
    let name = format!("{} {route}", shown(method));
    NAMES.intern(&name).map_or(Cow::Owned(name), Cow::Borrowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(method: &'static str, route: &'static str) -> Cow<'static, str> {
        http_span_name(method, Some(&Cow::Borrowed(route)))
    }

    #[test]
    fn a_name_is_kept_once_wherever_its_route_lies() {
        let names = [
            at("GET", "/once/{id}"),
            at("GET", "/once/{id}"),
            http_span_name("GET", Some(&Cow::Owned("/once/{id}".to_owned()))),
        ];
        assert!(
            names
                .iter()
                .all(|name| matches!(name, Cow::Borrowed(_)) && name.as_ptr() == names[0].as_ptr())
        );
    }

    #[test]
    fn unknown_methods_and_routes_are_not_part_of_a_name() {
        assert_eq!(at("GET", "/users/{id}"), "GET /users/{id}");
        assert_eq!(at(value::OTHER, "/users/{id}"), "HTTP /users/{id}");
        assert_eq!(at("POST", "/users/{id}"), "POST /users/{id}");
    }

    #[test]
    fn a_request_without_a_route_is_named_by_its_method() {
        assert_eq!(http_span_name("GET", None), "GET");
        assert_eq!(http_span_name(value::OTHER, None), "HTTP");
    }

    #[test]
    fn texts_that_begin_at_one_address_are_told_apart() {
        let (long, short) = ("/prefix/{id}", &"/prefix/{id}"[..7]);
        assert_eq!(
            (at("GET", long), at("GET", short)),
            ("GET /prefix/{id}".into(), "GET /prefix".into())
        );
    }
}
