//! The head of a request as its span has it
//! ([HTTP conventions 1.44](https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server)): copied on
//! arrival, made attributes where the span is sent.

use std::{mem, net::IpAddr, ops::Range, str};

use obs_otlp::HeapSize;
use opentelemetry::{KeyValue, StringValue};

use super::{
    rules::to_u32,
    strings::{address, interned, interned_bytes, split_authority},
};
use crate::{names::attribute, redact::Redactor};

/// How many attributes an ordinary request and its answer have.
const USUAL: usize = 16;
/// What the attributes of a span have in a message beside the texts that are copied here, in bytes: keys, frames,
/// numbers, addresses.
const FRAMES: usize = 512;
/// By how much a query can grow when secrets in it are replaced: `k=` is the shortest that is one.
const REDACTED_GROWTH: usize = 4;
/// Bytes of path, query and authority together that need no allocation: those of most requests.
const INLINE: usize = 64;

/// What is read of the head of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeadParts<'a> {
    /// From the closed set.
    pub(crate) method: &'static str,
    pub(crate) path: &'a str,
    /// Secrets that only the layer knows are replaced already.
    pub(crate) query: Option<&'a str>,
    /// Whether the client uses TLS.
    pub(crate) is_https: bool,
    pub(crate) protocol_version: &'static str,
    /// Host and port of the client's request.
    pub(crate) authority: Option<&'a str>,
    pub(crate) client: Option<IpAddr>,
    pub(crate) peer: Option<IpAddr>,
    pub(crate) peer_port: Option<u16>,
    pub(crate) user_agent: Option<&'a [u8]>,
}

/// The head of a request. What is short costs no allocation: what is allocated here is freed on another thread, which
/// is the slow way of each allocator.
#[derive(Clone, Debug, Default)]
pub(crate) struct SpanHead {
    method: &'static str,
    is_https: bool,
    protocol_version: &'static str,
    client: Option<IpAddr>,
    peer: Option<IpAddr>,
    peer_port: Option<u16>,
    /// Agents come again, so that one text serves many requests.
    user_agent: Option<StringValue>,
    /// Path, query and authority.
    texts: Texts,
    /// Where each of them ends.
    ends: [u32; 3],
}

/// Texts one after another.
#[derive(Clone, Debug)]
enum Texts {
    Short([u8; INLINE]),
    Long(Vec<u8>),
}

/// What a span has from its start.
#[derive(Debug, Default)]
pub(crate) struct StartAttributes {
    pub(crate) head: Option<SpanHead>,
    /// Further ones. They hold no secrets.
    pub(crate) others: Vec<KeyValue>,
}

// === impl SpanHead ===

impl SpanHead {
    /// Copies the parts, in place of what was copied before.
    pub(crate) fn fill(&mut self, parts: &HeadParts<'_>) {
        let HeadParts {
            method,
            path,
            query,
            is_https,
            protocol_version,
            authority,
            client,
            peer,
            peer_port,
            user_agent,
        } = *parts;
        let texts = [
            path.as_bytes(),
            query.unwrap_or_default().as_bytes(),
            authority.unwrap_or_default().as_bytes(),
        ];
        let mut filled = 0;
        for (end, text) in self.ends.iter_mut().zip(texts) {
            filled += text.len();
            *end = to_u32(filled);
        }
        self.texts.fill(texts, filled);
        self.user_agent = user_agent.map(interned_bytes);
        (self.method, self.is_https, self.protocol_version) = (method, is_https, protocol_version);
        (self.client, self.peer, self.peer_port) = (client, peer, peer_port);
    }

    fn text(&self, range: Range<u32>) -> &str {
        let [start, end] = [range.start, range.end].map(|at| usize::try_from(at).unwrap_or(usize::MAX));
        // Only whole texts were copied.
        let bytes = self.texts.bytes().get(start..end).unwrap_or_default();
        str::from_utf8(bytes).unwrap_or_default()
    }

    fn agent_len(&self) -> usize {
        self.user_agent.as_ref().map_or(0, |agent| agent.as_str().len())
    }

