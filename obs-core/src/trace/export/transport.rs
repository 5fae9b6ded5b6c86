//! What goes along with each request to the collector, beyond where to.

use super::signal::Signal;
#[cfg(feature = "otlp-tls")]
use super::tls::Tls;
use crate::{obs::InitError, propagation::baggage_members, trace::settings::Env};

const HEADERS: &str = "OTEL_EXPORTER_OTLP_HEADERS";
const COMPRESSION: &str = "OTEL_EXPORTER_OTLP_COMPRESSION";

/// How requests are sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Transport {
    pub(super) gzip: bool,
    pub(super) headers: Headers,
    #[cfg(feature = "otlp-tls")]
    pub(super) tls: Tls,
}

/// Further headers; they may be secrets.
#[derive(Clone, Default)]
pub(super) struct Headers(Vec<(String, String)>);

// === impl Transport ===

impl Transport {
    pub(super) fn from_settings(signal: &Signal, env: Env<'_>) -> Result<Self, InitError> {
        let headers = match env.first([signal.headers, HEADERS]) {
            Some((setting, list)) => Headers::parse(setting, &list)?,
            None => Headers::default(),
        };
        let gzip = match env.first([signal.compression, COMPRESSION]) {
            None => false,
            Some((setting, name)) => match name.to_ascii_lowercase().as_str() {
                "gzip" => true,
                "none" => false,
                _ => return Err(InitError::invalid(setting, name, "gzip or none")),
            },
        };
        Ok(Self {
            gzip,
            headers,
            #[cfg(feature = "otlp-tls")]
            tls: Tls::from_settings(signal, env)?,
        })
    }
}

// === impl Headers ===

impl Headers {
    /// Headers are a list like baggage, `name=value,name=value`, with values percent-encoded
    /// ([OTLP exporter](https://opentelemetry.io/docs/specs/otel/protocol/exporter/#specifying-headers-via-environment-variables)).
    /// Values may be secrets: the message has none.
    fn parse(setting: &'static str, list: &str) -> Result<Self, InitError> {
        let mut headers = Vec::new();
        let members = list.split(',').filter(|member| !member.trim().is_empty());
        for (number, member) in (1..).zip(members) {
            let header =
                baggage_members(member).next().map(|header| (header.key.to_owned(), header.value.into_owned()));
            let Some(header) = header.filter(|(name, value)| is_name(name) && is_value(value)) else {
                let expected = "a list such as \"api-key=secret,team=blue\", with values percent-encoded";
                return Err(InitError::invalid(setting, format_args!("…, member {number}"), expected));
            };
            headers.push(header);
        }
        Ok(Self(headers))
    }

    /// Names and values.
    pub(super) fn pairs(&self) -> &[(String, String)] {
        &self.0
    }
}

impl std::fmt::Debug for Headers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

/// Whether this is a token (RFC 9110, 5.6.2).
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// Whether this can be the value of a header in every protocol.
fn is_value(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::export::signal::TRACES;

    fn transport(set: &[(&str, &str)]) -> Result<Transport, InitError> {
        let env = |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Transport::from_settings(&TRACES, Env(&env))
    }

    #[test]
    fn compression_is_gzip_or_none_and_the_variable_for_the_signal_wins() {
        assert!(!transport(&[]).unwrap().gzip);
        assert!(transport(&[(COMPRESSION, "GZIP")]).unwrap().gzip);
        assert!(!transport(&[(COMPRESSION, "gzip"), (TRACES.compression, "none")]).unwrap().gzip);
        let error = transport(&[(COMPRESSION, "zstd")]).unwrap_err().to_string();
        assert_eq!(error, "OTEL_EXPORTER_OTLP_COMPRESSION is \"zstd\", expected gzip or none");
    }

    #[test]
    fn headers_that_can_be_sent_are_taken() {
        for good in ["a=1", "authorization=Basic%20Zm9v", "x-team=blue, api-key = s=cr=t,", ","] {
            assert!(transport(&[(HEADERS, good)]).is_ok(), "{good}");
        }
    }

    #[test]
    fn headers_that_can_not_be_sent_are_refused_without_showing_them() {
        for bad in ["hidden", "a=1,hidden", "a b=hidden", "=hidden", "a=", "a=hidden%0A", "ä=hidden", "a=hidden%C3%A4"]
        {
            let error = transport(&[(TRACES.headers, bad)]).unwrap_err().to_string();
            assert!(error.starts_with("OTEL_EXPORTER_OTLP_TRACES_HEADERS is \"…, member "), "{error}");
            assert!(!error.contains("hidden"), "{error}");
        }
    }
}
