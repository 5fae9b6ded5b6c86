//! The metrics of a cache.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use ::metrics::Counter;

use super::factory::InstrumentFactory;
use crate::{Obs, names::cache};

/// Hits, misses and evictions of one cache, in the process or elsewhere.
///
/// Clones are handles to the same.
///
/// ```
/// use std::collections::HashMap;
///
/// use obs_core::instruments::Cache;
///
/// let cache = Cache::new("prices");
/// let mut prices = HashMap::from([("tea", 3)]);
/// let price = cache.count(prices.get("tea")); // a hit
/// assert_eq!(price, Some(&3));
/// prices.remove("tea");
/// cache.evicted(1);
/// ```
///
/// | metric | labels | notes |
/// |---|---|---|
/// | `cache_hits_total` | `cache` | |
/// | `cache_misses_total` | `cache` | |
/// | `cache_evictions_total` | `cache` | [`evicted`](Self::evicted) |
/// | `cache_errors_total` | `cache` | look-ups that failed: neither hits nor misses |
#[derive(Clone, Debug)]
pub struct Cache {
    factory: InstrumentFactory,
    name: String,
    hits: Counter,
    misses: Counter,
    evictions: Counter,
    errors: Counter,
}

/// What a look-up gives: an [`Option`], or a [`Result`] with one. Sealed.
pub trait Lookup: sealed::Sealed {
    /// Whether something was found; `None` if the look-up failed.
    #[doc(hidden)]
    fn found(&self) -> Option<bool>;
}

pin_project_lite::pin_project! {
    /// A look-up as a future; made by [`Cache::lookup`].
    #[derive(Debug)]
    #[must_use = "a look-up does nothing until it is awaited"]
    pub struct CountLookup<F> {
        #[pin]
        lookup: F,
        cache: Cache,
    }
}

mod sealed {
    pub trait Sealed {}

    impl<T> Sealed for Option<T> {}
    impl<T, E> Sealed for Result<Option<T>, E> {}
}

// === impl Cache ===

impl Cache {
    /// The metrics of the cache of this name, in the process-wide default.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self::with_factory(InstrumentFactory::of_default(cache::DEFAULT_NAMESPACE), name.into())
    }

    /// The same in this instance.
    #[must_use]
    pub fn for_obs(obs: &Obs, name: impl Into<String>) -> Self {
        Self::with_factory(InstrumentFactory::of(obs, cache::DEFAULT_NAMESPACE), name.into())
    }

    /// The same under other names: `redis` gives `redis_hits_total`, an empty text the bare
    /// `hits_total`. Defaults to `cache`.
    #[must_use]
    pub fn namespace(self, namespace: impl AsRef<str>) -> Self {
        Self::with_factory(self.factory.under(namespace.as_ref()), self.name)
    }

    fn with_factory(factory: InstrumentFactory, name: String) -> Self {
        factory.describe(&cache::ALL);
        let counter = |def| factory.counter(def, &[&name]);
        let [hits, misses, evictions, errors] = cache::ALL.each_ref().map(counter);
        Self {
            factory,
            name,
            hits,
            misses,
            evictions,
            errors,
        }
    }

    /// Counts what a look-up gave, and hands it on.
    pub fn count<L: Lookup>(&self, answer: L) -> L {
        match answer.found() {
            Some(true) => self.hit(),
            Some(false) => self.miss(),
            None => self.errors.increment(1),
        }
        answer
    }

    /// Counts what an asynchronous look-up gives. One that is dropped before its end counts nowhere.
    ///
    /// ```
    /// # async fn get(_: &str) -> Result<Option<u32>, std::io::Error> { Ok(None) }
    /// # async fn example() -> Result<(), std::io::Error> {
    /// let cache = obs_core::instruments::Cache::new("prices");
    /// let price = cache.lookup(get("tea")).await?;
    /// # Ok(()) }
    /// ```
    pub fn lookup<F>(&self, lookup: F) -> CountLookup<F>
    where
        F: Future<Output: Lookup>,
    {
        CountLookup {
            lookup,
            cache: self.clone(),
        }
    }

    /// Counts a look-up that found something.
    pub fn hit(&self) {
        self.hits.increment(1);
    }

    /// Counts a look-up that found nothing.
    pub fn miss(&self) {
        self.misses.increment(1);
    }

    /// Counts entries that the cache evicted.
    pub fn evicted(&self, entries: u64) {
        self.evictions.increment(entries);
    }
}

// === impl CountLookup ===

impl<F: Future<Output: Lookup>> Future for CountLookup<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let answer = ready!(this.lookup.poll(cx));
        Poll::Ready(this.cache.count(answer))
    }
}

// === impl Lookup ===

impl<T> Lookup for Option<T> {
    fn found(&self) -> Option<bool> {
        Some(self.is_some())
    }
}

impl<T, E> Lookup for Result<Option<T>, E> {
    fn found(&self) -> Option<bool> {
        self.as_ref().ok().map(Option::is_some)
    }
}