    /// The length of the longest text, in bytes.
    pub(super) fn longest_text(&self) -> usize {
        let [path, query, authority] = self.ends;
        let longest = path.max(query - path).max(authority - query);
        usize::try_from(longest).unwrap_or(usize::MAX).max(self.agent_len())
    }

    /// The bytes that the copies of path, query and authority take on the heap.
    pub(crate) fn capacity(&self) -> usize {
        match &self.texts {
            Texts::Short(_) => 0,
            Texts::Long(texts) => texts.capacity(),
        }
    }

    /// The attributes, without secrets.
    pub(super) fn attributes(&self, redactor: &Redactor) -> Vec<KeyValue> {
        let [path, query, authority] = self.ends;
        let mut out = Vec::with_capacity(USUAL);
        out.push(KeyValue::new(attribute::HTTP_REQUEST_METHOD, self.method));
        out.push(KeyValue::new(attribute::URL_PATH, self.text(0..path).to_owned()));
        if path < query {
            let query = redactor.query(self.text(path..query));
            out.push(KeyValue::new(attribute::URL_QUERY, query));
        }
        let (scheme, default_port) = if self.is_https { ("https", 443) } else { ("http", 80) };
        out.push(KeyValue::new(attribute::URL_SCHEME, scheme));
        out.push(KeyValue::new(
            attribute::NETWORK_PROTOCOL_VERSION,
            self.protocol_version,
        ));
        if query < authority {
            let (host, port) = split_authority(self.text(query..authority));
            out.push(KeyValue::new(attribute::SERVER_ADDRESS, interned(host)));
            out.push(KeyValue::new(
                attribute::SERVER_PORT,
                i64::from(port.unwrap_or(default_port)),
            ));
        }
        self.push_ends(&mut out);
        let agent = self.user_agent.clone();
        out.extend(agent.map(|agent| KeyValue::new(attribute::USER_AGENT_ORIGINAL, agent)));
        out
    }

    fn push_ends(&self, out: &mut Vec<KeyValue>) {
        let client = self.client.map(address);
        let peer = if self.peer == self.client {
            client.clone()
        } else {
            self.peer.map(address)
        };
        out.extend(client.map(|client| KeyValue::new(attribute::CLIENT_ADDRESS, client)));
        out.extend(peer.map(|peer| KeyValue::new(attribute::NETWORK_PEER_ADDRESS, peer)));
        out.extend(
            self.peer_port
                .map(|port| KeyValue::new(attribute::NETWORK_PEER_PORT, i64::from(port))),
        );
    }
}

impl HeapSize for SpanHead {
    /// At least what its attributes have in a message.
    fn heap_size(&self) -> usize {
        let [path, query, authority] = self.ends.map(|end| usize::try_from(end).unwrap_or(usize::MAX));
        let texts = authority.max(self.capacity()) + self.agent_len();
        FRAMES + texts + (query - path) * (REDACTED_GROWTH - 1)
    }
}

// === impl Texts ===

impl Texts {
    /// Copies the texts, which have `len` bytes together.
    fn fill(&mut self, texts: [&[u8]; 3], len: usize) {
        match self {
            Self::Short(bytes) if len <= INLINE => {
                let mut rest = &mut bytes[..];
                for text in texts {
                    let (place, after) = mem::take(&mut rest).split_at_mut(text.len());
                    place.copy_from_slice(text);
                    rest = after;
                }
            }
            Self::Long(bytes) => {
                bytes.clear();
                for text in texts {
                    bytes.extend_from_slice(text);
                }
            }
            Self::Short(_) => *self = Self::Long(texts.concat()),
        }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::Short(bytes) => bytes,
            Self::Long(bytes) => bytes,
        }
    }
}

impl Default for Texts {
    fn default() -> Self {
        Self::Short([0; INLINE])
    }
}

// === impl StartAttributes ===

impl StartAttributes {
    /// All of them, for a provider of the user's.
    pub(super) fn into_list(self, redactor: &Redactor) -> Vec<KeyValue> {
        let Self { head, others } = self;
        match head {
            Some(head) => {
                let mut all = head.attributes(redactor);
                all.extend(others);
                all
            }
            None => others,
        }
    }
}

