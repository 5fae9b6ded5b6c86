//! Records that are kept beside the newest: the slowest of each endpoint and the newest of each error.

use std::{borrow::Cow, cmp::Reverse, collections::HashMap, sync::Arc, time::Duration};

use super::{
    codec::cut,
    stored::{MAX_ENDPOINT, Summary},
};

/// The upper bounds of the latency classes; what takes longer than the last is a class too.
pub(super) const CLASSES: [Duration; 7] = [
    Duration::from_millis(10),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(250),
    Duration::from_secs(1),
    Duration::from_secs(5),
    Duration::from_secs(30),
];
/// A record gives way to any newer one of its class after this time, in nanoseconds: what was slow long ago says
/// little about today.
const MAX_AGE: u64 = 3_600 * 1_000_000_000;
/// Slots of the table of endpoints by the addresses of their names.
const KNOWN: usize = 64;
/// The most groups of one endpoint and type, so that texts of clients don't push out other errors.
const MAX_GROUPS: usize = 16;
/// What a map has for an element, beside the element.
const MAP_OVERHEAD: usize = 16;
/// The bytes of a group of errors beside its record, with its share of the map of types.
const GROUP_BYTES: usize = 2 * size_of::<(u64, Group)>() + 2 * MAP_OVERHEAD;

/// The slowest records of each endpoint, one for each latency class.
#[derive(Debug, Default)]
pub(super) struct Slowest {
    by_name: HashMap<Box<str>, usize>,
    endpoints: Vec<Endpoint>,
    /// Addresses and lengths of static names, with their index plus one.
    known: Vec<(usize, usize, usize)>,
    bytes: usize,
}

#[derive(Debug)]
struct Endpoint {
    name: Box<str>,
    classes: [Option<Kept>; CLASSES.len() + 1],
}

/// A record that is kept.
#[derive(Debug)]
struct Kept {
    duration: u64,
    /// Since the Unix epoch, in nanoseconds.
    ended: u64,
    record: Vec<u8>,
}

/// The newest record of each kind of error.
#[derive(Debug, Default)]
pub(super) struct Errors {
    groups: HashMap<u64, Group>,
    /// How many groups each endpoint and type have.
    types: HashMap<u64, usize>,
    bytes: usize,
}

#[derive(Debug)]
struct Group {
    /// Stands for its endpoint and its type.
    kind: u64,
    count: u64,
    first: u64,
    last: u64,
    record: Arc<[u8]>,
}

/// A group as it is read.
#[derive(Debug)]
pub(super) struct GroupView {
    pub(super) fingerprint: u64,
    pub(super) count: u64,
    pub(super) first: u64,
    pub(super) last: u64,
    pub(super) record: Arc<[u8]>,
}

/// The latency class of a duration.
pub(super) fn class_of(duration: Duration) -> usize {
    CLASSES
        .iter()
        .position(|bound| duration < *bound)
        .unwrap_or(CLASSES.len())
}

/// Copies a record into a buffer; returns the change of its bytes.
fn replace(buffer: &mut Vec<u8>, record: &[u8]) -> isize {
    let before = buffer.capacity();
    if before < record.len() || before > 4 * record.len() {
        *buffer = record.to_vec();
    } else {
        buffer.clear();
        buffer.extend_from_slice(record);
    }
    buffer.capacity().cast_signed() - before.cast_signed()
}

// === impl Slowest ===

impl Slowest {
    /// Keeps the record if it is the slowest of its class; returns how many bytes more are held then.
    ///
    /// `limit` are the bytes that all may have; the oldest give way, and their number is returned.
    #[expect(clippy::ptr_arg, reason = "a static name is known by its address")]
    pub(super) fn offer(&mut self, name: &Cow<'static, str>, summary: &Summary, record: &[u8], limit: usize) -> u64 {
        let class = class_of(Duration::from_nanos(summary.duration));
        let Some(index) = self.index(name) else { return 0 };
        let Some(slot) = self
            .endpoints
            .get_mut(index)
            .and_then(|endpoint| endpoint.classes.get_mut(class))
        else {
            return 0;
        };
        let ended = summary.ended();
        let is_slower = slot
            .as_ref()
            .is_none_or(|kept| summary.duration > kept.duration || ended.saturating_sub(kept.ended) > MAX_AGE);
        if !is_slower {
            return 0;
        }
        let kept = slot.get_or_insert_with(|| Kept {
            duration: 0,
            ended: 0,
            record: Vec::new(),
        });
        (kept.duration, kept.ended) = (summary.duration, ended);
        let change = replace(&mut kept.record, record);
        self.bytes = self.bytes.saturating_add_signed(change);
        if self.bytes > limit {
            self.drop_oldest(limit / 2)
        } else {
            0
        }
    }

