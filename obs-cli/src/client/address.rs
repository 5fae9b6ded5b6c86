//! URLs as they are given on the command line.

use std::fmt;

use obs_base::http_client::http::Uri;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};

use super::ClientError;
use crate::text::shown;

/// What stays as it is in a query or a segment of a path.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Where a console is mounted, or where a page is: scheme, host and path without a slash at its end.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Address {
    base: String,
    path: String,
}

/// The query parameters of a request, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Query(Vec<(&'static str, String)>);

// === impl Address ===

impl Address {
    /// Reads `http://host:port/mount`; the scheme may be left out.
    ///
    /// # Errors
    ///
    /// If it is not a URL of http or https, or has credentials, a query or a fragment: secrets in arguments can be read
    /// by every process of the machine.
    pub(crate) fn parse(given: &str) -> Result<Self, ClientError> {
        let given = given.trim();
        let (scheme, rest) = match given.split_once("://") {
            Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
            None => ("http".to_owned(), given),
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (host, path) = rest.split_at(end);
        if host.contains('@') || path.contains(['?', '#']) {
            return Err(ClientError::SecretInUrl);
        }
        if !["http", "https"].contains(&scheme.as_str()) {
            return Err(ClientError::BadUrl(shown(given).into_owned()));
        }
        let path = path.trim_end_matches('/');
        let base = format!("{scheme}://{host}");
        let is_url = !host.is_empty() && format!("{base}{path}/").parse::<Uri>().is_ok();
        if !is_url {
            return Err(ClientError::BadUrl(shown(given).into_owned()));
        }
        Ok(Self {
            base,
            path: path.to_owned(),
        })
    }

    pub(crate) fn has_path(&self) -> bool {
        !self.path.is_empty()
    }

    /// The address of something below it; `path` begins with a slash.
    pub(crate) fn join(&self, path: &str) -> Self {
        Self {
            path: format!("{}{path}", self.path),
            ..self.clone()
        }
    }

    pub(crate) fn is_https(&self) -> bool {
        self.base.starts_with("https:")
    }

    /// The URL with a query.
    pub(crate) fn with(&self, query: &Query) -> String {
        format!("{self}{query}")
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.base, self.path)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

// === impl Query ===

impl Query {
    /// Adds a parameter.
    #[must_use]
    pub(crate) fn and(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.0.push((name, value.into()));
        self
    }

    /// Adds the parameters of another query.
    #[must_use]
    pub(crate) fn with(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Adds a parameter that may be missing.
    #[must_use]
    pub(crate) fn maybe(self, name: &'static str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.and(name, value),
            None => self,
        }
    }
}

/// With its question mark; empty without parameters.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, value)) in self.0.iter().enumerate() {
            let sign = if index == 0 { '?' } else { '&' };
            write!(f, "{sign}{name}={}", escaped(value))?;
        }
        Ok(())
    }
}

/// A text as one segment of a path, or as the value of a parameter.
pub(crate) fn escaped(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, ESCAPED)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(given: &str) -> Result<String, String> {
        Address::parse(given)
            .map(|address| address.to_string())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_url_needs_no_scheme_and_no_slash() {
        assert_eq!(
            read("http://localhost:3000/obs/"),
            Ok("http://localhost:3000/obs".to_owned())
        );
        assert_eq!(read("localhost:3000"), Ok("http://localhost:3000".to_owned()));
        assert_eq!(read("HTTPS://[::1]:3000/a/b"), Ok("https://[::1]:3000/a/b".to_owned()));
    }

    #[test]
    fn secrets_in_a_url_are_refused_and_not_repeated() {
        for given in [
            "http://me:hunter2@localhost/obs",
            "http://localhost/obs/?token=hunter2",
            "localhost/obs#hunter2",
        ] {
            let error = read(given).unwrap_err();
            assert!(error.contains("--token-file") && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn what_is_no_url_is_said() {
        for given in [
            "",
            "http://",
            "ftp://a",
            "http://a b/",
            "file:///etc/passwd",
            "http://a/\u{1b}[2J",
        ] {
            let error = read(given).unwrap_err();
            assert!(
                error.contains("http://localhost:3000/obs") && !error.contains('\u{1b}'),
                "{error}"
            );
        }
    }

    #[test]
    fn values_of_parameters_are_escaped() {
        let query = Query::default()
            .and("filter", "status:5xx \"a&b\"")
            .maybe("from", None::<String>);
        assert_eq!(query.to_string(), "?filter=status%3A5xx%20%22a%26b%22");
        assert_eq!(Query::default().to_string(), "");
    }
}
