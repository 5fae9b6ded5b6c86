//! Records as bytes: how they wait to be read.

use std::{
    net::IpAddr,
    time::{Duration, UNIX_EPOCH},
};

use obs_base::ids::{SpanId, TraceId};
use obs_conventions::Outcome;

use super::{
    codec::{Reader, cut},
    details::Details,
    line::{Line, NewLine},
    live::{Live, LiveHead},
    record::{Kind, Record},
    span::{SpanRecord, nanoseconds},
};

/// The most bytes of an endpoint.
pub(super) const MAX_ENDPOINT: usize = 256;
/// The most bytes of the type of an error.
const MAX_TYPE: usize = 128;
/// The most bytes of the text of an error, and of its sources.
pub(super) const MAX_ERROR: usize = 2 * 1_024;
/// The part of a record that has a fixed size and its frame, in numbers of eight bytes.
const WORDS: usize = 18;
/// The bytes of the part of a record that has a fixed size.
const HEAD: usize = 8 * WORDS - FRAME;
/// Where the id of the trace is in the fixed part.
const TRACE_ID: usize = 44;
/// The bytes before a record: its size.
pub(super) const FRAME: usize = 4;
/// Stands for a number that is not known.
const UNKNOWN: u64 = u64::MAX;

/// How a request or job ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct End<'a> {
    pub(crate) outcome: Outcome,
    pub(crate) status: u16,
    pub(crate) error_type: Option<&'a str>,
    pub(crate) error: &'a str,
    pub(crate) error_source: &'a str,
    pub(crate) fingerprint: u64,
    pub(crate) duration: Duration,
    pub(crate) head: Option<Duration>,
    pub(crate) request_bytes: Option<u64>,
    pub(crate) response_bytes: u64,
}

