//! Redaction of query strings.

use super::Redactor;
use obs_conventions::names::value::REDACTED;

/// Appends the query with the values of sensitive keys replaced by `REDACTED`.
///
/// Some servers separate pairs by a semicolon. After a sensitive key, everything up to the next `&` is replaced, since
/// a semicolon may also be part of the value.
pub(super) fn push(redactor: &Redactor, out: &mut String, query: &str) {
    let bytes = query.as_bytes();
    // The start of the current key, if within one; the number of bytes that were copied; the position.
    let (mut key, mut copied, mut at) = (Some(0), 0, 0);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'&' | b';' => key = Some(at + 1),
            b'=' if key
                .take()
                .is_some_and(|start| redactor.is_sensitive_key(&query[start..at])) =>
            {
                out.push_str(&query[copied..=at]);
                out.push_str(REDACTED);
                copied = bytes[at..]
                    .iter()
                    .position(|byte| *byte == b'&')
                    .map_or(query.len(), |end| at + end);
                at = copied;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    out.push_str(&query[copied..]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{
        super::words::{ENDINGS, QUERY_SECRETS, SECRETS, WHOLE_KEYS},
        *,
    };

    fn redacted(query: &str) -> String {
        Redactor::usual().query(query)
    }

    #[test]
    fn values_of_sensitive_keys_are_replaced_and_all_else_kept() {
        let query = "a=1&token=abc&X-Amz-Signature=dead&b&Code=7&%74oken=x&c=%zz&state=open&country_code=de";
        assert_eq!(
            redacted(query),
            "a=1&token=REDACTED&X-Amz-Signature=REDACTED&b&Code=REDACTED&%74oken=REDACTED&c=%zz&state=open&country_code=de"
        );
    }

    #[test]
    fn keys_are_matched_by_their_last_word() {
        for key in [
            "reset_token",
            "auth_token",
            "accessToken",
            "new_password",
            "otp",
            "passphrase",
            "private_key",
            "client_assertion",
            "SAMLResponse",
            "id_token",
            "awsAccessKeyId",
            "x-api-key",
            "hub.verify_token",
            "sig",
            "AWSAccessKeyId",
            "session",
            "credential",
            "subscription-key",
        ] {
            assert_eq!(redacted(&format!("{key}=abc&page=2")), format!("{key}=REDACTED&page=2"));
        }
        let kept = "sort_key=a&tokens=3&author=x&design=1&zip_code=1&passing=1&page_token_count=3&q=token";
        assert_eq!(redacted(kept), kept);
    }

    #[test]
    fn a_key_in_a_structure_is_found_and_so_is_one_behind_a_semicolon() {
        for (query, expected) in [
            ("user[password]=x&a[]=1", "user[password]=REDACTED&a[]=1"),
            ("credentials[user]=x", "credentials[user]=REDACTED"),
            ("auth.token=x&tokens=2", "auth.token=REDACTED&tokens=2"),
            ("user%5Bpassword%5D=x", "user%5Bpassword%5D=REDACTED"),
            ("token[]=x", "token[]=REDACTED"),
            ("a=1;token=x;b=2&c=3", "a=1;token=REDACTED&c=3"),
            ("token=x;y&c=3", "token=REDACTED&c=3"),
            ("a;b;c", "a;b;c"),
            ("=x&;=y", "=x&;=y"),
        ] {
            assert_eq!(redacted(query), expected);
        }
    }

    fn any_key() -> impl Strategy<Value = &'static str> {
        let keys = [&SECRETS[..], &ENDINGS[..], &QUERY_SECRETS[..], &WHOLE_KEYS[..]].concat();
        prop::sample::select(keys)
    }

    proptest! {
        #[test]
        fn a_secret_never_comes_through(
            before in "[a-z0-9=&;.%\\[\\]]{0,20}",
            key in any_key(),
            after in "[a-z0-9=&;.%\\[\\]]{0,20}",
        ) {
            let query = format!("{before}&{key}=TOPSECRET&{after}");
            let shown = redacted(&query);
            prop_assert!(!shown.contains("TOPSECRET"), "{shown}");
            prop_assert_eq!(redacted(&shown), shown);
        }

        #[test]
        fn any_text_is_survived(query: String) {
            let _ = Redactor::with(["own"]).query(&query);
        }
    }

    #[test]
    fn own_keys_can_be_added() {
        assert_eq!(
            Redactor::with(["IBAN"]).query("iban=DE1&x=2&owner.iban=3"),
            "iban=REDACTED&x=2&owner.iban=REDACTED"
        );
    }
}
