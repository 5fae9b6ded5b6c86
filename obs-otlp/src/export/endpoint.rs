//! Where items are sent to, and how.

use std::borrow::Cow;

use obs_base::{InitError, MissingFeature, environment::Env};

use crate::{
    CodeSettings,
    code::Place,
    signal::{ENDPOINT, PROTOCOL, SignalDef},
    url::{is_https, shown, without_credentials},
};

/// A transport of this build.
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
    /// None if neither code nor the environment names a collector, and if the environment names one that needs a
    /// feature which is not enabled.
    ///
    /// `OTEL_EXPORTER_OTLP_ENDPOINT` and its like in code are base URLs to which HTTP adds `/v1/traces` and the like; the
    /// URL of a signal is taken as it stands
    /// ([OTLP exporter](https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp)).
    pub(super) fn from_settings(
        signal: &SignalDef,
        code: CodeSettings<'_>,
        env: Env<'_>,
    ) -> Result<Option<Self>, InitError> {
        let of_code = code.otlp.find(signal.signal, |otlp| otlp.endpoint.clone());
        let is_code = of_code.is_some();
        let (setting, url, is_base): (Cow<'static, str>, _, _) = match of_code {
            Some((place, url)) => (place.setting("endpoint"), url.trim().to_owned(), place == Place(None)),
            None => match env.first([signal.endpoint, ENDPOINT]) {
                Some((name, url)) => (name.into(), url, name == ENDPOINT),
                None => return Ok(None),
            },
        };
        if let Err(expected) = check(&url, is_base) {
            return Err(InitError::invalid(setting, without_credentials(&url), expected));
        }
        if is_https(&url) && !cfg!(feature = "tls") {
            let missing = MissingFeature {
                setting: &setting,
                value: &shown(&url),
                features: &["otlp-tls"],
            };
            if is_code {
                return Err(InitError::missing_feature(missing));
            }
            env.lacks(missing);
            return Ok(None);
        }
        let protocol = Protocol::from_settings(signal, code, env);
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
        is_https(&self.url)
    }

    /// The URL without what may be secret in it, for messages.
    pub(super) fn shown(&self) -> String {
        shown(&self.url)
    }
}

// === impl Protocol ===

impl Protocol {
    /// What code or the environment says. A transport of the environment that this build lacks is ignored; one of code
    /// is an error of `OtlpSettings::check`.
    fn from_settings(signal: &SignalDef, code: CodeSettings<'_>, env: Env<'_>) -> Self {
        let words = [
            ("http/protobuf", crate::Protocol::Http),
            ("grpc", crate::Protocol::Grpc),
        ];
        let of_variable = |name| {
            let chosen = env.keyword([name], &words, "http/protobuf or grpc")?;
            if let Some(feature) = chosen.missing_feature() {
                env.lacks(MissingFeature {
                    setting: name,
                    value: chosen.as_str(),
                    features: &[feature],
                });
            }
            Self::of(chosen)
        };
        let of_code = code.otlp.get(signal.signal, |otlp| otlp.protocol).and_then(Self::of);
        of_code
            .or_else(|| [signal.protocol, PROTOCOL].into_iter().find_map(of_variable))
            .unwrap_or_else(Self::default)
    }

