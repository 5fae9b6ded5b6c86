//! The entry of a request or job from its arrival to its end.

use std::{
    borrow::Cow,
    fmt,
    net::IpAddr,
    sync::{
        Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering::Relaxed},
    },
};

use obs_base::ids::SpanId;
use obs_conventions::Outcome;
use tracing_core::Level;

use super::{
    codec::cut,
    details::Details,
    line::verbosity,
    live::{Begin, Live, LiveHead},
    memory::{give_back, reserve_at_least},
    record::{Kind, Phase},
    span::nanoseconds,
    stored::{End, outcome_number},
};
use crate::{
    clock::Moment,
    failure::{Failure, fingerprint},
    names::error_type,
};

/// The bytes that an entry has for the id and the path from the start, which are enough for most.
const FIRST_TEXTS: usize = 72;
/// The most bytes of a path.
pub(super) const MAX_PATH: usize = 512;

/// Stands for a number of bytes that is not known.
const UNKNOWN: u64 = u64::MAX;

/// The recorder, as its entries know it.
pub(super) trait Home: Send + Sync {
    /// Takes bytes for what runs; false if there are none.
    fn take_for_running(&self, bytes: usize) -> bool;

    /// Gives bytes back that were taken.
    fn give_back(&self, bytes: usize);

    /// Makes a record of an entry, which is idle then.
    fn end(&self, entry: &Entry, end: &End<'_>);
}

/// A request or job, as its threads and the readers of the recorder share it.
///
/// What changes often is an atomic; the rest is behind a lock that readers hold as long as it takes to copy it.
pub(crate) struct Entry {
    /// The recorder that it belongs to.
    pub(super) home: Weak<dyn Home>,
    /// A [`Phase`] by its number; 0 while nothing runs.
    phase: AtomicU8,
    /// As [`verbosity`](super::verbosity).
    holds: AtomicU8,
    /// How a job would end now, by its number plus one; 0 if this is no job.
    job: AtomicU8,
    status: AtomicU16,
    polls: AtomicU32,
    polled: AtomicU64,
    /// [`UNKNOWN`] until they are known.
    request_bytes: AtomicU64,
    /// How many polls come at once after something whose time is in `polled`.
    timed: AtomicU8,
    response_bytes: AtomicU64,
    live: Mutex<Live>,
}

// === impl Entry ===

impl Entry {
    /// The bytes of an entry without its texts, with its count of references and its place in the list of entries.
    const OWN_SIZE: usize = size_of::<Self>() + 3 * size_of::<usize>();
    /// The bytes of a new entry.
    pub(super) const SIZE: usize = Self::OWN_SIZE + FIRST_TEXTS;

    /// Whether it belongs to the recorder at this address.
    #[inline]
    pub(super) fn is_of(&self, recorder: *const ()) -> bool {
        self.home.as_ptr().cast::<()>() == recorder
    }

    /// A new entry of the recorder, whose bytes have been taken.
    pub(super) fn new(home: Weak<dyn Home>) -> Self {
        Self {
            home,
            phase: AtomicU8::new(0),
            holds: AtomicU8::new(0),
            job: AtomicU8::new(0),
            status: AtomicU16::new(0),
            polls: AtomicU32::new(0),
            polled: AtomicU64::new(0),
            request_bytes: AtomicU64::new(UNKNOWN),
            timed: AtomicU8::new(0),
            response_bytes: AtomicU64::new(0),
            live: Mutex::new(Live {
                head: None,
                texts: Vec::with_capacity(FIRST_TEXTS),
                details: None,
            }),
        }
    }

