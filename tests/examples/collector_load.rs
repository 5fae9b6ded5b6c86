//! Full speed against a collector that takes connections and never answers, beside the same service
//! without an exporter: throughput, and memory.
//!
//! ```text
//! cargo run --release -p obs-tests --example collector_load -- --seconds 60
//! ```
//!
//! Both services and their clients share this process and its cores, and take turns of some seconds,
//! so that both see the same machine. `--seconds` is the time of each of the two; the program ends
//! with code 1 if memory grows by 20 MiB or throughput falls by more than 5 % (`--check false` only
//! tells).

#![expect(
    clippy::cast_precision_loss,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a program for developers: it tells what it sees and ends when it can't go on"
)]

use std::{
    env,
    net::SocketAddr,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use axum::{Router, routing::get};
use obs_axum::ObsLayer;
use obs_core::{Obs, logs::LogFormat};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    runtime::Runtime,
};

const CONNECTIONS: usize = 32;
const TURN: Duration = Duration::from_secs(3);
const WARM_UP: Duration = Duration::from_secs(3);
const MOST_BYTES: u64 = 20 << 20;
const LEAST_SHARE: f64 = 0.95;
const REQUEST: &[u8] = b"GET /users/7 HTTP/1.1\r\nhost: shop.example\r\nuser-agent: load/1.0\r\n\r\n";

/// A service that listens, and how its clients fared.
struct Subject {
    name: &'static str,
    addr: SocketAddr,
    obs: Obs,
    requests: u64,
    time: Duration,
}

// === impl Subject ===

impl Subject {
    async fn start(name: &'static str, endpoint: Option<String>) -> Self {
        let builder = Obs::builder(name)
            .log_format(LogFormat::Json)
            .log_writer(std::io::sink());
        let builder = match endpoint {
            Some(endpoint) => builder.otlp_endpoint(endpoint),
            None => builder,
        };
        let obs = builder.build().expect("valid settings");
        let app = Router::new()
            .route("/users/{id}", get(async || "hello"))
            .layer(ObsLayer::new().obs(&obs));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port on loopback");
        let addr = listener.local_addr().expect("a bound socket");
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self {
            name,
            addr,
            obs,
            requests: 0,
            time: Duration::ZERO,
        }
    }

    /// Sends requests at full speed for that long.
    async fn turn(&mut self, time: Duration) {
        let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let began = Instant::now();
        let clients: Vec<_> = (0..CONNECTIONS)
            .map(|_| tokio::spawn(client(self.addr, Arc::clone(&stop), Arc::clone(&done))))
            .collect();
        tokio::time::sleep(time).await;
        stop.store(true, Relaxed);
        for client in clients {
            client.await.expect("a client that does not panic");
        }
        self.time += began.elapsed();
        self.requests += done.load(Relaxed);
    }

    fn per_second(&self) -> f64 {
        self.requests as f64 / self.time.as_secs_f64()
    }

    fn forget(&mut self) {
        (self.requests, self.time) = (0, Duration::ZERO);
    }

    fn lost(&self) -> Vec<String> {
        let page = obs_tests::page::text_of(self.obs.registry());
        page.lines()
            .filter(|line| line.starts_with("obs_spans_dropped_total"))
            .map(str::to_owned)
            .collect()
    }
}

/// One connection: a request, its answer, the next.
async fn client(addr: SocketAddr, stop: Arc<AtomicBool>, done: Arc<AtomicU64>) {
    let mut stream = TcpStream::connect(addr).await.expect("the service listens");
    stream.set_nodelay(true).expect("a socket option");
    let mut buffer = vec![0; 4_096];
    while !stop.load(Relaxed) {
        stream.write_all(REQUEST).await.expect("the service reads");
        let mut read = 0;
        while !buffer[..read].ends_with(b"hello") {
            let more = stream.read(&mut buffer[read..]).await.expect("the service answers");
            assert!(more > 0, "the service has hung up");
            read += more;
        }
        done.fetch_add(1, Relaxed);
    }
}

/// A collector that accepts, reads a little, and never answers.
async fn black_hole() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port on loopback");
    let addr = listener.local_addr().expect("a bound socket");
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((connection, _)) = listener.accept().await {
            held.push(connection);
        }
    });
    format!("http://{addr}")
}

/// Bytes of this process that are in memory; 0 where the system doesn't tell.
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) * 1_024
}

/// The value after `name` on the command line.
fn argument(name: &str) -> Option<String> {
    env::args().skip_while(|argument| argument != name).nth(1)
}

async fn run(seconds: u64) -> (f64, u64) {
    let mut without = Subject::start("without", None).await;
    let mut with = Subject::start("black-holed", Some(black_hole().await)).await;
    let before = resident_bytes();
    for subject in [&mut without, &mut with] {
        subject.turn(WARM_UP).await;
        subject.forget();
    }
    let warm = resident_bytes();
    while with.time < Duration::from_secs(seconds) {
        without.turn(TURN).await;
        with.turn(TURN).await;
    }
    let after = resident_bytes();
    for subject in [&without, &with] {
        println!(
            "{:>12}: {:9.0} requests/s in {:5.1?}",
            subject.name,
            subject.per_second(),
            subject.time
        );
    }
    let share = with.per_second() / without.per_second();
    println!("  throughput: {:.1} % of that without an exporter", share * 100.0);
    println!(
        "      memory: {:.1} MiB at the start, {:.1} warm, {:.1} at the end",
        before as f64 / 1_048_576.0,
        warm as f64 / 1_048_576.0,
        after as f64 / 1_048_576.0
    );
    println!("        lost: {}", with.lost().join("\n              "));
    let began = Instant::now();
    let ended = with.obs.shutdown(Duration::from_secs(2));
    println!(
        "    shutdown: {:.2?}, {}",
        began.elapsed(),
        ended.map_or_else(|error| error.to_string(), |()| "done".into())
    );
    (share, after.saturating_sub(before))
}

fn main() -> ExitCode {
    let seconds = argument("--seconds").map_or(60, |seconds| seconds.parse().expect("--seconds with a number"));
    let (share, grown) = Runtime::new().expect("a runtime").block_on(run(seconds));
    let checks = argument("--check").is_none_or(|check| check != "false");
    if checks && (share < LEAST_SHARE || grown >= MOST_BYTES) {
        println!("FAILED: at least {LEAST_SHARE} of the throughput and less than {MOST_BYTES} bytes more are wanted");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
