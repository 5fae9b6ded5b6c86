//! A client's state: what its settings come to.

use std::{borrow::Cow, fmt, sync::Arc};

use super::{ClientOptions, ClientRequest, ClientUrl, base_url::BaseUrl, red::Red};
use crate::{
    metrics::Convention,
    names::target,
    pipeline::{KnownMethods, Pipeline},
    redact::Redactor,
    request::grpc::Methods,
};

/// Everything that the requests of one client share; made once, whatever number of clones.
pub struct ClientInstrument {
    pub(super) shared: Arc<Pipeline>,
    pub(super) red: Option<Red>,
    pub(super) options: ClientOptions,
    pub(super) convention: Convention,
    pub(super) grpc_methods: Methods,
    pub(super) known_methods: KnownMethods,
    /// Finds secrets in URLs and headers: the names of the instance and those of the client.
    pub(super) redactor: Redactor,
    base_url: Option<BaseUrl>,
}

/// What a request is recorded under.
#[derive(Debug)]
pub(super) struct Labels<'a> {
    pub(super) url: ClientUrl<'a>,
    pub(super) host: Cow<'a, str>,
    /// The URL template; empty if none was given.
    pub(super) target: Cow<'a, str>,
}

// === impl ClientInstrument ===

impl ClientInstrument {
    pub(super) fn new(mut options: ClientOptions) -> Self {
        let shared = options.common.instance();
        let base_url = options.base_url.as_deref().and_then(parsed);
        if let Some(base) = &base_url {
            options.hosts.add(base.host());
        }
        let red = Red::new(&shared, &options);
        let convention = options.common.convention(&shared);
        let grpc_methods = Methods::new(&options.common.grpc_methods);
        let known_methods = options.common.known_methods(&shared);
        let redactor = options.common.redactor(&shared);
        Self { shared, red, options, convention, grpc_methods, known_methods, redactor, base_url }
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
        Labels { url, host: self.options.hosts.label(url.host), target }
    }
}

impl fmt::Debug for ClientInstrument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientInstrument").field("options", &self.options).finish_non_exhaustive()
    }
}

/// The base URL, or a warning: a client must not fail over a label.
fn parsed(text: &str) -> Option<BaseUrl> {
    let parsed = BaseUrl::parse(text);
    if parsed.is_none() {
        // Not the text itself: it may hold a password.
        tracing::warn!(target: target::OBS, "base_url is left out: expected http://host[:port][/path]");
    }
    parsed
}
