//! The fixed texts of runbooks, by the subject of an alert.

use crate::subject::Subject;

/// The texts of a runbook about one subject.
#[derive(Clone, Copy, Debug)]
pub(super) struct Advice {
    /// What the alert means, in a sentence or two.
    pub(super) meaning: &'static str,
    /// What users and other services notice.
    pub(super) impact: &'static [&'static str],
    /// What to look at, in this order.
    pub(super) diagnosis: &'static [&'static str],
    /// What to do, the quickest first.
    pub(super) mitigation: &'static [&'static str],
}

// === impl Advice ===

impl Advice {
    /// The texts about a subject.
    pub(super) const fn on(subject: Subject) -> Self {
        match subject {
            Subject::Errors => ERRORS,
            Subject::Latency => LATENCY,
            Subject::Traffic => TRAFFIC,
            Subject::Absent => ABSENT,
            Subject::Panics => PANICS,
            Subject::Clients => CLIENTS,
            Subject::Pool => POOL,
            Subject::Queries => QUERIES,
            Subject::Caches => CACHES,
            Subject::FileDescriptors => FILE_DESCRIPTORS,
            Subject::Runtime => RUNTIME,
            Subject::LogLines => LOG_LINES,
            Subject::LogRecords => LOG_RECORDS,
            Subject::Spans => SPANS,
            Subject::Series => SERIES,
            Subject::Own => OWN,
        }
    }
}

const ERRORS: Advice = Advice {
    meaning: "Too many requests fail: the status is 5xx, the handler panics, or the response is incomplete. \
              Requests that their client cancelled do not count.",
    impact: &["Users see errors.", "The error budget is being spent."],
    diagnosis: &[
        "Is it one endpoint or all of them? See the table of endpoints on the dashboard.",
        "Which type of error? `panic` is a bug, `503` and `504` point to a dependency.",
        "Was something deployed just before? The dashboard marks deployments in blue.",
        "Read the log lines and traces of failed requests.",
        "Do calls of other services or database queries fail at the same time?",
    ],
    mitigation: &[
        "Roll back what was deployed just before.",
        "If a dependency is down, follow its runbook; shed or degrade requests that need it.",
        "If one endpoint is the cause and not essential, switch it off.",
    ],
};

const LATENCY: Advice = Advice {
    meaning: "Requests take too long, from their arrival to the last byte of the response.",
    impact: &[
        "Users wait, and some give up.",
        "Callers run into their timeouts and retry, which adds load.",
    ],
    diagnosis: &[
        "Is it one endpoint or all of them? See the latency by endpoint on the dashboard.",
        "Does the heatmap show one band that has moved, or a second, slow band?",
        "Follow a dot in the latency panel to its trace: which span takes most of the time?",
        "Are workers, database connections or a called service saturated?",
        "Did the rate of requests grow?",
    ],
    mitigation: &[
        "Roll back what was deployed just before.",
        "Add instances if processors or workers are busy.",
        "Limit or defer expensive requests.",
    ],
};

const TRAFFIC: Advice = Advice {
    meaning: "The rate of requests has changed a lot.",
    impact: &["Users may not reach the service at all, which no error ratio shows."],
    diagnosis: &[
        "Is there an ordinary reason: night, a holiday, the end of a campaign?",
        "Do the services in front of it, load balancers and DNS still send requests here?",
        "Has a certificate expired, or does a new release of a client call something else?",
        "Are all instances up?",
    ],
    mitigation: &[
        "Restore the path to the service: routing, DNS, certificates.",
        "Roll back what was deployed just before, in this service or in front of it.",
    ],
};

const ABSENT: Advice = Advice {
    meaning: "Prometheus can't scrape the metrics: instances are down or can't be reached.",
    impact: &[
        "Users see errors if the instances are down.",
        "The other alerts have no data of these instances and can't fire.",
    ],
    diagnosis: &[
        "What does Prometheus say about the target (Status, Targets)?",
        "Are the instances running, and what did they log last?",
        "Can the metrics page be fetched from where Prometheus runs?",
        "Is the page too large, too slow, or at another address than the configuration says?",
    ],
    mitigation: &[
        "Restart the instances, or roll back.",
        "If only the scrape fails, fix network policy, port or path; the service itself may be healthy.",
    ],
};

const PANICS: Advice = Advice {
    meaning: "A handler has panicked: there is a bug.",
    impact: &[
        "The request that triggered it has failed; other requests are not affected.",
        "The same input fails again.",
    ],
    diagnosis: &[
        "Find the log line of the request: `error` and `error_location` have the message and the place.",
        "The trace has the panic as an event, and the spans before it.",
        "Was something deployed just before?",
    ],
    mitigation: &[
        "Roll back if it is new and frequent.",
        "Fix the bug, with a test for the same input.",
    ],
};

const CLIENTS: Advice = Advice {
    meaning: "Too many calls of other services fail: no response, or a status of 400 or above.",
    impact: &["Requests that need these calls fail or are degraded."],
    diagnosis: &[
        "Which host? See the panels on calls of other services.",
        "`connect`, `dns`, `tls` and `timeout` are errors on the way, a status comes from the other service.",
        "Is that service's own alert firing?",
    ],
    mitigation: &[
        "Follow the runbook of the service that fails.",
        "Shed or degrade requests that need it until it is back.",
        "Roll back if the calls have changed.",
    ],
};

