//! Why a URL gave no answer, and what to do about it.

use std::{error::Error, fmt, io, path::PathBuf};

use super::token::VARIABLE;

/// Why there is no answer. The message is one sentence with what to do.
#[derive(Debug)]
pub(crate) enum ClientError {
    /// The argument is no URL.
    BadUrl(String),
    /// The argument has credentials or a query.
    SecretInUrl,
    /// The file of the token can't be read.
    TokenFile(PathBuf, io::Error),
    /// What is there can't be a token.
    BadToken(String),
    /// Certificates can't be loaded.
    Tls(String),
    /// Nothing listens there.
    Nothing(String),
    /// The name of the host is not known.
    UnknownHost(String),
    /// No answer in time.
    Slow(String),
    /// The connection failed in another way.
    Broken(String, String),
    /// What listens is not HTTP.
    NotHttp(String),
    /// It is HTTP, but neither a console nor a metrics page.
    NotOurs(String, String),
    /// It is a metrics page, and the command needs a console.
    OnlyMetrics(String),
    /// A console whose interface has another version.
    OtherVersion(String, String),
    /// The answer has more bytes than are read.
    TooLarge(String),
    /// The console wants a token, or another one.
    Unauthorized { url: String, was_sent: bool },
    /// The console answers others only.
    Forbidden(String, String),
    /// The console has no answer.
    Refused { code: String, message: String },
    /// It is not there, or no longer.
    NotThere(String),
}

// === impl ClientError ===

impl ClientError {
    /// Whether another attempt may succeed.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Nothing(_) | Self::Slow(_) | Self::Broken(..) | Self::UnknownHost(_) => true,
            Self::Refused { code, .. } => code == "too_many" || code == "unavailable",
            _ => false,
        }
    }
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadUrl(given) => write!(
                f,
                "{given:?} is no URL: give the address of a console, such as http://localhost:3000/obs"
            ),
            Self::SecretInUrl => write!(
                f,
                "a URL must have no credentials and no query, which other processes can read: give the token by --token-file or {VARIABLE}"
            ),
            Self::TokenFile(path, error) => write!(f, "--token-file {}: can't be read: {error}", path.display()),
            Self::BadToken(place) => write!(f, "{place} has no token: one word of visible characters is expected"),
            Self::Tls(why) => write!(f, "https: {why}"),
            Self::Nothing(url) => write!(
                f,
                "{url}: nothing listens there: is the service running, and is this its address?"
            ),
            Self::UnknownHost(url) => write!(f, "{url}: the name of the host is not known: is it spelled right?"),
            Self::Slow(url) => write!(
                f,
                "{url}: no answer in time: the service may be overloaded, or a firewall drops the connection"
            ),
            Self::Broken(url, why) => write!(f, "{url}: the connection failed: {why}"),
            Self::NotHttp(url) => write!(
                f,
                "{url}: what listens there does not speak HTTP: is this the right port?"
            ),
            Self::NotOurs(url, what) => write!(
                f,
                "{url}: there is neither a console of obs nor a metrics page: {what}; give the path at which the console is mounted, such as /obs"
            ),
            Self::OnlyMetrics(url) => write!(
                f,
                "{url}: this is a metrics page, which only `obs top` can read; the rest needs the console: mount it with obs_axum::console or obs_actix::console"
            ),
            Self::OtherVersion(url, version) => write!(
                f,
                "{url}: a console that speaks version {version} of the interface, and this command speaks version 1: use the command of the release that the service was built with"
            ),
            Self::TooLarge(url) => write!(f, "{url}: the answer is larger than 2 MiB, which no console sends"),
            Self::Unauthorized { url, was_sent: false } => write!(
                f,
                "{url}: the console takes a token: give it by --token-file or in {VARIABLE}"
            ),
            Self::Unauthorized { url, was_sent: true } => {
                write!(
                    f,
                    "{url}: the console does not accept this token: is it the one of this service?"
                )
            }
            Self::Forbidden(url, why) => write!(f, "{url}: the console refuses the request: {why}"),
            Self::Refused { code, message } => write!(f, "the console can't answer ({code}): {message}"),
            Self::NotThere(message) => f.write_str(message),
        }
    }
}

impl Error for ClientError {}
