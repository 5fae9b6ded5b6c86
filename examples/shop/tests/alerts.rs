//! What `shop --fail` promises: an alert within half a minute, where the command line says.
#![expect(clippy::unwrap_used, reason = "helpers of tests are not seen as test code")]

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

/// A shop, which ends with the test.
struct Shop(Child);

impl Drop for Shop {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn shop(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shop"));
    command.args(["--port", "0", "--logs", "json"]).args(args);
    command.env_remove("RUST_LOG").env_remove("OTEL_EXPORTER_OTLP_ENDPOINT");
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Receives one notification; the connection is closed after it.
fn receive(stream: TcpStream) -> Value {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    reader
        .get_mut()
        .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        .unwrap();
    serde_json::from_slice(&body).unwrap()
}

#[test]
fn an_alert_reaches_a_webhook_within_half_a_minute() {
    let receiver = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", receiver.local_addr().unwrap());
    let (told, notifications) = mpsc::channel();
    thread::spawn(move || {
        for stream in receiver.incoming() {
            // The test has ended when nobody listens any more.
            if told.send(receive(stream.unwrap())).is_err() {
                return;
            }
        }
    });
    let started = Instant::now();
    let _shop = Shop(shop(&["--fail", "50", "--webhook", &url]).spawn().unwrap());
    let alert = loop {
        let left = Duration::from_secs(30).saturating_sub(started.elapsed());
        let notification = notifications.recv_timeout(left).unwrap();
        if notification["groupLabels"]["alertname"] == "CheckoutFails" {
            break notification["alerts"][0].clone();
        }
    };
    assert_eq!(alert["status"], "firing");
    assert_eq!(alert["labels"]["service"], "storefront");
    assert_eq!(alert["labels"]["severity"], "critical");
    assert_eq!(alert["annotations"]["summary"], "Checkouts fail");
    assert_eq!(
        alert["annotations"]["runbook_url"],
        "https://runbooks.example.com/shop/checkoutfails"
    );
    assert!(
        alert["annotations"]["description"]
            .as_str()
            .unwrap()
            .contains("% of the checkouts fail"),
        "{alert}"
    );
}

#[test]
fn an_address_that_is_none_is_refused_at_the_start() {
    for (flag, url) in [("--webhook", "pager"), ("--alertmanager", "ftp://alertmanager")] {
        let output = shop(&[flag, url, "--rate", "0"])
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && told.starts_with("shop: "), "{told}");
    }
}
