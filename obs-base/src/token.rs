//! Secret tokens that clients show.

use std::{fmt, hint::black_box};

use crate::InitError;

/// What a client has to know to be admitted, as a bearer token ([RFC 6750](https://www.rfc-editor.org/rfc/rfc6750)) or
/// otherwise.
#[derive(Clone)]
pub struct Token(Box<[u8]>);

/// What a client has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// The token.
    Granted,
    /// It has shown nothing that could be a token.
    Missing,
    /// It has shown another one.
    Wrong,
}

// === impl Token ===

impl Token {
    /// The token of the setting `setting`.
    ///
    /// # Errors
    ///
    /// If it is empty or not a valid header value.
    pub fn parse(setting: &'static str, token: &str) -> Result<Self, InitError> {
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            // An invalid token may still be a secret.
            let shown = if token.is_empty() { "" } else { "(hidden)" };
            return Err(InitError::invalid(
                setting,
                shown,
                "visible ASCII characters without spaces",
            ));
        }
        Ok(Self(token.as_bytes().into()))
    }

    /// Whether the value of an `Authorization` header holds this token.
    #[must_use]
    pub fn admits(&self, authorization: Option<&[u8]>) -> Admission {
        match authorization.and_then(credentials) {
            None => Admission::Missing,
            Some(shown) if self.is(shown) => Admission::Granted,
            Some(_) => Admission::Wrong,
        }
    }

    /// Whether it is this token.
    ///
    /// Takes as long for a token that is wrong in its first character as for one that is wrong in
    /// its last: otherwise it could be guessed character by character. The length is not a secret.
    #[must_use]
    pub fn is(&self, shown: &[u8]) -> bool {
        let differing = self
            .0
            .iter()
            .zip(shown)
            .fold(0, |differing, (ours, theirs)| black_box(differing | (ours ^ theirs)));
        self.0.len() == shown.len() && black_box(differing) == 0
    }
}

/// What follows the word `Bearer`.
fn credentials(authorization: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = authorization.split_at_checked(b"Bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then(|| rest.trim_ascii())
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(header: Option<&str>) -> Admission {
        Token::parse("metrics_token", "s3cret")
            .unwrap()
            .admits(header.map(str::as_bytes))
    }

    #[test]
    fn only_the_token_itself_is_admitted() {
        assert_eq!(admission(Some("Bearer s3cret")), Admission::Granted);
        assert_eq!(admission(Some("bearer  s3cret ")), Admission::Granted);
        for wrong in [
            "Bearer s3cre",
            "Bearer s3crets",
            "Bearer S3cret",
            "Bearer ",
            "Bearer s3cret s3cret",
        ] {
            assert_eq!(admission(Some(wrong)), Admission::Wrong, "{wrong}");
        }
    }

    #[test]
    fn other_schemes_are_no_token() {
        for other in [
            None,
            Some(""),
            Some("Bearer"),
            Some("Basic czNjcmV0"),
            Some("s3cret"),
            Some("Bearers3cret"),
        ] {
            assert_eq!(admission(other), Admission::Missing, "{other:?}");
        }
    }

    #[test]
    fn a_token_that_no_header_can_carry_is_refused_and_not_shown() {
        for bad in ["", "two words", "l\u{e4}nge", "line\n"] {
            let error = Token::parse("metrics_token", bad).unwrap_err().to_string();
            assert!(
                error.contains("metrics_token") && (bad.is_empty() || !error.contains(bad)),
                "{error}"
            );
        }
        assert_eq!(
            format!("{:?}", Token::parse("metrics_token", "s3cret").unwrap()),
            "Token(…)"
        );
    }
}
