//! The closed set of request methods that may be label values.

use std::{
    borrow::Cow,
    sync::{Arc, Once},
};

use crate::{
    interner::Interner,
    names::{target, value},
};

/// The variable that replaces the list
/// ([HTTP conventions](https://opentelemetry.io/docs/specs/semconv/http/http-spans/)).
const VARIABLE: &str = "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS";
/// The methods of a list, at most: each method is a series for each route.
const MAX_METHODS: usize = 32;
/// The longest method of a list in bytes, and the length to which an unknown method is cut.
const MAX_LEN: usize = 32;
/// The methods besides the standard ones that all lists of a process can have together: they are interned until it
/// ends.
const MAX_INTERNED: usize = 256;

pub use obs_conventions::KNOWN_METHODS;

/// [`KNOWN_METHODS`] with a fixed address.
static USUAL: [&str; KNOWN_METHODS.len()] = KNOWN_METHODS;

/// The methods that may be label values.
#[derive(Clone, Debug)]
pub(crate) struct KnownMethods {
    list: Cow<'static, [&'static str]>,
    /// Set if a part of the list was ignored, which is logged once.
    warning: Option<Arc<Once>>,
}

/// The label value of a method: the method itself if it is one of [`KNOWN_METHODS`], else `_OTHER`.
///
/// Methods are case-sensitive: `get` is not `GET`. An arbitrary method that a client sends never becomes a label value.
#[must_use]
pub fn known_method(method: &str) -> &'static str {
    label_of(&USUAL, method)
}

