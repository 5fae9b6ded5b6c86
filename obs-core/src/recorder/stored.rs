//! Records as bytes: how they wait to be read.

use std::{
    net::IpAddr,
    time::{Duration, UNIX_EPOCH},
};

use obs_base::ids::{SpanId, TraceId};
use obs_conventions::Outcome;

use super::{
    codec::{Fixed, Reader, cut},
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
/// The bytes of the part of a record that has a fixed size.
const HEAD: usize = 140;
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
    /// Method, endpoint, path, request id, type of the error, error, sources.
    texts: [&'a [u8]; 7],
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

// === impl Parts ===

impl<'a> Parts<'a> {
    /// `fallback` is the fingerprint of an error that has none.
    pub(super) fn new(head: &'a LiveHead, live: &'a Live, polls: u32, end: &'a End<'a>, fallback: u64) -> Self {
        let details = live.details.as_deref();
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
            details: details.map_or([(&[], 0); 2], Details::stored),
            texts: [
                head.method.as_bytes(),
                cut(&head.endpoint, MAX_ENDPOINT).as_bytes(),
                &live.path,
                head.request_id.as_str().as_bytes(),
                cut(end.error_type.unwrap_or_default(), MAX_TYPE).as_bytes(),
                cut(end.error, MAX_ERROR).as_bytes(),
                cut(end.error_source, MAX_ERROR).as_bytes(),
            ],
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
        let texts: usize = self.texts.iter().map(|text| text.len()).sum();
        let [(lines, _), (spans, _)] = self.details;
        FRAME + HEAD + texts + lines.len() + spans.len()
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let Self {
            head,
            end,
            polls,
            fingerprint,
            left_out: [left_out_lines, left_out_spans],
            details: [(lines, line_count), (spans, span_count)],
            texts,
        } = self;
        let mut fixed = Fixed::<{ FRAME + HEAD }>::new();
        fixed.put(large(self.size() - FRAME).to_le_bytes());
        let (family, address) = match head.client {
            None => (0, [0; 16]),
            Some(IpAddr::V4(address)) => (4, address.to_ipv6_mapped().octets()),
            Some(IpAddr::V6(address)) => (6, address.octets()),
        };
        fixed.put([
            head.kind.number(),
            outcome_number(end.outcome),
            u8::from(head.is_sampled),
            family,
        ]);
        fixed.put(end.status.to_le_bytes());
        fixed.put(line_count.to_le_bytes());
        fixed.put(span_count.to_le_bytes());
        for text in texts {
            fixed.put(small(text.len()).to_le_bytes());
        }
        for number in [
            *polls,
            *left_out_lines,
            *left_out_spans,
            large(lines.len()),
            large(spans.len()),
        ] {
            fixed.put(number.to_le_bytes());
        }
        fixed.put(head.trace_id.get().to_le_bytes());
        for number in [
            head.span_id.get(),
            head.parent_id,
            head.arrived,
            nanoseconds(end.duration),
            end.head.map_or(UNKNOWN, nanoseconds),
            end.request_bytes.unwrap_or(UNKNOWN),
            end.response_bytes,
            *fingerprint,
        ] {
            fixed.put(number.to_le_bytes());
        }
        fixed.put(address);
        out.extend_from_slice(fixed.bytes());
        for text in texts {
            out.extend_from_slice(text);
        }
        out.extend_from_slice(lines);
        out.extend_from_slice(spans);
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
        let [method, endpoint, path, request_id, error_type, error, error_source] =
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
