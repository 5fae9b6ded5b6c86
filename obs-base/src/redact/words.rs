//! The names of secrets, and how names are divided into words.

/// Names of secrets in fields, attributes, headers and queries. `_` matches any separator or a border within camel
/// case.
pub(super) const SECRETS: [&str; 60] = [
    "access_code",
    "access_key",
    "accesskey",
    "accesstoken",
    "account_key",
    "api_key",
    "apitoken",
    "assertion",
    "auth_code",
    "auth_key",
    "authkey",
    "authorization",
    "authorization_code",
    "authtoken",
    "awsaccesskeyid",
    "backup_code",
    "bearer",
    "bearertoken",
    "code_verifier",
    "cookie",
    "cookies",
    "csrftoken",
    "encryption_key",
    "hmac",
    "id_token_hint",
    "idtoken",
    "jwt",
    "jwttoken",
    "login_code",
    "master_key",
    "mfa_code",
    "otp",
    "otp_code",
    "passcode",
    "private_key",
    "privatekey",
    "pwd",
    "recovery_code",
    "refreshtoken",
    "reset_code",
    "resettoken",
    "saml_assertion",
    "saml_request",
    "saml_response",
    "samlrequest",
    "samlresponse",
    "secret_key",
    "secretkey",
    "security_code",
    "session_key",
    "sessiontoken",
    "shared_key",
    "signing_key",
    "sms_code",
    "subscription_key",
    "token",
    "totp",
    "usertoken",
    "verification_code",
    "xsrftoken",
];

/// Names of secrets that match at the end of any word: `dbpassword`.
pub(super) const ENDINGS: [&str; 11] = [
    "apikey",
    "credential",
    "credentials",
    "passphrase",
    "passphrases",
    "passwd",
    "password",
    "passwords",
    "secret",
    "secrets",
    "setcookie",
];

/// Names of secrets in queries only; elsewhere they mean other things.
pub(super) const QUERY_SECRETS: [&str; 10] = [
    "auth",
    "jsessionid",
    "phpsessid",
    "session",
    "session_id",
    "sessionid",
    "sid",
    "sig",
    "signature",
    "ticket",
];

/// Query keys that hold a secret only as the whole key: `country_code` and `sort_key` don't.
pub(super) const WHOLE_KEYS: [&str; 3] = ["code", "key", "pin"];

/// Prefixes of query keys that sign requests to object stores.
pub(super) const SIGNING_PREFIXES: [&str; 2] = ["x-amz-", "x-goog-"];

/// Words after which a name is still that of a secret: `password_hash`.
pub(super) const TAILS: [&str; 12] = [
    "base64",
    "confirm",
    "confirmation",
    "encoded",
    "hash",
    "header",
    "hint",
    "plain",
    "plaintext",
    "raw",
    "text",
    "value",
];

/// The index at which `word` starts if `name` ends with it, in any case of letters; else `None`.
///
/// `_` in the word matches any run of separators in the name, or a border within camel case.
#[inline]
pub(super) fn start_of(word: &[u8], name: &[u8]) -> Option<usize> {
    let mut at = name.len();
    for expected in word.iter().rev() {
        if *expected == b'_' {
            let end = at;
            while at > 0 && is_separator(name[at - 1]) {
                at -= 1;
            }
            if at == end && !is_border(name, at) {
                return None;
            }
        } else {
            at = at
                .checked_sub(1)
                .filter(|at| name[*at].to_ascii_lowercase() == *expected)?;
        }
    }
    Some(at)
}

/// Whether a word starts at `at`: at the start, after a separator or a digit, or at a capital after lower case or after
/// an acronym (`csrfToken`, `CSRFToken`).
#[inline]
pub(super) fn is_border(name: &[u8], at: usize) -> bool {
    let (Some(before), Some(first)) = (at.checked_sub(1).map(|before| name[before]), name.get(at)) else {
        return true;
    };
    if !before.is_ascii_alphabetic() {
        return true;
    }
    let starts_word = || name.get(at + 1).is_some_and(u8::is_ascii_lowercase);
    first.is_ascii_uppercase() && (before.is_ascii_lowercase() || starts_word())
}

/// The name without the digits and separators at its end.
#[inline]
pub(super) fn without_end(mut name: &[u8]) -> &[u8] {
    while let [rest @ .., last] = name
        && (last.is_ascii_digit() || is_separator(*last))
    {
        name = rest;
    }
    name
}

#[inline]
fn is_separator(byte: u8) -> bool {
    byte.is_ascii() && !byte.is_ascii_alphanumeric()
}

/// The name in the form of the lists: in lower case, with `_` between words.
pub(super) fn normalized(name: &str) -> Box<[u8]> {
    let bytes = name.as_bytes();
    let mut out = Vec::with_capacity(bytes.len() + 4);
    for (at, byte) in bytes.iter().enumerate() {
        let separates = is_separator(*byte);
        if (separates || (at > 0 && byte.is_ascii_uppercase() && is_border(bytes, at)))
            && out.last().is_some_and(|last| *last != b'_')
        {
            out.push(b'_');
        }
        if !separates {
            out.push(byte.to_ascii_lowercase());
        }
    }
    if out.last() == Some(&b'_') {
        out.pop();
    }
    out.into()
}
