//! Where HTTP is sent to.

use hyper::{
    Uri,
    header::{HeaderName, HeaderValue},
};

use super::secret::Secret;

/// An address, in parts. Only [`origin`](Self::origin) may be shown.
#[derive(Clone)]
pub(crate) struct Endpoint {
    pub(super) is_tls: bool,
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) authority: HeaderValue,
    pub(super) path: Secret,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
}

// === impl Endpoint ===

impl Endpoint {
    /// Reads an address; the error says what is wrong with it and does not show its path, which may be a
    /// secret.
    pub(super) fn parse(url: &str) -> Result<Self, String> {
        let uri: Uri = url.parse().map_err(|_| "the address is no URL: write https://host/path".to_owned())?;
        let is_tls = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err("the address must begin with http:// or https://".to_owned()),
        };
        let authority = uri.authority().ok_or("the address names no host: write https://host/path")?;
        if authority.as_str().contains('@') {
            return Err("credentials don't belong into the address: set the header `authorization`".to_owned());
        }
        if authority.host().is_empty() {
            return Err("the address names no host: write https://host/path".to_owned());
        }
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        Ok(Self {
            is_tls,
            host: authority.host().trim_start_matches('[').trim_end_matches(']').to_owned(),
            port: authority.port_u16().unwrap_or(if is_tls { 443 } else { 80 }),
            authority: HeaderValue::from_str(authority.as_str()).map_err(|_| "the host is no text".to_owned())?,
            path: Secret::new(path),
            headers: Vec::new(),
        })
    }

    /// The same host with this path behind its own.
    pub(super) fn join(mut self, path: &str) -> Self {
        let base = self.path.reveal().trim_end_matches('/');
        if !base.ends_with(path) {
            self.path = Secret::new(format!("{base}{path}"));
        }
        self
    }

    pub(super) fn header(&mut self, name: &str, value: &Secret) -> Result<(), String> {
        let known: HeaderName = name.parse().map_err(|_| format!("{name:?} is no name of a header"))?;
        let mut value = HeaderValue::from_str(value.reveal())
            .map_err(|_| format!("the value of the header {name:?} has characters that headers can't have"))?;
        value.set_sensitive(true);
        self.headers.push((known, value));
        Ok(())
    }

    /// Scheme, host and port.
    pub(super) fn origin(&self) -> String {
        let scheme = if self.is_tls { "https" } else { "http" };
        format!("{scheme}://{}", self.authority.to_str().unwrap_or(&self.host))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_in_parts() {
        let endpoint = Endpoint::parse("https://hooks.example.com/services/T0/B0/xyz?a=b").map_err(drop).unwrap();
        assert!(endpoint.is_tls);
        assert_eq!((endpoint.host.as_str(), endpoint.port), ("hooks.example.com", 443));
        assert_eq!(endpoint.path.reveal(), "/services/T0/B0/xyz?a=b");
        let v6 = Endpoint::parse("http://[::1]:9093/am").map_err(drop).unwrap();
        assert_eq!((v6.host.as_str(), v6.port, v6.origin().as_str()), ("::1", 9093, "http://[::1]:9093"));
        assert_eq!(v6.join("/api/v2/alerts").path.reveal(), "/am/api/v2/alerts");
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
