//! The redactor: names of secrets in an index for fast lookups.

use std::{borrow::Cow, sync::LazyLock};

use percent_encoding::percent_decode_str;

use super::{
    query, text,
    words::{
        ENDINGS, QUERY_SECRETS, SECRETS, SIGNING_PREFIXES, TAILS, WHOLE_KEYS, is_border, normalized, start_of,
        without_end,
    },
};

/// Finds secrets by names and within texts.
///
/// A name matches if it is on the list of secrets, or ends with a name of the list after a separator or a border within
/// camel case, in any case of letters: `token` matches `access_token`, `X-CSRF-Token`, `accessToken` and `CSRFToken`,
/// and does not match `token_count`. Digits and separators at the end, and words such as `_hash` or `_value` after the
/// name, don't matter: `password_hash_2` matches.
///
/// The built-in list has some 80 names, such as `password`, `secret`, `token`, `api_key`, `authorization`, `cookie`.
/// Names can be added, not removed.
///
/// ```
/// use obs_base::redact::Redactor;
///
/// let redactor = Redactor::with(["iban"]);
/// assert!(redactor.is_sensitive("customerIban") && !redactor.is_sensitive("iban_count"));
/// assert_eq!(redactor.text("GET https://ann:pw@shop/?iban=DE02"), "GET https://REDACTED@shop/?iban=REDACTED");
/// ```
#[derive(Debug)]
pub struct Redactor {
    by_last_byte: Box<[Vec<Word>; 256]>,
    /// The last two bytes of all words: most names are rejected by one lookup.
    ends: Ends,
}

/// A set of pairs of bytes with false positives, but without false negatives.
#[derive(Clone, Debug, Default)]
struct Ends {
    bits: [u64; 16],
    /// Whether a word has one letter, or a separator before its last letter.
    has_short: bool,
}

/// A word that names may end in.
#[derive(Clone, Debug)]
struct Word {
    text: Box<[u8]>,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A secret after a border.
    Secret,
    /// A secret also without a border before the word.
    Ending,
    /// A secret in a query alone, after a border.
    QuerySecret,
    /// A secret in a query alone, as the whole key.
    WholeKey,
    /// No secret by itself: the word before it decides.
    Tail,
}

// === impl Redactor ===

impl Redactor {
    /// The shared redactor with the built-in names alone, for texts that no instance's settings apply to.
    #[must_use]
    pub fn usual() -> &'static Self {
        static USUAL: LazyLock<Redactor> = LazyLock::new(Redactor::default);
        &USUAL
    }

    /// A redactor with the built-in names and `more`.
    ///
    /// Case and separators of added names don't matter: `sessionPin`, `session_pin` and `Session-Pin` are the same.
    #[must_use]
    pub fn with<'a>(more: impl IntoIterator<Item = &'a str>) -> Self {
        let mut this = Self {
            by_last_byte: Box::new([const { Vec::new() }; 256]),
            ends: Ends::default(),
        };
        for (words, kind) in [
            (&SECRETS[..], Kind::Secret),
            (&ENDINGS[..], Kind::Ending),
            (&QUERY_SECRETS[..], Kind::QuerySecret),
            (&WHOLE_KEYS[..], Kind::WholeKey),
            (&TAILS[..], Kind::Tail),
        ] {
            for word in words {
                this.add(word, kind);
            }
        }
        more.into_iter().for_each(|name| this.add(name, Kind::Secret));
        this
    }

    /// A redactor with the names of this one and `more`.
    #[must_use]
    pub fn and<'a>(&self, more: impl IntoIterator<Item = &'a str>) -> Self {
        let mut this = Self {
            by_last_byte: self.by_last_byte.clone(),
            ends: self.ends.clone(),
        };
        more.into_iter().for_each(|name| this.add(name, Kind::Secret));
        this
    }

    fn add(&mut self, name: &str, kind: Kind) {
        let text = normalized(name);
        if let Some(last) = text.last() {
            self.ends.add(&text);
            self.by_last_byte[usize::from(*last)].push(Word { text, kind });
        }
    }

    /// Whether the value of the field, attribute or header `name` is a secret by its name.
    ///
    /// On the path of each field of each log line: most names take one table lookup.
    #[must_use]
    #[inline]
    pub fn is_sensitive(&self, name: &str) -> bool {
        self.ends_in_secret(name.as_bytes(), false)
    }

    /// Whether the value of the query key `key` is a secret by its name.
    ///
    /// The list for queries has further names, such as `sig`, `session` and `code`, and the prefixes `x-amz-` and
    /// `x-goog-`. The key is percent-decoded, so that `%74oken` matches, and checked part by part, so that
    /// `credentials[user]` does.
    ///
    /// ```
    /// use obs_base::redact::Redactor;
    ///
    /// let redactor = Redactor::usual();
    /// assert!(redactor.is_sensitive_key("sig") && !redactor.is_sensitive("sig"));
    /// ```
    #[must_use]
    pub fn is_sensitive_key(&self, key: &str) -> bool {
        if key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return self.ends_in_secret(key.as_bytes(), true);
        }
        let key = if key.contains('%') {
            percent_decode_str(key).decode_utf8_lossy()
        } else {
            Cow::Borrowed(key)
        };
        let key = &*key;
        SIGNING_PREFIXES.iter().any(|prefix| starts_with(key, prefix))
            || self.ends_in_secret(key.as_bytes(), true)
            || (key.contains(['[', '.'])
                && key
                    .split(['[', ']', '.'])
                    .any(|part| self.ends_in_secret(part.as_bytes(), true)))
    }

    fn ends_in_secret(&self, name: &[u8], in_query: bool) -> bool {
        // Added names may end in a digit.
        if self.ends_in_word(name, in_query) {
            return true;
        }
        let shorter = without_end(name);
        shorter.len() < name.len() && self.ends_in_word(shorter, in_query)
    }

    #[inline]
    fn ends_in_word(&self, name: &[u8], in_query: bool) -> bool {
        self.ends.may_end(name) && self.is_secret(name, in_query)
    }

    fn is_secret(&self, name: &[u8], in_query: bool) -> bool {
        let Some(last) = name.last() else { return false };
        self.by_last_byte[usize::from(last.to_ascii_lowercase())]
            .iter()
            .any(|word| {
                let Some(start) = start_of(&word.text, name) else {
                    return false;
                };
                match word.kind {
                    Kind::Ending => true,
                    Kind::Secret => is_border(name, start),
                    Kind::QuerySecret => in_query && is_border(name, start),
                    Kind::WholeKey => in_query && start == 0,
                    Kind::Tail => start > 0 && is_border(name, start) && self.is_secret_before_tail(&name[..start]),
                }
            })
    }

    /// Whether the part of a name before its [`Tail`](Kind::Tail) is the name of a secret.
    fn is_secret_before_tail(&self, name: &[u8]) -> bool {
        let name = without_end(name);
        let Some(last) = name.last() else { return false };
        self.by_last_byte[usize::from(last.to_ascii_lowercase())]
            .iter()
            .any(|word| match word.kind {
                Kind::Ending => start_of(&word.text, name).is_some(),
                Kind::Secret => start_of(&word.text, name).is_some_and(|start| is_border(name, start)),
                Kind::QuerySecret | Kind::WholeKey | Kind::Tail => false,
            })
    }

    /// Appends the query string `query` to `out`, with `REDACTED` in place of the values of sensitive keys.
    pub fn push_query(&self, out: &mut String, query: &str) {
        query::push(self, out, query);
    }

    /// The query string `query` (without `?`) with `REDACTED` in place of the values of sensitive keys.
    #[must_use]
    pub fn query(&self, query: &str) -> String {
        let mut out = String::with_capacity(query.len());
        self.push_query(&mut out, query);
        out
    }

    /// The text with `REDACTED` in place of the secrets in it; borrowed if there are none.
    ///
    /// One pass over the text. Text without `=`, `:` and `Bearer` or `Basic` is returned after a quick check.
    #[must_use]
    #[inline]
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        text::redacted(self, text)
    }

    /// [`text`](Self::text) for an owned string, which is returned without a copy if it has no secrets.
    #[must_use]
    pub fn owned_text(&self, text: String) -> String {
        match self.text(&text) {
            Cow::Borrowed(_) => text,
            Cow::Owned(redacted) => redacted,
        }
    }
}

