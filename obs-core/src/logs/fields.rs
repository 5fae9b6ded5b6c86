//! Serialised fields with unique keys.

use std::borrow::Cow;

use super::{
    escape::{Escaping, push_escaped},
    format::{Style, Syntax},
    reserved::{is_reserved, key_bit},
    value::Value,
};
use crate::{
    names::{log, value::REDACTED},
    redact::Redactor,
};

/// By how many bytes a field may pass its limit: a number, quotes, a key's punctuation.
pub(super) const SLACK: usize = 64;

/// Fields in the format of a line, and the position of each key.
///
/// No two of them have the same key. Buffers keep their memory when cleared.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    /// One bit for each key, so that most keys are known to be new without a search.
    seen: u64,
    /// The field that is being written.
    open: Option<Open>,
    /// Whether something was left out for want of room.
    truncated: bool,
}

/// One field within [`Fields::bytes`].
#[derive(Clone, Copy, Debug)]
struct Entry {
    start: u32,
    key_start: u32,
    key_end: u32,
    end: u32,
}

/// A field whose value is being written at the end of [`Fields::bytes`].
#[derive(Clone, Copy, Debug)]
struct Open {
    start: usize,
    key_start: usize,
    key_end: usize,
    bit: u64,
}

/// Which of two fields with one key stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Duplicates {
    LastWins,
    FirstWins,
}

/// What all fields of a line have in common.
#[derive(Clone, Copy, Debug)]
pub(super) struct FieldRules<'a> {
    pub(super) style: Style,
    pub(super) redactor: &'a Redactor,
}

// === impl Fields ===

