//! Which events become lines, changeable at run time.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError, RwLock, Weak,
        atomic::{AtomicU8, Ordering},
    },
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
    EnvFilter, Registry,
    filter::ParseError,
    layer::{Context, Filter},
};

use super::{duplicates, parts::level_index, subscribers::Subscribers};
use crate::{
    formatting::within_depth,
    names::{log::REQUEST_TARGET, target},
};

/// What code calls the directives.
const SETTING: &str = "log_filter";
/// The default filter.
const DEFAULT: &str = "info";

/// Directives that can be read.
#[derive(Debug)]
pub(super) struct Directives {
    /// Without blanks.
    text: String,
    filter: EnvFilter,
    /// What of them can't be meant.
    oddities: Vec<String>,
}

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
    /// The most verbose level that layers beside this one take.
    beside: LevelFilter,
}

// === impl FilterControl ===

impl FilterControl {
    pub(super) fn new(directives: Directives) -> Self {
        let Directives {
            text,
            filter,
            oddities: _,
        } = directives;
        Self {
            state: Mutex::new(State {
                directives: text,
                filters: Vec::new(),
            }),
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
    /// Over a bare registry, tracing-subscriber takes the most verbose level of the outermost layer for that of all: the
    /// filter of lines would filter the spans that are exported too.
    pub(super) fn filter(&self, beside: LevelFilter) -> LogFilter {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // The directives were checked before, so the fallback is never taken.
        let filter = parse(&state.directives).unwrap_or_else(|_| EnvFilter::new(DEFAULT));
        let slot = Arc::new(RwLock::new(Arc::new(filter)));
        state.filters.retain(|known| known.strong_count() > 0);
        state.filters.push(Arc::downgrade(&slot));
        LogFilter { slot, beside }
    }

    /// Puts other directives in force, for all layers and for request lines.
    pub(super) fn set(&self, directives: &str) -> Result<(), InitError> {
        let Directives { text, filter, oddities } = Directives::read(SETTING, directives)?;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for slot in state.filters.iter().filter_map(Weak::upgrade) {
            // They were read before.
            let filter = parse(&text).unwrap_or_else(|_| EnvFilter::new(DEFAULT));
            let mut current = slot.write().unwrap_or_else(PoisonError::into_inner);
            let _before = std::mem::replace(&mut *current, Arc::new(filter));
            drop(current);
        }
        self.request_levels.store(request_levels(&filter), Ordering::Relaxed);
        state.directives = text;
        drop(state);
        self.subscribers.rebuild_interest();
        for oddity in oddities {
            tracing::warn!(target: target::OBS, "{oddity}");
        }
        Ok(())
    }

    /// Whether the line of a request is written at this level.
    #[inline]
    pub(super) fn request_enabled(&self, level: Level) -> bool {
        self.request_levels.load(Ordering::Relaxed) & 1 << level_index(level) != 0
    }
}

// === impl Directives ===

impl Directives {
    /// Reads directives that `setting` gives; none or blank ones are `info`. If they have something that can't be
    /// meant, they let warnings of obs through, so that this can be told.
    ///
    /// # Errors
    ///
    /// Says which directives are malformed, and where they are from.
    pub(super) fn read(setting: &'static str, given: &str) -> Result<Self, InitError> {
        let parts: Vec<_> = given
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .collect();
        let mut text = if parts.is_empty() {
            DEFAULT.to_owned()
        } else {
            parts.join(",")
        };
        let refused = |error: ParseError| {
            let expected = format!("directives such as \"info\" or \"warn,my_crate::db=debug\" ({error})");
            InitError::invalid(setting, given, expected)
        };
        let mut filter = parse(&text).map_err(refused)?;
        let mut oddities = oddities(&parts, &filter);
        if parts.is_empty() && !given.trim().is_empty() {
            oddities.push(format!("no directive, so {DEFAULT} is taken"));
        }
        if !oddities.is_empty() && !is_heard(&parts) {
            text = format!("{text},{}=warn", target::OBS);
            filter = parse(&text).map_err(refused)?;
        }
        let oddities = oddities
            .into_iter()
            .map(|oddity| format!("{setting} is {given:?}: {oddity}"))
            .collect();
        Ok(Self { text, filter, oddities })
    }

    /// The directives that are probably mistakes, for a warning.
    pub(super) fn oddities(&self) -> &[String] {
        &self.oddities
    }
}

impl Default for Directives {
    fn default() -> Self {
        Self {
            text: DEFAULT.to_owned(),
            filter: EnvFilter::new(DEFAULT),
            oddities: Vec::new(),
        }
    }
}

fn parse(directives: &str) -> Result<EnvFilter, ParseError> {
    EnvFilter::builder().parse(directives)
}

fn level(part: &str) -> Option<LevelFilter> {
    part.parse().ok()
}

/// Words that are no level, targets that no module has, and filters that let nothing through.
fn oddities(parts: &[&str], filter: &EnvFilter) -> Vec<String> {
    let mut oddities = Vec::new();
    for part in parts.iter().filter(|part| level(part).is_none()) {
        let target = part.split(['=', '[']).next().unwrap_or_default();
        if !part.contains(['=', '[', ':']) {
            oddities.push(format!(
                "{part:?} is no level (off, error, warn, info, debug or trace), it stands for the events of a target of \
                 that name alone"
            ));
        } else if target.contains('-') {
            oddities.push(format!(
                "the target {target:?} has a hyphen, those of modules have underscores"
            ));
        }
    }
    let is_silent = <EnvFilter as Filter<Registry>>::max_level_hint(filter) == Some(LevelFilter::OFF);
    if is_silent && !parts.iter().any(|part| level(part) == Some(LevelFilter::OFF)) {
        oddities.push(
            "nothing is logged: targets that are not named need a level of their own, as in info,hyper=off".to_owned(),
        );
    }
    oddities
}

/// Whether these directives let warnings of obs through or say something about them.
fn is_heard(parts: &[&str]) -> bool {
    let says =
        |part: &&str| part.starts_with(target::OBS) || level(part).is_some_and(|level| level >= LevelFilter::WARN);
    parts.is_empty() || parts.iter().any(says)
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
    /// Calls `ask` with the current filter; it must not run code of the application.
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
        let is_enabled = self.ask(|filter| Filter::<S>::enabled(filter, metadata, context));
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
        interest
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.ask(Filter::<S>::max_level_hint)?.max(self.beside))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn odd(given: &str) -> Vec<String> {
        Directives::read("RUST_LOG", given).unwrap().oddities
    }

    #[test]
    fn what_can_be_meant_is_not_told() {
        for good in [
            "",
            " ",
            "info",
            "WARN",
            "3",
            "off",
            "info,hyper=off",
            "my_crate::db",
            "shop=debug,warn",
            "[span]=info",
        ] {
            assert_eq!(odd(good), Vec::<String>::new(), "{good}");
        }
    }

    #[test]
    fn a_word_that_is_no_level_is_told_with_the_levels() {
        for bad in ["verbose", "warning", "all", "info,verbose", "9"] {
            let warning = odd(bad).concat();
            assert!(
                warning.starts_with(&format!("RUST_LOG is {bad:?}: ")) && warning.contains("warn, info, debug"),
                "{warning}"
            );
        }
    }

    #[test]
    fn directives_that_let_nothing_through_or_no_module_has_are_told() {
        assert!(odd("hyper=off").concat().contains("info,hyper=off"));
        assert!(odd("my-crate=debug").concat().contains("underscores"));
        assert!(odd(" , ").concat().contains("info is taken"));
    }

    #[test]
    fn what_is_told_can_be_heard() {
        for (given, expected) in [
            ("verbose", "verbose,obs=warn"),
            ("error,verbose", "error,verbose,obs=warn"),
            ("info,verbose", "info,verbose"),
            ("obs=off,verbose", "obs=off,verbose"),
            ("error", "error"),
        ] {
            assert_eq!(Directives::read("RUST_LOG", given).unwrap().text, expected);
        }
    }
}
