//! The state of a client, which is built from its settings.

use std::{borrow::Cow, fmt};

use super::{ClientOptions, ClientRequest, ClientUrl, base_url::BaseUrl, red::Red};
use crate::{names::target, request::CommonState};

/// The state that all requests of one client share: metrics, settings, redaction.
///
/// For adapters, which pass it to [`ClientObservation::start`](crate::adapter::ClientObservation::start). Built once by
/// [`ClientState::instrument`](crate::adapter::ClientState::instrument), and shared by all clones of the client.
pub struct ClientInstrument {
    pub(super) common: CommonState,
    pub(super) red: Option<Red>,
    pub(super) options: ClientOptions,
    base_url: Option<BaseUrl>,
}

/// The URL, host and target under which a request is recorded.
#[derive(Debug)]
pub(super) struct Labels<'a> {
    pub(super) url: ClientUrl<'a>,
    pub(super) host: Cow<'a, str>,
    /// The URL template; empty if the caller has set none.
    pub(super) target: Cow<'a, str>,
}

// === impl ClientInstrument ===

impl ClientInstrument {
    pub(super) fn new(mut options: ClientOptions) -> Self {
        let common = CommonState::new(&options.common);
        let base_url = options.base_url.as_deref().and_then(parsed);
        if let Some(base) = &base_url {
            options.hosts.add(base.host());
        }
        let red = Red::new(&common.pipeline, &options);
        Self {
            common,
            red,
            options,
            base_url,
        }
    }

    pub(super) fn labels<'a>(&'a self, request: &ClientRequest<'a>) -> Labels<'a> {
        let target = request.target.unwrap_or_default();
        let (url, target) = match &self.base_url {
            Some(base) => {
                let url = base.complete(request.url);
                (url, base.template(&url, target))
            }
            None => (request.url, Cow::Borrowed(target)),
        };
        Labels {
            url,
            host: self.options.hosts.label(url.host),
            target,
        }
    }
}

impl fmt::Debug for ClientInstrument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientInstrument")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// The base URL; `None` and a warning if it is invalid, since a label must not make a client fail.
fn parsed(text: &str) -> Option<BaseUrl> {
    let parsed = BaseUrl::parse(text);
    if parsed.is_none() {
        // Without the text itself, which may contain a password.
        tracing::warn!(target: target::OBS, "base_url is invalid and ignored: expected http://host[:port][/path]");
    }
    parsed
}
