//! Against real sockets, through the whole pipeline.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::mpsc::{self, Receiver, Sender},
    thread,
    time::{Duration, Instant},
};

use obs_base::{ServiceInfo, environment::Env};
use opentelemetry::KeyValue;
use opentelemetry_sdk::trace::SpanData;

use super::testing::{Counts, span};
use crate::{Budget, CodeSettings, Exporter, ExporterConfig, Otlp, OtlpSettings, start_spans};

/// Far longer than anything in these tests takes.
const LONG: Duration = Duration::from_secs(60);
const SHUTDOWN: Duration = Duration::from_millis(500);

/// What a collector does with a connection.
#[derive(Clone, Copy, Debug)]
enum Mode {
    /// Takes what it gets.
    Well,
    /// Accepts, and never says a word.
    BlackHole,
    /// Has no time.
    Busy,
    /// Speaks something else.
    Garbage,
    /// Refuses by its head what is larger, and hangs up before it has read it.
    AtMost(usize),
}

/// One request that a collector got.
#[derive(Debug)]
struct Got {
    request_line: String,
    headers: String,
    body: Vec<u8>,
}

/// A collector on a port of its own, and what it gets.
fn collector(mode: Mode) -> (SocketAddr, Receiver<Got>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (address, collect(listener, mode))
}

fn collect(listener: TcpListener, mode: Mode) -> Receiver<Got> {
    let (sender, got) = mpsc::channel();
    thread::spawn(move || {
        let mut held = Vec::new();
        for connection in listener.incoming().map_while(Result::ok) {
            if let Mode::BlackHole = mode {
                held.push(connection);
                continue;
            }
            let sender = sender.clone();
            // A connection that breaks off is the other side's affair.
            thread::spawn(move || drop(serve(connection, mode, &sender)));
        }
    });
    got
}

fn serve(mut connection: TcpStream, mode: Mode, got: &Sender<Got>) -> io::Result<()> {
    let mut reader = BufReader::new(connection.try_clone()?);
    loop {
        let (head, length) = read_head(&mut reader)?;
        if let Mode::AtMost(most) = mode
            && length > most
        {
            connection
                .write_all(b"HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")?;
            connection.shutdown(std::net::Shutdown::Write)?;
            // As servers do, so that what they have said is not lost.
            return io::copy(&mut reader, &mut io::sink()).map(drop);
        }
        let request = read_request(&mut reader, &head, length)?;
        let _ = got.send(request);
        connection.write_all(match mode {
            Mode::Busy => b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n",
            Mode::Garbage => b"\x00\xffSSH-2.0-nonsense\r\n\r\n",
            Mode::Well | Mode::BlackHole | Mode::AtMost(_) => b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
        })?;
    }
}

/// The head of a request, and how long its body is.
fn read_head(reader: &mut BufReader<TcpStream>) -> io::Result<(String, usize)> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    let lower = head.to_ascii_lowercase();
    let length = lower
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .unwrap()
        .parse()
        .unwrap();
    Ok((head, length))
}

fn read_request(reader: &mut BufReader<TcpStream>, head: &str, length: usize) -> io::Result<Got> {
    let (request_line, headers) = head.split_once("\r\n").unwrap();
    let headers = headers.to_ascii_lowercase();
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Got {
        request_line: request_line.to_owned(),
        headers,
        body,
    })
}

/// An exporter to this URL.
fn exporting(url: &str, set: &[(&str, &str)]) -> (Exporter<SpanData>, Counts) {
    let env = |name: &str| {
        set.iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| (*value).to_owned())
    };
    let counts = Counts::default();
    let mut otlp = OtlpSettings::default();
    otlp.set(Otlp::new().endpoint(url));
    let service = ServiceInfo {
        attributes: vec![("team".to_owned(), "blue".to_owned())],
        ..ServiceInfo::default()
    };
    let config = ExporterConfig {
        service: &service,
        budget: &Budget::default(),
        code: CodeSettings {
            otlp: &otlp,
            ..CodeSettings::default()
        },
        env: Env::without_notices(&env),
        recorder: &counts,
    };
    (start_spans(&config, |span| span).unwrap().unwrap(), counts)
}

