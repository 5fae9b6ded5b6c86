//! Where items are sent to, and how.

use obs_base::{InitError, environment::Env};

use super::signal::Signal;

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const PROTOCOL: &str = "OTEL_EXPORTER_OTLP_PROTOCOL";
/// Bytes of a part of a path that is not shown.
const LONG_PART: usize = 16;

/// The transport of OTLP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    #[cfg(feature = "http")]
    Http,
    #[cfg(feature = "grpc")]
    Grpc,
}

/// A collector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    pub(super) protocol: Protocol,
    pub(super) url: String,
}

// === impl Endpoint ===

impl Endpoint {
    /// None if neither code nor the environment names a collector.
    ///
    /// What code gives and `OTEL_EXPORTER_OTLP_ENDPOINT` are base URLs to which HTTP adds
    /// `/v1/traces` and the like; `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` is taken as it stands
    /// ([OTLP exporter](https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp)).
    pub(super) fn from_settings(signal: &Signal, code: Option<&str>, env: Env<'_>) -> Result<Option<Self>, InitError> {
        let code = code.map(|given| ("otlp_endpoint", given.trim().to_owned()));
        let Some((setting, url)) = code.or_else(|| env.first([signal.endpoint, ENDPOINT])) else {
            return Ok(None);
        };
        let is_base = setting != signal.endpoint;
        if let Err(expected) = check(&url, is_base) {
            return Err(InitError::invalid(setting, without_credentials(&url), expected));
        }
        let protocol = Protocol::from_settings(signal, env);
        Ok(Some(Self {
            protocol,
            url: if is_base {
                protocol.with_path(&url, signal.path)
            } else {
                url
            },
        }))
    }

    /// Whether the connection is encrypted.
    #[cfg(feature = "tls")]
    pub(super) fn is_encrypted(&self) -> bool {
        self.url
            .get(..6)
            .is_some_and(|scheme| scheme.eq_ignore_ascii_case("https:"))
    }

    /// The URL without what may be secret in it, for messages: no query, and no long parts of the path, which
    /// are keys more often than names.
    pub(super) fn shown(&self) -> String {
        let (scheme, rest) = self.url.split_once("://").unwrap_or(("", &self.url));
        let mut parts = rest.split(['?', '#']).next().unwrap_or_default().split('/');
        let mut shown = format!("{scheme}://{}", parts.next().unwrap_or_default());
        for part in parts {
            shown.push('/');
            shown.push_str(if part.len() < LONG_PART { part } else { "…" });
        }
        shown
    }
}

/// The URL as it may be shown.
fn without_credentials(url: &str) -> String {
    let (before, rest) = url.split_once("://").unwrap_or(("", url));
    match rest.rsplit_once('@') {
        Some((_, after)) => format!("{before}://…@{after}"),
        None => url.to_owned(),
    }
}

// === impl Protocol ===

impl Protocol {
    fn from_settings(signal: &Signal, env: Env<'_>) -> Self {
        let expected = match (cfg!(feature = "http"), cfg!(feature = "grpc")) {
            (true, true) => "http/protobuf or grpc",
            (true, false) => "http/protobuf, or grpc with the feature `otlp-grpc` of obs-core",
            _ => "grpc, or http/protobuf with the feature `otlp-http` of obs-core",
        };
        let words = [
            #[cfg(feature = "http")]
            ("http/protobuf", Self::Http),
            #[cfg(feature = "grpc")]
            ("grpc", Self::Grpc),
        ];
        env.keyword([signal.protocol, PROTOCOL], &words, expected)
            .unwrap_or_else(Self::default)
    }

    #[cfg(feature = "http")]
    pub(super) fn default() -> Self {
        Self::Http
    }

    #[cfg(not(feature = "http"))]
    pub(super) fn default() -> Self {
        Self::Grpc
    }

