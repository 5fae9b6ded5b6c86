//! Rules that most services need.
//!
//! [`essential`] gives three that suit any service, in one call. [`Standard`] is the set that a
//! [`Definition`](crate::definition::Definition) switches on for each service, with thresholds that
//! `obs.yaml` can change:
//!
//! | rule | fires when | for | severity |
//! |---|---|---|---|
//! | `HighErrorRate` | more than 5 % of the requests of 5 minutes fail | 2m | critical |
//! | `HighLatency` | the 99th percentile of 5 minutes is above 1 s | 5m | warning |
//! | `TrafficDrop` | less than 30 % of the requests of an hour before arrive | 10m | warning |
//! | `ServiceDown` | no instance of the service is scraped | 2m | critical |
//! | `InstanceDown` | an instance can't be scraped | 5m | warning |
//! | `HandlerPanics` | a handler has panicked | 1m | warning |
//! | `HighClientErrorRate` | more than 10 % of the calls of other services fail | 5m | warning |
//! | `DatabaseConnectionPoolExhausted` | more than 90 % of a pool's connections are in use | 2m | critical |
//! | `DatabaseQueryErrors` | more than 5 % of the queries of 5 minutes fail | 5m | warning |
//! | `CacheHitRatioLow` | the caches answer less than half of the look-ups of 15 minutes | 15m | warning |
//! | `FileDescriptorsLow` | more than 80 % of the file descriptors are in use | 10m | warning |
//! | `RuntimeSaturated` | more than 100 tasks wait for a worker | 5m | warning |
//! | `LogLinesDropped` | log lines were lost | 5m | warning |
//! | `LogRecordsDropped` | log records for the collector were lost | 5m | warning |
//! | `SpansDropped` | spans were lost | 5m | warning |
//! | `SeriesOverflow` | a metric has reached its cap of series | 5m | warning |

mod essential;
mod health;
mod resources;
mod standard;
mod traffic;

#[cfg(test)]
mod tests;

pub use essential::essential;
pub use standard::{Standard, Subject, UnknownRule};