    pub(super) fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn begin(&self, begin: Begin<'_>) {
        let Begin {
            kind,
            method,
            endpoint,
            path,
            client,
            request_id,
            trace_id,
            span_id,
            parent_id,
            is_sampled,
            holds,
            started,
            arrived,
        } = begin;
        self.holds.store(holds, Relaxed);
        let is_job = kind == Kind::Job;
        self.job
            .store(if is_job { 1 + outcome_number(Outcome::Ok) } else { 0 }, Relaxed);
        self.status.store(0, Relaxed);
        self.polls.store(0, Relaxed);
        self.request_bytes.store(UNKNOWN, Relaxed);
        self.response_bytes.store(0, Relaxed);
        self.polled.store(started.to_bits(), Relaxed);
        // The call of the service and the first poll of its future.
        self.timed.store(2, Relaxed);
        self.phase.store(Phase::Waiting.number(), Relaxed);
        let [host, path] = path;
        let host = cut(host, MAX_PATH);
        let path = cut(path, MAX_PATH - host.len());
        let id = request_id.as_bytes();
        let mut live = self.live();
        // An id that is longer than those of obs and for which there is no room is left out.
        let has_id = reserve_at_least(&mut live.texts, id.len(), 0, &self.home);
        let id = if has_id { id } else { &[] };
        live.texts.extend_from_slice(id);
        if reserve_at_least(&mut live.texts, host.len() + path.len(), 0, &self.home) {
            live.texts.extend_from_slice(host.as_bytes());
            live.texts.extend_from_slice(path.as_bytes());
        }
        live.head = Some(LiveHead {
            kind,
            method,
            endpoint: endpoint.unwrap_or(Cow::Borrowed("")),
            client,
            id_len: id.len(),
            trace_id,
            span_id,
            parent_id: parent_id.map_or(0, SpanId::get),
            is_sampled,
            started,
            arrived: nanoseconds(arrived),
        });
    }

    /// Whether it runs, as far as can be told without its lock.
    #[inline]
    pub(super) fn is_running(&self) -> bool {
        self.phase.load(Relaxed) != 0
    }

    pub(super) fn phase(&self) -> Option<Phase> {
        Phase::of_number(self.phase.load(Relaxed))
    }

    pub(super) fn status(&self) -> Option<u16> {
        Some(self.status.load(Relaxed)).filter(|status| *status != 0)
    }

    /// How often it was polled, and when last.
    pub(super) fn polls(&self) -> (u32, Moment) {
        (self.polls.load(Relaxed), Moment::from_bits(self.polled.load(Relaxed)))
    }

    pub(super) fn request_bytes(&self) -> Option<u64> {
        Some(self.request_bytes.load(Relaxed)).filter(|bytes| *bytes != UNKNOWN)
    }

    pub(super) fn response_bytes(&self) -> u64 {
        self.response_bytes.load(Relaxed)
    }

    /// Counts a poll. One that comes at once after the begin or the head has its time, which saves reading the clock.
    #[inline]
    pub(crate) fn poll(&self) {
        // Polls of one future never overlap.
        let polls = self.polls.load(Relaxed);
        self.polls.store(polls.wrapping_add(1), Relaxed);
        match self.timed.load(Relaxed) {
            0 => self.polled.store(Moment::now().to_bits(), Relaxed),
            timed => self.timed.store(timed - 1, Relaxed),
        }
    }

    /// The head of the response was sent, at this time if it is known: the first poll of the body comes at once then.
    #[inline]
    pub(crate) fn head(&self, status: u16, at: Option<Moment>) {
        if let Some(at) = at {
            self.polled.store(at.to_bits(), Relaxed);
            self.timed.store(1, Relaxed);
        }
        self.status.store(status, Relaxed);
        self.phase.store(Phase::Body.number(), Relaxed);
    }

    /// The response is a stream without an end of its own, or the connection was upgraded.
    pub(crate) fn stream(&self) {
        self.phase.store(Phase::Streaming.number(), Relaxed);
    }

    /// Bytes of the request body so far, or its size.
    #[inline]
    pub(crate) fn received(&self, bytes: u64) {
        self.request_bytes.store(bytes, Relaxed);
    }

