//! From what the recorder holds to what it is read as.

use std::time::{Duration, UNIX_EPOCH};

use obs_base::{ids::SpanId, sorting::sort_by};

use super::{
    entry::Entry,
    filter::Filter,
    line::Line,
    record::{ErrorGroup, Record, Running},
    retained::GroupView,
    store::Copied,
    stored::{self, Summary},
};
use crate::clock::Moment;

// === impl Copied ===

impl Copied {
    pub(super) fn with_errors(self, errors: Vec<GroupView>) -> Self {
        Self { errors, ..self }
    }

    /// The records that pass a filter, each once, the newest first.
    pub(super) fn read(&self, filter: &Filter) -> Vec<Record> {
        let in_chunks = self.chunks.iter().flat_map(|chunk| stored::each(chunk));
        let mut found: Vec<_> = in_chunks
            .chain(self.records.iter().map(Vec::as_slice))
            .chain(self.errors.iter().map(|group| &*group.record))
            .filter_map(|record| Some((Summary::read(record)?, record)))
            .filter(|(summary, _)| filter.may_pass(summary))
            .collect();
        sort_by(&mut found, |(one, _), (other, _)| {
            (other.ended(), one.span_id).cmp(&(one.ended(), other.span_id))
        });
        found.dedup_by_key(|(summary, _)| (summary.ended(), summary.span_id));
        let records = found.into_iter().filter_map(|(_, record)| Record::read(record));
        records
            .filter(|record| filter.passes(record))
            .take(filter.max())
            .collect()
    }
}

// === impl ErrorGroup ===

impl ErrorGroup {
    pub(super) fn read(group: &GroupView) -> Option<Self> {
        let at = |nanoseconds| UNIX_EPOCH + Duration::from_nanos(nanoseconds);
        Some(Self {
            fingerprint: group.fingerprint,
            count: group.count,
            first: at(group.first),
            last: at(group.last),
            example: Record::read(&group.record)?,
        })
    }
}

// === impl Entry ===

impl Entry {
    /// What can be read of an entry that is running.
    pub(super) fn view(&self, now: Moment) -> Option<Running> {
        let phase = self.phase()?;
        let live = self.live();
        let head = live.head.as_ref()?;
        let (polls, polled) = self.polls();
        let details = live.details.as_deref();
        let (id, path) = live.id_and_path(head);
        Some(Running {
            kind: head.kind,
            request_id: String::from_utf8_lossy(id).into_owned(),
            trace_id: head.trace_id,
            span_id: head.span_id,
            parent_id: SpanId::new(head.parent_id),
            is_sampled: head.is_sampled,
            method: head.method,
            endpoint: head.endpoint.clone().into_owned(),
            path: String::from_utf8_lossy(path).into_owned(),
            client: head.client,
            started: UNIX_EPOCH + Duration::from_nanos(head.arrived),
            age: head.started.until(now),
            phase,
            status: self.status(),
            request_bytes: self.request_bytes(),
            response_bytes: self.response_bytes(),
            polls,
            since_poll: polled.until(now),
            open_spans: details
                .map(|details| details.open_names().map(str::to_owned).collect())
                .unwrap_or_default(),
            last_line: details.and_then(|details| details.last_line().map(Line::from)),
        })
    }
}
