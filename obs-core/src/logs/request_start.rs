//! The data of a request that is no longer available at its end.

use std::{fmt::Write as _, net::IpAddr};

use super::{
    escape::{Escaping, Unescaped, push_escaped, push_escaped_bytes},
    format::Style,
    json::text_key,
    otlp::RawRequest,
    value::push_count,
};
use crate::{names::log, pool::Pool};

/// The most bytes that a path has on a line.
pub(super) const MAX_PATH: usize = 8 * 1_024;
/// The most bytes that a user agent has on a line.
pub(super) const MAX_USER_AGENT: usize = 2 * 1_024;
/// What most requests need.
const USUAL_BYTES: usize = 320;

/// Path, client address and user agent, copied at arrival in the form in which the line has them.
#[derive(Debug, Default)]
pub(crate) struct RequestStart {
    /// The path's field, then those of the address and the user agent; for other profiles the texts alone.
    bytes: Vec<u8>,
    path_end: usize,
    /// Where the text of the address ends, for other profiles.
    address_end: usize,
    client_address: bool,
    user_agent: bool,
    truncated: bool,
    /// The same for the record of the request, if there will be one.
    pub(super) raw: Option<Box<RawRequest>>,
}

thread_local! {
    static POOL: Pool<Vec<u8>> = const { Pool::new() };
}

// === impl RequestStart ===

impl RequestStart {
    pub(super) fn new(style: Style, path: &str, user_agent: Option<&[u8]>, client_address: Option<IpAddr>) -> Self {
        let mut start = Self::default();
        start.bytes = take_buffer();
        match style {
            Style::Json => start.fill_json(path, user_agent, client_address),
            Style::Pretty { .. } => start.fill_pretty(path),
            Style::Profiled(_) => start.fill_texts(path, user_agent, client_address),
        }
        start
    }

    fn fill_json(&mut self, path: &str, user_agent: Option<&[u8]>, client_address: Option<IpAddr>) {
        let out = &mut self.bytes;
        out.extend_from_slice(text_key!(log::PATH));
        let mut whole = push_escaped(out, path, MAX_PATH, Escaping::Json);
        out.push(b'"');
        self.path_end = out.len();
        if let Some(address) = client_address {
            out.extend_from_slice(text_key!(log::CLIENT_ADDRESS));
            push_address(out, address);
            out.push(b'"');
        }
        if let Some(user_agent) = user_agent {
            out.extend_from_slice(text_key!(log::USER_AGENT));
            let limit = out.len() + MAX_USER_AGENT;
            whole &= push_escaped_bytes(out, user_agent, limit, Escaping::Json);
            out.push(b'"');
        }
        (self.client_address, self.user_agent) = (client_address.is_some(), user_agent.is_some());
        self.truncated = !whole;
    }

    /// The texts with the escapes of JSON, without keys.
    fn fill_texts(&mut self, path: &str, user_agent: Option<&[u8]>, client_address: Option<IpAddr>) {
        let out = &mut self.bytes;
        let mut whole = push_escaped(out, path, MAX_PATH, Escaping::Json);
        self.path_end = out.len();
        if let Some(address) = client_address {
            push_address(out, address);
        }
        self.address_end = out.len();
        if let Some(user_agent) = user_agent {
            let limit = out.len() + MAX_USER_AGENT;
            whole &= push_escaped_bytes(out, user_agent, limit, Escaping::Json);
        }
        (self.client_address, self.user_agent) = (client_address.is_some(), user_agent.is_some());
        self.truncated = !whole;
    }

    /// People at a terminal know their client: its address and name stay away.
    fn fill_pretty(&mut self, path: &str) {
        // Nothing in it may read like a further field.
        let is_odd = path.contains(|c: char| c.is_whitespace() || c == '"');
        if is_odd {
            self.bytes.push(b'"');
        }
        let escaping = if is_odd { Escaping::Json } else { Escaping::Terminal };
        self.truncated = !push_escaped(&mut self.bytes, path, MAX_PATH, escaping);
        if is_odd {
            self.bytes.push(b'"');
        }
        self.path_end = self.bytes.len();
    }

