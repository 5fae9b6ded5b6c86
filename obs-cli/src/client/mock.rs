//! A server of a test.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// A request as it has arrived.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    /// Path and query.
    pub(crate) path: String,
    pub(crate) headers: Vec<String>,
}

/// A server that answers each request by a function, and closes the connection.
#[derive(Debug)]
pub(crate) struct Mock {
    /// Scheme, host and port.
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

// === impl Request ===

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find_map(|header| {
            let (key, value) = header.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

// === impl Mock ===

impl Mock {
    /// Answers by writing to the connection.
    pub(crate) fn raw(answer: impl Fn(&Request, &mut TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::<Mutex<Vec<Request>>>::default();
        let (seen, answer) = (Arc::clone(&requests), Arc::new(answer));
        thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                thread::spawn(move || {
                    let request = read(&stream);
                    seen.lock().unwrap().push(request.clone());
                    answer(&request, &mut stream);
                });
            }
        });
        Self { url, requests }
    }

    /// Answers with status, type and body.
    pub(crate) fn new(answer: impl Fn(&Request) -> (u16, &'static str, String) + Send + Sync + 'static) -> Self {
        Self::raw(move |request, stream| {
            let (status, content_type, body) = answer(request);
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status} X\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
            );
            let _ = stream.write_all((head + &body).as_bytes());
        })
    }

    /// A console at `/obs` that answers the paths of its API with data.
    pub(crate) fn console(answer: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self::new(move |request| {
            let path = request.path.strip_prefix("/obs/api/v1/");
            let data = path.and_then(|path| {
                if path == "session" {
                    Some("{}".to_owned())
                } else {
                    answer(path)
                }
            });
            match data {
                Some(data) => (200, "application/json", envelope(&data)),
                None => (
                    404,
                    "application/json",
                    problem("unknown", "there is nothing at this path"),
                ),
            }
        })
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

fn read(stream: &TcpStream) -> Request {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let first = lines.next().unwrap_or_default();
    Request {
        path: first.split(' ').nth(1).unwrap_or_default().to_owned(),
        headers: lines.take_while(|line| !line.is_empty()).collect(),
    }
}

/// An answer of a console with this data.
pub(crate) fn envelope(data: &str) -> String {
    format!(
        r#"{{"api":1,"service":{{"name":"shop","version":"1.2.0","environment":null,"instance":null}},"now":"2026-12-01T17:30:00.000Z","window":null,"left_out":[],"next":null,"data":{data}}}"#
    )
}

/// An answer of a console that refuses.
pub(crate) fn problem(code: &str, message: &str) -> String {
    format!(r#"{{"error":{{"code":"{code}","message":"{message}","parameter":null,"offset":null}}}}"#)
}
