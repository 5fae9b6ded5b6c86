//! Query strings and forms.

use percent_encoding::percent_decode_str;

/// The value of the first pair of this name, decoded.
pub(super) fn value_of(pairs: &str, name: &str) -> Option<String> {
    pairs.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (key == name).then(|| decoded(value))
    })
}

/// A query string without the pairs of this name.
pub(super) fn without(pairs: &str, name: &str) -> String {
    let is_other = |pair: &&str| pair.split('=').next() != Some(name);
    pairs.split('&').filter(is_other).collect::<Vec<_>>().join("&")
}

fn decoded(value: &str) -> String {
    let spaced = value.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_and_decoded() {
        assert_eq!(value_of("a=1&token=x%2By+z&token=2", "token").as_deref(), Some("x+y z"));
        assert_eq!(value_of("token", "token").as_deref(), Some(""));
        assert_eq!(value_of("xtoken=1", "token"), None);
        assert_eq!(value_of("token=%ff", "token").as_deref(), Some("\u{fffd}"));
    }

    #[test]
    fn a_token_leaves_the_query() {
        assert_eq!(without("a=1&token=x&b=2&token=y", "token"), "a=1&b=2");
        assert_eq!(without("token=x", "token"), "");
    }
}
