//! The database of orders. There is none; it takes its time like one.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use obs_axum::obs_core::{Obs, instruments::Database};
use tokio::{sync::Semaphore, time::sleep};

use crate::{
    failure::Failure,
    model::{CENTS_PER_ITEM, Order},
};

/// Orders below this number were placed before the shop opened today.
const FIRST_ORDER: u64 = 1_000;
/// Connections that may be open at once.
const CONNECTIONS: u8 = 5;

/// All orders.
#[derive(Clone, Debug)]
pub(crate) struct OrderBook {
    next_id: Arc<AtomicU64>,
    pool: Arc<Semaphore>,
    /// `db_queries_total` and its companions, whatever the driver.
    database: Database,
}

// === impl OrderBook ===

impl OrderBook {
    pub(crate) fn new(obs: &Obs) -> Self {
        let database = Database::for_obs(obs, "orders");
        database.set_connections_max(CONNECTIONS.into());
        Self {
            next_id: Arc::new(AtomicU64::new(FIRST_ORDER)),
            pool: Arc::new(Semaphore::new(CONNECTIONS.into())),
            database,
        }
    }

    /// # Errors
    ///
    /// If there is no such order.
    pub(crate) async fn find(&self, id: u64) -> Result<Order, Failure> {
        let query = async {
            sleep(Duration::from_millis(1)).await;
            Ok((id < self.next_id.load(Ordering::Relaxed)).then(|| {
                let items = id % 5;
                Order {
                    id,
                    items,
                    amount_cents: items * CENTS_PER_ITEM,
                }
            }))
        };
        // Nothing found is a result; an error is a query that failed.
        self.query("find_order", query).await?.ok_or(Failure::NotFound)
    }

    /// Writes an order down.
    ///
    /// # Errors
    ///
    /// If the database is closed.
    pub(crate) async fn add(&self, items: u64, amount_cents: u64) -> Result<Order, Failure> {
        let query = async {
            sleep(Duration::from_millis(2)).await;
            Ok(Order {
                id: self.next_id.fetch_add(1, Ordering::Relaxed),
                items,
                amount_cents,
            })
        };
        self.query("insert_order", query).await
    }

    async fn query<T>(
        &self,
        operation: &'static str,
        query: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let _permit = self.pool.acquire().await.map_err(|_| Failure::DatabaseClosed)?;
        let _connection = self.database.connection();
        self.database.query(operation, query).await
    }
}
