//! The client and the server address of a request, determined once, when it arrives.

use std::net::IpAddr;

use super::{
    HeaderReader, RequestHead,
    forwarded::{Forwarded, HostAt},
    privacy::Privacy,
};
use crate::names::header;

pub(super) const HTTP: &str = "http";
pub(super) const HTTPS: &str = "https";

/// The two ends of a request, as span and line have them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    /// The client, as far as it is known and may be recorded.
    pub(super) client: Option<IpAddr>,
    /// The other end of the connection, if it may be recorded.
    pub(super) peer: Option<IpAddr>,
    pub(super) peer_port: Option<u16>,
    /// `http` or `https`.
    pub(super) scheme: &'static str,
    /// The host of the request to a proxy.
    host: Option<HostAt>,
}

// === impl Origin ===

impl Origin {
    pub(super) fn of(privacy: &Privacy, head: &RequestHead<'_>, headers: &dyn HeaderReader) -> Self {
        let peer = head.peer.map(|peer| peer.ip());
        let is_proxy = peer.is_some_and(|peer| privacy.trusts(peer));
        let forwarded = if is_proxy {
            Forwarded::read(privacy, headers)
        } else {
            Forwarded::default()
        };
        let shown = |address| privacy.client_address.of(address);
        // The address of a trusted proxy is not that of a client.
        let peer_shown = if is_proxy {
            peer.map(|peer| peer.to_canonical())
        } else {
            peer.and_then(shown)
        };
        let is_whole = peer.map(|peer| peer.to_canonical()) == peer_shown;
        Self {
            client: forwarded.client.or(peer).and_then(shown),
            peer: peer_shown,
            peer_port: head.peer.filter(|_| is_whole).map(|peer| peer.port()),
            scheme: forwarded.scheme.unwrap_or_else(|| head.known_scheme()),
            host: forwarded.host,
        }
    }

    /// Reads host and port of the client's request.
    pub(super) fn authority<R>(
        &self,
        head: &RequestHead<'_>,
        headers: &dyn HeaderReader,
        read: impl FnOnce(&str) -> R,
    ) -> Option<R> {
        if let Some(host) = self.host {
            return host.with(headers, read);
        }
        let from_header = || {
            headers
                .get(header::HOST)
                .and_then(|host| std::str::from_utf8(host).ok())
        };
        head.authority
            .or_else(from_header)
            .filter(|text| !text.is_empty())
            .map(read)
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;
    use crate::request::privacy::ClientAddress;

    const PROXY: &str = "10.0.0.1:999";
    const STRANGER: &str = "192.0.2.7:1234";

    fn privacy(client_address: ClientAddress) -> Privacy {
        Privacy {
            client_address,
            trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
            ..Privacy::default()
        }
    }

    fn origin(privacy: &Privacy, peer: &str) -> (Origin, Option<String>) {
        let headers: [(&str, &[u8]); 4] = [
            ("host", b"inner:8080"),
            ("x-forwarded-for", b"198.51.100.9"),
            ("x-forwarded-proto", b"https"),
            ("x-forwarded-host", b"shop.example"),
        ];
        let headers = List(&headers);
        let head = RequestHead {
            peer: peer.parse::<SocketAddr>().ok(),
            ..RequestHead::default()
        };
        let origin = Origin::of(privacy, &head, &headers);
        (origin, origin.authority(&head, &headers, str::to_owned))
    }

    struct List<'a>(&'a [(&'a str, &'a [u8])]);
    impl HeaderReader for List<'_> {
        fn get(&self, name: &str) -> Option<&[u8]> {
            HeaderReader::get(self.0, name)
        }
        fn for_each(&self, name: &str, each: &mut dyn FnMut(&[u8])) {
            HeaderReader::for_each(self.0, name, each);
        }
    }

    fn ip(text: &str) -> Option<IpAddr> {
        text.parse().ok()
    }

    #[test]
    fn a_trusted_proxy_is_believed() {
        let (origin, host) = origin(&privacy(ClientAddress::On), PROXY);
        assert_eq!((origin.client, origin.scheme), (ip("198.51.100.9"), HTTPS));
        assert_eq!((origin.peer, origin.peer_port), (ip("10.0.0.1"), Some(999)));
        assert_eq!(host.as_deref(), Some("shop.example"));
    }

    #[test]
    fn nobody_else_is_believed() {
        for (privacy, peer) in [(privacy(ClientAddress::On), STRANGER), (Privacy::default(), STRANGER)] {
            let (origin, host) = origin(&privacy, peer);
            assert_eq!((origin.client, origin.scheme), (ip("192.0.2.7"), HTTP));
            assert_eq!((origin.peer, origin.peer_port), (ip("192.0.2.7"), Some(1234)));
            assert_eq!(host.as_deref(), Some("inner:8080"));
        }
        let (origin, _) = origin(&privacy(ClientAddress::On), "no peer is known");
        assert_eq!((origin.client, origin.peer, origin.scheme), (None, None, HTTP));
    }

    #[test]
    fn a_client_s_address_can_be_left_out_wherever_it_would_stand() {
        let privacy = privacy(ClientAddress::Off);
        let (direct, _) = origin(&privacy, STRANGER);
        assert_eq!((direct.client, direct.peer, direct.peer_port), (None, None, None));
        let (proxied, _) = origin(&privacy, PROXY);
        assert_eq!(
            (proxied.client, proxied.peer, proxied.peer_port),
            (None, ip("10.0.0.1"), Some(999))
        );
    }

    #[test]
    fn a_client_s_address_can_be_cut_wherever_it_stands() {
        let privacy = privacy(ClientAddress::Truncated);
        let (direct, _) = origin(&privacy, STRANGER);
        assert_eq!(
            (direct.client, direct.peer, direct.peer_port),
            (ip("192.0.2.0"), ip("192.0.2.0"), None)
        );
        let (proxied, _) = origin(&privacy, PROXY);
        assert_eq!((proxied.client, proxied.peer), (ip("198.51.100.0"), ip("10.0.0.1")));
    }
}
