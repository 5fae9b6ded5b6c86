//! Texts of attributes that come again with each request.

use std::{cell::RefCell, io::Write as _, net::IpAddr, sync::Arc};

use opentelemetry::StringValue;

/// Slots of the table of strings that come again with each request.
const INTERNED: usize = 32;
/// The longest text that is interned: longer ones are seldom repeated.
const MAX_INTERNED_LEN: usize = 256;
/// The longest address as text: IPv6 with an IPv4 part.
const MAX_ADDRESS_LEN: usize = 45;

thread_local! {
    static STRINGS: RefCell<[Option<Arc<str>>; INTERNED]> = const { RefCell::new([const { None }; INTERNED]) };
}

/// A shared copy of `text`: texts that come with every request cost an allocation only once.
pub(crate) fn interned(text: &str) -> StringValue {
    if text.len() > MAX_INTERNED_LEN {
        return text.to_owned().into();
    }
    let shared = STRINGS.try_with(|table| match &mut table.borrow_mut()[slot(text.as_bytes())] {
        Some(known) if **known == *text => Arc::clone(known),
        other => Arc::clone(other.insert(text.into())),
    });
    shared.map_or_else(|_| text.to_owned().into(), StringValue::from)
}

/// [`interned`] for bytes that should be UTF-8: those that came before need no second check.
pub(super) fn interned_bytes(bytes: &[u8]) -> StringValue {
    let known = STRINGS.try_with(|table| {
        table.borrow()[slot(bytes)]
            .as_ref()
            .filter(|known| *known.as_bytes() == *bytes)
            .map(Arc::clone)
    });
    match known {
        Ok(Some(known)) => known.into(),
        Ok(None) | Err(_) => interned(&String::from_utf8_lossy(bytes)),
    }
}

fn slot(text: &[u8]) -> usize {
    let last = text.last().copied().map_or(0, usize::from);
    (text.len() * 31 + last) % INTERNED
}

/// An address as text: written to the stack first, as clients come again.
pub(super) fn address(ip: IpAddr) -> StringValue {
    let mut buffer = [0; MAX_ADDRESS_LEN];
    let mut rest = &mut buffer[..];
    let written = write!(rest, "{ip}").map(|()| MAX_ADDRESS_LEN - rest.len());
    match written
        .ok()
        .and_then(|len| std::str::from_utf8(buffer.get(..len)?).ok())
    {
        Some(text) => interned(text),
        None => ip.to_string().into(),
    }
}

/// Host and port of an authority (RFC 3986, 3.2): brackets of an IPv6 address and user info go.
pub(crate) fn split_authority(authority: &str) -> (&str, Option<u16>) {
    // Bytes one by one: for texts this short, what searches long ones is the slower way.
    let user_end = authority.bytes().rposition(|byte| byte == b'@').map_or(0, |at| at + 1);
    let authority = &authority[user_end..];
    if let Some((host, rest)) = authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return (host, rest.strip_prefix(':').and_then(|port| port.parse().ok()));
    }
    match authority.bytes().rposition(|byte| byte == b':') {
        Some(at) => (&authority[..at], authority[at + 1..].parse().ok()),
        None => (authority, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorities_split_into_host_and_port() {
        assert_eq!(split_authority("shop.example:8080"), ("shop.example", Some(8080)));
        assert_eq!(split_authority("shop.example"), ("shop.example", None));
        assert_eq!(split_authority("[::1]:80"), ("::1", Some(80)));
        assert_eq!(split_authority("[::1]"), ("::1", None));
        assert_eq!(split_authority("user:secret@shop.example"), ("shop.example", None));
        assert_eq!(split_authority("shop.example:99999"), ("shop.example", None));
    }

    #[test]
    fn interning_gives_the_text_back_whatever_stood_in_its_slot() {
        for text in ["/a", "/b", "/a", "", "/ä"] {
            assert_eq!(interned(text).as_str(), text);
        }
    }

    #[test]
    fn an_address_is_written_as_its_text() {
        for text in [
            "192.0.2.7",
            "::1",
            "2001:db8:1111:2222:3333:4444:5555:6666",
            "::ffff:192.0.2.7",
        ] {
            assert_eq!(address(text.parse().unwrap()).as_str(), text);
        }
    }
}
