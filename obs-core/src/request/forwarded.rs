//! The client as proxies report it: `Forwarded` and `X-Forwarded-*`.
//!
//! Every proxy appends the address of its peer, so the lists are read from their end: the last entry is from our own
//! peer. As long as an entry names a trusted proxy, the entry before it is from that proxy. Entries before the first
//! untrusted address come from there, and can have any content.

use std::{borrow::Cow, net::IpAddr};

use super::{
    HeaderReader,
    origin::{HTTP, HTTPS},
    privacy::{ForwardedHeaders, Privacy},
};
use crate::names::header;

/// Entries that are read, from the end: no chain of trusted proxies is longer.
const MAX_HOPS: usize = 16;
/// The longest host name, with a port (RFC 1035, 2.3.4).
const MAX_HOST: usize = 255 + 6;

/// A request as trusted proxies report it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Forwarded {
    /// The first address that is not a trusted proxy.
    pub(super) client: Option<IpAddr>,
    /// `http` or `https`.
    pub(super) scheme: Option<&'static str>,
    /// The position of the host of the client's request.
    pub(super) host: Option<HostAt>,
}

/// An entry with a host: its number from the start of its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HostAt {
    Standard(usize),
    XForwarded(usize),
}

/// The last entries of a list.
#[derive(Clone, Copy, Debug)]
struct Last<T> {
    ring: [Option<T>; MAX_HOPS],
    count: usize,
}

/// One entry of `Forwarded`.
#[derive(Clone, Copy, Debug, Default)]
struct Hop {
    address: Option<IpAddr>,
    scheme: Option<&'static str>,
    has_host: bool,
}

/// One parameter of an entry of `Forwarded`, its value without quotes.
struct Parameter<'a> {
    name: &'a [u8],
    value: Cow<'a, [u8]>,
}

// === impl Forwarded ===

impl Forwarded {
    /// Reads the headers of a request that came from a trusted proxy.
    pub(super) fn read(privacy: &Privacy, headers: &dyn HeaderReader) -> Self {
        let kind = privacy.forwarded_headers;
        let has = |name| headers.get(name).is_some();
        let standard = kind != ForwardedHeaders::XForwarded && has(header::FORWARDED);
        let x_forwarded = kind != ForwardedHeaders::Standard
            && (has(header::X_FORWARDED_FOR) || has(header::X_FORWARDED_PROTO) || has(header::X_FORWARDED_HOST));
        match (standard, x_forwarded) {
            (true, false) => Self::standard(privacy, headers),
            (false, true) => Self::x_forwarded(privacy, headers),
            (true, true) => Self::standard(privacy, headers).if_agreed(Self::x_forwarded(privacy, headers), headers),
            (false, false) => Self::default(),
        }
    }

    fn standard(privacy: &Privacy, headers: &dyn HeaderReader) -> Self {
        let mut hops = Last::new();
        headers.for_each(header::FORWARDED, &mut |line| {
            each_element(line, &mut |element| hops.push(hop(element)));
        });
        let (client, at) = walk(privacy, hops.backwards().map(|hop| hop.address));
        // Not every proxy sends every parameter: the value of the proxy nearest to the client is used.
        let nearest = |wanted: &dyn Fn(&Hop) -> bool| {
            hops.backwards()
                .take(at + 1)
                .enumerate()
                .filter(|(_, hop)| wanted(hop))
                .last()
        };
        Self {
            client,
            scheme: nearest(&|hop| hop.scheme.is_some()).and_then(|(_, hop)| hop.scheme),
            host: nearest(&|hop| hop.has_host).map(|(from_end, _)| HostAt::Standard(hops.count - 1 - from_end)),
        }
    }

    fn x_forwarded(privacy: &Privacy, headers: &dyn HeaderReader) -> Self {
        let addresses = list(headers, header::X_FORWARDED_FOR, node);
        let (client, at) = walk(privacy, addresses.backwards());
        let schemes = list(headers, header::X_FORWARDED_PROTO, scheme);
        let hosts = list(headers, header::X_FORWARDED_HOST, |host| is_host(host).then_some(()));
        Self {
            client,
            scheme: schemes
                .beside(at)
                .and_then(|from_end| schemes.backwards().nth(from_end).flatten()),
            host: hosts
                .beside(at)
                .filter(|from_end| hosts.backwards().nth(*from_end).flatten().is_some())
                .map(|from_end| HostAt::XForwarded(hosts.count - 1 - from_end)),
        }
    }

