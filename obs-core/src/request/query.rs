//! Query strings without their secrets.

use crate::names::value;

/// Keys whose values never leave the process, compared without case: credentials of signed URLs
/// ([HTTP conventions, `url.query`](https://opentelemetry.io/docs/specs/semconv/http/http-spans/))
/// and what applications commonly put there.
pub(super) const SENSITIVE_QUERY_KEYS: [&str; 25] = [
    "access_key",
    "access_token",
    "api_key",
    "apikey",
    "api-key",
    "auth",
    "authorization",
    "awsaccesskeyid",
    "client_secret",
    "code",
    "credential",
    "id_token",
    "jwt",
    "key",
    "passwd",
    "password",
    "pwd",
    "refresh_token",
    "secret",
    "session",
    "sessionid",
    "sig",
    "signature",
    "token",
    "x-api-key",
];

/// Prefixes that sign requests to object stores.
const SENSITIVE_PREFIXES: [&str; 2] = ["x-amz-", "x-goog-"];

/// The query with the values of sensitive keys replaced by `REDACTED`.
///
/// Keys are compared after percent-decoding, so that `%74oken` hides nothing, and part by part, so
/// that `user[password]` and `auth.token` don't either. Some servers separate pairs by a semicolon:
/// from a sensitive key behind one, all is replaced up to the next `&`, since the rest may be part of
/// the value.
pub(super) fn redacted(query: &str, more: &[Box<str>]) -> String {
    let mut out = String::with_capacity(query.len());
    redact_into(&mut out, query, more);
    out
}

/// Appends the query as [`redacted`] gives it.
pub(crate) fn redact_into(out: &mut String, query: &str, more: &[Box<str>]) {
    for (i, pair) in query.split('&').enumerate() {
        if i > 0 {
            out.push('&');
        }
        match end_of_sensitive_key(pair, more) {
            Some(end) => {
                out.push_str(&pair[..end]);
                out.push('=');
                out.push_str(value::REDACTED);
            }
            None => out.push_str(pair),
        }
    }
}

/// Where the first key whose value is a secret ends.
fn end_of_sensitive_key(pair: &str, more: &[Box<str>]) -> Option<usize> {
    let mut start = 0;
    for part in pair.split(';') {
        if let Some((key, _)) = part.split_once('=')
            && is_sensitive(key, more)
        {
            return Some(start + key.len());
        }
        start += part.len() + 1;
    }
    None
}

fn is_sensitive(key: &str, more: &[Box<str>]) -> bool {
    if key.contains('%') || key.contains('+') {
        return is_sensitive_plain(&percent_decoded(key), more);
    }
    is_sensitive_plain(key, more)
}

fn is_sensitive_plain(key: &str, more: &[Box<str>]) -> bool {
    is_sensitive_word(key, more)
        || (key.contains(['[', '.']) && key.split(['[', ']', '.']).any(|word| is_sensitive_word(word, more)))
}

fn is_sensitive_word(key: &str, more: &[Box<str>]) -> bool {
    let starts_with = |prefix: &str| key.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    SENSITIVE_QUERY_KEYS.iter().any(|known| known.eq_ignore_ascii_case(key))
        || SENSITIVE_PREFIXES.into_iter().any(starts_with)
        || more.iter().any(|known| known.eq_ignore_ascii_case(key))
}

/// Decodes what is well-formed and leaves the rest as it is.
pub(crate) fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if let (b'%', Some(high), Some(low)) = (byte, digit(at + 1), digit(at + 2)) {
            out.push(u8::try_from(high * 16 + low).unwrap_or(byte));
            at += 3;
        } else {
            out.push(byte);
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_of_sensitive_keys_are_replaced_and_all_else_kept() {
        let query = "a=1&token=abc&X-Amz-Signature=dead&b&Code=7&%74oken=x&c=%zz";
        assert_eq!(
            redacted(query, &[]),
            "a=1&token=REDACTED&X-Amz-Signature=REDACTED&b&Code=REDACTED&%74oken=REDACTED&c=%zz"
        );
    }

    #[test]
    fn a_key_in_a_structure_is_found_and_so_is_one_behind_a_semicolon() {
        for (query, expected) in [
            ("user[password]=x&a[]=1", "user[password]=REDACTED&a[]=1"),
            ("auth.token=x&tokens=2", "auth.token=REDACTED&tokens=2"),
            ("user%5Bpassword%5D=x", "user%5Bpassword%5D=REDACTED"),
            ("token[]=x", "token[]=REDACTED"),
            ("a=1;token=x;b=2&c=3", "a=1;token=REDACTED&c=3"),
            ("token=x;y&c=3", "token=REDACTED&c=3"),
            ("a;b;c", "a;b;c"),
            ("=x&;=y", "=x&;=y"),
        ] {
            assert_eq!(redacted(query, &[]), expected);
        }
    }

    proptest! {
        #[test]
        fn a_secret_never_comes_through(
            before in "[a-z0-9=&;.%\\[\\]]{0,20}",
            key in prop::sample::select(&SENSITIVE_QUERY_KEYS[..]),
            after in "[a-z0-9=&;.%\\[\\]]{0,20}",
        ) {
            let query = format!("{before}&{key}=TOPSECRET&{after}");
            let shown = redacted(&query, &[]);
            prop_assert!(!shown.contains("TOPSECRET"), "{shown}");
            prop_assert_eq!(redacted(&shown, &[]), shown);
        }

        #[test]
        fn any_text_is_survived(query: String) {
            let _ = redacted(&query, &["own".into()]);
        }
    }

    #[test]
    fn own_keys_can_be_added() {
        assert_eq!(redacted("iban=DE1&x=2", &["IBAN".into()]), "iban=REDACTED&x=2");
    }
}