    #[cfg_attr(
        not(feature = "http"),
        expect(unused_variables, reason = "gRPC has the path in its methods")
    )]
    fn with_path(self, base: &str, path: &str) -> String {
        match self {
            #[cfg(feature = "http")]
            Self::Http => format!("{}{path}", base.trim_end_matches('/')),
            #[cfg(feature = "grpc")]
            Self::Grpc => base.to_owned(),
        }
    }
}

/// What would be right, if this isn't a URL that we can send to.
fn check(url: &str, is_base: bool) -> Result<(), &'static str> {
    const EXAMPLE: &str = "a URL with scheme and host such as http://localhost:4318";
    if !url.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(EXAMPLE);
    }
    let (scheme, rest) = url.split_once("://").ok_or(EXAMPLE)?;
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    match scheme.to_ascii_lowercase().as_str() {
        "http" => {}
        "https" if cfg!(feature = "tls") => {}
        "https" => return Err("an http:// URL, or the feature `otlp-tls` of obs-core"),
        _ => return Err("a URL whose scheme is http or https"),
    }
    if is_base && path.contains(['?', '#']) {
        return Err("a base URL, to which the path is added, without query and fragment");
    }
    if authority.contains('@') {
        return Err("a URL without credentials: send them in a header, see OTEL_EXPORTER_OTLP_HEADERS");
    }
    if is_address(authority) { Ok(()) } else { Err(EXAMPLE) }
}

/// Whether this is `host`, `host:port` or `[v6]:port`.
fn is_address(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let Some((host, after)) = rest.split_once(']') else {
                return false;
            };
            if host.parse::<std::net::Ipv6Addr>().is_err() {
                return false;
            }
            match (after, after.strip_prefix(':')) {
                ("", _) => (host, None),
                (_, Some(port)) => (host, Some(port)),
                (_, None) => return false,
            }
        }
        None => text
            .split_once(':')
            .map_or((text, None), |(host, port)| (host, Some(port))),
    };
    let named = !host.is_empty()
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~:%".contains(&byte));
    named && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0))
}

#[cfg(test)]
mod tests {
    use obs_base::environment::Notices;

    use super::*;
    use crate::export::signal::TRACES;

    const TRACES_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    const TRACES_PROTOCOL: &str = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL";

    fn endpoint(code: Option<&str>, set: &[(&str, &str)]) -> Result<Option<Endpoint>, InitError> {
        let env = |name: &str| {
            set.iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        };
        Endpoint::from_settings(&TRACES, code, Env::without_notices(&env))
    }

    fn url(code: Option<&str>, set: &[(&str, &str)]) -> String {
        endpoint(code, set).unwrap().unwrap().url
    }

    #[test]
    fn without_an_endpoint_there_is_none() {
        assert_eq!(endpoint(None, &[]).unwrap(), None);
        assert_eq!(endpoint(None, &[(ENDPOINT, " ")]).unwrap(), None);
    }

    #[cfg(feature = "http")]
    #[test]
    fn http_adds_its_path_to_a_base_url() {
        assert_eq!(url(Some("http://host:4318"), &[]), "http://host:4318/v1/traces");
        assert_eq!(url(Some("http://host:4318/"), &[]), "http://host:4318/v1/traces");
        assert_eq!(
            url(None, &[(ENDPOINT, "http://host/otlp/")]),
            "http://host/otlp/v1/traces"
        );
        assert_eq!(
            url(None, &[(TRACES_ENDPOINT, "http://host/custom?a=b")]),
            "http://host/custom?a=b"
        );
    }

    #[cfg(all(feature = "http", feature = "grpc"))]
    #[test]
    fn code_and_the_variable_for_traces_win() {
        let both = [
            (ENDPOINT, "http://general"),
            (TRACES_ENDPOINT, "http://traces"),
            (PROTOCOL, "grpc"),
        ];
        assert_eq!(url(Some("http://code"), &both), "http://code");
        assert_eq!(url(None, &both), "http://traces");
        let protocols = [
            (ENDPOINT, "http://host"),
            (PROTOCOL, "grpc"),
            (TRACES_PROTOCOL, "HTTP/protobuf"),
        ];
        assert_eq!(endpoint(None, &protocols).unwrap().unwrap().protocol, Protocol::Http);
    }

