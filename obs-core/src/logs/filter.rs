//! Which events become lines, changeable at run time.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError, RwLock, Weak,
        atomic::{AtomicU8, Ordering},
    },
};

use tracing_core::{
    Callsite, Kind, Level, LevelFilter, Metadata, callsite,
    field::FieldSet,
    identify_callsite,
    span::{Attributes, Id, Record},
    subscriber::Interest,
};
use tracing_subscriber::{
    EnvFilter, Registry,
    layer::{Context, Filter},
};

use super::{parts::level_index, subscribers::Subscribers};
use crate::{names::log::REQUEST_TARGET, obs::InitError};

/// What code calls the directives.
const SETTING: &str = "log_filter";
/// What is logged when nothing was asked for.
const DEFAULT: &str = "info";

/// Holds the directives, and the filters that were made from them.
#[derive(Debug)]
pub(super) struct FilterControl {
    state: Mutex<State>,
    subscribers: Subscribers,
    /// For which levels the line of a request is written: a bit each, by [`level_index`].
    request_levels: AtomicU8,
}

#[derive(Debug)]
struct State {
    directives: String,
    filters: Vec<Weak<Slot>>,
}

/// The filter of one layer: filters that depend on spans keep the state of one subscriber.
type Slot = RwLock<Arc<EnvFilter>>;

/// A per-layer filter whose directives can be changed.
#[derive(Clone)]
pub(super) struct LogFilter {
    slot: Arc<Slot>,
}

// === impl FilterControl ===

impl FilterControl {
    /// Checks the directives; none or a blank one is `info`.
    pub(super) fn new(directives: Option<&str>) -> Result<Self, InitError> {
        let (directives, filter) = parse(SETTING, directives.unwrap_or_default())?;
        Ok(Self {
            state: Mutex::new(State { directives, filters: Vec::new() }),
            subscribers: Subscribers::default(),
            request_levels: AtomicU8::new(request_levels(&filter)),
        })
    }

    /// A layer to stand beside the filtered one, which learns what subscriber they are part of.
    pub(super) fn watch(&self) -> Subscribers {
        self.subscribers.clone()
    }

    /// A filter for one layer.
    pub(super) fn filter(&self) -> LogFilter {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // The directives were checked before, so the fallback is never taken.
        let filter = parse(SETTING, &state.directives).map_or_else(|_| EnvFilter::new(DEFAULT), |(_, filter)| filter);
        let slot = Arc::new(RwLock::new(Arc::new(filter)));
        state.filters.retain(|known| known.strong_count() > 0);
        state.filters.push(Arc::downgrade(&slot));
        LogFilter { slot }
    }

    /// Puts other directives in force, for all layers and for request lines.
    pub(super) fn set(&self, directives: &str) -> Result<(), InitError> {
        let (directives, filter) = parse(SETTING, directives)?;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for slot in state.filters.iter().filter_map(Weak::upgrade) {
            let (_, filter) = parse(SETTING, &directives)?;
            let mut current = slot.write().unwrap_or_else(PoisonError::into_inner);
            let _before = std::mem::replace(&mut *current, Arc::new(filter));
            drop(current);
        }
        self.request_levels.store(request_levels(&filter), Ordering::Relaxed);
        state.directives = directives;
        drop(state);
        self.subscribers.rebuild_interest();
        Ok(())
    }

    /// Whether the line of a request is written at this level.
    #[inline]
    pub(super) fn request_enabled(&self, level: Level) -> bool {
        self.request_levels.load(Ordering::Relaxed) & 1 << level_index(level) != 0
    }
}

/// Checks directives that `setting` gives.
///
/// # Errors
///
/// Says which directives are malformed, and where they are from.
pub(super) fn check_filter(setting: &'static str, directives: &str) -> Result<(), InitError> {
    parse(setting, directives).map(drop)
}

/// Checks directives; hands them back without blanks.
fn parse(setting: &'static str, given: &str) -> Result<(String, EnvFilter), InitError> {
    let directives = given.split(',').map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(",");
    let directives = if directives.is_empty() { DEFAULT.to_owned() } else { directives };
    let filter = EnvFilter::builder().parse(&directives).map_err(|error| {
        let expected = format!("directives such as \"info\" or \"warn,my_crate::db=debug\" ({error})");
        InitError::invalid(setting, given, expected)
    })?;
    Ok((directives, filter))
}

fn request_levels(filter: &EnvFilter) -> u8 {
    REQUEST_CALLSITES
        .iter()
        .map(|callsite| &callsite.metadata)
        .filter(|metadata| <EnvFilter as Filter<Registry>>::callsite_enabled(filter, metadata).is_always())
        .fold(0, |levels, metadata| levels | 1 << level_index(*metadata.level()))
}

// === impl LogFilter ===

impl LogFilter {
    /// Asks the filter in place; `ask` must not run code of the application.
    #[inline]
    fn ask<R>(&self, ask: impl FnOnce(&EnvFilter) -> R) -> R {
        ask(&self.slot.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The filter itself, for calls that run `Debug` impls, which may log and come back here.
    fn current(&self) -> Arc<EnvFilter> {
        Arc::clone(&self.slot.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<S> Filter<S> for LogFilter {
    #[inline]
    fn enabled(&self, metadata: &Metadata<'_>, context: &Context<'_, S>) -> bool {
        self.ask(|filter| Filter::<S>::enabled(filter, metadata, context))
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        self.ask(|filter| Filter::<S>::callsite_enabled(filter, metadata))
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        self.ask(Filter::<S>::max_level_hint)
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        Filter::<S>::on_new_span(&*self.current(), attributes, id, context);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        Filter::<S>::on_record(&*self.current(), id, values, context);
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

/// Stands for the line of a request at one level when filters are asked.
struct RequestCallsite {
    metadata: Metadata<'static>,
}

impl Callsite for RequestCallsite {
    fn set_interest(&self, _: Interest) {}

    fn metadata(&self) -> &Metadata<'_> {
        &self.metadata
    }
}

static REQUEST_CALLSITES: [RequestCallsite; 5] = [
    RequestCallsite { metadata: request_metadata(Level::TRACE, identify_callsite!(&REQUEST_CALLSITES[0])) },
    RequestCallsite { metadata: request_metadata(Level::DEBUG, identify_callsite!(&REQUEST_CALLSITES[1])) },
    RequestCallsite { metadata: request_metadata(Level::INFO, identify_callsite!(&REQUEST_CALLSITES[2])) },
    RequestCallsite { metadata: request_metadata(Level::WARN, identify_callsite!(&REQUEST_CALLSITES[3])) },
    RequestCallsite { metadata: request_metadata(Level::ERROR, identify_callsite!(&REQUEST_CALLSITES[4])) },
];

const fn request_metadata(level: Level, callsite: callsite::Identifier) -> Metadata<'static> {
    let fields = FieldSet::new(&[], callsite);
    Metadata::new("request", REQUEST_TARGET, level, None, None, None, fields, Kind::EVENT)
}
