//! A message of another service.

use std::io::Read as _;

use bytes::Bytes;
use flate2::read::GzDecoder;
use serde_json::json;

use super::{json, protobuf, wire::Fields};
use crate::{
    query::{Foreign, ForeignSpan, Line, Problem},
    server::{ConsoleRequest, ConsoleResponse},
};

/// The most bytes of a message in protobuf.
const MAX_PROTOBUF: usize = 4 << 20;
/// The most bytes of a message in JSON, which takes several times as many while it is read.
const MAX_JSON: usize = 1 << 20;

/// What a message has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::server) enum Signal {
    Traces,
    Logs,
}

/// How a message is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::server) struct Encoding {
    is_json: bool,
    is_gzip: bool,
}

/// A message whose head was checked.
#[derive(Clone, Copy, Debug)]
pub(in crate::server) struct Message {
    pub(in crate::server) signal: Signal,
    pub(in crate::server) encoding: Encoding,
}

/// What is taken of a message.
#[derive(Debug)]
pub(super) struct Taken<'a> {
    store: &'a Foreign,
    refused: u64,
}

// === impl Signal ===

impl Signal {
    /// The signal below `v1/`.
    pub(in crate::server) fn named(name: &str) -> Option<Self> {
        match name {
            "traces" => Some(Self::Traces),
            "logs" => Some(Self::Logs),
            _ => None,
        }
    }
}

// === impl Encoding ===

impl Encoding {
    /// # Errors
    ///
    /// If it is another one.
    pub(in crate::server) fn of(request: &ConsoleRequest<'_>) -> Result<Self, Problem> {
        let content_type = request.only("content-type").unwrap_or_default();
        let media_type = content_type
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        let is_json = match &*media_type {
            "application/x-protobuf" => false,
            "application/json" => true,
            _ => {
                return Err(Problem::too_large(
                    415,
                    "expected application/x-protobuf or application/json",
                ));
            }
        };
        let is_gzip = match request.only("content-encoding").as_deref() {
            None if request.has("content-encoding") => return Err(Problem::too_large(415, "expected gzip or nothing")),
            None | Some("" | "identity") => false,
            Some("gzip") => true,
            Some(_) => return Err(Problem::too_large(415, "expected gzip or nothing")),
        };
        Ok(Self { is_json, is_gzip })
    }

    /// The most bytes of a message, compressed or not.
    pub(in crate::server) const fn limit(self) -> usize {
        if self.is_json { MAX_JSON } else { MAX_PROTOBUF }
    }

    fn inflated(self, body: Bytes) -> Result<Bytes, Problem> {
        if !self.is_gzip {
            return Ok(body);
        }
        let mut plain = Vec::new();
        let limit = u64::try_from(self.limit()).unwrap_or(u64::MAX);
        let read = GzDecoder::new(&*body).take(limit + 1).read_to_end(&mut plain);
        match read {
            Ok(_) if plain.len() > self.limit() => Err(Problem::too_large(413, "the message has too many bytes")),
            Ok(_) => Ok(plain.into()),
            Err(_) => Err(Problem::bad_request("the message is not gzip")),
        }
    }
}

// === impl Message ===

impl Message {
    /// Takes what can be read of a message.
    ///
    /// # Errors
    ///
    /// If it is none.
    pub(in crate::server) fn take(self, body: Bytes, store: &Foreign) -> Result<ConsoleResponse, Problem> {
        let Self { signal, encoding } = self;
        let body = encoding.inflated(body)?;
        let mut taken = Taken { store, refused: 0 };
        if encoding.is_json {
            let message = serde_json::from_slice(&body);
            let message =
                message.map_err(|error| Problem::bad_request(format!("the message can't be read: {error}")))?;
            match signal {
                Signal::Traces => json::read(&message, json::SPANS, &mut taken, json::span),
                Signal::Logs => json::read(&message, json::RECORDS, &mut taken, json::record),
            }
        } else {
            if !Fields::is_whole(&body) {
                return Err(Problem::bad_request("the message is no protobuf"));
            }
            match signal {
                Signal::Traces => protobuf::read(&body, &mut taken, protobuf::span),
                Signal::Logs => protobuf::read(&body, &mut taken, protobuf::record),
            }
        }
        Ok(taken.response(signal, encoding))
    }
}

#[cfg(test)]
pub(in crate::server) fn take_json(message: &serde_json::Value, store: &Foreign) {
    json::read(message, json::SPANS, &mut Taken { store, refused: 0 }, json::span);
}

// === impl Taken ===

impl Taken<'_> {
    pub(super) fn span(&mut self, span: ForeignSpan) {
        if !self.store.add_span(span) {
            self.refuse();
        }
    }

    pub(super) fn line(&mut self, line: Line) {
        if !self.store.add_line(line) {
            self.refuse();
        }
    }

    pub(super) fn refuse(&mut self) {
        self.refused += 1;
    }

    /// The response, with how many were refused: a partial success.
    fn response(&self, signal: Signal, encoding: Encoding) -> ConsoleResponse {
        if encoding.is_json {
            let rejected = match signal {
                Signal::Traces => "rejectedSpans",
                Signal::Logs => "rejectedLogRecords",
            };
            let body = match self.refused {
                0 => json!({}),
                refused => json!({ "partialSuccess": { rejected: refused.to_string() } }),
            };
            return ConsoleResponse::new(200, "application/json", body.to_string());
        }
        let mut body = Vec::new();
        if self.refused > 0 {
            // ExportTracePartialSuccess and ExportLogsPartialSuccess: the number is field 1 of field 1.
            let mut number = Vec::new();
            push_varint(&mut number, self.refused);
            body.extend([0x0a, u8::try_from(number.len() + 1).unwrap_or(u8::MAX), 0x08]);
            body.extend(number);
        }
        ConsoleResponse::new(200, "application/x-protobuf", body)
    }
}

fn push_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(u8::try_from(value & 0x7f).unwrap_or_default() | 0x80);
        value >>= 7;
    }
    out.push(u8::try_from(value).unwrap_or_default());
}
