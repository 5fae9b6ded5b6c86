//! The built files of the pages, compressed. Their names have a hash of their bytes, so that they can be kept forever.

use std::{io::Read as _, sync::LazyLock};

use bytes::Bytes;
use flate2::read::GzDecoder;
use obs_base::fnv::Fnv1a;

use super::{request::ConsoleRequest, response::ConsoleResponse};

/// The template of a file that shows what was shared, without a server.
pub(super) const SHARE: &str = include_str!("../../assets/share.html");

/// A file of the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asset {
    Script,
    Style,
}

/// What is known of a file.
struct File {
    name: String,
    content_type: &'static str,
    gzip: &'static [u8],
    /// For the few clients that take no gzip.
    plain: LazyLock<Bytes, Box<dyn Fn() -> Bytes + Send + Sync>>,
}

static SCRIPT: LazyLock<File> = LazyLock::new(|| {
    File::new(
        "js",
        "text/javascript; charset=utf-8",
        include_bytes!("../../assets/app.js.gz"),
    )
});
static STYLE: LazyLock<File> = LazyLock::new(|| {
    File::new(
        "css",
        "text/css; charset=utf-8",
        include_bytes!("../../assets/app.css.gz"),
    )
});

// === impl File ===

impl File {
    fn new(ending: &str, content_type: &'static str, gzip: &'static [u8]) -> Self {
        let mut hash = Fnv1a::default();
        hash.add(gzip);
        Self {
            name: format!("app-{:016x}.{ending}", hash.finish()),
            content_type,
            gzip,
            plain: LazyLock::new(Box::new(|| inflated(gzip))),
        }
    }
}

// === impl Asset ===

impl Asset {
    /// The file of this name, as it is now.
    pub(super) fn named(name: &str) -> Option<Self> {
        [Self::Script, Self::Style]
            .into_iter()
            .find(|asset| asset.name() == name)
    }

    /// Its name, with the hash.
    pub(super) fn name(self) -> &'static str {
        &self.file().name
    }

    pub(super) fn answer(self, request: &ConsoleRequest<'_>) -> ConsoleResponse {
        let file = self.file();
        let accepts = request.headers.get("accept-encoding").unwrap_or_default();
        let is_gzip = accepts_gzip(accepts);
        let bytes = if is_gzip {
            Bytes::from_static(file.gzip)
        } else {
            self.plain()
        };
        let response = ConsoleResponse::new(200, file.content_type, bytes)
            .header("cache-control", "private, max-age=31536000, immutable")
            .header("vary", "accept-encoding");
        if is_gzip {
            response.header("content-encoding", "gzip")
        } else {
            response
        }
    }

    /// Its bytes, not compressed.
    pub(super) fn plain(self) -> Bytes {
        self.file().plain.clone()
    }

    fn file(self) -> &'static File {
        match self {
            Self::Script => &SCRIPT,
            Self::Style => &STYLE,
        }
    }
}

fn inflated(gzip: &[u8]) -> Bytes {
    let mut plain = Vec::new();
    // A test says that it can be read.
    let _ = GzDecoder::new(gzip).read_to_end(&mut plain);
    plain.into()
}

/// Whether a client takes gzip; what it says of its preference among others doesn't matter for one encoding.
fn accepts_gzip(header: &[u8]) -> bool {
    let header = String::from_utf8_lossy(header);
    header.split(',').any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let is_gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        let refused = parts.any(|part| {
            let value = part.strip_prefix("q=").and_then(|value| value.parse::<f32>().ok());
            value.is_some_and(|value| value <= 0.0)
        });
        is_gzip && !refused
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_those_who_take_it() {
        for takes in ["gzip", "br, GZIP;q=0.5", "deflate,gzip;q=1"] {
            assert!(accepts_gzip(takes.as_bytes()), "{takes}");
        }
        for refuses in ["", "br", "gzip;q=0", "gzip; q=0.0", "x-gzip"] {
            assert!(!accepts_gzip(refuses.as_bytes()), "{refuses}");
        }
    }

    #[test]
    fn each_file_is_what_was_built() {
        let built = |name: &str| {
            let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
            std::fs::read(folder.join(name)).unwrap()
        };
        assert!(
            Asset::Script.plain() == built("app.js"),
            "app.js.gz is not that of app.js"
        );
        assert!(
            Asset::Style.plain() == built("app.css"),
            "app.css.gz is not that of app.css"
        );
    }

    #[test]
    fn a_file_is_found_by_its_whole_name() {
        assert_eq!(Asset::named(Asset::Script.name()), Some(Asset::Script));
        assert_eq!(Asset::named("app.js"), None);
        assert_ne!(Asset::Script.name(), Asset::Style.name());
    }
}
