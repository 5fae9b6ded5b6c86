//! The address of a receiver.

use obs_base::http_client::http::{
    Uri,
    header::{self, HeaderMap, HeaderName, HeaderValue},
};

use super::secret::Secret;

/// An address, and the headers that are sent there. Only [`origin`](Self::origin) may be shown.
#[derive(Clone)]
pub(crate) struct Endpoint {
    pub(super) uri: Uri,
    pub(super) headers: HeaderMap,
}

// === impl Endpoint ===

impl Endpoint {
    /// Reads an address; the error says what is wrong with it and does not show its path, which may be a
    /// secret.
    pub(super) fn parse(url: &str) -> Result<Self, String> {
        let uri: Uri = url
            .parse()
            .map_err(|_| "the address is no URL: write https://host/path".to_owned())?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err("the address must begin with http:// or https://".to_owned());
        }
        let authority = uri
            .authority()
            .ok_or("the address names no host: write https://host/path")?;
        if authority.as_str().contains('@') {
            return Err("credentials don't belong into the address: set the header `authorization`".to_owned());
        }
        if authority.host().is_empty() {
            return Err("the address names no host: write https://host/path".to_owned());
        }
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(
            header::USER_AGENT,
            HeaderValue::from_static(concat!("obs-alert/", env!("CARGO_PKG_VERSION"))),
        );
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        Ok(Self { uri, headers })
    }

    /// The same host with this path behind its own.
    pub(super) fn join(mut self, path: &str) -> Result<Self, String> {
        let base = self.path().trim_end_matches('/').to_owned();
        if !base.ends_with(path) {
            let mut parts = self.uri.into_parts();
            let joined = format!("{base}{path}")
                .parse()
                .map_err(|_| "the path is no path of a URL".to_owned())?;
            parts.path_and_query = Some(joined);
            self.uri = Uri::from_parts(parts).map_err(|_| "the address is no URL".to_owned())?;
        }
        Ok(self)
    }

    pub(super) fn header(&mut self, name: &str, value: &Secret) -> Result<(), String> {
        let known: HeaderName = name.parse().map_err(|_| format!("{name:?} is no name of a header"))?;
        let mut value = HeaderValue::from_str(value.reveal())
            .map_err(|_| format!("the value of the header {name:?} has characters that headers can't have"))?;
        value.set_sensitive(true);
        self.headers.insert(known, value);
        Ok(())
    }

    pub(super) fn is_tls(&self) -> bool {
        self.uri.scheme_str() == Some("https")
    }

    /// Path and query; may be a secret.
    fn path(&self) -> &str {
        self.uri.path_and_query().map_or("/", |path| path.as_str())
    }

    /// Scheme, host and port.
    pub(super) fn origin(&self) -> String {
        let scheme = self.uri.scheme_str().unwrap_or("http");
        format!(
            "{scheme}://{}",
            self.uri.authority().map_or("", |authority| authority.as_str())
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_in_parts() {
        let endpoint = Endpoint::parse("https://hooks.example.com/services/T0/B0/xyz?a=b")
            .map_err(drop)
            .unwrap();
        assert!(endpoint.is_tls());
        assert_eq!(endpoint.origin(), "https://hooks.example.com");
        assert_eq!(endpoint.path(), "/services/T0/B0/xyz?a=b");
        let v6 = Endpoint::parse("http://[::1]:9093/am").map_err(drop).unwrap();
        assert_eq!((v6.is_tls(), v6.origin().as_str()), (false, "http://[::1]:9093"));
        assert_eq!(
            v6.join("/api/v2/alerts").map_err(drop).unwrap().path(),
            "/am/api/v2/alerts"
        );
    }

    #[test]
    fn a_bad_address_is_refused_without_being_shown() {
        for url in [
            "",
            "hooks.example.com/SECRET",
            "ftp://a/SECRET",
            "https://u:SECRET@a/",
            "http:///SECRET",
            "http://a b/SECRET",
        ] {
            let error = Endpoint::parse(url).err().unwrap();
            assert!(!error.contains("SECRET"), "{error}");
        }
    }
}