    /// Bytes of the response so far.
    #[inline]
    pub(crate) fn sent(&self, bytes: u64) {
        self.response_bytes.store(bytes, Relaxed);
    }

    /// The router reports the template late.
    pub(crate) fn rename(&self, endpoint: Cow<'static, str>) {
        if let Some(head) = &mut self.live().head {
            head.endpoint = endpoint;
        }
    }

    /// The endpoint under which it is recorded.
    pub(crate) fn endpoint(&self) -> Cow<'static, str> {
        let live = self.live();
        live.head.as_ref().map(|head| head.endpoint.clone()).unwrap_or_default()
    }

    /// The method of the request.
    pub(crate) fn method(&self) -> &'static str {
        self.live().head.as_ref().map_or("", |head| head.method)
    }

    /// The address of the client.
    pub(crate) fn client(&self) -> Option<IpAddr> {
        self.live().head.as_ref()?.client
    }

    /// Whether lines of this level can be held with it: while it runs.
    #[inline]
    pub(crate) fn holds_lines(&self, level: Level) -> bool {
        self.is_running() && verbosity(level.into()) <= self.holds.load(Relaxed)
    }

    /// Ends it as something that was not observed: it leaves no record.
    pub(crate) fn discard(&self) {
        self.reset(&mut self.live());
    }

    /// How the job would end now; `None` if this is no job, or one that has ended.
    #[inline]
    pub(crate) fn job(&self) -> Option<Outcome> {
        let number = self.job.load(Relaxed).checked_sub(1)?;
        Outcome::ALL.get(usize::from(number)).copied()
    }

    /// Says how the job would end from now on, if this is a job.
    pub(crate) fn set_job(&self, outcome: Outcome) {
        if self.job().is_some() {
            self.job.store(1 + outcome_number(outcome), Relaxed);
        }
    }

    /// Counts a poll of the job, which has panicked unless it is [said](Self::set_job) how it goes on.
    pub(crate) fn poll_job(&self) {
        if self.job().is_some() {
            self.set_job(Outcome::Panic);
            self.polls.fetch_add(1, Relaxed);
            self.polled.store(Moment::now().to_bits(), Relaxed);
        }
    }

    /// Ends a job, or an upgraded connection, with what it failed with.
    #[cold]
    pub(crate) fn end_alone(&self, outcome: Outcome, failure: Option<&Failure>) {
        let Some(home) = self.home.upgrade() else { return };
        let started = self.live().head.as_ref().map(|head| head.started);
        let error_type = match outcome {
            Outcome::Panic => Some(error_type::PANIC),
            Outcome::ServerError => Some(failure.and_then(Failure::type_name).unwrap_or(error_type::OTHER)),
            _ => None,
        };
        let fingerprint = error_type.map(|error_type| fingerprint(&self.endpoint(), error_type, failure));
        let source = failure.and_then(Failure::chain).unwrap_or_default();
        let place = failure.and_then(Failure::location).unwrap_or_default();
        home.end(
            self,
            &End {
                outcome,
                status: 0,
                error_type,
                error: failure.map(Failure::message).unwrap_or_default(),
                error_source: if source.is_empty() { place } else { &source },
                fingerprint: fingerprint.unwrap_or(0),
                duration: started.map(Moment::elapsed).unwrap_or_default(),
                head: None,
                request_bytes: None,
                response_bytes: 0,
            },
        );
    }

    /// Forgets the request, so that the entry can be used again.
    pub(super) fn reset(&self, live: &mut Live) {
        self.phase.store(0, Relaxed);
        self.job.store(0, Relaxed);
        live.head = None;
        live.texts.clear();
        if let Some(details) = &mut live.details {
            details.clear(&self.home);
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let live = self.live.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(mut details) = live.details.take() {
            details.free(&self.home);
            give_back(&self.home, size_of::<Details>());
        }
        give_back(&self.home, Self::OWN_SIZE + live.texts.capacity());
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("phase", &self.phase)
            .finish_non_exhaustive()
    }
}
