//! Hosts of requests.

use std::net::{IpAddr, Ipv6Addr};

/// A host and its port, as `Host` has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Authority<'a> {
    pub(super) host: &'a str,
    pub(super) port: Option<u16>,
}

// === impl Authority ===

impl<'a> Authority<'a> {
    /// Reads `host`, `host:port`, `[::1]` and `[::1]:port`.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let (host, port) = match text.strip_prefix('[') {
            Some(_) => text.split_at_checked(text.find(']')? + 1)?,
            None => text.split_at_checked(text.find(':').unwrap_or(text.len()))?,
        };
        let port = match port.strip_prefix(':') {
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => Some(digits.parse().ok()?),
            None if port.is_empty() => None,
            Some(_) | None => return None,
        };
        (!host.is_empty()).then_some(Self { host, port })
    }

    /// Whether no other site can have it: a name of this machine, or an address, which needs no name.
    pub(super) fn is_own(self) -> bool {
        self.host.eq_ignore_ascii_case("localhost") || is_address(self.host)
    }

    pub(super) fn is(self, host: &str) -> bool {
        self.host.eq_ignore_ascii_case(host)
    }
}

fn is_address(host: &str) -> bool {
    let v6 = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    match v6 {
        Some(v6) => v6.parse::<Ipv6Addr>().is_ok(),
        None => host.parse::<IpAddr>().is_ok_and(|address| address.is_ipv4()),
    }
}

/// Whether a setting is a host: a name or an address, without a port.
pub(crate) fn is_host(text: &str) -> bool {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    !text.is_empty() && text.len() <= 253 && (text.bytes().all(is_name) || is_address(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_is_read_with_and_without_a_port() {
        let read = |text| Authority::read(text).map(|authority| (authority.host, authority.port));
        assert_eq!(read("localhost"), Some(("localhost", None)));
        assert_eq!(read("localhost:3000"), Some(("localhost", Some(3000))));
        assert_eq!(read("[::1]:80"), Some(("[::1]", Some(80))));
        assert_eq!(read("[::1]"), Some(("[::1]", None)));
        for bad in [
            "", ":80", "a:b", "a:+1", "a:", "a:1:2", "a:70000", "[::1", "[::1]x", "::1",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn only_names_of_this_machine_and_addresses_are_its_own() {
        let is_own = |text| Authority::read(text).is_some_and(Authority::is_own);
        for own in [
            "localhost",
            "LOCALHOST:1",
            "127.0.0.1",
            "127.9.9.9:1",
            "[::1]:1",
            "10.0.0.7",
            "[fe80::1]",
        ] {
            assert!(is_own(own), "{own}");
        }
        // A site can name each of these as it likes, also as an address of this machine.
        for other in [
            "localhost.",
            "localhost.evil.example",
            "127.0.0.1.nip.io",
            "127.1",
            "0x7f000001",
            "2130706433",
            "[localhost]",
            "evil",
        ] {
            assert!(!is_own(other), "{other}");
        }
    }

    #[test]
    fn a_host_of_the_settings_has_no_scheme_port_or_path() {
        for host in ["shop.internal", "10.0.0.7", "[::1]", "a-b_c.example"] {
            assert!(is_host(host), "{host}");
        }
        for bad in ["", "http://a", "a:80", "a/b", "*", "a b", "\u{e4}.example"] {
            assert!(!is_host(bad), "{bad}");
        }
    }
}