impl From<Vec<KeyValue>> for StartAttributes {
    fn from(others: Vec<KeyValue>) -> Self {
        Self { head: None, others }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The frame of a span, of which nothing is in [`HeapSize`], in bytes.
    const SPAN_FRAME: usize = 128;
    /// The frames of an attribute and its value, of less than 16 KiB, at most, in bytes.
    const ATTRIBUTE_FRAME: usize = 12;

    const PARTS: HeadParts<'_> = HeadParts {
        method: "GET",
        path: "/users/7",
        query: Some("page=2&token=s3cret"),
        is_https: true,
        protocol_version: "1.1",
        authority: Some("shop.example"),
        client: None,
        peer: None,
        peer_port: Some(4_711),
        user_agent: Some(b"curl/8"),
    };

    fn filled(parts: &HeadParts<'_>) -> SpanHead {
        let mut head = SpanHead::default();
        head.fill(parts);
        head
    }

    fn attributes(head: &SpanHead) -> Vec<(String, String)> {
        let attributes = head.attributes(&Redactor::default()).into_iter();
        attributes
            .map(|KeyValue { key, value, .. }| (key.to_string(), value.to_string()))
            .collect()
    }

    fn expected(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn a_head_becomes_its_attributes_without_secrets() {
        let parts = HeadParts {
            client: "192.0.2.7".parse().ok(),
            peer: "2001:db8::1".parse().ok(),
            ..PARTS
        };
        let all = [
            ("http.request.method", "GET"),
            ("url.path", "/users/7"),
            ("url.query", "page=2&token=REDACTED"),
            ("url.scheme", "https"),
            ("network.protocol.version", "1.1"),
            ("server.address", "shop.example"),
            ("server.port", "443"),
            ("client.address", "192.0.2.7"),
            ("network.peer.address", "2001:db8::1"),
            ("network.peer.port", "4711"),
            ("user_agent.original", "curl/8"),
        ];
        assert_eq!(attributes(&filled(&parts)), expected(&all));
    }

    #[test]
    fn a_head_that_is_filled_again_has_nothing_of_the_one_before() {
        let mut head = filled(&HeadParts {
            client: "192.0.2.7".parse().ok(),
            ..PARTS
        });
        head.fill(&HeadParts {
            path: "/",
            query: None,
            authority: None,
            peer_port: None,
            user_agent: None,
            ..PARTS
        });
        let few = [
            ("http.request.method", "GET"),
            ("url.path", "/"),
            ("url.scheme", "https"),
            ("network.protocol.version", "1.1"),
        ];
        assert_eq!(attributes(&head), expected(&few));
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_replaced_and_an_empty_agent_stays() {
        let agent = |agent| {
            attributes(&filled(&HeadParts {
                user_agent: Some(agent),
                ..PARTS
            }))
            .pop()
        };
        assert_eq!(
            agent(b"\xff x"),
            expected(&[("user_agent.original", "\u{fffd} x")]).pop()
        );
        assert_eq!(agent(b""), expected(&[("user_agent.original", "")]).pop());
    }

    proptest! {
        #[test]
        fn the_attributes_are_no_larger_in_a_message_than_the_size_of_the_head(
            path in "/[a-zä/]{0,300}",
            query in "((k|sig|token|page)=[a-z]{0,3}&){0,60}",
            authority in "[a-z.]{0,80}(:[0-9]{1,5})?",
            agent in proptest::collection::vec(any::<u8>(), 0..300),
            client in any::<[u8; 16]>(),
            peer in any::<[u8; 16]>(),
        ) {
            let head = filled(&HeadParts {
                path: &path,
                query: Some(&query),
                authority: Some(&authority),
                client: Some(client.into()),
                peer: Some(peer.into()),
                user_agent: Some(&agent),
                ..PARTS
            });
            let closing = ["http.route".len(), "http.response.status_code200".len()];
            let texts = attributes(&head).into_iter().map(|(key, value)| key.len() + value.len());
            let written: usize = texts.chain(closing).map(|text| text + ATTRIBUTE_FRAME).sum();
            let size = head.heap_size();
            prop_assert!(written <= size + SPAN_FRAME, "{written} bytes of {size}");
            prop_assert!(head.capacity() + agent.len() <= size);
        }
    }
}
