//! What the user's own functions say of a request.

use std::{borrow::Cow, sync::Arc};

use actix_web::dev::ServiceRequest;
use obs_core::{guard::Guarded, request::MAX_LABELS};

use crate::{RequestView, endpoint::EndpointFn};

/// Finds the value of a label.
pub(crate) type LabelFn = Arc<Guarded<dyn for<'r> Fn(&RequestView<'r>) -> Option<&'r str> + Send + Sync>>;

/// The user's functions, kept with the settings of the middleware. One that panics has said nothing:
/// it must not take the request with it.
#[derive(Clone, Default)]
pub(crate) struct Hooks {
    pub(crate) endpoint: Option<EndpointFn>,
    /// In the order of the middleware's labels.
    pub(crate) labels: Vec<LabelFn>,
}

/// The values of the labels; empty for none.
#[derive(Debug, Default)]
pub(crate) struct LabelValues<'r> {
    values: [&'r str; MAX_LABELS],
    count: usize,
}

// === impl Hooks ===

impl Hooks {
    /// The endpoint of a request that no pattern fits.
    pub(crate) fn endpoint(&self, request: &ServiceRequest) -> Option<Cow<'static, str>> {
        let endpoint = self.endpoint.as_ref()?;
        let view = RequestView::new(request.request());
        endpoint.call(|endpoint| endpoint(&view)).flatten()
    }

    /// The values of the labels.
    pub(crate) fn labels<'r>(&self, request: &'r ServiceRequest) -> LabelValues<'r> {
        let view = RequestView::new(request.request());
        let mut labels = LabelValues::default();
        for (label, value) in self.labels.iter().zip(&mut labels.values) {
            let found = label.call(|label| label(&view)).flatten();
            *value = found.unwrap_or_default();
            labels.count += 1;
        }
        labels
    }
}

// === impl LabelValues ===

impl LabelValues<'_> {
    pub(crate) fn as_slice(&self) -> &[&str] {
        &self.values[..self.count]
    }
}
