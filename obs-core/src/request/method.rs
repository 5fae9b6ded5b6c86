//! The closed set of request methods.

use crate::names::value;

/// The methods of RFC 9110 and RFC 5789; any other is `_OTHER` in labels.
pub const KNOWN_METHODS: [&str; 9] = ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"];

/// The label value of a method: itself if it is known, else `_OTHER`. Methods are case-sensitive.
#[must_use]
pub fn known_method(method: &str) -> &'static str {
    KNOWN_METHODS.into_iter().find(|known| *known == method).unwrap_or(value::OTHER)
}