    /// What both kinds of headers agree on.
    fn if_agreed(self, other: Self, headers: &dyn HeaderReader) -> Self {
        let text = |host: Option<HostAt>| host.and_then(|host| host.with(headers, str::to_owned));
        Self {
            client: self.client.filter(|client| other.client == Some(*client)),
            scheme: self.scheme.filter(|scheme| other.scheme == Some(*scheme)),
            host: self.host.filter(|_| text(self.host) == text(other.host)),
        }
    }
}

// === impl HostAt ===

impl HostAt {
    /// Reads the host, with its port if it has one.
    pub(super) fn with<R>(self, headers: &dyn HeaderReader, read: impl FnOnce(&str) -> R) -> Option<R> {
        let (mut read, mut found, mut number) = (Some(read), None, 0);
        let mut is_turn = |at: usize| {
            number += 1;
            number == at + 1
        };
        match self {
            Self::XForwarded(at) => headers.for_each(header::X_FORWARDED_HOST, &mut |line| {
                for entry in line.split(|byte| *byte == b',') {
                    if is_turn(at)
                        && let (Some(read), Ok(host)) = (read.take(), std::str::from_utf8(trim(entry)))
                    {
                        found = Some(read(host));
                    }
                }
            }),
            Self::Standard(at) => headers.for_each(header::FORWARDED, &mut |line| {
                each_element(line, &mut |element| {
                    if is_turn(at)
                        && let (Some(read), Some(host)) = (read.take(), element.and_then(host_of))
                    {
                        found = Some(read(&host));
                    }
                });
            }),
        }
        found
    }
}

// === impl Last ===

impl<T: Copy> Last<T> {
    fn new() -> Self {
        Self {
            ring: [None; MAX_HOPS],
            count: 0,
        }
    }

    fn push(&mut self, entry: T) {
        self.ring[self.count % MAX_HOPS] = Some(entry);
        self.count += 1;
    }

    fn backwards(&self) -> impl Iterator<Item = T> {
        (1..=self.count.min(MAX_HOPS)).filter_map(|back| self.ring[(self.count - back) % MAX_HOPS])
    }

    /// The entry, counted from the end, that belongs to entry `at` of another list. A proxy may have kept a value
    /// that it found instead of appending one: then this list is shorter, and its first entry is used.
    fn beside(&self, at: usize) -> Option<usize> {
        self.count.min(MAX_HOPS).checked_sub(1).map(|first| first.min(at))
    }
}

/// Follows the chain of trusted proxies. Returns the address before it, if that is known, and the index from the end of
/// the last entry that a trusted proxy has added.
fn walk(privacy: &Privacy, hops: impl Iterator<Item = Option<IpAddr>>) -> (Option<IpAddr>, usize) {
    let (mut known, mut at) = (None, 0);
    for (from_end, address) in hops.enumerate() {
        at = from_end;
        let Some(address) = address else { break };
        known = Some(address);
        if !privacy.trusts(address) {
            break;
        }
    }
    (known, at)
}

/// The last entries of all lines of an `X-Forwarded-*` header.
fn list<T: Copy>(headers: &dyn HeaderReader, name: &str, mut read: impl FnMut(&[u8]) -> T) -> Last<T> {
    let mut entries = Last::new();
    headers.for_each(name, &mut |line| {
        line.split(|byte| *byte == b',')
            .for_each(|entry| entries.push(read(trim(entry))));
    });
    entries
}

/// Calls `each` with the elements of a line of `Forwarded`; once, with `None`, if a quote is not closed, since the
/// boundaries of the elements are unknown then.
fn each_element(line: &[u8], each: &mut dyn FnMut(Option<&[u8]>)) {
    if split(line, b',').is_none() {
        return each(None);
    }
    let mut rest = line;
    while let Some((element, after)) = split(rest, b',') {
        // A list may have empty elements (RFC 9110, 5.6.1).
        if !trim(element).is_empty() {
            each(Some(element));
        }
        match after {
            Some(after) => rest = after,
            None => return,
        }
    }
    // A quote in a later part stays open.
    each(None);
}

