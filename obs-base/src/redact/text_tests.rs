use std::borrow::Cow;

use proptest::prelude::*;

use super::Redactor;

fn redacted(text: &str) -> String {
    Redactor::usual().text(text).into_owned()
}

#[test]
fn urls_in_texts_lose_their_credentials_and_the_values_of_sensitive_keys() {
    for (text, expected) in [
        (
            "error sending request for url (https://bob:s3cret@shop.example:8443/p?page=2&reset_token=abc)",
            "error sending request for url (https://REDACTED@shop.example:8443/p?page=2&reset_token=REDACTED)",
        ),
        ("postgres://bob:pa/ss@db:5432/shop", "postgres://REDACTED@db:5432/shop"),
        ("cut in https://bob:s3cr", "cut in https://REDACTED"),
        ("https://token@github.com/x", "https://REDACTED@github.com/x"),
        (
            "see https://h/cb#access_token=abc&state=1",
            "see https://h/cb#access_token=REDACTED&state=1",
        ),
        ("GET /cb?code=abc HTTP/1.1", "GET /cb?code=REDACTED HTTP/1.1"),
        (
            r#"{"url":"https://h/?sig=a%2Fb","x":1}"#,
            r#"{"url":"https://h/?sig=REDACTED","x":1}"#,
        ),
        ("https://h/?%74oken=abc", "https://h/?%74oken=REDACTED"),
    ] {
        assert_eq!(redacted(text), expected);
    }
}

#[test]
fn headers_pairs_and_structures_in_texts_lose_their_secrets() {
    for (text, expected) in [
        (
            "bad header Authorization: Bearer abc.def-123 at h",
            "bad header Authorization: Bearer REDACTED at h",
        ),
        ("sent bearer eyJhbGciOi.J9, failed", "sent bearer REDACTED, failed"),
        (
            "proxy-authorization: Basic dXNlcjpwYXNz",
            "proxy-authorization: Basic REDACTED",
        ),
        ("Cookie: sid=abc; theme=dark", "Cookie: REDACTED"),
        ("password=hunter2, retrying", "password=REDACTED, retrying"),
        (
            "host=db user=bob password='a b' dbname=x",
            "host=db user=bob password='REDACTED' dbname=x",
        ),
        (
            "Server=x;Password=a,b;Timeout=3",
            "Server=x;Password=REDACTED;Timeout=3",
        ),
        ("password = hunter2", "password = REDACTED"),
        (
            r#"{"user":"bob","token":"a\"b","n":1}"#,
            r#"{"user":"bob","token":"REDACTED","n":1}"#,
        ),
        (
            r#"body "{\"api_key\":\"abc\",\"n\":1}""#,
            r#"body "{\"api_key\":\"REDACTED\",\"n\":1}""#,
        ),
        (r#"{"pin": 1, "otp": 123456}"#, r#"{"pin": 1, "otp": REDACTED}"#),
        (
            r#"Config { user: "bob", password: "hunter2", port: 1 }"#,
            r#"Config { user: "bob", password: "REDACTED", port: 1 }"#,
        ),
        ("Config {\n    api_key: Some(\n", "Config {\n    api_key: Some(\n"),
        (
            r#"Login { password: Some("hunter2") }"#,
            r#"Login { password: Some("REDACTED") }"#,
        ),
        ("token: ghp_16C7e42F292c", "token: REDACTED"),
    ] {
        assert_eq!(redacted(text), expected);
    }
}

#[test]
fn plain_prose_stays_as_it_is() {
    for text in [
        "",
        "invalid token: expected `;`",
        "unexpected token: \"}\" at line 3",
        "password: must be at least 8 characters",
        "missing credentials: login required",
        "Bearer authentication failed",
        "the basic idea is this",
        "listening on http://127.0.0.1:8080/metrics?page=2",
        "listening on http://127.0.0.1:8080.",
        "https://medium.com/@bob/post",
        "a == b, token == c",
        "status=200 code=7 key=x",
        "time 12:30:45, ratio 1:2",
        "authorization: denied",
        "[::1]:8080 http://[::1]:8080/@x",
        "C:\\token: x",
    ] {
        assert!(
            matches!(Redactor::usual().text(text), Cow::Borrowed(_)),
            "{text}: {}",
            redacted(text)
        );
    }
}

proptest! {
    #[test]
    fn any_text_is_survived(text in "(?s).{0,80}") {
        let _ = redacted(&text);
    }

    #[test]
    fn odd_texts_are_survived(text in "([a:=&?@/\"'\\\\ {},;]|token|password|://|Bearer |é){0,24}") {
        let _ = redacted(&text);
    }

    #[test]
    fn a_secret_in_a_url_never_comes_through(
        before in "[a-z ]{0,20}",
        user in "[a-z:]{0,10}",
        key in prop::sample::select(vec!["token", "code", "sig", "reset_token", "otp", "x-amz-signature", "SAMLResponse"]),
        after in "(&[a-z]{1,3}=[a-z0-9]{0,5}){0,3}",
    ) {
        let text = format!("{before} https://{user}TOPSECRET@h/p?{key}=TOPSECRET{after}");
        let shown = redacted(&text);
        prop_assert!(!shown.contains("TOPSECRET"), "{shown}");
    }

    #[test]
    fn a_secret_in_a_pair_never_comes_through(
        key in prop::sample::select(vec!["token", "db.password", "CSRFToken", "api_key", "client_secret"]),
        form in 0_usize..6,
        around in "[a-z ]{0,10}",
    ) {
        let secret = "TOP5ECRET";
        let text = match form {
            0 => format!("{around} {key}={secret} {around}"),
            1 => format!("{around} {key}=\"{secret} {secret}\" {around}"),
            2 => format!("{{\"{key}\":\"{secret}\\\"{secret}\"}}"),
            3 => format!("X {{ a: 1, {key}: \"{secret}\" }}"),
            4 => format!("{around} {key}: {secret}"),
            _ => format!("{around}&{key}={secret}&{around}"),
        };
        let shown = redacted(&text);
        prop_assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn a_long_text_is_read_in_linear_time() {
    for part in [
        "token:",
        "://",
        "a=",
        "\"token\":",
        "password=",
        "token=,",
        "://x:y",
        "Bearer ",
        "token: ((",
    ] {
        let text = part.repeat(200_000 / part.len());
        let begun = std::time::Instant::now();
        let _ = redacted(&text);
        assert!(begun.elapsed() < std::time::Duration::from_secs(5), "{part}");
    }
}
