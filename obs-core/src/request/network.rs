//! Ranges of addresses.

use std::{
    error::Error,
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

/// A range of IP addresses in CIDR notation ([RFC 4632, 3.1](https://www.rfc-editor.org/rfc/rfc4632#section-3.1)).
///
/// ```
/// use obs_core::request::Network;
///
/// let private: Network = "10.0.0.0/8".parse()?;
/// assert!(private.contains("10.1.2.3".parse()?));
/// assert!(!private.contains("192.0.2.1".parse()?));
/// let one: Network = "2001:db8::1".parse()?;
/// assert_eq!(one.to_string(), "2001:db8::1/128");
/// assert!("10.0.0.0/33".parse::<Network>().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network {
    /// IPv4 has its mapped form, `::ffff:0:0/96`, so that one comparison is enough for both.
    first: u128,
    mask: u128,
}

/// A text that is not a valid [`Network`].
///
/// ```
/// use obs_core::request::Network;
///
/// let error = "10.0.0.0/33".parse::<Network>().unwrap_err();
/// assert!(error.to_string().contains("10.0.0.0/33"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct NetworkParseError {
    text: String,
}

/// Bits before an IPv4 address in its mapped form.
const MAPPED: u32 = 96;

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

// === impl Network ===

impl Network {
    /// The addresses that have the first `prefix` bits of `address`: 0 to 32 bits of an IPv4 address, 0 to 128 of an
    /// IPv6 address. `None` for more bits.
    #[must_use]
    pub fn new(address: IpAddr, prefix: u8) -> Option<Self> {
        let (most, before) = if address.is_ipv4() { (32, MAPPED) } else { (128, 0) };
        if prefix > most {
            return None;
        }
        let mask = u128::MAX.checked_shl(128 - before - u32::from(prefix)).unwrap_or(0);
        Some(Self {
            first: bits(address) & mask,
            mask,
        })
    }

    /// Whether the address is one of these. An IPv4 address and its form mapped into IPv6 are the
    /// same.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        bits(address) & self.mask == self.first
    }
}

/// The one address.
impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        Self {
            first: bits(address),
            mask: u128::MAX,
        }
    }
}

impl FromStr for Network {
    type Err = NetworkParseError;

    /// Parses `address/prefix`, or an address alone. Bits after the prefix are ignored.
    fn from_str(text: &str) -> Result<Self, NetworkParseError> {
        let error = || NetworkParseError { text: text.to_owned() };
        let (address, prefix) = text
            .split_once('/')
            .map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.trim().parse().map_err(|_| error())?;
        let Some(prefix) = prefix.map(str::trim) else {
            return Ok(address.into());
        };
        if !prefix.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(error());
        }
        prefix
            .parse()
            .ok()
            .and_then(|prefix| Self::new(address, prefix))
            .ok_or_else(error)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (address, prefix) = (Ipv6Addr::from_bits(self.first), self.mask.leading_ones());
        let in_v4 = address
            .to_ipv4_mapped()
            .filter(|_| prefix >= MAPPED)
            .map(|address: Ipv4Addr| (address, prefix - MAPPED));
        match in_v4 {
            Some((address, prefix)) => write!(f, "{address}/{prefix}"),
            None => write!(f, "{address}/{prefix}"),
        }
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

// === impl NetworkParseError ===

impl fmt::Display for NetworkParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is no network, expected an address such as 10.0.0.1 or a range such as 10.0.0.0/8",
            self.text
        )
    }
}

/// The text: what a `main` prints that returns the error.
impl fmt::Debug for NetworkParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for NetworkParseError {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn contains(network: &str, address: &str) -> bool {
        network.parse::<Network>().unwrap().contains(address.parse().unwrap())
    }

    #[test]
    fn a_range_ends_at_its_prefix() {
        assert!(contains("192.0.2.0/24", "192.0.2.255") && !contains("192.0.2.0/24", "192.0.3.0"));
        assert!(
            contains("192.0.2.9/24", "192.0.2.1"),
            "bits behind the prefix are ignored"
        );
        assert!(contains("2001:db8::/32", "2001:db8:ffff::1") && !contains("2001:db8::/32", "2001:db9::"));
        assert!(contains("0.0.0.0/0", "255.255.255.255") && !contains("0.0.0.0/0", "2001:db8::1"));
        assert!(contains("::/0", "2001:db8::1"));
        assert!(contains("10.0.0.1", "10.0.0.1") && !contains("10.0.0.1", "10.0.0.2"));
    }

    #[test]
    fn a_mapped_address_is_the_address() {
        assert!(contains("10.0.0.0/8", "::ffff:10.1.2.3") && contains("::ffff:10.0.0.0/104", "10.1.2.3"));
    }

    #[test]
    fn what_is_no_range_is_refused_with_its_text() {
        for bad in [
            "",
            "10.0.0.0/33",
            "::/129",
            "10.0.0.0/",
            "10.0.0.0/+8",
            "10.0.0/8",
            "localhost",
            "10.0.0.0/8/8",
        ] {
            let error = bad.parse::<Network>().unwrap_err().to_string();
            assert!(
                error.contains(&format!("{bad:?}")) && error.contains("10.0.0.0/8"),
                "{error}"
            );
        }
    }

    proptest! {
        #[test]
        fn a_range_is_read_back_as_it_is_shown(address: IpAddr, prefix in 0u8..=128) {
            if let Some(network) = Network::new(address, prefix) {
                prop_assert_eq!(network.to_string().parse::<Network>().unwrap(), network);
                prop_assert!(network.contains(address));
            }
        }

        #[test]
        fn two_addresses_share_a_range_if_they_agree_in_its_bits(one: u32, other: u32, prefix in 0u8..=32) {
            let network = Network::new(Ipv4Addr::from(one).into(), prefix).unwrap();
            let agree = u64::from(one ^ other) >> (32 - prefix) == 0;
            prop_assert_eq!(network.contains(Ipv4Addr::from(other).into()), agree);
        }

        #[test]
        fn any_text_is_survived(text: String) {
            let _ = text.parse::<Network>();
        }
    }
}
