//! The metrics of a database.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use ::metrics::{Counter, Gauge, Histogram};

use super::{Query, QueryGuard, factory::InstrumentFactory};
use crate::{
    Obs,
    metrics::GaugeGuard,
    names::{database, query_outcome},
};

/// Connections and queries of one pool of database connections, whatever the driver.
///
/// Clones are handles to the same.
///
/// ```
/// use obs_core::instruments::Database;
///
/// # async fn select(_: u64) -> Result<String, std::io::Error> { Ok("order".to_owned()) }
/// # async fn example() -> Result<(), std::io::Error> {
/// let database = Database::new("orders");
/// database.set_connections_max(20);
///
/// let _connection = database.connection(); // in use until it is dropped
/// let order = database.query("find_order", select(7)).await?;
/// # Ok(()) }
/// ```
///
/// | metric | labels | notes |
/// |---|---|---|
/// | `db_connections_active` | `pool` | [`connection`](Self::connection) or [`watch_connections`](Self::watch_connections) |
/// | `db_connections_max` | `pool` | [`set_connections_max`](Self::set_connections_max) |
/// | `db_query_duration_seconds` | `pool, operation` | [`QUERY_DURATION_BUCKETS`](crate::metrics::QUERY_DURATION_BUCKETS) |
/// | `db_queries_total` | `pool, operation, outcome` | `ok`, `error`, `cancelled`, `panic` |
#[derive(Clone, Debug)]
pub struct Database {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    factory: InstrumentFactory,
    pool: String,
    active: Active,
    max: Gauge,
    operations: RwLock<HashMap<&'static str, Arc<Operation>>>,
}

/// The gauge of connections in use.
#[derive(Debug)]
struct Active(Gauge);

/// What is recorded under one operation.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) duration: Histogram,
    ok: Counter,
    error: Counter,
    cancelled: Counter,
    panic: Counter,
}

/// How a query ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    Ok,
    Error,
    Cancelled,
    Panic,
}

// === impl Database ===

impl Database {
    /// The metrics of the pool of this name, in the process-wide default.
    #[must_use]
    pub fn new(pool: impl Into<String>) -> Self {
        Self::with_factory(InstrumentFactory::of_default(database::DEFAULT_NAMESPACE), pool.into())
    }

    /// The same in this instance.
    #[must_use]
    pub fn for_obs(obs: &Obs, pool: impl Into<String>) -> Self {
        Self::with_factory(InstrumentFactory::of(obs, database::DEFAULT_NAMESPACE), pool.into())
    }

    /// The same under other names: `postgres` gives `postgres_queries_total`, an empty text the bare
    /// `queries_total`. Defaults to `db`.
    #[must_use]
    pub fn namespace(self, namespace: impl AsRef<str>) -> Self {
        Self::with_factory(self.inner.factory.under(namespace.as_ref()), self.inner.pool.clone())
    }

    fn with_factory(factory: InstrumentFactory, pool: String) -> Self {
        factory.describe(&database::ALL);
        let active = Active(factory.gauge(&database::CONNECTIONS_ACTIVE, &[&pool]));
        let max = factory.gauge(&database::CONNECTIONS_MAX, &[&pool]);
        Self {
            inner: Arc::new(Inner {
                factory,
                pool,
                active,
                max,
                operations: RwLock::default(),
            }),
        }
    }

    /// Counts a connection as in use until the guard is dropped.
    pub fn connection(&self) -> GaugeGuard {
        GaugeGuard::new(self.inner.active.0.clone())
    }

    /// Sets the number of connections in use before each page, for pools that have a function for it.
    ///
    /// Use either this or [`connection`](Self::connection). Without effect where metrics go to another
    /// recorder, which has a page of its own.
    ///
    /// ```
    /// # #[derive(Clone)] struct Pool;
    /// # impl Pool { fn size(&self) -> u32 { 5 } fn num_idle(&self) -> u32 { 3 } }
    /// # let pool = Pool;
    /// let database = obs_core::instruments::Database::new("orders");
    /// database.watch_connections(move || pool.size().saturating_sub(pool.num_idle()));
    /// ```
    pub fn watch_connections(&self, active: impl Fn() -> u32 + Send + Sync + 'static) {
        let gauge = self.inner.active.0.clone();
        self.inner.factory.before_render(move || gauge.set(f64::from(active())));
    }

    /// Sets how many connections the pool may have open at once.
    pub fn set_connections_max(&self, max: u32) {
        self.inner.max.set(f64::from(max));
    }

    /// Runs a query and records how long it took and how it ended: dropped before its end it is
    /// `cancelled`. The time runs from the first poll on.
    ///
    /// `operation` names the purpose of the query (`find_order`), never its values.
    pub fn query<F, T, E>(&self, operation: &'static str, query: F) -> Query<F>
    where
        F: Future<Output = Result<T, E>>,
    {
        Query::new(self.operation(operation), query)
    }

    /// The same for a driver that blocks.
    ///
    /// # Errors
    ///
    /// Those of `query`.
    ///
    /// ```
    /// let database = obs_core::instruments::Database::new("orders");
    /// let found: Result<u32, std::io::Error> = database.query_blocking("count_orders", || Ok(3));
    /// assert_eq!(found?, 3);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn query_blocking<T, E>(&self, operation: &'static str, query: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let mut running = self.start(operation);
        running.if_dropped(Ended::Panic);
        running.finish(query())
    }

    /// Starts a query whose code can't be wrapped; the guard records its end.
    ///
    /// ```
    /// let database = obs_core::instruments::Database::new("orders");
    /// let query = database.start("find_order");
    /// // … the work …
    /// query.ok(); // or `error()`; a guard that is dropped was cancelled
    /// ```
    pub fn start(&self, operation: &'static str) -> QueryGuard {
        QueryGuard::new(self.operation(operation))
    }

    fn operation(&self, name: &'static str) -> Arc<Operation> {
        let known = &self.inner.operations;
        if let Some(operation) = known.read().unwrap_or_else(PoisonError::into_inner).get(name) {
            return Arc::clone(operation);
        }
        let mut known = known.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(
            known
                .entry(name)
                .or_insert_with(|| Arc::new(Operation::new(&self.inner, name))),
        )
    }
}

// === impl Operation ===

impl Operation {
    fn new(Inner { factory, pool, .. }: &Inner, name: &str) -> Self {
        let ended = |outcome| factory.counter(&database::QUERIES, &[pool, name, outcome]);
        Self {
            duration: factory.histogram(&database::QUERY_DURATION, &[pool, name]),
            ok: ended(query_outcome::OK),
            error: ended(query_outcome::ERROR),
            cancelled: ended(query_outcome::CANCELLED),
            panic: ended(query_outcome::PANIC),
        }
    }

    pub(super) fn counter(&self, ended: Ended) -> &Counter {
        match ended {
            Ended::Ok => &self.ok,
            Ended::Error => &self.error,
            Ended::Cancelled => &self.cancelled,
            Ended::Panic => &self.panic,
        }
    }
}