    #[cfg(feature = "grpc")]
    #[test]
    fn grpc_takes_the_url_as_it_is() {
        assert_eq!(
            url(None, &[(ENDPOINT, "http://host:4317"), (PROTOCOL, "grpc")]),
            "http://host:4317"
        );
    }

    #[test]
    fn every_form_of_host_is_taken() {
        for good in [
            "http://h",
            "HTTP://127.0.0.1:1",
            "http://[::1]:4318",
            "http://[::1]/x",
            "http://h.example:80/",
        ] {
            assert!(endpoint(Some(good), &[]).is_ok(), "{good}");
        }
    }

    #[test]
    fn a_url_we_can_not_send_to_is_refused_by_name() {
        for bad in [
            "",
            "localhost:4318",
            "localhost",
            "http://",
            "http:///v1",
            "ftp://host",
            "http://:4318",
            "http://host:port",
            "http://host:0",
            "http://host:70000",
            "http://ho st",
            "http://[::1",
            "http://[x]:1",
            "http://host?a=b",
            "http://höst",
            "http://a:b:c",
            "unix:///run/otlp",
        ] {
            let error = endpoint(Some(bad), &[]).unwrap_err().to_string();
            assert!(
                error.starts_with("otlp_endpoint is ") && error.contains("expected a"),
                "{bad}: {error}"
            );
        }
        let error = endpoint(None, &[(TRACES_ENDPOINT, "nowhere")]).unwrap_err().to_string();
        assert!(
            error.starts_with("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is \"nowhere\""),
            "{error}"
        );
    }

    #[test]
    fn an_encrypted_connection_needs_its_feature() {
        let https = endpoint(Some("https://host"), &[]);
        if cfg!(feature = "tls") {
            assert!(https.is_ok());
        } else {
            assert!(https.unwrap_err().to_string().contains("the feature `otlp-tls`"));
        }
    }

    #[test]
    fn an_unknown_protocol_is_told_and_ignored() {
        for bad in ["http/json", "http", "tcp"] {
            let notices = Notices::default();
            let env = |name: &str| (name == TRACES_PROTOCOL).then(|| bad.to_owned());
            let endpoint = Endpoint::from_settings(&TRACES, Some("http://host"), Env::new(&env, &notices));
            assert_eq!(endpoint.unwrap().unwrap().protocol, Protocol::default());
            let notice = notices.take().concat();
            assert!(
                notice.starts_with(&format!("{TRACES_PROTOCOL} is \"{bad}\", expected ")),
                "{notice}"
            );
        }
    }

    #[cfg(all(feature = "http", feature = "grpc"))]
    #[test]
    fn a_protocol_that_is_ignored_leaves_the_choice_to_the_general_one() {
        let set = [(TRACES_PROTOCOL, "carrier pigeon"), (PROTOCOL, "GRPC")];
        assert_eq!(
            endpoint(Some("http://host"), &set).unwrap().unwrap().protocol,
            Protocol::Grpc
        );
    }

    #[test]
    fn messages_show_no_secrets() {
        let set = [(
            TRACES_ENDPOINT,
            "http://host:4318/api/0123456789abcdef0123/v1/traces?key=secret#x",
        )];
        assert_eq!(
            endpoint(None, &set).unwrap().unwrap().shown(),
            "http://host:4318/api/…/v1/traces"
        );
        assert_eq!(
            endpoint(None, &[(TRACES_ENDPOINT, "http://host?a")])
                .unwrap()
                .unwrap()
                .shown(),
            "http://host"
        );
        let error = endpoint(Some("http://user:secret@host:4318"), &[])
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("http://…@host:4318") && error.contains("_HEADERS"),
            "{error}"
        );
        assert!(!error.contains("secret"), "{error}");
    }
}
