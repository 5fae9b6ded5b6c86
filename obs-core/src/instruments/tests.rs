//! Databases and caches.

use std::{
    future::{Ready, pending, ready},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::{Context, Poll, Waker},
};

use super::*;
use crate::{
    Obs,
    metrics::{Format, QUERY_DURATION_BUCKETS, ValueSnapshot},
};

fn instance() -> Obs {
    Obs::builder("test").log_writer(std::io::sink()).build().unwrap()
}

/// The samples whose names begin so, without the buckets and what time it took.
fn page(obs: &Obs, prefix: &str) -> Vec<String> {
    let page = String::from_utf8(obs.registry().render(Format::Text)).unwrap();
    let is_wanted = |line: &&str| line.starts_with(prefix) && !line.contains("_bucket{") && !line.contains("_sum{");
    page.lines().filter(is_wanted).map(str::to_owned).collect()
}

fn poll<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

fn answer(result: Result<u32, &'static str>) -> Ready<Result<u32, &'static str>> {
    ready(result)
}

#[test]
fn each_query_is_counted_once_by_how_it_ended() {
    let obs = instance();
    let database = Database::for_obs(&obs, "orders");
    assert_eq!(poll(database.query("find", answer(Ok(7)))), Poll::Ready(Ok(7)));
    assert_eq!(
        poll(database.query("find", answer(Err("gone")))),
        Poll::Ready(Err("gone"))
    );
    assert!(poll(database.query("find", pending::<Result<(), ()>>())).is_pending());
    let panicking = database.query("find", async { panic!("a bug in the driver") as Result<(), ()> });
    assert!(catch_unwind(AssertUnwindSafe(|| poll(panicking))).is_err());
    let expected = [
        "db_connections_active{pool=\"orders\"} 0",
        "db_connections_max{pool=\"orders\"} 0",
        "db_queries_total{operation=\"find\",outcome=\"cancelled\",pool=\"orders\"} 1",
        "db_queries_total{operation=\"find\",outcome=\"error\",pool=\"orders\"} 1",
        "db_queries_total{operation=\"find\",outcome=\"ok\",pool=\"orders\"} 1",
        "db_queries_total{operation=\"find\",outcome=\"panic\",pool=\"orders\"} 1",
        "db_query_duration_seconds_count{operation=\"find\",pool=\"orders\"} 4",
    ];
    assert_eq!(page(&obs, "db_"), expected);
}

#[test]
fn a_query_that_was_never_polled_is_none() {
    let obs = instance();
    drop(Database::for_obs(&obs, "orders").query("find", answer(Ok(7))));
    assert_eq!(
        page(&obs, "db_query_duration"),
        ["db_query_duration_seconds_count{operation=\"find\",pool=\"orders\"} 0"]
    );
}

#[test]
fn queries_that_block_are_counted_the_same() {
    let obs = instance();
    let database = Database::for_obs(&obs, "orders");
    assert_eq!(database.query_blocking("find", || Ok::<_, ()>(7)), Ok(7));
    assert_eq!(database.query_blocking("find", || Err::<(), _>("gone")), Err("gone"));
    let panics = || database.query_blocking("find", || panic!("a bug in the driver") as Result<(), ()>);
    assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
    database.start("find").ok();
    database.start("find").error();
    drop(database.start("find"));
    let counts: Vec<_> = page(&obs, "db_queries")
        .iter()
        .map(|line| line[line.len() - 1..].to_owned())
        .collect();
    assert_eq!(counts, ["1", "2", "2", "1"], "cancelled, error, ok, panic");
}

#[test]
fn a_connection_is_active_until_its_guard_is_dropped() {
    let obs = instance();
    let database = Database::for_obs(&obs, "orders");
    database.set_connections_max(20);
    let (first, second) = (database.connection(), database.clone().connection());
    assert_eq!(
        page(&obs, "db_connections_active"),
        ["db_connections_active{pool=\"orders\"} 2"]
    );
    drop((first, second));
    let expected = [
        "db_connections_active{pool=\"orders\"} 0",
        "db_connections_max{pool=\"orders\"} 20",
    ];
    assert_eq!(page(&obs, "db_connections"), expected);
}

#[test]
fn a_pool_that_tells_is_asked_before_each_page() {
    let obs = instance();
    let in_use = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(3));
    let of_pool = std::sync::Arc::clone(&in_use);
    Database::for_obs(&obs, "orders").watch_connections(move || of_pool.load(std::sync::atomic::Ordering::Relaxed));
    assert_eq!(
        page(&obs, "db_connections_active"),
        ["db_connections_active{pool=\"orders\"} 3"]
    );
    in_use.store(5, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(
        page(&obs, "db_connections_active"),
        ["db_connections_active{pool=\"orders\"} 5"]
    );
}

#[test]
fn queries_have_buckets_of_their_own() {
    let obs = instance();
    Database::for_obs(&obs, "orders")
        .namespace("postgres")
        .start("find")
        .ok();
    let families = obs.registry().snapshot();
    let family = families
        .iter()
        .find(|family| family.name == "postgres_query_duration_seconds")
        .unwrap();
    let ValueSnapshot::Histogram(histogram) = &family.series[0].value else {
        panic!("{family:?}")
    };
    let bounds: Vec<_> = histogram.buckets.iter().map(|bucket| bucket.upper_bound).collect();
    assert_eq!(bounds[..bounds.len() - 1], QUERY_DURATION_BUCKETS);
}

#[test]
fn an_empty_namespace_gives_the_bare_names() {
    let obs = instance();
    drop(Database::for_obs(&obs, "orders").namespace("").connection());
    Cache::for_obs(&obs, "prices").namespace("").hit();
    assert_eq!(
        page(&obs, "connections_active"),
        ["connections_active{pool=\"orders\"} 0"]
    );
    assert_eq!(page(&obs, "hits_total"), ["hits_total{cache=\"prices\"} 1"]);
}

#[test]
fn look_ups_are_hits_misses_or_errors() {
    let obs = instance();
    let cache = Cache::for_obs(&obs, "prices");
    assert_eq!(cache.count(Some(3)), Some(3));
    assert_eq!(cache.count(None::<u32>), None);
    assert_eq!(cache.count(Ok::<_, ()>(Some(3))), Ok(Some(3)));
    assert_eq!(
        poll(cache.lookup(ready(Err::<Option<u32>, _>("unreachable")))),
        Poll::Ready(Err("unreachable"))
    );
    assert!(poll(cache.lookup(pending::<Option<u32>>())).is_pending());
    cache.evicted(2);
    let expected = [
        "cache_errors_total{cache=\"prices\"} 1",
        "cache_evictions_total{cache=\"prices\"} 2",
        "cache_hits_total{cache=\"prices\"} 2",
        "cache_misses_total{cache=\"prices\"} 1",
    ];
    assert_eq!(page(&obs, "cache_"), expected);
}

#[test]
fn sets_are_handles_that_threads_share() {
    fn shared<T: Send + Sync + Clone>() {}
    shared::<Database>();
    shared::<Cache>();
}