fn http(address: SocketAddr) -> String {
    format!("http://{address}")
}

/// Ends a span of this name.
fn record(exporter: &Exporter<SpanData>, name: &str) {
    exporter.push(span(name));
}

fn contains(body: &[u8], text: &str) -> bool {
    body.windows(text.len()).any(|part| part == text.as_bytes())
}

/// A port on which nobody listens.
fn absent() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// Shuts down a pipeline whose spans can't get out, in time.
fn shuts_down_in_time(exporter: &Exporter<SpanData>) {
    let began = Instant::now();
    assert!(!exporter.shutdown(SHUTDOWN));
    let took = began.elapsed();
    assert!(took < SHUTDOWN + Duration::from_millis(500), "{took:?}");
}

#[cfg(feature = "http")]
mod over_http {
    use super::*;

    fn starts_and_ends() {
        let (address, got) = collector(Mode::Well);
        let (exporter, _) = exporting(&http(address), &[]);
        record(&exporter, "x");
        assert!(exporter.flush(LONG) && exporter.shutdown(LONG));
        assert!(contains(&got.recv_timeout(LONG).unwrap().body, "x"));
    }

    #[test]
    fn spans_arrive_with_the_resource() {
        let (address, got) = collector(Mode::Well);
        let (exporter, counts) = exporting(&http(address), &[]);
        record(&exporter, "GET /orders/{id}");
        assert!(exporter.flush(LONG));
        let got = got.recv_timeout(LONG).unwrap();
        assert_eq!(got.request_line, "POST /v1/traces HTTP/1.1");
        assert!(
            got.headers.contains("content-type: application/x-protobuf\r\n"),
            "{}",
            got.headers
        );
        assert!(
            !got.headers.contains("traceparent"),
            "the exporter's own requests are not traced"
        );
        for text in ["GET /orders/{id}", "service.name", "team", "blue", "telemetry.sdk.name"] {
            assert!(contains(&got.body, text), "{text}");
        }
        assert!(exporter.shutdown(LONG));
        assert_eq!(counts.total(), 0);
    }

    #[test]
    fn shutdown_flushes() {
        let (address, got) = collector(Mode::Well);
        let (exporter, _) = exporting(&http(address), &[]);
        record(&exporter, "last words");
        assert!(exporter.shutdown(LONG));
        assert!(contains(&got.recv_timeout(LONG).unwrap().body, "last words"));
    }

    #[tokio::test]
    async fn it_starts_and_ends_inside_a_current_thread_runtime() {
        starts_and_ends();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn it_starts_and_ends_inside_a_multi_thread_runtime() {
        starts_and_ends();
    }

    #[test]
    fn an_absent_collector_costs_spans_only() {
        let (exporter, counts) = exporting(&http(absent()), &[]);
        record(&exporter, "x");
        assert!(!exporter.flush(LONG));
        assert_eq!((counts.get("export_failed"), counts.total()), (1, 1));
        assert!(exporter.shutdown(LONG), "nothing waits");
    }

    #[test]
    fn an_absent_collector_does_not_hold_up_shutdown() {
        let (exporter, counts) = exporting(&http(absent()), &[]);
        record(&exporter, "x");
        shuts_down_in_time(&exporter);
        assert_eq!(counts.total(), 1);
    }

    #[test]
    fn a_black_hole_does_not_hold_up_shutdown() {
        let (address, _got) = collector(Mode::BlackHole);
        let (exporter, counts) = exporting(&http(address), &[]);
        record(&exporter, "x");
        shuts_down_in_time(&exporter);
        assert_eq!(counts.settled("shutdown", 1), (1, 1));
    }

    #[test]
    fn a_black_hole_costs_the_export_timeout() {
        let (address, _got) = collector(Mode::BlackHole);
        let (exporter, counts) = exporting(&http(address), &[("OTEL_BSP_EXPORT_TIMEOUT", "50")]);
        record(&exporter, "x");
        assert!(!exporter.flush(LONG));
        assert_eq!((counts.get("export_timeout"), counts.total()), (1, 1));
    }

    #[test]
    fn a_full_queue_costs_spans_only() {
        let (address, _got) = collector(Mode::BlackHole);
        let small = [
            ("OTEL_BSP_MAX_QUEUE_SIZE", "10"),
            ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "5"),
        ];
        let (exporter, counts) = exporting(&http(address), &small);
        (0..100).for_each(|_| record(&exporter, "x"));
        // Five at most are on their way, ten wait.
        assert!(
            (85..=90).contains(&counts.get("queue_full")),
            "{}",
            counts.get("queue_full")
        );
        shuts_down_in_time(&exporter);
        assert_eq!(counts.total(), 100);
    }

