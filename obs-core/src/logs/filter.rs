//! The filter of events that become lines, which can be changed at run time.

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use obs_base::InitError;
use tracing_core::{
    Callsite, Kind, Level, LevelFilter, Metadata, callsite,
    field::FieldSet,
    identify_callsite,
    span::{Attributes, Id, Record},
    subscriber::Interest,
};
use tracing_subscriber::{
    Registry,
    layer::{Context, Filter},
};

use super::{
    directives::Directives,
    duplicates,
    matcher::Matcher,
    other_versions,
    parts::level_index,
    request_levels::{RequestLevels, RequestMatch},
    subscribers::Subscribers,
};
use crate::{
    formatting::within_depth,
    names::{log::REQUEST_TARGET, target},
    overrides::{Override, OverrideId, Overrides},
};

/// The name of the directives' setting in code.
const SETTING: &str = "log_filter";

/// The current directives, and the filters that were made from them.
#[derive(Debug)]
pub(crate) struct FilterControl {
    state: Mutex<State>,
    requests: Arc<RequestLevels>,
    subscribers: Subscribers,
    /// The levels at which the line of a request is written: a bit each, by [`level_index`].
    request_levels: AtomicU8,
}

#[derive(Debug)]
struct State {
    /// Those that hold while there is no other.
    directives: String,
    overrides: Overrides<LogOverride>,
    filters: Vec<Weak<Slot>>,
}

/// What is logged for a time.
#[derive(Debug)]
enum LogOverride {
    /// Events by these directives, which were read before.
    Directives(String),
    /// Events of some requests, up to a level.
    Requests(RequestMatch, Level),
}

/// The filter of one layer: filters that depend on spans keep the state of one subscriber.
type Slot = RwLock<Arc<Matcher>>;

/// A per-layer filter whose directives can be changed.
#[derive(Clone)]
pub(super) struct LogFilter {
    slot: Arc<Slot>,
    requests: Arc<RequestLevels>,
    /// The most verbose level that layers beside this one take.
    beside: LevelFilter,
}

// === impl FilterControl ===

impl FilterControl {
    pub(super) fn new(directives: Directives) -> Self {
        let Directives {
            text,
            matcher: filter,
            oddities: _,
        } = directives;
        Self {
            state: Mutex::new(State {
                directives: text,
                overrides: Overrides::default(),
                filters: Vec::new(),
            }),
            requests: Arc::default(),
            subscribers: Subscribers::default(),
            request_levels: AtomicU8::new(request_levels(&filter)),
        }
    }

    /// A layer beside the filtered one, which detects their subscriber.
    pub(super) fn watch(&self) -> Subscribers {
        self.subscribers.clone()
    }

    /// A filter for one layer; layers beside it take events and spans up to the level `beside`.
    ///
    /// Over a bare registry, tracing-subscriber takes the most verbose level of the outermost layer for that of all:
    /// the filter of lines would filter the spans that are exported too.
    pub(super) fn filter(&self, beside: LevelFilter) -> LogFilter {
        let mut state = self.state();
        let slot = Arc::new(RwLock::new(Arc::new(matcher(state.effective()))));
        state.filters.retain(|known| known.strong_count() > 0);
        state.filters.push(Arc::downgrade(&slot));
        let requests = Arc::clone(&self.requests);
        LogFilter { slot, requests, beside }
    }

    /// Replaces the directives, for all layers and for request lines; those that are changed for a time stay so.
    pub(crate) fn set(&self, directives: &str) -> Result<(), InitError> {
        let read = Directives::read(SETTING, directives)?;
        let mut state = self.state();
        state.directives = read.text;
        self.apply(state);
        notice(&read.oddities);
        Ok(())
    }

    /// Replaces the directives for a time.
    pub(crate) fn set_for(self: &Arc<Self>, directives: &str, duration: Duration) -> Result<OverrideId, InitError> {
        let read = Directives::read(SETTING, directives)?;
        let id = self.add(LogOverride::Directives(read.text), (SETTING, duration))?;
        notice(&read.oddities);
        Ok(id)
    }

    /// Writes the lines of some requests up to a level, for a time.
    pub(crate) fn set_requests(
        self: &Arc<Self>,
        requests: RequestMatch,
        level: Level,
        duration: Duration,
    ) -> Result<OverrideId, InitError> {
        self.add(LogOverride::Requests(requests, level), ("log_requests", duration))
    }