    /// The path's field, or for people the bare path.
    pub(super) fn path(&self) -> &[u8] {
        &self.bytes[..self.path_end]
    }

    /// The fields of the client.
    pub(super) fn client(&self) -> &[u8] {
        &self.bytes[self.path_end..]
    }

    /// The text of the path, for other profiles; none if lines were off when the request arrived.
    pub(super) fn path_text(&self) -> Option<&[u8]> {
        (!self.path().is_empty()).then_some(self.path())
    }

    /// The text of the address, for other profiles.
    pub(super) fn address_text(&self) -> Option<&[u8]> {
        self.client_address
            .then(|| &self.bytes[self.path_end..self.address_end])
    }

    /// The text of the user agent, for other profiles.
    pub(super) fn agent_text(&self) -> Option<&[u8]> {
        self.user_agent.then(|| &self.bytes[self.address_end..])
    }

    pub(super) fn has_client_address(&self) -> bool {
        self.client_address
    }

    pub(super) fn has_user_agent(&self) -> bool {
        self.user_agent
    }

    pub(super) fn is_truncated(&self) -> bool {
        self.truncated
    }
}

impl Drop for RequestStart {
    fn drop(&mut self) {
        let mut bytes = std::mem::take(&mut self.bytes);
        if bytes.capacity() == 0 {
            return;
        }
        bytes.clear();
        let capacity = bytes.capacity();
        Pool::recycle(&POOL, bytes, capacity);
    }
}

fn take_buffer() -> Vec<u8> {
    let mut buffer: Vec<u8> = Pool::take(&POOL);
    buffer.reserve(USUAL_BYTES);
    buffer
}

fn push_address(out: &mut Vec<u8>, address: IpAddr) {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            push_count(out, a.into());
            for octet in [b, c, d] {
                out.push(b'.');
                push_count(out, octet.into());
            }
        }
        IpAddr::V6(address) => {
            let _ = write!(Unescaped(out), "{address}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(path: &str, user_agent: Option<&[u8]>, address: Option<&str>) -> RequestStart {
        RequestStart::new(Style::Json, path, user_agent, address.map(|text| text.parse().unwrap()))
    }

    fn text(bytes: &[u8]) -> &str {
        std::str::from_utf8(bytes).unwrap()
    }

    #[test]
    fn what_the_client_sent_is_kept_escaped() {
        let start = start("/a\"b\n", Some(b"curl\xff/8\r\n\"x"), Some("192.0.2.7"));
        assert_eq!(text(start.path()), r#","path":"/a\"b\n""#);
        assert_eq!(
            text(start.client()),
            ",\"client_address\":\"192.0.2.7\",\"user_agent\":\"curl\u{fffd}/8\\r\\n\\\"x\""
        );
        assert!(!start.is_truncated());
    }

    #[test]
    fn addresses_are_written_as_the_standards_say() {
        for (given, written) in [
            ("2001:db8::1", "2001:db8::1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("255.255.255.255", "255.255.255.255"),
        ] {
            assert_eq!(
                text(start("/", None, Some(given)).client()),
                format!(",\"client_address\":\"{written}\"")
            );
        }
    }

    #[test]
    fn oversized_input_is_cut() {
        let long = "\u{1}".repeat(20_000);
        let start = start(&long, Some(long.as_bytes()), None);
        assert!(start.is_truncated());
        assert!(start.path().len() <= MAX_PATH + 1);
        assert!(start.client().len() <= MAX_USER_AGENT + 20);
    }

    #[test]
    fn a_buffer_is_used_again() {
        let first = start("/first", None, None);
        let address = first.bytes.as_ptr();
        drop(first);
        let second = start("/second", None, None);
        assert_eq!(second.bytes.as_ptr(), address);
        assert_eq!(text(second.path()), r#","path":"/second""#);
    }
}
