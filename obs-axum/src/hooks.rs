//! What the user's own functions say of a request.

use std::{borrow::Cow, sync::Arc};

use axum::extract::MatchedPath;
use http::Request;
use obs_core::{guard::Guarded, request::MAX_LABELS};

use crate::{RequestView, endpoint::EndpointFn};

/// Finds the value of a label.
pub(crate) type LabelFn = Arc<Guarded<dyn for<'r> Fn(&RequestView<'r>) -> Option<&'r str> + Send + Sync>>;

/// The user's functions, kept with the settings of the layer.
#[derive(Clone, Default)]
pub(crate) struct Hooks {
    pub(crate) endpoint: Option<EndpointFn>,
    /// In the order of the layer's labels.
    pub(crate) labels: Vec<LabelFn>,
}

/// What they have said.
#[derive(Debug, Default)]
pub(crate) struct Named<'r> {
    /// `None` where the router has named it.
    pub(crate) endpoint: Option<Cow<'static, str>>,
    labels: [&'r str; MAX_LABELS],
    count: usize,
}

// === impl Hooks ===

impl Hooks {
    /// Asks each function. One that panics has said nothing: it must not take the request with it.
    pub(crate) fn name<'r, B>(&self, request: &'r Request<B>) -> Named<'r> {
        let view = RequestView::new(request);
        let mut named = Named::default();
        if let Some(endpoint) = &self.endpoint
            && request.extensions().get::<MatchedPath>().is_none()
        {
            named.endpoint = endpoint.call(|endpoint| endpoint(&view)).flatten();
        }
        for (label, value) in self.labels.iter().zip(&mut named.labels) {
            let found = label.call(|label| label(&view)).flatten();
            *value = found.unwrap_or_default();
            named.count += 1;
        }
        named
    }
}

// === impl Named ===

impl Named<'_> {
    /// The values of the labels; empty for none.
    pub(crate) fn labels(&self) -> &[&str] {
        &self.labels[..self.count]
    }
}
