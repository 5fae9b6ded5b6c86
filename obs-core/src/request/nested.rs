//! A layer within a layer of the same instance: one request, recorded once.
//!
//! The inner layer starts no observation. It passes the endpoint, the labels and its metrics to the outer one, which is
//! being polled around it.

use std::cell::RefCell;

use super::{
    ArcOrStatic, HeaderReader, Instrument, RequestHead, grpc,
    origin::Origin,
    scope::{JOINED, Scope},
};
use crate::{
    context,
    metrics::{DimensionValues, InFlight},
};

/// The endpoint, labels and metrics of an inner layer.
pub(super) struct Joined {
    pub(super) instrument: ArcOrStatic<Instrument>,
    pub(super) endpoint: Box<str>,
    scheme: &'static str,
    protocol: &'static str,
    labels: Box<[Box<str>]>,
}

thread_local! {
    /// Inner layers that have joined.
    static TOLD: RefCell<Vec<Joined>> = const { RefCell::new(Vec::new()) };
}

/// Joins the observation around this layer, if it is of the same instance and has all signals of this one; false if
/// there is none.
// Few requests pass two layers: apart from the code of all others.
#[inline(never)]
pub(super) fn join(instrument: &ArcOrStatic<Instrument>, head: &RequestHead<'_>, headers: &dyn HeaderReader) -> bool {
    let around = Scope::current();
    if !around.takes(instrument.scope) {
        return false;
    }
    let call = grpc::incoming_call(&instrument.common.grpc_methods, head, headers);
    let endpoint = call.as_ref().map_or(head.endpoint, |(_, endpoint)| *endpoint);
    // Without an endpoint of the inner layer, that of the outer one stays.
    let is_skipped = instrument.skips(head, endpoint, headers);
    if let Some(endpoint) = endpoint.filter(|_| !is_skipped) {
        context::with_current(|request| instrument.record_fields(request));
        let origin = instrument
            .reads_origin()
            .then(|| Origin::of(&instrument.options.privacy, head, headers));
        let joined = Joined {
            instrument: instrument.clone(),
            endpoint: endpoint.into(),
            scheme: origin.map_or_else(|| head.known_scheme(), |origin| origin.scheme),
            protocol: head.protocol.version(),
            labels: head.labels.iter().map(|label| Box::from(*label)).collect(),
        };
        let told = TOLD.try_with(|told| {
            let mut told = told.try_borrow_mut().ok()?;
            // The innermost of several nested layers comes last.
            let before = if around.was_asked_for(JOINED) { told.pop() } else { None };
            told.push(joined);
            Some(before)
        });
        if matches!(told, Ok(Some(_))) {
            Scope::ask(JOINED, 0);
        }
    }
    true
}

/// Takes the innermost layer that has joined, if the [scope](JOINED) has one. Layers join an observation within its own
/// poll, so the last ones of the list belong to it.
#[cold]
pub(super) fn take_joined() -> Option<Joined> {
    TOLD.try_with(|told| told.try_borrow_mut().ok()?.pop()).ok().flatten()
}

// === impl Joined ===

impl Joined {
    /// Increments the in-flight gauge of the inner layer; `None` if its metrics are off.
    pub(super) fn arrive(&self, method: &'static str) -> Option<InFlight> {
        let red = self.instrument.red.as_ref()?;
        let labels: Vec<&str> = self.labels.iter().map(|label| &**label).collect();
        let values = DimensionValues {
            scheme: self.scheme,
            protocol: self.protocol,
            labels: &labels,
        };
        Some(red.arrive_with(method, &self.endpoint, &values))
    }

    pub(super) fn has_labels(&self) -> bool {
        !self.labels.is_empty()
    }
}