    #[expect(clippy::ptr_arg, reason = "a static name is known by its address")]
    fn index(&mut self, name: &Cow<'static, str>) -> Option<usize> {
        let (address, len) = (name.as_ptr().addr(), name.len());
        let place = (address >> 4) % KNOWN;
        let is_static = matches!(name, Cow::Borrowed(_));
        if is_static
            && let Some((known, known_len, index)) = self.known.get(place)
            && (*known, *known_len) == (address, len)
        {
            return index.checked_sub(1);
        }
        let short = cut(name, MAX_ENDPOINT);
        let index = match self.by_name.get(short) {
            Some(index) => *index,
            None => self.add(short),
        };
        if is_static {
            self.known.resize(KNOWN, (0, 0, 0));
            if let Some(known) = self.known.get_mut(place) {
                *known = (address, len, index + 1);
            }
        }
        Some(index)
    }

    fn add(&mut self, name: &str) -> usize {
        let index = self.endpoints.len();
        self.bytes += size_of::<Endpoint>() + size_of::<(Box<str>, usize)>() + 2 * name.len() + MAP_OVERHEAD;
        self.by_name.insert(name.into(), index);
        self.endpoints.push(Endpoint {
            name: name.into(),
            classes: Default::default(),
        });
        index
    }

    /// Drops the oldest records until at most `limit` bytes are held; returns their number.
    pub(super) fn drop_oldest(&mut self, limit: usize) -> u64 {
        let mut ages: Vec<u64> = self.endpoints.iter().map(Endpoint::newest).collect();
        ages.sort_unstable();
        let mut dropped = 0;
        // Half of the endpoints at a time, so that the cost of sorting is spread.
        while self.bytes > limit && !ages.is_empty() {
            let middle = ages.get(ages.len() / 2).copied().unwrap_or(u64::MAX);
            let endpoints = std::mem::take(&mut self.endpoints);
            (self.by_name, self.known, self.bytes) = (HashMap::new(), Vec::new(), 0);
            for endpoint in endpoints {
                if endpoint.newest() <= middle {
                    dropped += endpoint.records().count() as u64;
                    continue;
                }
                let index = self.add(&endpoint.name);
                self.bytes += endpoint.records().map(|kept| kept.record.capacity()).sum::<usize>();
                if let Some(place) = self.endpoints.get_mut(index) {
                    *place = endpoint;
                }
            }
            ages.retain(|age| *age > middle);
        }
        self.endpoints.shrink_to_fit();
        self.by_name.shrink_to_fit();
        dropped
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The records of one endpoint, or of all.
    pub(super) fn read(&self, name: Option<&str>, out: &mut Vec<Vec<u8>>) {
        for endpoint in &self.endpoints {
            if name.is_none_or(|name| *endpoint.name == *cut(name, MAX_ENDPOINT)) {
                out.extend(endpoint.records().map(|kept| kept.record.clone()));
            }
        }
    }
}

// === impl Endpoint ===

impl Endpoint {
    fn records(&self) -> impl Iterator<Item = &Kept> {
        self.classes.iter().flatten()
    }