// === impl Ends ===

impl Ends {
    fn add(&mut self, word: &[u8]) {
        match word {
            [.., before, last] if *before != b'_' => {
                let (index, bit) = Self::place(*before, *last);
                self.bits[index] |= bit;
            }
            _ => self.has_short = true,
        }
    }

    /// Whether a word of the list may end like `name`.
    #[inline]
    fn may_end(&self, name: &[u8]) -> bool {
        let [.., before, last] = name else {
            return self.has_short;
        };
        let (index, bit) = Self::place(*before, *last);
        self.has_short || self.bits[index] & bit != 0
    }

    /// The index and the bit of a pair; upper and lower case letters share them.
    #[inline]
    fn place(before: u8, last: u8) -> (usize, u64) {
        (usize::from(before & 15), 1 << (((before & 16) << 1) | (last & 31)))
    }
}

impl Default for Redactor {
    fn default() -> Self {
        Self::with([])
    }
}

fn starts_with(key: &str, prefix: &str) -> bool {
    key.get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sensitive_names_match_whole_or_as_the_last_word() {
        let redactor = Redactor::usual();
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
            "CSRFToken",
            "DBPassword",
            "XSRF_TOKEN",
            "CSRFTOKEN",
            "dbpassword",
            "new_password",
            "newPassword2",
            "password_confirmation",
            "passwordHash",
            "oauth2Token",
            "token[0]",
            "user[password]",
            "passphrase",
            "otp",
            "SAMLResponse",
            "client_assertion",
            "APIKey",
            "x-amz-security-token",
            "RAWPassword",
            "httpAPIKey",
        ] {
            assert!(redactor.is_sensitive(name), "{name}");
        }
        for name in [
            "",
            "_",
            "token_count",
            "tokens",
            "passwords_checked",
            "broken",
            "mistoken",
            "key",
            "code",
            "user_id",
            "secretary",
            "value",
            "content_hash",
            "http.response.status_code",
            "http.route",
            "session_id",
            "laptop",
            "token_value_count",
        ] {
            assert!(!redactor.is_sensitive(name), "{name}");
        }
    }

    #[test]
    fn added_names_match_besides_the_built_in_ones() {
        let redactor = Redactor::with(["IBAN", "card-number", "", "line2", "taxNumber"]);
        assert!(redactor.is_sensitive("iban") && redactor.is_sensitive("customer.card_number"));
        assert!(redactor.is_sensitive("cardNumber") && redactor.is_sensitive("tax_number"));
        assert!(redactor.is_sensitive("password") && redactor.is_sensitive("address.line2"));
        assert!(!redactor.is_sensitive("cardnumber") && !redactor.is_sensitive(""));
        let more = redactor.and(["bic"]);
        assert!(more.is_sensitive("bic") && more.is_sensitive("iban") && !redactor.is_sensitive("bic"));
    }
}
