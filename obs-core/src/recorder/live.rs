//! What a request or job has of its own while it runs.

use std::{borrow::Cow, net::IpAddr, sync::Weak, time::Duration};

use obs_base::ids::{RequestId, SpanId, TraceId};

use super::{details::Details, entry::Home, memory::take, record::Kind};
use crate::clock::Moment;

/// What is known of a request or job when it begins.
pub(crate) struct Begin<'a> {
    pub(crate) kind: Kind,
    /// From the closed set; empty for jobs.
    pub(crate) method: &'static str,
    /// The template of the route, or the target of a call.
    pub(crate) endpoint: Option<Cow<'static, str>>,
    /// The path; host and path of a call.
    pub(crate) path: [&'a str; 2],
    /// The address of the client, or of the host that is called.
    pub(crate) client: Option<IpAddr>,
    pub(crate) request_id: Cow<'a, RequestId>,
    pub(crate) trace_id: TraceId,
    pub(crate) span_id: SpanId,
    pub(crate) parent_id: Option<SpanId>,
    pub(crate) is_sampled: bool,
    /// The level up to which its lines are held if the instance holds any, as [`verbosity`](super::verbosity).
    pub(crate) holds: u8,
    pub(crate) started: Moment,
    /// Since the Unix epoch.
    pub(crate) arrived: Duration,
}

/// What a request or job has of its own.
pub(super) struct Live {
    /// `None` while nothing runs.
    pub(super) head: Option<LiveHead>,
    /// The id of the request, then its path.
    pub(super) texts: Vec<u8>,
    /// Of most requests there are none.
    pub(super) details: Option<Box<Details>>,
}

/// What is fixed at the begin, but for the endpoint.
pub(super) struct LiveHead {
    pub(super) kind: Kind,
    pub(super) method: &'static str,
    pub(super) endpoint: Cow<'static, str>,
    pub(super) client: Option<IpAddr>,
    /// The bytes of its id.
    pub(super) id_len: usize,
    pub(super) trace_id: TraceId,
    pub(super) span_id: SpanId,
    /// 0 for none, as long as an `Option` takes twice the room.
    pub(super) parent_id: u64,
    pub(super) is_sampled: bool,
    pub(super) started: Moment,
    /// Nanoseconds since the Unix epoch.
    pub(super) arrived: u64,
}

// === impl Live ===

impl Live {
    /// The id of the request and its path.
    pub(super) fn id_and_path(&self, head: &LiveHead) -> (&[u8], &[u8]) {
        self.texts.split_at_checked(head.id_len).unwrap_or_default()
    }

    /// Works on the details, which are made at the first use; `None` if there is no room for them.
    pub(super) fn with_details<R>(&mut self, home: &Weak<dyn Home>, work: impl FnOnce(&mut Details) -> R) -> Option<R> {
        if self.details.is_none() {
            if !take(home, size_of::<Details>()) {
                return None;
            }
            self.details = Some(Box::default());
        }
        self.details.as_deref_mut().map(work)
    }
}
