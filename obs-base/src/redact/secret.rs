//! The extent of a secret: the end of its value in each syntax.

use std::ops::Range;

use super::text::{MAX_LOOKAHEAD, Scan, is_blank, is_of_key};

/// Schemes of an `Authorization` header, which precede the credentials.
const SCHEMES: [&str; 7] = [
    "bearer",
    "basic",
    "digest",
    "apikey",
    "negotiate",
    "hawk",
    "aws4-hmac-sha256",
];

// === impl Scan ===

impl Scan<'_, '_> {
    /// The value of a query key that starts at `start`.
    pub(super) fn query_value(&self, start: usize) -> Option<Range<usize>> {
        let is_end =
            |byte: u8| is_blank(byte) || matches!(byte, b'&' | b'#' | b'"' | b'\'' | b'`' | b'<' | b'>' | b'\\');
        self.unless_empty(start, self.find(start, usize::MAX, is_end))
    }

    /// An unquoted value after `=`: up to a blank, or to a separator that the next pair follows.
    pub(super) fn plain_value(&self, start: usize) -> Option<Range<usize>> {
        let mut end = start;
        while let Some(byte) = self.byte(end) {
            let ends = match byte {
                b'"' | b'`' => true,
                b'\\' => matches!(self.byte(end + 1), Some(b'"' | b'n' | b'r' | b't')),
                b'&' | b';' | b',' => self.starts_pair(end + 1),
                byte => is_blank(byte),
            };
            if ends {
                break;
            }
            end += 1;
        }
        if self.byte(end) == Some(b' ') && is_scheme(&self.text[start..end]) {
            end = self.word_end(end + 1, usize::MAX);
        }
        self.unless_empty(start, end)
    }

    /// Whether `key=` or `key:` is at `at`.
    fn starts_pair(&self, at: usize) -> bool {
        let end = self.find(at, MAX_LOOKAHEAD, |byte| !is_of_key(byte));
        end > at && matches!(self.byte(end), Some(b'=' | b':'))
    }

    /// The range without the punctuation of the sentence around it, unless it is empty.
    fn unless_empty(&self, start: usize, mut end: usize) -> Option<Range<usize>> {
        while end > start
            && matches!(
                self.bytes[end - 1],
                b')' | b']' | b'}' | b',' | b'.' | b';' | b':' | b'!'
            )
        {
            end -= 1;
        }
        (end > start).then_some(start..end)
    }

    /// The text between quotes that start at `at`, however often they were escaped.
    pub(super) fn quoted_value(&self, at: usize) -> Option<Range<usize>> {
        let quote_at = self.find(at, MAX_LOOKAHEAD, |byte| byte != b'\\');
        let quote = self.byte(quote_at).filter(|byte| matches!(byte, b'"' | b'\''))?;
        let escapes = quote_at - at;
        let start = quote_at + 1;
        let (mut end, mut run) = (start, 0);
        while let Some(byte) = self.byte(end) {
            let closes = if escapes == 0 { run % 2 == 0 } else { run == escapes };
            if byte == quote && closes {
                return (end - run.min(escapes) > start).then_some(start..end - run.min(escapes));
            }
            run = if byte == b'\\' { run + 1 } else { 0 };
            end += 1;
        }
        (end > start).then_some(start..end)
    }

    /// A value of JSON, or of a formatted map: a text, a list of texts, or a number.
    pub(super) fn structured_value(&self, start: usize) -> Option<Range<usize>> {
        let start = self.within_some(start);
        if self.byte(start) == Some(b'[') {
            return Some(start..self.find(start, usize::MAX, |byte| byte == b']'));
        }
        if self.byte(start) == Some(b'{') {
            return None;
        }
        self.quoted_value(start).or_else(|| {
            let end = self.find(start, usize::MAX, |byte| {
                is_blank(byte) || matches!(byte, b',' | b'}' | b']' | b')')
            });
            (end > start && !self.bytes[start..end].starts_with(b"null")).then_some(start..end)
        })
    }

    /// The index after the names of at most two types and their brackets: `Some("…")`, `Some(Text("…"))`.
    pub(super) fn within_some(&self, start: usize) -> usize {
        let end = self.find(start, MAX_LOOKAHEAD, |byte| {
            !byte.is_ascii_alphanumeric() && byte != b'_'
        });
        if end > start && self.byte(end) == Some(b'(') {
            self.within_some_more(end + 1)
        } else {
            start
        }
    }

    fn within_some_more(&self, start: usize) -> usize {
        let end = self.find(start, MAX_LOOKAHEAD, |byte| {
            !byte.is_ascii_alphanumeric() && byte != b'_'
        });
        if end > start && self.byte(end) == Some(b'(') {
            end + 1
        } else {
            start
        }
    }

    /// The value of a header or of a setting. If the key isn't certainly that of a header, the value must not look like
    /// a word.
    pub(super) fn header_value(&self, key: &str, start: usize) -> Option<Range<usize>> {
        let end = self.word_end(start, MAX_LOOKAHEAD);
        let word = &self.text[start..self.floor(end)];
        if is_scheme(word) && self.byte(end) == Some(b' ') {
            return self.unless_empty(end + 1, self.word_end(end + 1, usize::MAX));
        }
        // Cookies: several pairs.
        if word.contains('=') && !word.starts_with('=') {
            return Some(start..self.find(start, usize::MAX, |byte| matches!(byte, b'\n' | b'\r' | b'"')));
        }
        if key.contains('-') {
            return self.unless_empty(start, self.word_end(start, usize::MAX));
        }
        self.credentials(start)
    }

    /// The word that starts at `start`, if it looks like a token.
    pub(super) fn credentials(&self, start: usize) -> Option<Range<usize>> {
        let looked_at = self.word_end(start, MAX_LOOKAHEAD);
        if !looks_like_token(&self.bytes[start..looked_at]) {
            return None;
        }
        self.unless_empty(start, self.word_end(start, usize::MAX))
    }

    fn word_end(&self, start: usize, max: usize) -> usize {
        self.find(start, max, |byte| {
            is_blank(byte) || matches!(byte, b'"' | b'\'' | b'`' | b'<' | b'>' | b'\\')
        })
    }

    fn floor(&self, at: usize) -> usize {
        (0..=at).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or(0)
    }
}

fn is_scheme(word: &str) -> bool {
    SCHEMES.iter().any(|scheme| scheme.eq_ignore_ascii_case(word))
}

/// Whether a word looks like a token: with digits or capitals within, or longer than words of prose are.
fn looks_like_token(word: &[u8]) -> bool {
    let word = word
        .strip_suffix(b",")
        .or_else(|| word.strip_suffix(b"."))
        .unwrap_or(word);
    let inner = word.get(1..).unwrap_or_default();
    let has_capital_within = inner.iter().any(u8::is_ascii_uppercase) && word.iter().any(u8::is_ascii_lowercase);
    let has_digit = word.iter().any(u8::is_ascii_digit);
    word.len() >= 24 || (word.len() >= 6 && (has_digit || has_capital_within || word.contains(&b'=')))
}