impl Fields {
    pub(super) fn clear(&mut self) {
        let Self {
            bytes,
            entries,
            seen,
            open,
            truncated,
        } = self;
        bytes.clear();
        entries.clear();
        *seen = 0;
        *open = None;
        *truncated = false;
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn is_truncated(&self) -> bool {
        self.truncated
    }

    pub(super) fn set_truncated(&mut self) {
        self.truncated = true;
    }

    /// A copy without spare capacity.
    pub(super) fn to_exact(&self) -> Self {
        Self {
            bytes: self.bytes.as_slice().to_vec(),
            entries: self.entries.as_slice().to_vec(),
            seen: self.seen,
            open: None,
            truncated: self.truncated,
        }
    }

    /// Writes a field so that all fields together end within `limit` plus [`SLACK`].
    #[inline]
    pub(super) fn put(
        &mut self,
        rules: FieldRules<'_>,
        name: &str,
        value: Value<'_>,
        limit: usize,
        duplicates: Duplicates,
    ) {
        let name = name.strip_prefix("r#").unwrap_or(name);
        if !self.begin(rules.style, name, limit) {
            self.truncated = true;
            return;
        }
        if duplicates == Duplicates::FirstWins && self.open.is_some_and(|open| self.find_open(open).is_some()) {
            self.abandon();
            return;
        }
        let value = if rules.redactor.is_sensitive(name) {
            Value::Str(REDACTED)
        } else {
            value
        };
        let whole = value.push(&mut self.bytes, rules, limit);
        self.truncated |= !whole;
        self.commit();
    }

    /// Writes a field of obs's own, whose key needs no escaping and is not that of another one.
    pub(super) fn put_own(&mut self, syntax: Syntax, key: &str, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.bytes.len();
        syntax.push_key(&mut self.bytes, key);
        // What follows a key in JSON has one byte more: its quote.
        let after = if syntax == Syntax::Json { 2 } else { 1 };
        let key_end = self.bytes.len() - after;
        self.open = Some(Open {
            start,
            key_start: key_end - key.len(),
            key_end,
            bit: key_bit(key.as_bytes()),
        });
        write(&mut self.bytes);
        self.commit();
    }

    /// Writes the key; `false` if there is no room for it.
    fn begin(&mut self, style: Style, name: &str, limit: usize) -> bool {
        match style {
            Style::Json | Style::Pretty { .. } => {
                let bit = key_bit(name.as_bytes());
                let prefix = if is_reserved(name, bit) { log::FIELDS_PREFIX } else { "" };
                self.begin_key(style.syntax(), (prefix, name, bit), limit)
            }
            Style::Profiled(profiled) => {
                let name: Cow<'_, str> = profiled.key(name);
                let bit = key_bit(name.as_bytes());
                self.begin_key(style.syntax(), ("", &name, bit), limit)
            }
        }
    }

    #[inline]
    fn begin_key(&mut self, syntax: Syntax, (prefix, name, mut bit): (&str, &str, u64), limit: usize) -> bool {
        let start = self.bytes.len();
        if limit <= start {
            return false;
        }
        let (before, after, escaping): (&[u8], &[u8], _) = match syntax {
            Syntax::Json => (b",\"", b"\":", Escaping::Json),
            Syntax::Logfmt | Syntax::Terminal => (b" ", b"=", Escaping::Terminal),
        };
        self.bytes.extend_from_slice(before);
        let key_start = self.bytes.len();
        self.bytes.extend_from_slice(prefix.as_bytes());
        // Nothing in a key may read like a further field.
        let is_odd =
            escaping == Escaping::Terminal && name.contains(|c: char| c.is_whitespace() || "\"=\\".contains(c));
        if is_odd {
            self.bytes.push(b'"');
        }
        if !push_escaped(
            &mut self.bytes,
            name,
            limit,
            if is_odd { Escaping::Json } else { escaping },
        ) {
            self.bytes.truncate(start);
            return false;
        }
        if is_odd {
            self.bytes.push(b'"');
        }
        let key_end = self.bytes.len();
        if key_end - key_start != name.len() {
            bit = key_bit(&self.bytes[key_start..key_end]);
        }
        self.open = Some(Open {
            start,
            key_start,
            key_end,
            bit,
        });
        self.bytes.extend_from_slice(after);
        true
    }

    /// Keeps the open field; one with the same key that came before is removed.
    fn commit(&mut self) {
        let Some(mut open) = self.open.take() else { return };
        if let Some(index) = self.find_open(open) {
            open = open.moved_back(self.remove(index));
        }
        let Open {
            start,
            key_start,
            key_end,
            bit,
        } = open;
        self.seen |= bit;
        self.entries
            .push(Entry::new(start, key_start, key_end, self.bytes.len()));
    }

    /// Forgets the open field.
    fn abandon(&mut self) {
        if let Some(open) = self.open.take() {
            self.bytes.truncate(open.start);
        }
    }

    /// The position of the field that has the key of this open one.
    #[inline]
    fn find_open(&self, open: Open) -> Option<usize> {
        if self.seen & open.bit == 0 {
            return None;
        }
        self.find(&self.bytes[open.key_start..open.key_end])
    }

    /// The position of the field with this key, as it is written.
    fn find(&self, key: &[u8]) -> Option<usize> {
        if self.seen & key_bit(key) == 0 {
            return None;
        }
        self.entries.iter().position(|entry| self.key(entry) == key)
    }

    fn key(&self, entry: &Entry) -> &[u8] {
        &self.bytes[entry.key_start as usize..entry.key_end as usize]
    }

    /// Takes a field out and says how many bytes it had.
    fn remove(&mut self, index: usize) -> usize {
        let Entry { start, end, .. } = self.entries.remove(index);
        self.bytes.drain(start as usize..end as usize);
        for entry in &mut self.entries[index..] {
            *entry = entry.moved_back(end - start);
        }
        (end - start) as usize
    }

    /// Adds the fields of `other` whose keys are not taken, as far as they end within `limit`.
    pub(super) fn append(&mut self, other: &Self, limit: usize) {
        self.truncated |= other.truncated;
        if self.bytes.len() + other.bytes.len() > limit || self.shares_a_key_with(other) {
            self.append_one_by_one(other, limit);
            return;
        }
        let shift = to_u32(self.bytes.len());
        self.bytes.extend_from_slice(&other.bytes);
        self.entries
            .extend(other.entries.iter().map(|entry| entry.moved_on(shift)));
        self.seen |= other.seen;
    }

    fn shares_a_key_with(&self, other: &Self) -> bool {
        self.seen & other.seen != 0 && other.entries.iter().any(|entry| self.find(other.key(entry)).is_some())
    }

    fn append_one_by_one(&mut self, other: &Self, limit: usize) {
        for entry in &other.entries {
            if self.find(other.key(entry)).is_some() {
                continue;
            }
            let field = &other.bytes[entry.start as usize..entry.end as usize];
            let start = self.bytes.len();
            if start + field.len() > limit {
                self.truncated = true;
                continue;
            }
            self.bytes.extend_from_slice(field);
            self.seen |= key_bit(other.key(entry));
            self.entries.push(entry.moved_back(entry.start).moved_on(to_u32(start)));
        }
    }

    /// Lays `newer` over these fields: a key that both have keeps the newer value.
    pub(super) fn update(&mut self, newer: &Self, limit: usize) {
        for entry in &newer.entries {
            if let Some(index) = self.find(newer.key(entry)) {
                self.remove(index);
            }
        }
        self.append(newer, limit);
    }
}

// === impl Entry ===

impl Entry {
    fn new(start: usize, key_start: usize, key_end: usize, end: usize) -> Self {
        Self {
            start: to_u32(start),
            key_start: to_u32(key_start),
            key_end: to_u32(key_end),
            end: to_u32(end),
        }
    }

    fn moved_on(self, by: u32) -> Self {
        let Self {
            start,
            key_start,
            key_end,
            end,
        } = self;
        Self {
            start: start + by,
            key_start: key_start + by,
            key_end: key_end + by,
            end: end + by,
        }
    }

    fn moved_back(self, by: u32) -> Self {
        let Self {
            start,
            key_start,
            key_end,
            end,
        } = self;
        Self {
            start: start - by,
            key_start: key_start - by,
            key_end: key_end - by,
            end: end - by,
        }
    }
}

// === impl Open ===

impl Open {
    fn moved_back(self, by: usize) -> Self {
        let Self {
            start,
            key_start,
            key_end,
            bit,
        } = self;
        Self {
            start: start - by,
            key_start: key_start - by,
            key_end: key_end - by,
            bit,
        }
    }
}

/// Positions are bounded by the size of a line.
fn to_u32(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}