const POOL: Advice = Advice {
    meaning: "Database connection pool exhaustion: nearly all connections of the pool are in use, and requests \
              time out on database queries.",
    impact: &["Failed database writes.", "User-facing errors."],
    diagnosis: &[
        "Check for long-running queries: which operation has the highest duration on the dashboard?",
        "Are sessions blocked by a lock?",
        "Is there a leak? Then the number of connections in use does not fall with the rate of queries.",
        "Did the rate of requests grow, or does a new deployment query the database more?",
    ],
    mitigation: &[
        "Find long-running queries, and end those that are not essential.",
        "Identify and kill blocking sessions.",
        "Scale up the connection pool if needed, within the limit of the database for all instances together.",
    ],
};

const QUERIES: Advice = Advice {
    meaning: "Too many database queries fail.",
    impact: &[
        "Requests that need the data fail.",
        "Data may be lost where a request ignores the failure.",
    ],
    diagnosis: &[
        "Which operation fails? See the panels on databases.",
        "What does the database report: disk, replication, locks, permissions?",
        "Was a migration or a deployment made just before?",
    ],
    mitigation: &[
        "Roll back the migration or deployment.",
        "Fail over to a replica if the database itself has \
                                                             failed.",
    ],
};

const CACHES: Advice = Advice {
    meaning: "Too few look-ups of the caches are hits.",
    impact: &[
        "The load on the source behind the cache grows.",
        "Requests take longer.",
    ],
    diagnosis: &[
        "Was the cache emptied or restarted?",
        "Do evictions grow? Then the cache is too small.",
        "Did a deployment change the keys, so that old entries are not found?",
    ],
    mitigation: &[
        "Wait if the cache is filling again.",
        "Make the cache larger.",
        "Roll back a change of keys.",
    ],
};

const FILE_DESCRIPTORS: Advice = Advice {
    meaning: "The process is about to run out of file descriptors.",
    impact: &["At the limit no connection is accepted and no file can be opened."],
    diagnosis: &[
        "Does the number follow the rate of requests? If it only grows, something is never closed.",
        "Which sockets and files are they (`/proc/PID/fd`)?",
    ],
    mitigation: &[
        "Restart instances one by one to gain time.",
        "Raise the limit if the load is legitimate.",
    ],
};

const RUNTIME: Advice = Advice {
    meaning: "Tasks wait for a worker of the async runtime: processor time is exhausted, or the workers are \
              blocked.",
    impact: &["All requests of the instance take longer, including health checks."],
    diagnosis: &[
        "Are the workers busy? If not, they are blocked by a lock or by code that does not await.",
        "The rate of which endpoint grew, and what does it compute?",
        "Does the container have fewer cores than workers?",
    ],
    mitigation: &[
        "Add instances or processors.",
        "Move blocking code to `spawn_blocking`.",
    ],
};

const LOG_LINES: Advice = Advice {
    meaning: "Log lines were dropped: there were more than could be written, or writing failed.",
    impact: &[
        "Lost lines are missing when the next failure is investigated.",
        "Requests were not delayed.",
    ],
    diagnosis: &[
        "Lines of which level have increased?",
        "Is the disk full, or is standard output not read?",
    ],
    mitigation: &["Set a stricter log filter.", "Fix the target of the log lines."],
};

const LOG_RECORDS: Advice = Advice {
    meaning: "Log records could not be exported to the collector.",
    impact: &[
        "Lost lines are missing when the next failure is investigated.",
        "Requests were not delayed.",
    ],
    diagnosis: &[
        "Which reason? `queue_full`: too many; `too_large`: a single one exceeds the limit; `export_failed` and \
         `export_timeout`: the collector.",
        "Is the collector running, and what does it log?",
    ],
    mitigation: &["Fix or scale the collector.", "Log less, or sample."],
};

const SPANS: Advice = Advice {
    meaning: "Spans could not be exported to the collector.",
    impact: &["Traces are missing or have gaps.", "Requests were not delayed."],
    diagnosis: &[
        "Which reason? `queue_full`: too many; `too_large`: a single one exceeds the limit; `export_failed` and \
         `export_timeout`: the collector.",
        "Is the collector running, and what does it log?",
    ],
    mitigation: &["Fix or scale the collector.", "Sample less."],
};

const SERIES: Advice = Advice {
    meaning: "A metric has reached its limit of series: new series are counted in one overflow series.",
    impact: &[
        "Totals stay correct.",
        "Dashboards and alerts can't distinguish what is in the overflow series.",
    ],
    diagnosis: &[
        "Which metric? The label `metric` names it.",
        "Which of its labels has too many values: ids, paths, error messages?",
    ],
    mitigation: &[
        "Remove the label, or restrict its values to a fixed list.",
        "Raise the limit if all values are \
                                                                                intended.",
    ],
};

const OWN: Advice = Advice {
    meaning: "See the summary and description of the alert.",
    impact: &["Describe here what users notice."],
    diagnosis: &["Look at the value over time: since when is it high or low, and what changed then?"],
    mitigation: &["Describe here what helped."],
};
