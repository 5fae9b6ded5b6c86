//! Which fields must not show their value.

/// Names that are redacted unless told otherwise.
const DEFAULT: [&str; 16] = [
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "credential",
    "credentials",
    "authorization",
    "cookie",
    "cookies",
    "token",
    "api_key",
    "apikey",
    "access_key",
    "private_key",
    "secret_key",
];

/// A list of field names, in any case and with any of `_`, `-`, `.` between their words.
///
/// A field matches when its name, or the end of it after a separator or a camel-case border, is on
/// the list: `token` covers `access_token`, `X-CSRF-Token`, `accessToken` and not `token_count`.
#[derive(Debug)]
pub(super) struct Redactor {
    /// Normalised words, by their last byte: most names are cleared by one look.
    by_last_byte: Box<[Vec<Box<[u8]>>; 256]>,
}

// === impl Redactor ===

impl Redactor {
    /// The usual names, and these.
    pub(super) fn with<'a>(more: impl IntoIterator<Item = &'a str>) -> Self {
        let mut by_last_byte: Box<[Vec<Box<[u8]>>; 256]> = Box::new([const { Vec::new() }; 256]);
        for name in DEFAULT.into_iter().chain(more) {
            let word: Box<[u8]> = name.bytes().map(normalized).collect();
            if let Some(last) = word.last() {
                by_last_byte[usize::from(*last)].push(word);
            }
        }
        Self { by_last_byte }
    }

    /// Whether the value of this field must not be written.
    #[inline]
    pub(super) fn matches(&self, name: &str) -> bool {
        let Some(last) = name.as_bytes().last() else { return false };
        let words = &self.by_last_byte[usize::from(normalized(*last))];
        words.iter().any(|word| ends_with_word(name.as_bytes(), word))
    }
}

impl Default for Redactor {
    fn default() -> Self {
        Self::with([])
    }
}

fn ends_with_word(name: &[u8], word: &[u8]) -> bool {
    let Some(start) = name.len().checked_sub(word.len()) else { return false };
    let (before, end) = name.split_at(start);
    let same = end.iter().rev().zip(word.iter().rev()).all(|(given, known)| normalized(*given) == *known);
    same && before.last().is_none_or(|border| is_border(*border, end))
}

/// Whether a word starts after this byte.
fn is_border(before: u8, word: &[u8]) -> bool {
    !before.is_ascii_alphanumeric()
        || word.first().is_some_and(|first| first.is_ascii_uppercase() && !before.is_ascii_uppercase())
}

const fn normalized(byte: u8) -> u8 {
    match byte {
        b'-' | b'.' => b'_',
        byte => byte.to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sensitive_names_match_whole_or_as_the_last_word() {
        let redactor = Redactor::default();
        for name in [
            "password",
            "PASSWORD",
            "user.password",
            "Authorization",
            "proxy-authorization",
            "cookie",
            "Set-Cookie",
            "access_token",
            "refresh-token",
            "accessToken",
            "client_secret",
            "x-api-key",
            "apikey",
            "private.key",
        ] {
            assert!(redactor.matches(name), "{name}");
        }
        for name in
            ["", "token_count", "tokens", "passwords_checked", "broken", "mistoken", "key", "user_id", "secretary"]
        {
            assert!(!redactor.matches(name), "{name}");
        }
    }

    #[test]
    fn own_names_come_on_top() {
        let redactor = Redactor::with(["IBAN", "card-number", ""]);
        assert!(redactor.matches("iban") && redactor.matches("customer.card_number"));
        assert!(redactor.matches("password"));
        assert!(!redactor.matches("cardnumber") && !redactor.matches(""));
    }
}
