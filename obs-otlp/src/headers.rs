//! Headers that go along with each message to a collector.

use obs_base::InitError;
#[cfg(any(feature = "http", feature = "grpc"))]
use obs_base::environment::{Env, pairs};

use crate::{Protocol, code::Place};

/// Headers with their values, which may be secrets.
#[derive(Clone, Default)]
pub(crate) struct Headers(Vec<(String, String)>);

// === impl Headers ===

impl Headers {
    /// The headers of code, for a collector that is reached by `protocol`; `None` if that is not known yet.
    ///
    /// # Errors
    ///
    /// If a name or value can't be sent. The error doesn't show values.
    pub(crate) fn of_code(
        place: Place,
        headers: &[(String, String)],
        protocol: Option<Protocol>,
    ) -> Result<Self, InitError> {
        for (name, value) in headers {
            if !is_sent(name, protocol) {
                let expected = "a name of letters, digits and -, of a header that doesn't belong to the protocol";
                return Err(InitError::invalid(place.setting("header"), readable(name), expected));
            }
            if !is_value(value) {
                let expected = "a value of visible ASCII characters and spaces for this header";
                return Err(InitError::invalid(place.setting("header"), name, expected));
            }
        }
        Ok(Self(headers.to_vec()))
    }

    /// Takes what can be sent of a variable, and of several values for a name the last one. Notices don't show values.
    #[cfg(any(feature = "http", feature = "grpc"))]
    pub(crate) fn of_variable(variable: &'static str, list: &str, protocol: Protocol, env: Env<'_>) -> Self {
        let mut headers: Vec<(String, String)> = Vec::new();
        for (number, header) in (1..).zip(pairs(list)) {
            let can_be_sent = |(name, value): &(String, String)| is_sent(name, Some(protocol)) && is_value(value);
            let Some((name, value)) = header.filter(can_be_sent) else {
                env.notice(format!(
                    "{variable}: member {number} is no header that can be sent, it is ignored; expected a list such as \
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
    #[cfg(any(feature = "http", feature = "grpc"))]
    pub(crate) fn pairs(&self) -> &[(String, String)] {
        &self.0
    }
}

impl std::fmt::Debug for Headers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

/// Whether this can be in a token (RFC 9110, 5.6.2).
fn is_of_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// The front of a name that is none, without what follows: it may be a value.
fn readable(name: &str) -> String {
    match name.bytes().position(|byte| !is_of_token(byte)) {
        Some(end) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

/// Whether a header of this name is a user's to set: not one of those by which the protocol works.
fn is_sent(name: &str, protocol: Option<Protocol>) -> bool {
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
    // Binary values have an encoding of their own.
    let is_of_grpc = lower.starts_with("grpc-") || lower.ends_with("-bin");
    let is_name = !name.is_empty() && name.bytes().all(is_of_token);
    is_name && !(is_of_grpc && protocol == Some(Protocol::Grpc)) && !OF_PROTOCOL.contains(&&*lower)
}

/// Whether this can be the value of a header in every protocol.
fn is_value(value: &str) -> bool {
    value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
}
