//! What one evaluation of all rules costs a real Prometheus: of 60 services with an endpoint and 2 objectives each,
//! over 7 days of samples that lie a minute apart.
//!
//! ```text
//! cargo run --release -p obs-tests --example rules_cost
//! cargo run --release -p obs-tests --example rules_cost -- FOLDER    # with the rules of another generator
//! ```
//!
//! It makes the samples (900 MB of text, for some minutes), starts Prometheus on them, and prints the time that its rules
//! took the last time. Needs Prometheus and promtool.
//!
//! December 2026, Prometheus 2.42, 2 cores that others use too: 1560 recording rules and 1200 alerts take 2.65 s, 1.98 s in
//! each minute. With each window computed from the counters, and with records that nobody read (2460), they took 3.71 s and
//! 2.90 s, for 8 series of each service only: that grows with endpoints, statuses and instances, which this does not.

#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a program for developers: it stamps samples, tells what it sees and ends when it can't go on"
)]

use std::{
    collections::BTreeMap,
    env,
    fmt::Write as _,
    fs::{self, File},
    io::{self, BufWriter, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use obs_alert::definition::Definition;
use obs_stack::output::Folder;
use obs_tests::{backends, net};
use serde_json::Value;

const SERVICES: usize = 60;
const ENDPOINTS: usize = 1;
const DAYS: u64 = 7;
const STEP: u64 = 60;
/// Samples of the time in which Prometheus starts.
const AHEAD: u64 = 40 * 60;
/// Within it each group is evaluated more than once.
const WATCHED: Duration = Duration::from_secs(5 * 60);

fn main() -> io::Result<()> {
    let place = tempfile::tempdir()?;
    let rules = match env::args().nth(1) {
        Some(folder) => PathBuf::from(folder),
        None => generate(place.path()),
    };
    let data = place.path().join("data");
    fill(place.path(), &data)?;
    let (addr, mut prometheus) = start(place.path(), &data, &rules)?;
    let told = watch(addr);
    prometheus.kill()?;
    prometheus.wait()?;
    println!("{told}");
    Ok(())
}

fn definition() -> String {
    let mut text = "version: 1\nteam: { name: shop }\nservices:\n".to_owned();
    for service in 0..SERVICES {
        let _ = writeln!(text, "  - name: service-{service}\n    endpoints:");
        for at in 0..ENDPOINTS {
            let _ = writeln!(text, "      - GET /catalogue-{at}/{{id}}");
        }
        text += "    slos:\n      - { name: promise-0, objective: 99.9, window: 7d }\n";
        text += "      - { name: promise-1, sli: latency, threshold: 300ms, objective: 98, window: 7d }\n";
    }
    text
}

/// The rules as they are generated now.
fn generate(place: &Path) -> PathBuf {
    let definition = Definition::parse(&definition(), "obs.yaml").expect("a definition");
    let folder = Folder::new(place.join("deploy"));
    folder
        .write(&obs_stack::prometheus::files(&definition))
        .expect("a folder");
    folder.path().to_owned()
}

/// Makes the blocks of a database from samples.
fn fill(place: &Path, data: &Path) -> io::Result<()> {
    let text = place.join("samples.txt");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs() / STEP * STEP;
    let mut file = BufWriter::new(File::create(&text)?);
    let series = series();
    let times: Vec<u64> = (now - DAYS * 86_400..=now + AHEAD)
        .step_by(usize::try_from(STEP).expect("small"))
        .collect();
    for (metric, all) in &series {
        writeln!(file, "# TYPE {metric} unknown")?;
        for (labels, grows) in all {
            for (at, time) in (1_u64..).zip(&times) {
                // A counter grows, a recorded rate stays.
                let value = if metric.contains(':') { grows / STEP } else { grows * at };
                writeln!(file, "{metric}{{{labels}}} {value} {time}")?;
            }
        }
    }
    writeln!(file, "# EOF")?;
    file.flush()?;
    let blocks = Command::new(backends::program("promtool"))
        .args(["tsdb", "create-blocks-from", "openmetrics"])
        .args([&text, data])
        .stdout(Stdio::null())
        .status()?;
    assert!(blocks.success(), "promtool made no blocks");
    fs::remove_file(text)
}

/// The series of all services: metric, labels, growth in each step.
fn series() -> BTreeMap<&'static str, Vec<(String, u64)>> {
    let mut series: BTreeMap<&'static str, Vec<(String, u64)>> = BTreeMap::new();
    for service in 0..SERVICES {
        let job = format!("job=\"service-{service}\"");
        for at in 0..ENDPOINTS {
            let of = format!("{job},instance=\"a:80\",method=\"GET\",endpoint=\"/catalogue-{at}/{{id}}\"");
            let mut add = |metric, labels: &str, grows| {
                series
                    .entry(metric)
                    .or_default()
                    .push((format!("{of},{labels}"), grows));
            };
            for (status, outcome, grows) in [("200", "ok", 6_000), ("500", "server_error", 6)] {
                add(
                    "http_requests_total",
                    &format!("status=\"{status}\",outcome=\"{outcome}\""),
                    grows,
                );
                add(
                    "http_request_duration_seconds_count",
                    &format!("status=\"{status}\""),
                    grows,
                );
                for le in ["0.3", "+Inf"] {
                    add(
                        "http_request_duration_seconds_bucket",
                        &format!("status=\"{status}\",le=\"{le}\""),
                        grows,
                    );
                }
            }
        }
        for slo in ["promise-0", "promise-1"] {
            for (metric, grows) in [
                ("slo:sli_bad_requests:rate5m", 60),
                ("slo:sli_counted_requests:rate5m", 18_000),
            ] {
                series
                    .entry(metric)
                    .or_default()
                    .push((format!("{job},slo=\"{slo}\""), grows));
            }
        }
    }
    series
}

fn start(place: &Path, data: &Path, rules: &Path) -> io::Result<(SocketAddr, Child)> {
    let addr = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
    let rules = fs::canonicalize(rules)?.join("prometheus/rules/*.yml");
    let config = place.join("prometheus.yml");
    // What is recorded now lies before the last of the samples.
    let config_text = format!(
        "global: {{ evaluation_interval: 30s }}\nstorage: {{ tsdb: {{ out_of_order_time_window: 2h }} }}\nrule_files: ['{}']\n",
        rules.display()
    );
    fs::write(&config, config_text)?;
    let child = Command::new(backends::program("prometheus"))
        .arg(format!("--config.file={}", config.display()))
        .arg(format!("--storage.tsdb.path={}", data.display()))
        .arg(format!("--web.listen-address={addr}"))
        .args(["--storage.tsdb.retention.time=400d", "--log.level=error"])
        .spawn()?;
    Ok((addr, child))
}

/// Waits until all groups were evaluated again and again, and tells what that took.
fn watch(addr: SocketAddr) -> String {
    let started = Instant::now();
    while started.elapsed() < WATCHED {
        thread::sleep(Duration::from_secs(1));
    }
    let answer = net::get(addr, "/api/v1/rules");
    let answer: Value = serde_json::from_slice(&answer.body).expect("an answer");
    let groups = answer["data"]["groups"].as_array().expect("groups");
    let (mut all, mut alerts, mut took, mut a_minute) = (0, 0, 0.0, 0.0);
    for group in groups {
        let seconds = group["evaluationTime"].as_f64().expect("a time");
        took += seconds;
        a_minute += seconds * 60.0 / group["interval"].as_f64().expect("an interval");
        let rules = group["rules"].as_array().expect("rules");
        all += rules.len();
        alerts += rules.iter().filter(|rule| rule["type"] == "alerting").count();
    }
    format!(
        "{} groups, {} recording rules, {alerts} alerts: one evaluation {took:.2} s, {a_minute:.2} s in each minute",
        groups.len(),
        all - alerts
    )
}
