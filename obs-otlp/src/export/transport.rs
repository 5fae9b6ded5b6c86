//! What goes along with each request to the collector, beyond where to.

use obs_base::{
    InitError,
    environment::{Env, pairs},
};

#[cfg(feature = "tls")]
use super::tls::Tls;
use super::{endpoint::Protocol, signal::Signal};

const HEADERS: &str = "OTEL_EXPORTER_OTLP_HEADERS";
const COMPRESSION: &str = "OTEL_EXPORTER_OTLP_COMPRESSION";

/// How requests are sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Transport {
    pub(super) gzip: bool,
    pub(super) headers: Headers,
    #[cfg(feature = "tls")]
    pub(super) tls: Tls,
}

/// Further headers; they may be secrets.
#[derive(Clone, Default)]
pub(super) struct Headers(Vec<(String, String)>);

// === impl Transport ===

impl Transport {
    #[cfg_attr(
        not(feature = "tls"),
        expect(clippy::unnecessary_wraps, reason = "with TLS, certificates are read")
    )]
    pub(super) fn from_settings(signal: &Signal, protocol: Protocol, env: Env<'_>) -> Result<Self, InitError> {
        let headers = match env.first([signal.headers, HEADERS]) {
            Some((setting, list)) => Headers::read(setting, &list, protocol, env),
            None => Headers::default(),
        };
        let words = [("gzip", true), ("none", false)];
        let gzip = env
            .keyword([signal.compression, COMPRESSION], &words, "gzip or none")
            .unwrap_or(false);
        Ok(Self {
            gzip,
            headers,
            #[cfg(feature = "tls")]
            tls: Tls::from_settings(signal, env)?,
        })
    }
}

// === impl Headers ===

impl Headers {
    /// Takes what can be sent, and of several values for a name the last one. Values may be secrets: what is
    /// said of the others does not show them.
    fn read(setting: &'static str, list: &str, protocol: Protocol, env: Env<'_>) -> Self {
        let mut headers: Vec<(String, String)> = Vec::new();
        for (number, header) in (1..).zip(pairs(list)) {
            let Some((name, value)) = header.filter(|(name, value)| is_sent(name, protocol) && is_value(value)) else {
                env.notice(format!(
                    "{setting}: member {number} is no header that can be sent, it is ignored; expected a list such as \
                     \"api-key=secret,team=blue\", with names and values percent-encoded"
                ));
                continue;
            };
            headers.retain(|(known, _)| !known.eq_ignore_ascii_case(&name));
            headers.push((name, value));
        }
        Self(headers)
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
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// Whether a header of this name is a user's to set: not one of those by which the protocol works.
fn is_sent(name: &str, protocol: Protocol) -> bool {
    const OF_PROTOCOL: [&str; 9] = [
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ];
    let lower = name.to_ascii_lowercase();
    let is_free = match protocol {
        #[cfg(feature = "http")]
        Protocol::Http => true,
        // Binary values have an encoding of their own.
        #[cfg(feature = "grpc")]
        Protocol::Grpc => !lower.starts_with("grpc-") && !lower.ends_with("-bin"),
    };
    is_free && is_name(name) && !OF_PROTOCOL.contains(&&*lower)
}

/// Whether this can be the value of a header in every protocol.
fn is_value(value: &str) -> bool {
    value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use obs_base::environment::Notices;

    use super::*;
    use crate::export::signal::TRACES;

    fn transport(set: &[(&str, &str)]) -> (Transport, Vec<String>) {
        let env = |name: &str| {
            set.iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        };
        let notices = Notices::default();
        let transport = Transport::from_settings(&TRACES, Protocol::default(), Env::new(&env, &notices)).unwrap();
        (transport, notices.take())
    }

    #[test]
    fn compression_is_gzip_or_none_and_the_variable_for_the_signal_wins() {
        assert!(!transport(&[]).0.gzip);
        assert!(transport(&[(COMPRESSION, "GZIP")]).0.gzip);
        assert!(!transport(&[(COMPRESSION, "gzip"), (TRACES.compression, "None")]).0.gzip);
        let (transport, notices) = transport(&[(COMPRESSION, "zstd")]);
        assert!(!transport.gzip);
        assert_eq!(
            notices,
            ["OTEL_EXPORTER_OTLP_COMPRESSION is \"zstd\", expected gzip or none: it is ignored"]
        );
    }

    #[test]
    fn headers_are_decoded_and_none_is_cut() {
        for (list, expected) in [
            ("x-key=abc;def", &[("x-key", "abc;def")][..]),
            ("authorization=Basic%20Zm9v", &[("authorization", "Basic Zm9v")]),
            (
                "x%2Dteam=blue, api-key = s=cr=t,",
                &[("x-team", "blue"), ("api-key", "s=cr=t")],
            ),
            ("a=1,A=2", &[("A", "2")]),
            ("a=", &[("a", "")]),
            (",", &[]),
        ] {
            let (transport, notices) = transport(&[(HEADERS, list)]);
            let pairs = transport
                .headers
                .pairs()
                .iter()
                .map(|(name, value)| (&**name, &**value));
            assert_eq!(
                (pairs.collect::<Vec<_>>(), notices.len()),
                (expected.to_vec(), 0),
                "{list}"
            );
        }
    }

    #[test]
    fn headers_that_can_not_be_sent_are_told_without_showing_them_and_ignored_alone() {
        for bad in [
            "hidden",
            "a b=hidden",
            "=hidden",
            "a=hidden%0A",
            "ä=hidden",
            "a=hidden%C3%A4",
            "a=hidden%ff",
            "Content-Length=99999",
            "content-type=hidden",
            "transfer-encoding=hidden",
        ] {
            let (transport, notices) = transport(&[(TRACES.headers, &format!("team=blue,{bad},x=1"))]);
            assert_eq!(transport.headers.pairs().len(), 2, "{bad}");
            let notice = notices.concat();
            assert!(
                notice.starts_with("OTEL_EXPORTER_OTLP_TRACES_HEADERS: member 2 is no header"),
                "{notice}"
            );
            assert!(!notice.contains("hidden"), "{notice}");
        }
    }

    #[cfg(feature = "grpc")]
    #[test]
    fn metadata_that_grpc_encodes_in_its_own_way_is_told_and_ignored() {
        let notices = Notices::default();
        let env = |_: &str| None;
        let headers = Headers::read(
            HEADERS,
            "x-bin=1,grpc-timeout=1S,x=1",
            Protocol::Grpc,
            Env::new(&env, &notices),
        );
        assert_eq!((headers.pairs().len(), notices.take().len()), (1, 2));
    }
}
