//! The `error_type` of an error of a client.

use std::{
    error::Error,
    fmt::{self, Write},
    io,
};

use crate::{
    guard::{MAX_SOURCES, chain, guarded},
    names::error_type,
};

/// The bytes of an error's text that are examined, at most.
const MAX_TEXT: usize = 512;

/// The texts of timeouts of tower, tokio and tonic, whose types this crate doesn't depend on.
const TIMEOUTS: [&str; 4] = [
    "request timed out",
    "deadline has elapsed",
    "operation timed out",
    "timeout expired",
];
/// Words of which at least one is in each error of the common TLS libraries.
const TLS_WORDS: [&str; 5] = ["tls", "ssl", "certificate", "handshake", "fatal alert"];

/// The error types by precedence: an error of the request's own body is unambiguous, and a connection that takes too
/// long is a timeout.
const RANKS: [&str; 6] = [
    error_type::BODY,
    error_type::TIMEOUT,
    error_type::DNS,
    error_type::TLS,
    error_type::CONNECT,
    error_type::REQUEST,
];

/// Classifies a chain of errors.
#[derive(Debug, Default)]
struct Classifier {
    /// The index in [`RANKS`] of the best match so far.
    rank: Option<usize>,
    /// Whether invalid data were received.
    has_invalid_data: bool,
}

/// The start of an error's text in lower case.
pub(super) struct Text(pub(super) String);

