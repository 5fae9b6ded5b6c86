//! What a page lacks.

use std::fmt;

use obs_alert::definition::{Definition, Service};

use super::{Page, demand, promql::Reads};

/// A metric or bucket that files ask for and a page has not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absent {
    metric: String,
    /// The bucket, and those that there are.
    bucket: Option<(String, Vec<String>)>,
    asked_by: String,
}

/// What the files of `service` ask for and its page has not.
#[must_use]
pub fn absent(definition: &Definition, service: &Service, page: &Page) -> Vec<Absent> {
    let mut absent: Vec<Absent> = Vec::new();
    for (Reads { metric, le }, asked_by) in demand::of_service(definition, service) {
        let bucket = match le {
            _ if !page.has(&metric) => None,
            Some(le) if !page.has_bucket(&metric, &le) => {
                Some((le, page.buckets(&metric).into_iter().map(str::to_owned).collect()))
            }
            _ => continue,
        };
        if absent.iter().all(|other| other.metric != metric || other.bucket != bucket) {
            absent.push(Absent { metric, bucket, asked_by });
        }
    }
    absent
}

impl fmt::Display for Absent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { metric, bucket, asked_by } = self;
        match bucket {
            None => write!(
                f,
                "{metric} is not on the page, but {asked_by} reads it: mend the definition's namespace, convention or \
                 parts, or send the service the traffic that makes it"
            ),
            Some((le, there)) => write!(
                f,
                "{metric} has no bucket le=\"{le}\", but {asked_by} reads it (there are {}): give the service the \
                 bounds of its definition",
                there.join(", ")
            ),
        }
    }
}
