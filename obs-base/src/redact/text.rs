//! Redaction of secrets within texts: error messages, URLs, headers, formatted structures. The extent of a secret is
//! determined in [`secret`](super::secret).

use std::{borrow::Cow, ops::Range};

use super::Redactor;
use obs_conventions::names::value::REDACTED;

/// The longest key that is recognized, in bytes.
const MAX_KEY: usize = 128;
/// The bytes that are read ahead, at most, to distinguish a secret from a word.
pub(super) const MAX_LOOKAHEAD: usize = 64;
/// The longest user name and password before a host, in bytes.
const MAX_USERINFO: usize = 512;
/// One pass over a text, which copies everything but the secrets.
pub(super) struct Scan<'r, 'a> {
    redactor: &'r Redactor,
    pub(super) text: &'a str,
    pub(super) bytes: &'a [u8],
    out: String,
    /// The bytes of the text that were copied or replaced.
    done: usize,
}

/// The key before a `=` or a `:`.
struct Key<'a> {
    name: &'a str,
    /// The byte before it, and before its quotes.
    before: Option<u8>,
    is_quoted: bool,
}

/// The text with `REDACTED` in place of the secrets in it: user names and passwords of URLs, values of sensitive query
/// keys, of `key=value` pairs, of fields in JSON and in the output of `Debug`, and credentials of `Authorization`
/// headers. Words of prose stay.
#[inline]
pub(super) fn redacted<'a>(redactor: &Redactor, text: &'a str) -> Cow<'a, str> {
    // Without an early exit, which is faster: most texts are short and have none of these.
    let has_candidates = text
        .bytes()
        .fold(false, |found, byte| found | matches!(byte, b'=' | b':' | b' '));
    if has_candidates && may_hold_secrets(text.as_bytes()) {
        redacted_slowly(redactor, text)
    } else {
        Cow::Borrowed(text)
    }
}

/// Whether the text has a character or a word at which a secret may start.
#[inline]
fn may_hold_secrets(bytes: &[u8]) -> bool {
    bytes.iter().enumerate().any(|(at, byte)| match byte {
        b'=' | b':' => true,
        b' ' => is_scheme_before(bytes, at),
        _ => false,
    })
}

/// Whether the word before the blank at `at` is the name of a scheme, so that credentials follow.
#[inline]
fn is_scheme_before(bytes: &[u8], at: usize) -> bool {
    let is_word = |word: &[u8]| {
        let Some(start) = at.checked_sub(word.len()) else {
            return false;
        };
        bytes[start..at].eq_ignore_ascii_case(word)
            && !start
                .checked_sub(1)
                .is_some_and(|before| bytes[before].is_ascii_alphanumeric())
    };
    match at.checked_sub(1).map(|last| bytes[last]) {
        Some(b'r' | b'R') => is_word(b"bearer"),
        Some(b'c' | b'C') => is_word(b"basic"),
        _ => false,
    }
}

#[cold]
fn redacted_slowly<'a>(redactor: &Redactor, text: &'a str) -> Cow<'a, str> {
    let mut scan = Scan {
        redactor,
        text,
        bytes: text.as_bytes(),
        out: String::new(),
        done: 0,
    };
    let mut at = 0;
    while let Some(byte) = scan.bytes.get(at) {
        let secret = match byte {
            b'=' => scan.assigned(at),
            b':' if scan.bytes[at..].starts_with(b"://") => scan.user_info(at + 3),
            b':' => scan.labelled(at),
            b' ' if is_scheme_before(scan.bytes, at) => scan.credentials(at + 1),
            _ => None,
        };
        at = match secret {
            Some(secret) => scan.leave_out(secret),
            None => at + 1,
        };
    }
    scan.finish()
}

// === impl Scan ===