/// The `error_type` of a client's error, one of [`error_type::TRANSPORT`](crate::names::error_type::TRANSPORT).
///
/// Examines the error and its sources: the kind of each [`io::Error`], and the texts of errors of `hyper`,
/// `hyper-util`, `tonic` and `tower`. If several match, the more specific one counts, so that a timeout while
/// connecting is `timeout`. `_OTHER` if nothing matches.
///
/// ```
/// use std::io::{Error, ErrorKind};
/// use obs_core::client::transport_error;
///
/// assert_eq!(transport_error(&Error::from(ErrorKind::ConnectionRefused)), "connect");
/// assert_eq!(transport_error(&Error::from(ErrorKind::TimedOut)), "timeout");
/// assert_eq!(transport_error(&Error::other("no idea")), "_OTHER");
/// ```
#[must_use]
pub fn transport_error(error: &(dyn Error + 'static)) -> &'static str {
    let mut classifier = Classifier::default();
    for link in chain(error) {
        // Guarded, since the application's `Display` impls are called.
        let _ = guarded(|| classifier.add(link));
    }
    classifier.error_type()
}

// === impl Classifier ===

impl Classifier {
    fn add(&mut self, error: &(dyn Error + 'static)) {
        let mut link = Some(error);
        for _ in 0..MAX_SOURCES {
            let Some(error) = link else { break };
            self.add_one(error);
            // The `source` of an `io::Error` skips the error that it wraps.
            link = error
                .downcast_ref()
                .and_then(io::Error::get_ref)
                .map(|inner| inner as _);
        }
    }

    fn add_one(&mut self, error: &(dyn Error + 'static)) {
        let io_error = error.downcast_ref::<io::Error>();
        if let Some(error) = io_error {
            self.add_kind(error.kind());
        }
        // The texts of the operating system don't name the layer that failed.
        if io_error.is_none_or(|error| error.raw_os_error().is_none()) {
            self.add_text(&Text::of(error).0);
        }
    }

    fn add_kind(&mut self, kind: io::ErrorKind) {
        use io::ErrorKind::{
            AddrInUse, AddrNotAvailable, BrokenPipe, ConnectionAborted, ConnectionRefused, ConnectionReset,
            HostUnreachable, InvalidData, NetworkDown, NetworkUnreachable, TimedOut, UnexpectedEof,
        };
        match kind {
            TimedOut => self.note(error_type::TIMEOUT),
            ConnectionRefused | HostUnreachable | NetworkUnreachable | NetworkDown | AddrNotAvailable | AddrInUse => {
                self.note(error_type::CONNECT);
            }
            ConnectionReset | ConnectionAborted | BrokenPipe | UnexpectedEof => self.note(error_type::REQUEST),
            InvalidData => self.has_invalid_data = true,
            _ => {}
        }
    }

    fn add_text(&mut self, text: &str) {
        let starts_with = |beginnings: &[&str]| beginnings.iter().any(|beginning| text.starts_with(beginning));
        let is_one_of = |texts: &[&str]| texts.contains(&text);
        // A URL in the text may hold any word.
        let is_tls = !text.contains("://") && TLS_WORDS.iter().any(|word| text.contains(word));
        let rules = [
            (
                is_one_of(&["error from user's body stream", "user body write aborted"]),
                error_type::BODY,
            ),
            (is_one_of(&TIMEOUTS), error_type::TIMEOUT),
            (starts_with(&["dns error", "failed to lookup address"]), error_type::DNS),
            (is_tls, error_type::TLS),
            (
                starts_with(&["client error (connect)", "tcp ", "tunnel error"]),
                error_type::CONNECT,
            ),
            (
                starts_with(&["client error (", "connection ", "http2 error"]),
                error_type::REQUEST,
            ),
        ];
        if let Some((_, error_type)) = rules.into_iter().find(|(matches, _)| *matches) {
            self.note(error_type);
        }
    }

    /// Keeps the error type if it takes precedence over the one found before.
    fn note(&mut self, error_type: &'static str) {
        let rank = RANKS.iter().position(|known| *known == error_type);
        self.rank = [self.rank, rank].into_iter().flatten().min();
    }

    fn error_type(&self) -> &'static str {
        match self.rank.map_or(error_type::OTHER, |rank| RANKS[rank]) {
            // During connecting, only the TLS handshake reads data.
            error_type::CONNECT if self.has_invalid_data => error_type::TLS,
            error_type => error_type,
        }
    }
}

// === impl Text ===

impl Text {
    pub(super) fn of(error: &dyn Error) -> Self {
        let mut text = Self(String::new());
        // Fails at the limit, where the text is cut.
        let _ = write!(text, "{error}");
        text.0.make_ascii_lowercase();
        text
    }
}

impl Write for Text {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        self.0.push_str(part);
        if self.0.len() > MAX_TEXT {
            Err(fmt::Error)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;

    /// An error with a text and a source.
    #[derive(Debug)]
    struct Layer(&'static str, Option<Box<dyn Error + Send + Sync>>);

    impl fmt::Display for Layer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Layer {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.1.as_ref().map(|source| &**source as _)
        }
    }

    fn layers(texts: &[&'static str], last: io::Error) -> Box<dyn Error + Send + Sync> {
        texts
            .iter()
            .rev()
            .fold(last.into(), |source, text| Box::new(Layer(text, Some(source))))
    }

    #[test]
    fn each_kind_of_failure_has_its_error_type() {
        for (texts, last, expected) in [
            (
                &["client error (Connect)", "tcp connect error"][..],
                ErrorKind::ConnectionRefused.into(),
                "connect",
            ),
            (
                &["client error (Connect)", "tcp connect error"],
                ErrorKind::TimedOut.into(),
                "timeout",
            ),
            (
                &["client error (Connect)", "dns error"],
                io::Error::other("failed to lookup address information"),
                "dns",
            ),
            (
                &["client error (Connect)"],
                io::Error::other("invalid peer certificate: UnknownIssuer"),
                "tls",
            ),
            (
                &["client error (Connect)"],
                io::Error::new(ErrorKind::UnexpectedEof, "tls handshake eof"),
                "tls",
            ),
            (
                &["client error (Connect)"],
                io::Error::new(ErrorKind::InvalidData, "received corrupt message"),
                "tls",
            ),
            (
                &["client error (SendRequest)", "connection error"],
                ErrorKind::ConnectionReset.into(),
                "request",
            ),
            (
                &["client error (SendRequest)"],
                io::Error::other("connection closed before message completed"),
                "request",
            ),
            (
                &["client error (SendRequest)"],
                io::Error::other("error from user's Body stream"),
                "body",
            ),
            (
                &["transport error", "request timed out"],
                io::Error::other("?"),
                "timeout",
            ),
            (&["something else"], io::Error::other("?"), "_OTHER"),
        ] {
            assert_eq!(transport_error(&*layers(texts, last)), expected, "{texts:?}");
        }
    }

    #[test]
    fn every_error_type_is_of_the_closed_list() {
        for last in [
            ErrorKind::TimedOut,
            ErrorKind::ConnectionRefused,
            ErrorKind::BrokenPipe,
            ErrorKind::NotFound,
        ] {
            assert!(error_type::TRANSPORT.contains(&transport_error(&io::Error::from(last))));
        }
    }

    #[test]
    fn an_error_within_an_io_error_is_seen() {
        let inner = io::Error::other(Layer(
            "handshake failed",
            Some(io::Error::from(ErrorKind::NotFound).into()),
        ));
        assert_eq!(transport_error(&inner), "tls");
    }

    #[test]
    fn a_long_text_is_read_to_a_bound_only() {
        let text: &'static str = Box::leak("é".repeat(MAX_TEXT * 4).into());
        assert_eq!(transport_error(&Layer(text, None)), "_OTHER");
    }
}