/// What a record is made of, each text within its limit.
pub(super) struct Parts<'a> {
    head: &'a LiveHead,
    end: &'a End<'a>,
    polls: u32,
    fingerprint: u64,
    left_out: [u32; 2],
    /// Lines and spans, and how many they are.
    details: [(&'a [u8], u16); 2],
    /// Method, endpoint, request id with path, type of the error, error, sources.
    texts: [&'a [u8]; 6],
    /// The bytes that [`write`](Self::write) adds.
    size: usize,
}

/// What is read of a record without reading all of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Summary {
    pub(super) kind: Kind,
    pub(super) outcome: Outcome,
    pub(super) status: u16,
    pub(super) trace_id: u128,
    pub(super) span_id: u64,
    /// Since the Unix epoch, in nanoseconds.
    pub(super) started: u64,
    /// In nanoseconds.
    pub(super) duration: u64,
    pub(super) fingerprint: u64,
}

/// The records in bytes that [`Parts::write`] has written, one after another.
pub(super) fn each(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut reader = Reader(bytes);
    std::iter::from_fn(move || Some(reader.sized()).filter(|record| !record.is_empty()))
}

/// The ids of the traces of the records in bytes, as [`each`] finds them.
pub(super) fn trace_ids(bytes: &[u8]) -> impl Iterator<Item = u128> {
    each(bytes).map(|record| Reader(record.get(TRACE_ID..).unwrap_or_default()).u128())
}

pub(super) fn outcome_number(outcome: Outcome) -> u8 {
    let index = Outcome::ALL.iter().position(|known| *known == outcome);
    index.and_then(|index| u8::try_from(index).ok()).unwrap_or(0)
}

fn small(len: usize) -> u16 {
    u16::try_from(len).unwrap_or(u16::MAX)
}

fn large(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

/// Numbers in one of eight bytes, in this order.
fn packed([a, b]: [u32; 2]) -> u64 {
    u64::from(a) | u64::from(b) << 32
}

fn packed_small([a, b, c, d]: [u16; 4]) -> u64 {
    packed([u32::from(a) | u32::from(b) << 16, u32::from(c) | u32::from(d) << 16])
}

/// A number of sixteen bytes as two of eight, in the order of its bytes.
#[expect(clippy::cast_possible_truncation, reason = "the lower half")]
fn halves(number: u128) -> [u64; 2] {
    [number as u64, (number >> 64) as u64]
}

// === impl Parts ===

impl<'a> Parts<'a> {
    /// `fallback` is the fingerprint of an error that has none.
    pub(super) fn new(head: &'a LiveHead, live: &'a Live, polls: u32, end: &'a End<'a>, fallback: u64) -> Self {
        let details = live.details.as_deref();
        let details_stored = details.map_or([(&[][..], 0); 2], Details::stored);
        let texts = [
            head.method.as_bytes(),
            cut(&head.endpoint, MAX_ENDPOINT).as_bytes(),
            &live.texts,
            cut(end.error_type.unwrap_or_default(), MAX_TYPE).as_bytes(),
            cut(end.error, MAX_ERROR).as_bytes(),
            cut(end.error_source, MAX_ERROR).as_bytes(),
        ];
        let text_bytes: usize = texts.iter().map(|text| text.len()).sum();
        let [(lines, _), (spans, _)] = details_stored;
        Self {
            head,
            end,
            polls,
            fingerprint: if end.fingerprint == 0 {
                fallback
            } else {
                end.fingerprint
            },
            left_out: details.map_or([0; 2], |details| [details.left_out_lines, details.left_out_spans]),
            details: details_stored,
            texts,
            size: FRAME + HEAD + text_bytes + lines.len() + spans.len(),
        }
    }

    /// What [`Summary::read`] finds in the record.
    pub(super) fn summary(&self) -> Summary {
        let Self {
            head, end, fingerprint, ..
        } = self;
        Summary {
            kind: head.kind,
            outcome: end.outcome,
            status: end.status,
            trace_id: head.trace_id.get(),
            span_id: head.span_id.get(),
            started: head.arrived,
            duration: nanoseconds(end.duration),
            fingerprint: *fingerprint,
        }
    }

    /// The bytes that [`write`](Self::write) adds.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let [(lines, _), (spans, _)] = self.details;
        out.extend_from_slice(self.words().as_flattened());
        let [method, endpoint, own, error_type, error, error_source] = self.texts;
        // Most are empty: a call for each would cost more than the others together.
        for bytes in [method, endpoint, own, error_type, error, error_source, lines, spans] {
            if !bytes.is_empty() {
                out.extend_from_slice(bytes);
            }
        }
    }

    /// Frame and fixed part, as [`FixedPart`] reads them.
    // Numbers of eight bytes, so that they are written together and not each with a check of its place.
    #[inline]
    fn words(&self) -> [[u8; 8]; WORDS] {
        let Self {
            head,
            end,
            polls,
            fingerprint,
            left_out,
            details: [(lines, line_count), (spans, span_count)],
            texts,
            size,
        } = self;
        let (family, address) = match head.client {
            None => (0, [0; 16]),
            Some(IpAddr::V4(address)) => (4, address.to_ipv6_mapped().octets()),
            Some(IpAddr::V6(address)) => (6, address.octets()),
        };
        let kinds = [
            head.kind.number(),
            outcome_number(end.outcome),
            u8::from(head.is_sampled),
            family,
        ];
        let [method, endpoint, own, error_type, error, error_source] = texts.map(|text| small(text.len()));
        let id = small(head.id_len);
        let [trace_low, trace_high] = halves(head.trace_id.get());
        let [address_low, address_high] = halves(u128::from_le_bytes(address));
        [
            packed([large(size - FRAME), u32::from_le_bytes(kinds)]).to_le_bytes(),
            packed_small([end.status, *line_count, *span_count, method]).to_le_bytes(),
            packed_small([endpoint, id, own - id, error_type]).to_le_bytes(),
            packed([u32::from(error) | u32::from(error_source) << 16, *polls]).to_le_bytes(),
            packed(*left_out).to_le_bytes(),
            packed([large(lines.len()), large(spans.len())]).to_le_bytes(),
            trace_low.to_le_bytes(),
            trace_high.to_le_bytes(),
            head.span_id.get().to_le_bytes(),
            head.parent_id.to_le_bytes(),
            head.arrived.to_le_bytes(),
            nanoseconds(end.duration).to_le_bytes(),
            end.head.map_or(UNKNOWN, nanoseconds).to_le_bytes(),
            end.request_bytes.unwrap_or(UNKNOWN).to_le_bytes(),
            end.response_bytes.to_le_bytes(),
            fingerprint.to_le_bytes(),
            address_low.to_le_bytes(),
            address_high.to_le_bytes(),
        ]
    }
}

/// The fixed part of a record, in the order in which it is written.
struct FixedPart {
    client: u8,
    is_sampled: bool,
    summary: Summary,
    text_lens: [u16; 7],
    polls: u32,
    left_out: [u32; 2],
    detail_lens: [u32; 2],
    parent_id: u64,
    until_head: u64,
    request_bytes: u64,
    response_bytes: u64,
    address: u128,
}

impl FixedPart {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let kind = Kind::of_number(reader.u8());
        let outcome = *Outcome::ALL.get(usize::from(reader.u8()))?;
        let (is_sampled, client) = (reader.u8() != 0, reader.u8());
        let status = reader.u16();
        let _counts = (reader.u16(), reader.u16());
        let text_lens = std::array::from_fn(|_| reader.u16());
        let polls = reader.u32();
        let left_out = [reader.u32(), reader.u32()];
        let detail_lens = [reader.u32(), reader.u32()];
        let trace_id = reader.u128();
        let (span_id, parent_id) = (reader.u64(), reader.u64());
        let (started, duration) = (reader.u64(), reader.u64());
        let (until_head, request_bytes, response_bytes) = (reader.u64(), reader.u64(), reader.u64());
        let fingerprint = reader.u64();
        Some(Self {
            client,
            is_sampled,
            summary: Summary {
                kind,
                outcome,
                status,
                trace_id,
                span_id,
                started,
                duration,
                fingerprint,
            },
            text_lens,
            polls,
            left_out,
            detail_lens,
            parent_id,
            until_head,
            request_bytes,
            response_bytes,
            address: reader.u128(),
        })
    }

    fn client(&self) -> Option<IpAddr> {
        let address = std::net::Ipv6Addr::from(self.address.to_le_bytes());
        match self.client {
            4 => address.to_ipv4_mapped().map(IpAddr::V4),
            6 => Some(IpAddr::V6(address)),
            _ => None,
        }
    }
}