impl<'a> Scan<'_, 'a> {
    fn leave_out(&mut self, secret: Range<usize>) -> usize {
        self.out.push_str(&self.text[self.done..secret.start]);
        self.out.push_str(REDACTED);
        self.done = secret.end;
        secret.end
    }

    fn finish(mut self) -> Cow<'a, str> {
        if self.done == 0 {
            return Cow::Borrowed(self.text);
        }
        self.out.push_str(&self.text[self.done..]);
        Cow::Owned(self.out)
    }

    pub(super) fn byte(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    /// The index of the first byte from `at` on that matches, within the next `max` bytes; else the end of these.
    pub(super) fn find(&self, at: usize, max: usize, matches: impl Fn(u8) -> bool) -> usize {
        let end = self.bytes.len().min(at.saturating_add(max));
        let found = self.bytes[at.min(end)..end].iter().position(|byte| matches(*byte));
        found.map_or(end, |found| at + found)
    }

    /// The user name and password of the URL whose authority starts at `start`.
    fn user_info(&self, start: usize) -> Option<Range<usize>> {
        let is_end = |byte: u8| is_blank(byte) || matches!(byte, b'"' | b'\'' | b'`' | b'<' | b'>' | b'\\');
        let end = self.find(start, MAX_USERINFO, |byte| {
            is_end(byte) || matches!(byte, b'/' | b'?' | b'#')
        });
        let authority = &self.bytes[start..end];
        if let Some(at) = authority.iter().rposition(|byte| *byte == b'@') {
            let is_secret = at > 0 && &authority[..at] != b"REDACTED:REDACTED";
            return is_secret.then_some(start..start + at);
        }
        // A password that isn't percent-encoded may hold a slash; the text after the colon is not a port then.
        let colon = authority.iter().position(|byte| *byte == b':')?;
        let is_of_port = |byte: &u8| byte.is_ascii_digit() || b".,;:)]}!".contains(byte);
        if authority[colon + 1..].iter().all(is_of_port) || authority.first() == Some(&b'[') {
            return None;
        }
        let end = self.find(start, MAX_USERINFO, is_end);
        if end == self.bytes.len() && start + authority.len() == end {
            // The text was cut before the `@`.
            return (authority != b"REDACTED").then_some(start..end);
        }
        let at = self.bytes[start..end].iter().rposition(|byte| *byte == b'@')?;
        Some(start..start + at)
    }

    /// The value after the `=` at `at`, if its key is the name of a secret.
    fn assigned(&self, at: usize) -> Option<Range<usize>> {
        let next = self.byte(at + 1)?;
        let is_comparison = matches!(
            at.checked_sub(1).map(|before| self.bytes[before]),
            Some(b'=' | b'!' | b'<' | b'>')
        );
        if is_comparison || matches!(next, b'=' | b'>' | b'~') {
            return None;
        }
        let key = self.key_before(at)?;
        let is_in_query = matches!(key.before, Some(b'?' | b'&' | b';' | b'#'));
        let is_secret =
            self.redactor.is_sensitive(key.name) || (is_in_query && self.redactor.is_sensitive_key(key.name));
        if !is_secret {
            return None;
        }
        if is_in_query && key.before != Some(b';') && next != b' ' {
            return self.query_value(at + 1);
        }
        let start = if next == b' ' { at + 2 } else { at + 1 };
        self.quoted_value(start).or_else(|| self.plain_value(start))
    }

    /// The value after the `:` at `at`, if its key is the name of a secret and the value isn't a word of prose.
    fn labelled(&self, at: usize) -> Option<Range<usize>> {
        let key = self.key_before(at)?;
        if !self.redactor.is_sensitive(key.name) {
            return None;
        }
        let start = self.find(at + 1, MAX_LOOKAHEAD, |byte| byte != b' ');
        if key.is_quoted {
            return self.structured_value(start);
        }
        if matches!(key.before, None | Some(b'{' | b'(' | b',' | b'\n'))
            && let Some(quoted) = self.quoted_value(self.within_some(start))
        {
            return Some(quoted);
        }
        self.header_value(key.name, start)
    }

    /// The key that ends at `end`, with or without quotes and one blank.
    fn key_before(&self, end: usize) -> Option<Key<'a>> {
        let mut end = if end > self.done && self.bytes[end - 1] == b' ' {
            end - 1
        } else {
            end
        };
        let is_quoted = end > self.done && matches!(self.bytes[end - 1], b'"' | b'\'');
        if is_quoted {
            end -= 1;
            while end > self.done && self.bytes[end - 1] == b'\\' {
                end -= 1;
            }
        }
        let mut start = end;
        while start > self.done && end - start < MAX_KEY && is_of_key(self.bytes[start - 1]) {
            start -= 1;
        }
        let name = self.text.get(start..end).filter(|name| !name.is_empty())?;
        // Indentation of a structure over several lines.
        let mut before = start;
        while before > self.done && start - before < MAX_LOOKAHEAD && self.bytes[before - 1] == b' ' {
            before -= 1;
        }
        let is_indented = before < start
            && matches!(
                before.checked_sub(1).map(|at| self.bytes[at]),
                Some(b'\n' | b'{' | b'(' | b',')
            );
        let before = if is_indented { before } else { start };
        Some(Key {
            name,
            before: before.checked_sub(1).map(|at| self.bytes[at]),
            is_quoted,
        })
    }
}

pub(super) fn is_blank(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte.is_ascii_control()
}

pub(super) fn is_of_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'%' | b'[' | b']' | b'+' | b'$')
}
