//! A layer within a layer of the same instance: one request, recorded once.
//!
//! The inner layer begins no observation. It tells the outer one, which is being polled around it, what
//! it calls the request: its endpoint, its labels, and the metrics that it would have recorded into.

use std::cell::{Cell, RefCell};

use super::{ArcOrStatic, HeaderReader, Instrument, RequestHead, grpc, origin::Origin};
use crate::{
    context::Instance as _,
    metrics::{DimensionValues, InFlight},
};

/// What an observation offers to layers within its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Joinable {
    /// Whose it is, see `Instance::id`.
    instance: u64,
    logs: bool,
    traces: bool,
    /// A layer within has told its names.
    is_joined: bool,
}

/// What a layer within calls the request.
pub(super) struct Joined {
    pub(super) instrument: ArcOrStatic<Instrument>,
    pub(super) endpoint: Box<str>,
    scheme: &'static str,
    protocol: &'static str,
    labels: Box<[Box<str>]>,
}

thread_local! {
    /// The innermost observation that is being polled on this thread.
    static AROUND: Cell<Option<Joinable>> = const { Cell::new(None) };
    /// What layers have told; apart, so that the many polls without any don't touch it.
    static TOLD: RefCell<Vec<Joined>> = const { RefCell::new(Vec::new()) };
}

/// An observation is being polled.
#[derive(Debug)]
pub(super) struct Offering {
    before: Option<Joinable>,
}

/// Tells the observation around this one, if it is of the same instance and writes all signals that this
/// layer would; false if there is none.
pub(super) fn join(instrument: &ArcOrStatic<Instrument>, head: &RequestHead<'_>, headers: &dyn HeaderReader) -> bool {
    let Some(around) = AROUND.get().filter(|around| around.takes(instrument)) else { return false };
    let call = grpc::arriving(&instrument.grpc_methods, head, headers);
    let endpoint = call.as_ref().map_or(head.endpoint, |(_, endpoint)| *endpoint);
    // What has no name here keeps the one that it has.
    if let Some(endpoint) = endpoint.filter(|endpoint| !instrument.skips(Some(endpoint))) {
        let origin = instrument.reads_origin().then(|| Origin::of(&instrument.options.privacy, head, headers));
        let joined = Joined {
            instrument: instrument.clone(),
            endpoint: endpoint.into(),
            scheme: origin.map_or_else(|| head.known_scheme(), |origin| origin.scheme),
            protocol: head.protocol.version(),
            labels: head.labels.iter().map(|label| Box::from(*label)).collect(),
        };
        let told = TOLD.try_with(|told| {
            let mut told = told.try_borrow_mut().ok()?;
            // Of several layers within each other, the innermost comes last.
            let before = if around.is_joined { told.pop() } else { None };
            told.push(joined);
            Some(before)
        });
        if matches!(told, Ok(Some(_))) {
            AROUND.set(Some(Joinable { is_joined: true, ..around }));
        }
    }
    true
}

// === impl Joinable ===

impl Joinable {
    pub(super) fn of(instrument: &Instrument) -> Self {
        let options = &instrument.options;
        let instance = instrument.shared.tracing.id();
        Self { instance, logs: options.common.logs, traces: options.common.traces, is_joined: false }
    }

    /// Whether a request of this layer loses nothing if it is recorded by the one around it.
    fn takes(self, instrument: &Instrument) -> bool {
        let theirs = Self::of(instrument);
        self.instance == theirs.instance && self.logs >= theirs.logs && self.traces >= theirs.traces
    }
}

// === impl Joined ===

impl Joined {
    /// Counts the request in where the layer within would have; `None` if it has no metrics.
    pub(super) fn arrive(&self, method: &'static str) -> Option<InFlight> {
        let red = self.instrument.red.as_ref()?;
        let labels: Vec<&str> = self.labels.iter().map(|label| &**label).collect();
        let values = DimensionValues { scheme: self.scheme, protocol: self.protocol, labels: &labels };
        Some(red.arrive_with(method, &self.endpoint, &values))
    }

    pub(super) fn has_labels(&self) -> bool {
        !self.labels.is_empty()
    }
}

// === impl Offering ===

impl Offering {
    #[inline]
    pub(super) fn start(joinable: Option<Joinable>) -> Self {
        Self { before: AROUND.replace(joinable) }
    }

    /// What the innermost of the layers within has told.
    #[inline]
    pub(super) fn stop(self) -> Option<Joined> {
        let is_joined = AROUND.replace(self.before).is_some_and(|around| around.is_joined);
        if is_joined { Self::take() } else { None }
    }

    /// Each observation is told within its own poll, so what it was told is all that there is beyond what
    /// those around it were.
    #[cold]
    fn take() -> Option<Joined> {
        TOLD.try_with(|told| told.try_borrow_mut().ok()?.pop()).ok().flatten()
    }
}