    #[test]
    fn a_busy_collector_is_asked_again_and_then_given_up() {
        let (address, got) = collector(Mode::Busy);
        let (exporter, counts) = exporting(&http(address), &[]);
        record(&exporter, "x");
        assert!(!exporter.flush(LONG));
        assert_eq!((counts.get("export_failed"), counts.total()), (1, 1));
        assert!(got.try_iter().count() > 1, "a collector that restarts costs no spans");
    }

    #[test]
    fn a_message_whose_size_is_refused_before_it_is_read_is_sent_in_halves() {
        let (address, got) = collector(Mode::AtMost(1 << 20));
        let (exporter, counts) = exporting(&http(address), &[]);
        for _ in 0..8 {
            let attributes = (0..100)
                .map(|n| KeyValue::new(format!("part.{n}"), "x".repeat(4_000)))
                .collect();
            exporter.push(SpanData {
                attributes,
                ..span("large")
            });
        }
        assert!(exporter.flush(LONG));
        let sizes: Vec<_> = got.try_iter().map(|got| got.body.len()).collect();
        assert!(
            sizes.iter().sum::<usize>() > 8 * 400_000 && sizes.iter().all(|size| *size <= 1 << 20),
            "{sizes:?}"
        );
        assert_eq!(counts.total(), 0);
    }

    #[test]
    fn garbage_costs_spans_only() {
        let (address, _got) = collector(Mode::Garbage);
        let (exporter, counts) = exporting(&http(address), &[]);
        record(&exporter, "x");
        assert!(!exporter.flush(LONG));
        assert_eq!((counts.get("export_failed"), counts.total()), (1, 1));
    }

    #[test]
    fn a_collector_that_comes_back_gets_the_next_spans() {
        let address = absent();
        let (exporter, counts) = exporting(&http(address), &[]);
        record(&exporter, "too early");
        assert!(!exporter.flush(LONG));
        let got = collect(TcpListener::bind(address).unwrap(), Mode::Well);
        record(&exporter, "in time");
        assert!(exporter.flush(LONG));
        assert!(contains(&got.recv_timeout(LONG).unwrap().body, "in time"));
        assert_eq!(counts.total(), 1);
    }
}

#[cfg(feature = "grpc")]
mod over_grpc {
    use super::*;

    const GRPC: [(&str, &str); 1] = [("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")];

    fn starts_and_ends() {
        let (exporter, _) = exporting(&http(absent()), &GRPC);
        record(&exporter, "x");
        shuts_down_in_time(&exporter);
    }

    #[test]
    fn an_absent_collector_costs_spans_only() {
        let (exporter, counts) = exporting(&http(absent()), &GRPC);
        record(&exporter, "x");
        assert!(!exporter.flush(LONG));
        assert_eq!((counts.get("export_failed"), counts.total()), (1, 1));
    }

    #[test]
    fn a_black_hole_does_not_hold_up_shutdown() {
        let (address, _got) = collector(Mode::BlackHole);
        let (exporter, counts) = exporting(&http(address), &GRPC);
        record(&exporter, "x");
        shuts_down_in_time(&exporter);
        assert_eq!(counts.settled("shutdown", 1), (1, 1));
    }

    #[tokio::test]
    async fn it_starts_and_ends_inside_a_current_thread_runtime() {
        starts_and_ends();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn it_starts_and_ends_inside_a_multi_thread_runtime() {
        starts_and_ends();
    }
}
