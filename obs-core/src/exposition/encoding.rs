//! Compression and the choice of it.

use std::io;
#[cfg(feature = "gzip")]
use std::io::Write as _;

#[cfg(feature = "gzip")]
use flate2::{Compression, write::GzEncoder};

use crate::metrics::parse_quality;

/// What is done to the page before it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Identity,
    #[cfg(feature = "gzip")]
    Gzip,
    #[cfg(feature = "zstd")]
    Zstd,
}

/// Pages are text that repeats itself: a higher level takes several times as long and saves little.
#[cfg(feature = "zstd")]
const ZSTD_LEVEL: i32 = 1;

// === impl Encoding ===

impl Encoding {
    /// What compresses, in the order in which we prefer it where the client does not care.
    const COMPRESSED: &[Self] = &[
        #[cfg(feature = "zstd")]
        Self::Zstd,
        #[cfg(feature = "gzip")]
        Self::Gzip,
    ];

    /// The value of `Content-Encoding`; the page as it is needs none.
    pub(super) const fn name(self) -> Option<&'static str> {
        match self {
            Self::Identity => None,
            #[cfg(feature = "gzip")]
            Self::Gzip => Some("gzip"),
            #[cfg(feature = "zstd")]
            Self::Zstd => Some("zstd"),
        }
    }

    /// The encoding that the values of all `Accept-Encoding` headers prefer together
    /// ([RFC 9110, 12.5.3](https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3)). Where nothing
    /// fits it is the page as it is, which every client understands.
    pub(super) fn negotiate(accepted: &[Accepted]) -> Self {
        let of = |wanted: &str| accepted.iter().find(|one| one.is(wanted)).map(|one| one.quality);
        let quality = |encoding: &Self| match encoding.name() {
            Some(name) => of(name).or_else(|| of("*")).unwrap_or(0),
            // Not to name it does not refuse it, but all that is named is liked better.
            None => of("identity").unwrap_or(0),
        };
        // Of equal ones the last counts: it is the one that we like best.
        let best = Self::COMPRESSED.iter().copied().rev().max_by_key(quality);
        let is_liked = |best: &Self| quality(best) > 0 && quality(best) >= quality(&Self::Identity);
        best.filter(is_liked).unwrap_or(Self::Identity)
    }

    /// The page in this encoding.
    ///
    /// # Errors
    ///
    /// If the compressor fails, which it does for want of memory only.
    #[cfg_attr(
        not(any(feature = "gzip", feature = "zstd")),
        expect(
            clippy::unnecessary_wraps,
            reason = "compressors can fail, and the signature is that of every build"
        )
    )]
    pub(super) fn apply(self, page: Vec<u8>) -> io::Result<Vec<u8>> {
        match self {
            Self::Identity => Ok(page),
            #[cfg(feature = "gzip")]
            Self::Gzip => {
                let mut encoder = GzEncoder::new(Vec::with_capacity(page.len() / 16), Compression::fast());
                encoder.write_all(&page)?;
                encoder.finish()
            }
            #[cfg(feature = "zstd")]
            Self::Zstd => zstd::bulk::compress(&page, ZSTD_LEVEL),
        }
    }
}

/// One element of an `Accept-Encoding` header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Accepted {
    coding: Box<str>,
    /// 0 to 1000.
    quality: u16,
}

// === impl Accepted ===

impl Accepted {
    /// Reads one header's value; what is malformed is passed over.
    pub(super) fn read(value: &[u8], into: &mut Vec<Self>) {
        let Ok(value) = std::str::from_utf8(value) else { return };
        into.extend(value.split(',').filter_map(Self::parse));
    }

    fn parse(element: &str) -> Option<Self> {
        let mut parts = element.split(';').map(str::trim);
        let coding = parts.next().filter(|coding| !coding.is_empty())?;
        let mut quality = 1000;
        for part in parts {
            let (name, value) = part.split_once('=')?;
            if name.trim().eq_ignore_ascii_case("q") {
                quality = parse_quality(value.trim())?;
            }
        }
        Some(Self {
            coding: coding.into(),
            quality,
        })
    }