fn label_of(known: &[&'static str], method: &str) -> &'static str {
    known
        .iter()
        .find(|known| **known == method)
        .copied()
        .unwrap_or(value::OTHER)
}

/// The text of an unknown method that is logged besides its label, cut to 32 bytes.
pub(crate) fn original(method: &str) -> &str {
    let end = (0..=MAX_LEN.min(method.len()))
        .rev()
        .find(|at| method.is_char_boundary(*at));
    method.get(..end.unwrap_or_default()).unwrap_or_default()
}

// === impl KnownMethods ===

impl KnownMethods {
    /// These methods and no others. Invalid methods, and those beyond the limits, are ignored with a
    /// [warning](Self::warn).
    pub(crate) fn new<N: AsRef<str>>(methods: impl IntoIterator<Item = N>) -> Self {
        let (mut list, mut is_whole) = (Vec::new(), true);
        for method in methods {
            let method = method.as_ref();
            if list.contains(&method) {
                continue;
            }
            let interned = if list.len() < MAX_METHODS && is_method(method) {
                intern(method)
            } else {
                None
            };
            is_whole &= interned.is_some();
            list.extend(interned);
        }
        Self {
            list: Cow::Owned(list),
            warning: (!is_whole).then(|| Arc::new(Once::new())),
        }
    }

    /// The methods in the environment variable, separated by commas; [`KNOWN_METHODS`] if it has no valid method.
    pub(crate) fn of_env(env: &dyn Fn(&str) -> Option<String>) -> Self {
        let listed = env(VARIABLE).unwrap_or_default();
        let known = Self::new(listed.split(',').map(str::trim).filter(|method| !method.is_empty()));
        if known.list.is_empty() {
            Self {
                warning: known.warning,
                ..Self::default()
            }
        } else {
            known
        }
    }

    /// Logs a warning about ignored methods, once.
    pub(crate) fn warn(&self) {
        if let Some(warning) = &self.warning {
            warning.call_once(|| {
                tracing::warn!(
                    target: target::OBS,
                    methods = MAX_METHODS,
                    bytes = MAX_LEN,
                    "some methods of known_methods or {VARIABLE} are ignored: expected at most {MAX_METHODS} methods \
                     of at most {MAX_LEN} bytes each that are valid by RFC 9110"
                );
            });
        }
    }

    /// The label value of a method: the method itself if it is known, else `_OTHER`.
    #[inline]
    pub(crate) fn label(&self, method: &str) -> &'static str {
        label_of(&self.list, method)
    }
}

impl Default for KnownMethods {
    fn default() -> Self {
        Self {
            list: Cow::Borrowed(&USUAL),
            warning: None,
        }
    }
}

/// A token ([RFC 9110, 5.6.2](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2)) that is not too long.
fn is_method(text: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    (1..=MAX_LEN).contains(&text.len()) && text.bytes().all(is_token)
}

/// The method as a static text, which is interned until the process ends.
fn intern(method: &str) -> Option<&'static str> {
    static INTERNED: Interner = Interner::new(MAX_INTERNED);
    USUAL
        .iter()
        .find(|usual| **usual == method)
        .copied()
        .or_else(|| INTERNED.intern(method))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_env(value: &str) -> KnownMethods {
        KnownMethods::of_env(&|name| (name == VARIABLE).then(|| value.to_owned()))
    }

    #[test]
    fn query_is_known_and_methods_are_case_sensitive() {
        let known = KnownMethods::default();
        assert_eq!((known.label("QUERY"), known_method("QUERY")), ("QUERY", "QUERY"));
        assert_eq!(
            (known.label("get"), known.label("PURGE"), known.label("")),
            ("_OTHER", "_OTHER", "_OTHER")
        );
    }

    #[test]
    fn a_list_replaces_the_usual_one_and_does_not_add_to_it() {
        for known in [KnownMethods::new(["GET", "PURGE"]), of_env("GET, PURGE,,GET")] {
            assert_eq!(
                ["GET", "PURGE", "POST", "purge"].map(|method| known.label(method)),
                ["GET", "PURGE", "_OTHER", "_OTHER"]
            );
            assert!(known.warning.is_none());
        }
        assert_eq!(KnownMethods::new([""; 0]).label("GET"), "_OTHER");
    }

    #[test]
    fn a_variable_that_lists_no_method_leaves_the_usual_ones() {
        for value in ["", " ", ",,"] {
            assert_eq!(
                (of_env(value).label("GET"), of_env(value).warning.is_some()),
                ("GET", false),
                "{value:?}"
            );
        }
        let known = of_env("a b,\u{e4}");
        assert_eq!(
            (known.label("GET"), known.label("a b"), known.warning.is_some()),
            ("GET", "_OTHER", true)
        );
    }

    #[test]
    fn what_can_be_no_method_or_is_too_much_is_left_out_with_a_warning() {
        for bad in ["a b", "GET\n", "\"", "{", "\u{e4}", &"X".repeat(MAX_LEN + 1)] {
            let known = KnownMethods::new(["GET", bad]);
            assert_eq!((known.list.len(), known.warning.is_some()), (1, true), "{bad:?}");
        }
        let many = KnownMethods::new((0..100).map(|n| format!("MANY{n}")));
        assert_eq!(
            (many.list.len(), many.label("MANY31"), many.label("MANY32")),
            (MAX_METHODS, "MANY31", "_OTHER")
        );
    }

    #[test]
    fn a_name_is_kept_once() {
        let (first, second) = (KnownMethods::new(["ONCE"]), KnownMethods::new([String::from("ONCE")]));
        assert!(std::ptr::eq(first.label("ONCE"), second.label("ONCE")));
        assert!(std::ptr::eq(
            KnownMethods::new([String::from("GET")]).label("GET"),
            known_method("GET")
        ));
    }

    #[test]
    fn what_is_told_of_a_method_is_cut_between_characters() {
        assert_eq!(original("BREW"), "BREW");
        assert_eq!(original(&"A".repeat(1_000)).len(), MAX_LEN);
        assert_eq!(original(&"\u{e4}".repeat(40)).len(), MAX_LEN);
        assert_eq!(original(&format!("a{}", "\u{e4}".repeat(40))).len(), MAX_LEN - 1);
    }
}
