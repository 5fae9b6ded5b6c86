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
    meaning: "Too many requests fail: they are answered with 5xx, their handler panics, or their answer breaks off. \
              Requests that their client gave up do not count.",
    impact: &["Users see errors.", "The error budget is being spent."],
    diagnosis: &[
        "Is it one endpoint or all of them? See the table of endpoints on the dashboard.",
        "Which type of error? `panic` is a bug, `503` and `504` point at what the service depends on.",
        "Was something deployed just before? The dashboard marks deployments in blue.",
        "Read the log lines and traces of failed requests.",
        "Do calls of other services or database queries fail at the same time?",
    ],
    mitigation: &[
        "Roll back what was deployed just before.",
        "If something the service depends on is down, follow its runbook; shed or degrade what needs it.",
        "If one endpoint is the cause and can be missed, switch it off.",
    ],
};

const LATENCY: Advice = Advice {
    meaning: "Requests take longer than promised, from their arrival to the last byte of the answer.",
    impact: &["Users wait, and some give up.", "Callers run into their timeouts and retry, which adds load."],
    diagnosis: &[
        "Is it one endpoint or all of them? See the latency by endpoint on the dashboard.",
        "Does the heatmap show one band that moved, or a second, slow band?",
        "Follow a dot in the latency panel to its trace: which span takes the time?",
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
    meaning: "The rate of requests is far from what it was.",
    impact: &["Users may not reach the service at all, which no error ratio shows."],
    diagnosis: &[
        "Is it night, a holiday, the end of a campaign?",
        "Do the services in front of it, load balancers and DNS still send requests here?",
        "Did a certificate end, or a client's release change what it calls?",
        "Are all instances up?",
    ],
    mitigation: &[
        "Restore the way to the service: routing, DNS, certificates.",
        "Roll back what was deployed just before, here or in front.",
    ],
};

const ABSENT: Advice = Advice {
    meaning: "Prometheus can't read the metrics: instances are down, or can't be reached.",
    impact: &[
        "Users see errors if the instances are down.",
        "Nothing else about these instances would be noticed: the other alerts are blind.",
    ],
    diagnosis: &[
        "What does Prometheus say about the target (Status, Targets)?",
        "Do the instances run, and what did they log last?",
        "Does the metrics page answer from where Prometheus runs?",
        "Is the page too large, too slow, or no longer where the configuration says?",
    ],
    mitigation: &[
        "Start the instances again, or roll back.",
        "If only the scrape fails, mend network policy, port or path; the service itself may be well.",
    ],
};

const PANICS: Advice = Advice {
    meaning: "A handler has panicked: a bug that its author did not expect to be possible.",
    impact: &["The request that met it has failed; others go on.", "The same input fails again."],
    diagnosis: &[
        "Find the line of the request: `panic_message` and `panic_location` say what and where.",
        "The trace has the panic as an event, and what led to it.",
        "Was something deployed just before?",
    ],
    mitigation: &["Roll back if it is new and frequent.", "Mend the bug, with a test that has the same input."],
};

const CLIENTS: Advice = Advice {
    meaning: "Too many calls of other services fail: no answer, or one from 400 on.",
    impact: &["Requests that need these calls fail or are degraded."],
    diagnosis: &[
        "Which host? See the panels on calls of other services.",
        "`connect`, `dns`, `tls` and `timeout` are about the way there, a status about the service that answers.",
        "Is that service's own alert firing?",
    ],
    mitigation: &[
        "Follow the runbook of the service that fails.",
        "Shed or degrade what needs it, until it is back.",
        "Roll back if the calls have changed.",
    ],
};

const POOL: Advice = Advice {
    meaning: "Database connection pool exhaustion: nearly all connections that the pool may have are in use, and \
              applications time out on database queries.",
    impact: &["Failed database writes.", "User-facing errors."],
    diagnosis: &[
        "Check for long-running queries: which operation has the highest duration on the dashboard?",
        "Are sessions blocked by a lock?",
        "Does a connection leak? Then the number in use does not fall when the rate of queries does.",
        "Did the rate of requests grow, or was something deployed that asks more of the database?",
    ],
    mitigation: &[
        "Check for long-running queries, and end those that can be missed.",
        "Identify and kill blocking sessions.",
        "Scale up the connection pool if needed, as far as the database allows: all instances together.",
    ],
};

const QUERIES: Advice = Advice {
    meaning: "Too many database queries fail.",
    impact: &["Requests that need the data fail.", "Data may be lost where a request hides the failure."],
    diagnosis: &[
        "Which operation fails? See the panels on databases.",
        "What does the database itself say: disk, replication, locks, permissions?",
        "Was a migration or a deployment made just before?",
    ],
    mitigation: &["Roll back the migration or deployment.", "Fail over to a replica if the database itself is unwell."],
};

const CACHES: Advice = Advice {
    meaning: "The caches answer too few look-ups.",
    impact: &["What stands behind the cache gets the load.", "Requests take longer."],
    diagnosis: &[
        "Was the cache emptied, or started anew?",
        "Do evictions grow? Then it is too small for what is asked of it.",
        "Did keys change with a deployment, so that nothing is found any more?",
    ],
    mitigation: &["Wait if it fills again.", "Make the cache larger.", "Roll back a change of keys."],
};

const FILE_DESCRIPTORS: Advice = Advice {
    meaning: "The process is about to run out of file descriptors.",
    impact: &["At the limit no connection is accepted and no file opened any more."],
    diagnosis: &[
        "Does the number follow the rate of requests, or does it only grow? Then something is not closed.",
        "What are they: sockets to whom, which files (`/proc/PID/fd`)?",
    ],
    mitigation: &["Restart instances one by one to gain time.", "Raise the limit if the load is honest."],
};

const RUNTIME: Advice = Advice {
    meaning: "Tasks wait for a worker of the async runtime: it is out of processor time, or its workers are blocked.",
    impact: &["All requests of the instance take longer, health checks among them."],
    diagnosis: &[
        "Are workers busy? If not, they are blocked: by a lock, or by code that does not await.",
        "Which endpoint's rate grew, and what does it compute?",
        "Does the container have less processor time than workers?",
    ],
    mitigation: &["Add instances or processors.", "Move what blocks to `spawn_blocking`."],
};

const LOG_LINES: Advice = Advice {
    meaning: "Log lines were dropped: more came than could be written, or the target could not be written to.",
    impact: &["What is lost is missing when the next failure is searched for.", "Requests were not held up."],
    diagnosis: &["Which level grew?", "Is the disk full, or does nobody read standard output?"],
    mitigation: &["Set a stricter log filter.", "Mend the target."],
};

const LOG_RECORDS: Advice = Advice {
    meaning: "Log records were made for the collector but not exported.",
    impact: &["What is lost is missing when the next failure is searched for.", "Requests were not held up."],
    diagnosis: &[
        "Which reason? `queue_full` is too much, `too_large` is one alone, `export_failed` and `export_timeout` are about the collector.",
        "Does the collector run, and what does it log?",
    ],
    mitigation: &["Mend or scale the collector.", "Log less, or sample."],
};

const SPANS: Advice = Advice {
    meaning: "Spans were ended but not exported.",
    impact: &["Traces are missing or have gaps.", "Requests were not held up."],
    diagnosis: &[
        "Which reason? `queue_full` is too much, `too_large` is one alone, `export_failed` and `export_timeout` are about the collector.",
        "Does the collector run, and what does it log?",
    ],
    mitigation: &["Mend or scale the collector.", "Sample less."],
};

const SERIES: Advice = Advice {
    meaning: "A metric has reached its cap of series: what is new goes to one overflow series.",
    impact: &["Totals stay right.", "Dashboards and alerts no longer tell apart what is in the overflow series."],
    diagnosis: &[
        "Which metric? It is in the label `metric`.",
        "Which of its labels has too many values: ids, paths, texts of errors?",
    ],
    mitigation: &["Take the label away, or its values from a closed list.", "Raise the cap if all values are meant."],
};

const OWN: Advice = Advice {
    meaning: "See what the alert says of itself.",
    impact: &["Write here who notices what."],
    diagnosis: &["Look at the value over time: since when, and what changed then?"],
    mitigation: &["Write here what helped."],
};