    /// This transport, if the build has it.
    #[cfg_attr(
        all(feature = "http", feature = "grpc"),
        expect(clippy::unnecessary_wraps, reason = "this build has both")
    )]
    fn of(chosen: crate::Protocol) -> Option<Self> {
        match chosen {
            #[cfg(feature = "http")]
            crate::Protocol::Http => Some(Self::Http),
            #[cfg(feature = "grpc")]
            crate::Protocol::Grpc => Some(Self::Grpc),
            #[cfg(not(all(feature = "http", feature = "grpc")))]
            _ => None,
        }
    }

    /// As users name it.
    pub(super) fn public(self) -> crate::Protocol {
        match self {
            #[cfg(feature = "http")]
            Self::Http => crate::Protocol::Http,
            #[cfg(feature = "grpc")]
            Self::Grpc => crate::Protocol::Grpc,
        }
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
        "http" | "https" => {}
        _ => return Err("a URL whose scheme is http or https"),
    }
    if is_base && path.contains(['?', '#']) {
        return Err("a base URL, to which the path is added, without query and fragment");
    }
    if authority.contains('@') {
        return Err("a URL without credentials: send them in a header, by Otlp::header or OTEL_EXPORTER_OTLP_HEADERS");
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
    #[cfg(all(feature = "http", feature = "grpc"))]
    use crate::Signal;
    use crate::{Otlp, OtlpSettings, signal::TRACES};

    const TRACES_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    const TRACES_PROTOCOL: &str = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL";

    fn endpoint(code: Option<&str>, set: &[(&str, &str)]) -> Result<Option<Endpoint>, InitError> {
        let env = |name: &str| {
            set.iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        };
        in_env(code, Env::without_notices(&env))
    }

    fn in_env(code: Option<&str>, env: Env<'_>) -> Result<Option<Endpoint>, InitError> {
        let mut otlp = OtlpSettings::default();
        if let Some(url) = code {
            otlp.set(Otlp::new().endpoint(url));
        }
        of_code(&otlp, env)
    }

    fn of_code(otlp: &OtlpSettings, env: Env<'_>) -> Result<Option<Endpoint>, InitError> {
        let code = CodeSettings {
            otlp,
            ..CodeSettings::default()
        };
        Endpoint::from_settings(&TRACES, code, env)
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
        let (notices, variable) = (Notices::default(), |name: &str| {
            (name == ENDPOINT).then(|| "https://host".to_owned())
        });
        let of_variable = in_env(None, Env::new(&variable, &notices)).unwrap();
        if cfg!(feature = "tls") {
            assert!(https.is_ok() && of_variable.is_some() && notices.is_empty());
        } else {
            let error = https.unwrap_err().to_string();
            assert!(
                error.starts_with("otlp_endpoint is ") && error.contains("the feature `otlp-tls`"),
                "{error}"
            );
            let notice = notices.take().concat();
            assert!(of_variable.is_none() && notice.starts_with(ENDPOINT) && notice.ends_with("; it is ignored"));
        }
    }

    #[cfg(all(feature = "http", feature = "grpc"))]
    #[test]
    fn the_url_of_a_signal_in_code_is_taken_as_it_is_and_its_protocol_wins() {
        let mut otlp = OtlpSettings::default();
        otlp.set(Otlp::new().endpoint("http://general").protocol(crate::Protocol::Grpc));
        let env = |name: &str| (name == TRACES_PROTOCOL).then(|| "http/protobuf".to_owned());
        let env = Env::without_notices(&env);
        let general = of_code(&otlp, env).unwrap().unwrap();
        assert_eq!((general.protocol, &*general.url), (Protocol::Grpc, "http://general"));
        let traces = Otlp::new()
            .endpoint("http://traces/custom")
            .protocol(crate::Protocol::Http);
        otlp.set_for(Signal::Traces, traces);
        let traces = of_code(&otlp, env).unwrap().unwrap();
        assert_eq!(
            (traces.protocol, &*traces.url),
            (Protocol::Http, "http://traces/custom")
        );
        otlp.set_for(Signal::Traces, Otlp::new().endpoint("nowhere"));
        let error = of_code(&otlp, env).unwrap_err().to_string();
        assert!(
            error.starts_with("Otlp::endpoint of Signal::Traces is \"nowhere\""),
            "{error}"
        );
    }

    #[cfg(not(all(feature = "http", feature = "grpc")))]
    #[test]
    fn a_protocol_that_the_build_lacks_is_ignored_with_its_feature() {
        let (word, feature) = if cfg!(feature = "http") {
            ("grpc", "otlp-grpc")
        } else {
            ("http/protobuf", "otlp-http")
        };
        let notices = Notices::default();
        let env = |name: &str| (name == PROTOCOL).then(|| word.to_owned());
        let endpoint = in_env(Some("http://host"), Env::new(&env, &notices)).unwrap().unwrap();
        assert_eq!(endpoint.protocol, Protocol::default());
        let notice = notices.take().concat();
        assert!(
            notice.starts_with(&format!(
                "{PROTOCOL} is \"{word}\", which needs the feature `{feature}`"
            )),
            "{notice}"
        );
    }

    #[test]
    fn an_unknown_protocol_is_told_and_ignored() {
        for bad in ["http/json", "http", "tcp"] {
            let notices = Notices::default();
            let env = |name: &str| (name == TRACES_PROTOCOL).then(|| bad.to_owned());
            let endpoint = in_env(Some("http://host"), Env::new(&env, &notices));
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
