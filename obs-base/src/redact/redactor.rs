//! The names of secrets, in an index for fast lookups.

use std::{borrow::Cow, sync::LazyLock};

use percent_encoding::percent_decode_str;

use super::{
    query, text,
    words::{
        ENDINGS, QUERY_SECRETS, SECRETS, SIGNING_PREFIXES, TAILS, WHOLE_KEYS, is_border, normalized, start_of,
        without_end,
    },
};

/// Finds secrets by their names and within texts.
///
/// A name matches when it, or the end of it after a separator or a border within camel case, is on the
/// list: `token` covers `access_token`, `X-CSRF-Token`, `accessToken`, `CSRFToken` and not `token_count`.
#[derive(Debug)]
pub struct Redactor {
    by_last_byte: Box<[Vec<Word>; 256]>,
    /// The last two bytes of all words: most names are cleared by one look.
    ends: Ends,
}

/// A set of pairs of bytes; what it says not to be there is not.
#[derive(Clone, Debug, Default)]
struct Ends {
    bits: [u64; 16],
    /// Whether there are words of one letter, or with a border before their last one.
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
    /// Stands for a secret.
    Secret,
    /// A secret, also without a border before the word.
    Ending,
    /// A secret if it is in a query.
    QuerySecret,
    /// A secret if it is the whole key of a query.
    WholeKey,
    /// Has no meaning of its own: the word before it decides.
    Tail,
}

// === impl Redactor ===

impl Redactor {
    /// The redactor of the built-in names alone.
    #[must_use]
    pub fn usual() -> &'static Self {
        static USUAL: LazyLock<Redactor> = LazyLock::new(Redactor::default);
        &USUAL
    }

    /// A redactor of the built-in names and `more`.
    #[must_use]
    pub fn with<'a>(more: impl IntoIterator<Item = &'a str>) -> Self {
        let mut this = Self { by_last_byte: Box::new([const { Vec::new() }; 256]), ends: Ends::default() };
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

    /// A redactor of the names of this one and `more`.
    #[must_use]
    pub fn and<'a>(&self, more: impl IntoIterator<Item = &'a str>) -> Self {
        let mut this = Self { by_last_byte: self.by_last_byte.clone(), ends: self.ends.clone() };
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

    /// Whether the value of the field, attribute or header `name` must not be shown.
    #[must_use]
    #[inline]
    pub fn is_sensitive(&self, name: &str) -> bool {
        self.ends_in_secret(name.as_bytes(), false)
    }

    /// Whether the value of the query key `key` must not be shown. The key is decoded, so that `%74oken` matches, and
    /// checked part by part, so that `credentials[user]` does.
    #[must_use]
    pub fn is_sensitive_key(&self, key: &str) -> bool {
        if key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return self.ends_in_secret(key.as_bytes(), true);
        }
        let key = if key.contains('%') { percent_decode_str(key).decode_utf8_lossy() } else { Cow::Borrowed(key) };
        let key = &*key;
        SIGNING_PREFIXES.iter().any(|prefix| starts_with(key, prefix))
            || self.ends_in_secret(key.as_bytes(), true)
            || (key.contains(['[', '.'])
                && key.split(['[', ']', '.']).any(|part| self.ends_in_secret(part.as_bytes(), true)))
    }

    fn ends_in_secret(&self, name: &[u8], in_query: bool) -> bool {
        // Own names may end in a digit.
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
        self.by_last_byte[usize::from(last.to_ascii_lowercase())].iter().any(|word| {
            let Some(start) = start_of(&word.text, name) else { return false };
            match word.kind {
                Kind::Ending => true,
                Kind::Secret => is_border(name, start),
                Kind::QuerySecret => in_query && is_border(name, start),
                Kind::WholeKey => in_query && start == 0,
                Kind::Tail => start > 0 && is_border(name, start) && self.is_named_before(&name[..start]),
            }
        })
    }

    /// Whether a name that ends in a [`Tail`](Kind::Tail) is that of a secret.
    fn is_named_before(&self, name: &[u8]) -> bool {
        let name = without_end(name);
        let Some(last) = name.last() else { return false };
        self.by_last_byte[usize::from(last.to_ascii_lowercase())].iter().any(|word| match word.kind {
            Kind::Ending => start_of(&word.text, name).is_some(),
            Kind::Secret => start_of(&word.text, name).is_some_and(|start| is_border(name, start)),
            Kind::QuerySecret | Kind::WholeKey | Kind::Tail => false,
        })
    }

    /// Appends `query` to `out` with the values of sensitive keys replaced.
    pub fn push_query(&self, out: &mut String, query: &str) {
        query::push(self, out, query);
    }

    /// The query with the values of sensitive keys replaced.
    #[must_use]
    pub fn query(&self, query: &str) -> String {
        let mut out = String::with_capacity(query.len());
        self.push_query(&mut out, query);
        out
    }

    /// The text with the secrets in it replaced; borrowed if there are none.
    #[must_use]
    #[inline]
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        text::redacted(self, text)
    }

    /// [`text`](Self::text) of an owned string, which is returned as it is if there is no secret in it.
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

    /// Whether a word may end so.
    #[inline]
    fn may_end(&self, name: &[u8]) -> bool {
        let [.., before, last] = name else { return self.has_short };
        let (index, bit) = Self::place(*before, *last);
        self.has_short || self.bits[index] & bit != 0
    }

    /// Capitals are where small letters are.
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
    key.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
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
    fn own_names_come_on_top() {
        let redactor = Redactor::with(["IBAN", "card-number", "", "line2", "taxNumber"]);
        assert!(redactor.is_sensitive("iban") && redactor.is_sensitive("customer.card_number"));
        assert!(redactor.is_sensitive("cardNumber") && redactor.is_sensitive("tax_number"));
        assert!(redactor.is_sensitive("password") && redactor.is_sensitive("address.line2"));
        assert!(!redactor.is_sensitive("cardnumber") && !redactor.is_sensitive(""));
        let more = redactor.and(["bic"]);
        assert!(more.is_sensitive("bic") && more.is_sensitive("iban") && !redactor.is_sensitive("bic"));
    }
}
