//! The settings of client data: addresses, user agents, trusted proxies.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Network;

/// The form in which the address of a client is recorded, on span and line. Set by `ObsLayer::client_address`.
///
/// | client | [`On`](Self::On) | [`Truncated`](Self::Truncated) |
/// |---|---|---|
/// | `192.0.2.77` | `192.0.2.77` | `192.0.2.0` |
/// | `2001:db8:1:2::3` | `2001:db8:1:2::3` | `2001:db8:1::` |
/// | `::ffff:192.0.2.77` | `192.0.2.77` | `192.0.2.0` |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ClientAddress {
    /// Not at all.
    Off,
    /// As it is.
    #[default]
    On,
    /// The network alone: the first 24 bits of an IPv4 address, the first 48 of an IPv6 address.
    Truncated,
}

/// The headers of trusted proxies that report the client. Set by `ObsLayer::forwarded_headers`; only relevant with
/// `ObsLayer::trusted_proxies`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ForwardedHeaders {
    /// Either kind. If a request has both, one may have come from the client through a proxy that does not know
    /// it: only what both agree on is used.
    #[default]
    Either,
    /// Only `Forwarded` ([RFC 7239](https://www.rfc-editor.org/rfc/rfc7239)).
    Standard,
    /// Only `X-Forwarded-For`, `X-Forwarded-Proto` and `X-Forwarded-Host`.
    XForwarded,
}

/// The data of clients that is recorded, and the proxies that are trusted to report it.
#[derive(Clone, Debug)]
pub struct Privacy {
    /// How the address is recorded. Defaults to [`ClientAddress::On`].
    pub client_address: ClientAddress,
    /// Whether the user agent is recorded. Defaults to `true`.
    pub user_agent: bool,
    /// Proxies whose forwarding headers are read. Defaults to none.
    pub trusted_proxies: Vec<Network>,
    /// Which forwarding headers are read. Defaults to [`ForwardedHeaders::Either`].
    pub forwarded_headers: ForwardedHeaders,
}

// === impl ClientAddress ===

impl ClientAddress {
    /// The address as it is recorded, IPv4 in its own form.
    pub(super) fn of(self, address: IpAddr) -> Option<IpAddr> {
        let address = address.to_canonical();
        match self {
            Self::Off => None,
            Self::On => Some(address),
            Self::Truncated => Some(match address {
                IpAddr::V4(address) => Ipv4Addr::from_bits(address.to_bits() & (!0 << 8)).into(),
                IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (!0 << 80)).into(),
            }),
        }
    }
}

// === impl Privacy ===

impl Privacy {
    /// Whether any proxy is trusted.
    pub(super) fn has_proxies(&self) -> bool {
        !self.trusted_proxies.is_empty()
    }

    pub(super) fn trusts(&self, address: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|network| network.contains(address))
    }
}

impl Default for Privacy {
    fn default() -> Self {
        Self {
            client_address: ClientAddress::On,
            user_agent: true,
            trusted_proxies: Vec::new(),
            forwarded_headers: ForwardedHeaders::Either,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_cut_to_its_network() {
        for (given, cut) in [
            ("192.0.2.7", "192.0.2.0"),
            ("::ffff:192.0.2.7", "192.0.2.0"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1::"),
            ("255.255.255.255", "255.255.255.0"),
        ] {
            let cut: IpAddr = cut.parse().unwrap();
            assert_eq!(ClientAddress::Truncated.of(given.parse().unwrap()), Some(cut));
        }
    }

    #[test]
    fn an_address_can_be_left_out_and_is_kept_in_its_own_form() {
        let mapped = "::ffff:192.0.2.7".parse().unwrap();
        assert_eq!(ClientAddress::On.of(mapped), "192.0.2.7".parse().ok());
        assert_eq!(ClientAddress::Off.of(mapped), None);
    }
}