    fn add(self: &Arc<Self>, value: LogOverride, timing: (&'static str, Duration)) -> Result<OverrideId, InitError> {
        let control = Arc::downgrade(self);
        let mut state = self.state();
        let id = state.overrides.add(value, timing, move |id| {
            if let Some(control) = control.upgrade() {
                control.end(id);
            }
        })?;
        self.apply(state);
        Ok(id)
    }

    /// Ends what is logged for a time; false if that has ended already.
    pub(crate) fn end(&self, id: OverrideId) -> bool {
        let mut state = self.state();
        let ended = state.overrides.end(id);
        if ended.is_some() {
            self.apply(state);
        }
        ended.is_some()
    }

    /// What is logged for a time.
    pub(crate) fn overrides(&self) -> Vec<Override> {
        self.state().overrides.list().collect()
    }

    /// Puts into force what is to be.
    fn apply(&self, state: MutexGuard<'_, State>) {
        let text = state.effective();
        for slot in state.filters.iter().filter_map(Weak::upgrade) {
            let filter = matcher(text);
            let mut current = slot.write().unwrap_or_else(PoisonError::into_inner);
            let _before = std::mem::replace(&mut *current, Arc::new(filter));
            drop(current);
        }
        self.request_levels
            .store(request_levels(&matcher(text)), Ordering::Relaxed);
        self.requests.set(state.requests());
        drop(state);
        self.subscribers.rebuild_interest();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the line of a request is written at this level.
    #[inline]
    pub(super) fn request_enabled(&self, level: Level) -> bool {
        self.request_levels.load(Ordering::Relaxed) & 1 << level_index(level) != 0
    }
}

fn notice(oddities: &[String]) {
    for oddity in oddities {
        tracing::warn!(target: target::OBS, "{oddity}");
    }
}

/// What directives let through that were read before, so that the fallback is never taken.
fn matcher(directives: &str) -> Matcher {
    Matcher::read(directives).unwrap_or_else(|_| Matcher::all(LevelFilter::INFO))
}

fn request_levels(filter: &Matcher) -> u8 {
    REQUEST_CALLSITES
        .iter()
        .map(|callsite| &callsite.metadata)
        .filter(|metadata| <Matcher as Filter<Registry>>::callsite_enabled(filter, metadata).is_always())
        .fold(0, |levels, metadata| levels | 1 << level_index(*metadata.level()))
}

// === impl State ===

impl State {
    /// The directives that hold: the newest of those that hold for a time, else the lasting ones.
    fn effective(&self) -> &str {
        let for_a_time = self.overrides.iter().rev().find_map(|known| match known {
            LogOverride::Directives(text) => Some(text),
            LogOverride::Requests(..) => None,
        });
        for_a_time.unwrap_or(&self.directives)
    }

    fn requests(&self) -> Vec<(RequestMatch, Level)> {
        let requests = self.overrides.iter().filter_map(|known| match known {
            LogOverride::Directives(_) => None,
            LogOverride::Requests(requests, level) => Some((requests.clone(), *level)),
        });
        requests.collect()
    }
}

// === impl LogOverride ===

impl fmt::Display for LogOverride {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directives(text) => write!(f, "log filter {text:?}"),
            Self::Requests(requests, level) => write!(f, "lines up to {level} in {requests}"),
        }
    }
}

// === impl LogFilter ===

impl LogFilter {
    /// Calls `read` with the current filter; it must not run code of the application.
    #[inline]
    fn ask<R>(&self, ask: impl FnOnce(&Matcher) -> R) -> R {
        ask(&self.slot.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether a line is written of what has this metadata.
    #[inline]
    pub(super) fn takes<S>(&self, metadata: &Metadata<'_>, context: &Context<'_, S>) -> bool {
        self.ask(|filter| Filter::<S>::enabled(filter, metadata, context)) || self.requests.takes(metadata)
    }

    /// The filter itself, for calls that run `Debug` impls, which may log and come back here.
    fn current(&self) -> Arc<Matcher> {
        Arc::clone(&self.slot.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<S> Filter<S> for LogFilter {
    #[inline]
    fn enabled(&self, metadata: &Metadata<'_>, context: &Context<'_, S>) -> bool {
        let is_enabled = self.takes(metadata, context);
        if is_enabled && duplicates::is_of_log_crate(metadata.target()) {
            duplicates::notice(metadata.target());
        }
        is_enabled
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        let interest = self.ask(|filter| Filter::<S>::callsite_enabled(filter, metadata));
        if !interest.is_never() {
            duplicates::notice(metadata.target());
        }
        other_versions::notice(metadata);
        if !interest.is_always() && self.requests.may_take(metadata) {
            return Interest::sometimes();
        }
        interest
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        let level = self.ask(Filter::<S>::max_level_hint)?;
        Some(level.max(self.requests.most()).max(self.beside))
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        within_depth(|| Filter::<S>::on_new_span(&*self.current(), attributes, id, context));
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        within_depth(|| Filter::<S>::on_record(&*self.current(), id, values, context));
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        self.ask(|filter| Filter::<S>::on_enter(filter, id, context));
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        self.ask(|filter| Filter::<S>::on_exit(filter, id, context));
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        self.ask(|filter| Filter::<S>::on_close(filter, id, context));
    }
}

impl fmt::Debug for LogFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogFilter").finish_non_exhaustive()
    }
}

// === impl RequestCallsite ===

/// The metadata of a request's line at one level, for filters.
pub(super) struct RequestCallsite {
    pub(super) metadata: Metadata<'static>,
}

impl Callsite for RequestCallsite {
    fn set_interest(&self, _: Interest) {}

    fn metadata(&self) -> &Metadata<'_> {
        &self.metadata
    }
}

pub(super) static REQUEST_CALLSITES: [RequestCallsite; 5] = [
    RequestCallsite {
        metadata: request_metadata(Level::TRACE, identify_callsite!(&REQUEST_CALLSITES[0])),
    },
    RequestCallsite {
        metadata: request_metadata(Level::DEBUG, identify_callsite!(&REQUEST_CALLSITES[1])),
    },
    RequestCallsite {
        metadata: request_metadata(Level::INFO, identify_callsite!(&REQUEST_CALLSITES[2])),
    },
    RequestCallsite {
        metadata: request_metadata(Level::WARN, identify_callsite!(&REQUEST_CALLSITES[3])),
    },
    RequestCallsite {
        metadata: request_metadata(Level::ERROR, identify_callsite!(&REQUEST_CALLSITES[4])),
    },
];

const fn request_metadata(level: Level, callsite: callsite::Identifier) -> Metadata<'static> {
    let fields = FieldSet::new(&[], callsite);
    Metadata::new("request", REQUEST_TARGET, level, None, None, None, fields, Kind::EVENT)
}
