//! Ready-made metrics of databases and caches, for any driver.
//!
//! ```
//! use obs_core::instruments::{Cache, Database};
//!
//! # async fn select(_: u64) -> Result<String, std::io::Error> { Ok("order".to_owned()) }
//! # async fn load() -> Result<String, std::io::Error> {
//! let database = Database::new("orders");
//! let cache = Cache::new("orders");
//! # let known: Option<String> = None;
//! let order = match cache.count(known) {
//!     Some(order) => order,
//!     None => database.query("find_order", select(7)).await?,
//! };
//! # Ok(order) }
//! ```
//!
//! | metric | type | unit | labels |
//! |---|---|---|---|
//! | `db_connections_active` | gauge | connections | `pool` |
//! | `db_connections_max` | gauge | connections | `pool` |
//! | `db_query_duration_seconds` | histogram | seconds | `pool, operation` |
//! | `db_queries_total` | counter | queries | `pool, operation, outcome` |
//! | `cache_hits_total` | counter | look-ups | `cache` |
//! | `cache_misses_total` | counter | look-ups | `cache` |
//! | `cache_evictions_total` | counter | entries | `cache` |
//! | `cache_errors_total` | counter | look-ups | `cache` |
//!
//! Make them once, after [`init`](crate::ObsBuilder::init), and clone them: what they record into is
//! looked up when they are made. A query inside a sampled request leaves an exemplar.

mod cache;
mod database;
mod factory;
mod query;
#[cfg(test)]
mod tests;

pub use cache::{Cache, CountLookup, Lookup};
pub use database::Database;
pub use query::{Query, QueryGuard};