// === impl Summary ===

impl Summary {
    pub(super) fn read(record: &[u8]) -> Option<Self> {
        Some(FixedPart::read(&mut Reader(record))?.summary)
    }

    /// Since the Unix epoch, in nanoseconds.
    pub(super) fn ended(&self) -> u64 {
        self.started.saturating_add(self.duration)
    }
}

// === impl Record ===

impl Record {
    pub(super) fn read(record: &[u8]) -> Option<Self> {
        let mut reader = Reader(record);
        let head = FixedPart::read(&mut reader)?;
        let client = head.client();
        let known = |number: u64| Some(number).filter(|number| *number != UNKNOWN);
        let [method, endpoint, request_id, path, error_type, error, error_source] =
            head.text_lens.map(|len| reader.text(usize::from(len)).to_owned());
        let [lines, spans] = head.detail_lens.map(|len| usize::try_from(len).unwrap_or(usize::MAX));
        let (mut lines, mut spans) = (Reader(reader.bytes(lines)), Reader(reader.bytes(spans)));
        let [left_out_lines, left_out_spans] = head.left_out;
        let summary = head.summary;
        Some(Self {
            kind: summary.kind,
            request_id,
            trace_id: TraceId::new(summary.trace_id)?,
            span_id: SpanId::new(summary.span_id)?,
            parent_id: SpanId::new(head.parent_id),
            is_sampled: head.is_sampled,
            method,
            endpoint,
            path,
            client,
            started: UNIX_EPOCH + Duration::from_nanos(summary.started),
            duration: Duration::from_nanos(summary.duration),
            head: known(head.until_head).map(Duration::from_nanos),
            outcome: summary.outcome,
            status: summary.status,
            error_type,
            error,
            error_source,
            fingerprint: summary.fingerprint,
            request_bytes: known(head.request_bytes),
            response_bytes: head.response_bytes,
            polls: head.polls,
            spans: std::iter::from_fn(|| SpanRecord::read(&mut spans)).collect(),
            lines: std::iter::from_fn(|| NewLine::read(&mut lines))
                .map(Line::from)
                .collect(),
            left_out_spans,
            left_out_lines,
        })
    }
}

/// A record that has this fingerprint, end and size.
#[cfg(test)]
pub(super) fn record_of(fingerprint: u64, ended: u64, size: usize) -> std::sync::Arc<[u8]> {
    let mut record = vec![0; HEAD + size];
    let numbers = [(76, ended), (HEAD - 24, fingerprint)];
    for (at, number) in numbers {
        record[at..at + 8].copy_from_slice(&u64::to_le_bytes(number));
    }
    record.into()
}