/// The text up to the first `separator` outside of quotes, and what comes after it, if there is one.
/// None if a quote is not closed.
fn split(text: &[u8], separator: u8) -> Option<(&[u8], Option<&[u8]>)> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in text.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            byte if *byte == separator && !quoted => return Some((&text[..at], Some(&text[at + 1..]))),
            _ => {}
        }
    }
    (!quoted).then_some((text, None))
}

/// The entry of an element; an empty one if the element is malformed.
fn hop(element: Option<&[u8]>) -> Hop {
    let read = || {
        let mut hop = Hop::default();
        let (mut has_for, mut has_proto, mut has_host) = (false, false, false);
        each_parameter(element?, &mut |Parameter { name, value }| {
            // A parameter occurs once (RFC 7239, 4).
            if name.eq_ignore_ascii_case(b"for") {
                hop.address = node(&value);
                !std::mem::replace(&mut has_for, true)
            } else if name.eq_ignore_ascii_case(b"proto") {
                hop.scheme = scheme(&value);
                !std::mem::replace(&mut has_proto, true)
            } else if name.eq_ignore_ascii_case(b"host") {
                hop.has_host = is_host(&value);
                !std::mem::replace(&mut has_host, true)
            } else {
                true
            }
        })
        .then_some(hop)
    };
    read().unwrap_or_default()
}

fn host_of(element: &[u8]) -> Option<String> {
    let mut host = None;
    each_parameter(element, &mut |Parameter { name, value }| {
        if name.eq_ignore_ascii_case(b"host") && is_host(&value) {
            host = Some(String::from_utf8_lossy(&value).into_owned());
        }
        true
    });
    host
}

/// Calls `each` with the parameters of an element as long as it returns true. Returns false if it did not, or if a
/// parameter is malformed.
fn each_parameter(element: &[u8], each: &mut dyn FnMut(Parameter<'_>) -> bool) -> bool {
    let mut rest = Some(element);
    while let Some(text) = rest {
        let Some((pair, after)) = split(text, b';') else {
            return false;
        };
        rest = after;
        if trim(pair).is_empty() {
            continue;
        }
        let Some(parameter) = Parameter::read(pair) else {
            return false;
        };
        if !each(parameter) {
            return false;
        }
    }
    true
}

// === impl Parameter ===

impl<'a> Parameter<'a> {
    fn read(pair: &'a [u8]) -> Option<Self> {
        let equals = pair.iter().position(|byte| *byte == b'=')?;
        let (name, value) = (trim(&pair[..equals]), trim(&pair[equals + 1..]));
        let value = match value.strip_prefix(b"\"") {
            None => Cow::Borrowed(value),
            Some(quoted) => unescaped(quoted.strip_suffix(b"\"")?),
        };
        Some(Self { name, value })
    }
}

/// The text of a quoted string (RFC 9110, 5.6.4).
fn unescaped(quoted: &[u8]) -> Cow<'_, [u8]> {
    if !quoted.contains(&b'\\') {
        return Cow::Borrowed(quoted);
    }
    let (mut out, mut escaped) = (Vec::with_capacity(quoted.len()), false);
    for byte in quoted {
        escaped = *byte == b'\\' && !escaped;
        if !escaped {
            out.push(*byte);
        }
    }
    Cow::Owned(out)
}

/// The address of a node: with or without a port, IPv6 with or without brackets.
fn node(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(trim(text)).ok()?;
    let address = match text.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']')?;
            if !port.is_empty() && !port.starts_with(':') {
                return None;
            }
            IpAddr::V6(address.parse().ok()?)
        }
        None => match text.parse() {
            Ok(address) => address,
            Err(_) => IpAddr::V4(text.split_once(':')?.0.parse().ok()?),
        },
    };
    Some(address.to_canonical())
}

fn scheme(text: &[u8]) -> Option<&'static str> {
    [HTTP, HTTPS]
        .into_iter()
        .find(|known| text.eq_ignore_ascii_case(known.as_bytes()))
}

/// Whether this can be a host, perhaps with a port.
fn is_host(text: &[u8]) -> bool {
    let part = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~:[]".contains(byte);
    (1..=MAX_HOST).contains(&text.len()) && text.iter().all(part)
}

fn trim(text: &[u8]) -> &[u8] {
    text.trim_ascii()
}

#[cfg(test)]
#[path = "forwarded_tests.rs"]
mod tests;