    fn newest(&self) -> u64 {
        self.records().map(|kept| kept.ended).max().unwrap_or(0)
    }
}

// === impl Errors ===

impl Errors {
    /// Keeps the record as the newest of its group; returns how many records have given way.
    ///
    /// `kind` stands for endpoint and type, `limit` are the bytes that all may have.
    pub(super) fn offer(&mut self, kind: u64, record: Arc<[u8]>, limit: usize) -> u64 {
        let Some(summary) = Summary::read(&record) else {
            return 0;
        };
        let (fingerprint, ended) = (summary.fingerprint, summary.ended());
        let mut dropped = 0;
        if !self.groups.contains_key(&fingerprint) {
            if self.types.get(&kind).copied().unwrap_or(0) >= MAX_GROUPS {
                dropped += self.drop_one_of(kind);
            }
            self.bytes += GROUP_BYTES;
            *self.types.entry(kind).or_insert(0) += 1;
        }
        self.bytes += record.len();
        let group = self.groups.entry(fingerprint).or_insert_with(|| Group {
            kind,
            count: 0,
            first: ended,
            last: 0,
            record: Arc::new([]),
        });
        group.count += 1;
        group.last = group.last.max(ended);
        self.bytes -= group.record.len();
        group.record = record;
        if self.bytes > limit {
            dropped += self.drop_common(limit);
        }
        dropped
    }

    /// Drops the oldest group of an endpoint and type.
    fn drop_one_of(&mut self, kind: u64) -> u64 {
        let of_kind = self.groups.iter().filter(|(_, group)| group.kind == kind);
        let oldest = of_kind
            .min_by_key(|(_, group)| group.last)
            .map(|(fingerprint, _)| *fingerprint);
        oldest.map_or(0, |fingerprint| self.remove(fingerprint))
    }

    /// Drops groups until three quarters of `limit` are held: further ones of an endpoint and type first, then the most
    /// common, of equally common ones the oldest. Returns their number.
    pub(super) fn drop_common(&mut self, limit: usize) -> u64 {
        let mut order: Vec<_> = self
            .groups
            .iter()
            .map(|(fingerprint, group)| {
                let is_only = self.types.get(&group.kind).copied().unwrap_or(0) <= 1;
                (is_only, Reverse(group.count), group.last, *fingerprint)
            })
            .collect();
        order.sort_unstable();
        let mut dropped = 0;
        for (.., fingerprint) in order {
            if self.bytes <= limit / 4 * 3 {
                break;
            }
            dropped += self.remove(fingerprint);
        }
        dropped
    }

    fn remove(&mut self, fingerprint: u64) -> u64 {
        let Some(group) = self.groups.remove(&fingerprint) else {
            return 0;
        };
        self.bytes = self.bytes.saturating_sub(GROUP_BYTES + group.record.len());
        if let Some(count) = self.types.get_mut(&group.kind) {
            *count -= 1;
            if *count == 0 {
                self.types.remove(&group.kind);
            }
        }
        1
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn read(&self) -> Vec<GroupView> {
        let view = |(fingerprint, group): (&u64, &Group)| GroupView {
            fingerprint: *fingerprint,
            count: group.count,
            first: group.first,
            last: group.last,
            record: Arc::clone(&group.record),
        };
        self.groups.iter().map(view).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;
    use crate::recorder::stored::record_of;

    proptest! {
        #[test]
        fn an_error_gives_way_only_to_errors_that_are_as_rare(
            offered in proptest::collection::vec((0..12_u64, 0..2_000_usize), 1..400),
        ) {
            let (mut errors, mut counts, limit) = (Errors::default(), HashMap::<u64, u64>::new(), 8_000);
            for (at, (kind, size)) in offered.into_iter().enumerate() {
                errors.offer(kind, record_of(kind + 1, at as u64, size), limit);
                *counts.entry(kind + 1).or_insert(0) += 1;
                let most = errors.groups.values().map(|group| group.count).max().unwrap_or(0);
                counts.retain(|fingerprint, count| {
                    let is_kept = errors.groups.contains_key(fingerprint);
                    assert!(is_kept || *count >= most, "{count} of {most}");
                    is_kept
                });
                prop_assert!(errors.bytes() <= limit);
                let held: usize = errors.groups.values().map(|group| group.record.len() + GROUP_BYTES).sum();
                prop_assert_eq!(errors.bytes(), held);
            }
        }
    }

    #[test]
    fn texts_of_clients_make_only_so_many_groups_of_one_type() {
        let mut errors = Errors::default();
        for n in 1..=1_000 {
            errors.offer(7, record_of(n, n, 10), usize::MAX);
        }
        assert_eq!((errors.groups.len(), errors.types[&7]), (MAX_GROUPS, MAX_GROUPS));
        assert!(errors.groups.contains_key(&1_000) && !errors.groups.contains_key(&1));
    }
}
