//! The history of the process' metrics: the aggregates that rules and objectives use, over time.
//!
//! Each tick reads the registry once. The growth of each series since the tick before is added to the columns whose
//! selectors match it: a column is the running total of its series, which never decreases, whatever resets there are.
//! Totals are stored in four rings: for an hour every 10 seconds, for 3 days every 5 minutes, for 30 days every hour,
//! for 366 days every day; a column has only the rings that its windows need. Between two entries growth is
//! interpolated linearly.
//!
//! A ring's entry takes 4 bytes, or 8 once a column has grown by more than 2³² or by fractions. An
//! availability SLO over 30 days (two columns, three rings) takes 16 KiB: 1 000 of them, one for each route,
//! take 16 MiB with their series. One over 366 days takes 3 KiB more.
//!
//! How this differs from `rate()` and `increase()` of Prometheus: growth is the exact difference between the ends of
//! the window, where Prometheus extrapolates from the samples inside; and a series that appears has grown from zero,
//! where Prometheus doesn't count the first value. Both differ by the growth of one scrape interval at most, and
//! ratios are equal. As in Prometheus, a window that reaches back before the first tick contains less growth.

mod aggregate;
mod bounds;
mod change;
mod column;
mod ring;
mod save;
mod series;
mod series_matcher;
mod slab;
mod store;
mod subscriptions;

#[cfg(test)]
mod tests;

pub(crate) use {
    aggregate::{Aggregate, AggregateId},
    save::SavedHistory,
    series_matcher::{InvalidPattern, SeriesMatcher},
    store::History,
};
