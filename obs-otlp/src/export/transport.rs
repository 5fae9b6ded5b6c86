//! What goes along with each request to the collector, beyond where to.

use obs_base::{InitError, MissingFeature, environment::Env};

use super::endpoint::Protocol;
#[cfg(feature = "tls")]
use super::tls::Tls;
use crate::{CodeSettings, headers::Headers, signal::SignalDef};

const HEADERS: &str = "OTEL_EXPORTER_OTLP_HEADERS";
const COMPRESSION: &str = "OTEL_EXPORTER_OTLP_COMPRESSION";
/// The word for it, and the feature that it needs.
const GZIP: &str = "gzip";
const HAS_GZIP: bool = cfg!(feature = "gzip");

/// How requests are sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Transport {
    pub(super) gzip: bool,
    pub(super) headers: Headers,
    #[cfg(feature = "tls")]
    pub(super) tls: Tls,
}

// === impl Transport ===

impl Transport {
    pub(super) fn from_settings(
        signal: &SignalDef,
        protocol: Protocol,
        code: CodeSettings<'_>,
        env: Env<'_>,
    ) -> Result<Self, InitError> {
        let of_code = code.otlp.find(signal.signal, |otlp| otlp.headers.clone());
        let headers = match of_code {
            Some((place, headers)) => Headers::of_code(place, &headers, Some(protocol.public()))?,
            None => match env.first([signal.headers, HEADERS]) {
                Some((variable, list)) => Headers::of_variable(variable, &list, protocol.public(), env),
                None => Headers::default(),
            },
        };
        Ok(Self {
            gzip: code
                .otlp
                .get(signal.signal, |otlp| otlp.gzip)
                .unwrap_or_else(|| gzip_of_environment(signal, env)),
            headers,
            #[cfg(feature = "tls")]
            tls: Tls::from_settings(signal, code, env)?,
        })
    }
}

/// Whether the environment asks for compression, with a notice if this build has none.
fn gzip_of_environment(signal: &SignalDef, env: Env<'_>) -> bool {
    let words = [(GZIP, true), ("none", false)];
    let asked = [signal.compression, COMPRESSION]
        .into_iter()
        .find_map(|variable| Some((variable, env.keyword([variable], &words, "gzip or none")?)));
    match asked {
        Some((setting, true)) if !HAS_GZIP => {
            env.lacks(MissingFeature {
                setting,
                value: GZIP,
                features: &[GZIP],
            });
            false
        }
        asked => asked.is_some_and(|(_, gzip)| gzip),
    }
}

#[cfg(test)]
mod tests {
    use obs_base::environment::Notices;

    use super::*;
    use crate::signal::TRACES;

    fn transport(set: &[(&str, &str)]) -> (Transport, Vec<String>) {
        let env = |name: &str| {
            set.iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        };
        let notices = Notices::default();
        let code = CodeSettings::default();
        let transport = Transport::from_settings(&TRACES, Protocol::default(), code, Env::new(&env, &notices)).unwrap();
        (transport, notices.take())
    }

    #[test]
    fn compression_is_gzip_or_none_and_the_variable_for_the_signal_wins() {
        assert!(!transport(&[]).0.gzip);
        assert_eq!(transport(&[(COMPRESSION, "GZIP")]).0.gzip, HAS_GZIP);
        assert!(!transport(&[(COMPRESSION, "gzip"), (TRACES.compression, "None")]).0.gzip);
        let (transport, notices) = transport(&[(COMPRESSION, "zstd")]);
        assert!(!transport.gzip);
        assert_eq!(
            notices,
            ["OTEL_EXPORTER_OTLP_COMPRESSION is \"zstd\", expected gzip or none: it is ignored"]
        );
    }

    #[cfg(not(feature = "gzip"))]
    #[test]
    fn compression_that_this_build_lacks_is_told_with_its_variable_and_feature() {
        let set = [(COMPRESSION, "none"), (TRACES.compression, "Gzip")];
        let (transport, notices) = transport(&set);
        let told = notices.concat();
        assert!(!transport.gzip);
        assert!(
            told.starts_with("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION is \"gzip\", which needs the feature `gzip`"),
            "{told}"
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
        let headers = Headers::of_variable(
            HEADERS,
            "x-bin=1,grpc-timeout=1S,x=1",
            crate::Protocol::Grpc,
            Env::new(&env, &notices),
        );
        assert_eq!((headers.pairs().len(), notices.take().len()), (1, 2));
    }
}
