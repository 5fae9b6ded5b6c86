//! Finding out what answers at a URL.

use serde::Deserialize;

use super::{Address, Body, ClientError, Console, Query, Token, Transport, transport::message};

/// Where consoles are mounted if nobody says otherwise.
const USUAL_MOUNT: &str = "/obs";
/// Where metrics pages are if nobody says otherwise.
const USUAL_PAGE: &str = "/metrics";

/// What answers at a URL.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// A console.
    Console(Console),
    /// A metrics page alone.
    Metrics(Transport, Address),
}

/// The part of an answer that each version has.
#[derive(Debug, Deserialize)]
struct Versioned {
    api: serde_json::Value,
}

/// An answer of a console that has none.
#[derive(Debug, Deserialize)]
struct Refusal {
    error: RefusalText,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RefusalText {
    code: String,
    message: String,
    parameter: Option<String>,
    offset: Option<usize>,
}

/// What a request for the session shows.
enum Found {
    Console,
    /// A sure answer, such as that a token is needed.
    Error(ClientError),
    /// Something else, described for people.
    Other(String),
}

// === impl Target ===

impl Target {
    /// Looks for a console at the address, below its usual mount if the address has no path, then for a metrics page.
    ///
    /// # Errors
    ///
    /// If there is neither.
    pub(crate) fn find(address: &Address, token: Option<Token>) -> Result<Self, ClientError> {
        Self::find_by(Transport::new(address.is_https(), token)?, address)
    }

    pub(crate) fn find_by(transport: Transport, address: &Address) -> Result<Self, ClientError> {
        let mut mounts = vec![address.clone()];
        if !address.has_path() {
            mounts.push(address.join(USUAL_MOUNT));
        }
        let mut what = String::new();
        for mount in mounts {
            match session(&transport, &mount)? {
                Found::Console => return Ok(Self::Console(Console::new(transport, mount))),
                Found::Error(error) => return Err(error),
                Found::Other(other) if what.is_empty() => what = other,
                Found::Other(_) => {}
            }
        }
        let mut pages = vec![address.clone()];
        if !address.has_path() {
            pages.push(address.join(USUAL_PAGE));
        }
        for page in pages {
            if is_page(&transport.page(&page)?) {
                return Ok(Self::Metrics(transport, page));
            }
        }
        Err(ClientError::NotOurs(address.to_string(), what))
    }

    /// The console at the address.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub(crate) fn console(address: &Address, token: Option<Token>) -> Result<Console, ClientError> {
        match Self::find(address, token)? {
            Self::Console(console) => Ok(console),
            Self::Metrics(_, page) => Err(ClientError::OnlyMetrics(page.to_string())),
        }
    }
}

fn session(transport: &Transport, mount: &Address) -> Result<Found, ClientError> {
    let body = transport.get(&mount.join("/api/v1/session"), &Query::default(), "application/json")?;
    let url = mount.to_string();
    if body.is_json() {
        if let Ok(Versioned { api }) = serde_json::from_slice(&body.bytes) {
            return Ok(match api.as_u64() {
                Some(1) => Found::Console,
                _ => Found::Error(ClientError::OtherVersion(url, message(&api.to_string()))),
            });
        }
        if let Some(error) = refusal(&body, mount, transport.has_token()) {
            // A path that a console doesn't know is one of another version, or there is another API here.
            return Ok(match error {
                ClientError::NotThere(text) => Found::Other(text),
                error => Found::Error(error),
            });
        }
    }
    Ok(Found::Other(described(&body)))
}

/// The refusal that an answer is, if it has the form of those of a console.
pub(crate) fn refusal(body: &Body, mount: &Address, was_sent: bool) -> Option<ClientError> {
    if body.status.is_success() {
        return None;
    }
    let Refusal { error } = serde_json::from_slice(&body.bytes).ok()?;
    let (code, mut text) = (message(&error.code), message(&error.message));
    if let Some(parameter) = &error.parameter {
        let at = error
            .offset
            .map(|offset| format!(", at byte {offset}"))
            .unwrap_or_default();
        text = format!("{} of {}{at}", text, message(parameter));
    }
    Some(match body.status.as_u16() {
        401 => ClientError::Unauthorized {
            url: mount.to_string(),
            was_sent,
        },
        403 => ClientError::Forbidden(mount.to_string(), text),
        404 | 410 => ClientError::NotThere(text),
        _ => ClientError::Refused { code, message: text },
    })
}

fn described(body: &Body) -> String {
    match &body.location {
        Some(location) if body.status.is_redirection() => format!("a redirect to {}", message(location)),
        _ if body.content_type.is_empty() => format!("an answer with status {}", body.status.as_u16()),
        _ => format!(
            "an answer with status {} of type {}",
            body.status.as_u16(),
            message(&body.content_type)
        ),
    }
}

/// Whether an answer is a page of metrics: text with a sample.
fn is_page(body: &Body) -> bool {
    let kind = body.content_type.to_ascii_lowercase();
    let is_text = kind.starts_with("text/plain") || kind.starts_with("application/openmetrics-text");
    let has_type = || {
        let text = String::from_utf8_lossy(&body.bytes);
        text.lines().any(|line| line.starts_with("# TYPE "))
    };
    body.status.is_success() && is_text && has_type()
}