    fn is(&self, wanted: &str) -> bool {
        // The old name of gzip is to be taken for it (RFC 9110, 8.4.1.3).
        let coding = if self.coding.eq_ignore_ascii_case("x-gzip") {
            "gzip"
        } else {
            &self.coding
        };
        coding.eq_ignore_ascii_case(wanted)
    }
}

#[cfg(test)]
mod tests {
    #[cfg(feature = "gzip")]
    use std::io::Read as _;

    use proptest::prelude::*;

    use super::*;

    fn negotiated(header: &str) -> Option<&'static str> {
        let mut accepted = Vec::new();
        Accepted::read(header.as_bytes(), &mut accepted);
        Encoding::negotiate(&accepted).name()
    }

    #[cfg(feature = "gzip")]
    #[test]
    fn the_encoding_that_is_liked_best_is_taken() {
        assert_eq!(negotiated("gzip"), Some("gzip"));
        assert_eq!(negotiated("GZip;q=0.5"), Some("gzip"));
        assert_eq!(negotiated("x-gzip"), Some("gzip"));
        assert_eq!(negotiated("br, gzip;q=0.2"), Some("gzip"));
        assert_eq!(negotiated("identity;q=0.5, gzip;q=0.5"), Some("gzip"));
        assert_eq!(negotiated("identity;q=0.6, gzip;q=0.5"), None);
        assert_eq!(negotiated("identity;q=0, gzip"), Some("gzip"));
    }

    #[test]
    fn what_is_refused_or_not_known_leaves_the_page_as_it_is() {
        for header in [
            "",
            "br",
            "gzip;q=0",
            "*;q=0",
            "gzip;q=0, *;q=0",
            "gzip;q=2",
            "gzip;q",
            "\u{fc}",
            ",,;",
        ] {
            assert_eq!(negotiated(header), None, "{header}");
        }
    }

    #[cfg(not(any(feature = "gzip", feature = "zstd")))]
    #[test]
    fn without_a_compressor_the_page_stays_as_it_is() {
        for header in ["gzip", "*", "zstd, gzip;q=0.1", "identity;q=0"] {
            assert_eq!(negotiated(header), None, "{header}");
        }
    }

    #[cfg(all(feature = "gzip", not(feature = "zstd")))]
    #[test]
    fn a_client_that_takes_all_gets_gzip() {
        assert_eq!(negotiated("*"), Some("gzip"));
        assert_eq!(negotiated("zstd, gzip;q=0.1"), Some("gzip"));
    }

    #[cfg(all(feature = "gzip", feature = "zstd"))]
    #[test]
    fn zstd_is_preferred_where_the_client_does_not_care() {
        assert_eq!(negotiated("gzip, zstd"), Some("zstd"));
        assert_eq!(negotiated("*"), Some("zstd"));
        assert_eq!(negotiated("gzip, zstd;q=0.9"), Some("gzip"));
        assert_eq!(negotiated("zstd;q=0, *"), Some("gzip"));
    }

    fn unpacked(encoding: Encoding, packed: &[u8]) -> Vec<u8> {
        match encoding {
            Encoding::Identity => packed.to_vec(),
            #[cfg(feature = "gzip")]
            Encoding::Gzip => {
                let mut page = Vec::new();
                flate2::read::GzDecoder::new(packed).read_to_end(&mut page).unwrap();
                page
            }
            #[cfg(feature = "zstd")]
            Encoding::Zstd => zstd::stream::decode_all(packed).unwrap(),
        }
    }

    proptest! {
        #[test]
        fn any_page_unpacks_to_itself(page in proptest::collection::vec(any::<u8>(), 0..2_000)) {
            for encoding in [Encoding::Identity].into_iter().chain(Encoding::COMPRESSED.iter().copied()) {
                let packed = encoding.apply(page.clone()).unwrap();
                prop_assert_eq!(&unpacked(encoding, &packed), &page);
            }
        }

        #[test]
        fn no_header_is_too_strange(header in "\\PC*") {
            negotiated(&header);
        }
    }
}
