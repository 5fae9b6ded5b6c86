//! An HTTP/1.1 client on a plain socket, which sends any bytes and closes the connection at any time.

use std::{
    io::{self, Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpStream},
    time::Duration,
};

use http::{HeaderMap, HeaderName, HeaderValue, header};
use socket2::SockRef;

use super::Response;
use crate::wait::DEADLINE;

/// One connection. Nothing is added to what the test sends, nothing is checked.
#[derive(Debug)]
pub struct H1Client {
    stream: TcpStream,
    /// Read from the socket and not yet taken.
    buffer: Vec<u8>,
}

/// Sends a GET on a connection of its own and reads the answer.
#[must_use]
#[track_caller]
pub fn get(addr: SocketAddr, path: &str) -> Response {
    request(addr, "GET", path, &[], "")
}

/// Sends a request on a connection of its own and reads the answer. `Host` and `Connection: close`
/// are added, and `Content-Length` when there is a body.
#[must_use]
#[track_caller]
pub fn request(
    addr: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl AsRef<[u8]>,
) -> Response {
    let body = body.as_ref();
    let length = body.len().to_string();
    let host = addr.to_string();
    let mut all = vec![("host", &*host), ("connection", "close")];
    all.extend(headers);
    if !body.is_empty() {
        all.push(("content-length", &length));
    }
    let head: String = all
        .iter()
        .map(|(name, value)| [name, ": ", value, "\r\n"].concat())
        .collect();
    let mut client = H1Client::open(addr);
    client.send([format!("{method} {path} HTTP/1.1\r\n{head}\r\n").as_bytes(), body].concat());
    client
        .response(method)
        .unwrap_or_else(|error| panic!("{method} {path}: {error}"))
}

// === impl H1Client ===

impl H1Client {
    /// Connects. Reads and writes that take longer than [`DEADLINE`] fail.
    #[must_use]
    #[track_caller]
    pub fn open(addr: SocketAddr) -> Self {
        Self::try_open(addr).expect("a server that listens")
    }

    /// [`open`](Self::open) to a server that may have stopped.
    ///
    /// # Errors
    ///
    /// If nothing listens there.
    pub fn try_open(addr: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&addr, DEADLINE)?;
        let client = Self {
            stream,
            buffer: Vec::new(),
        };
        client.set_timeout(DEADLINE);
        client.stream.set_nodelay(true).expect("a socket option");
        Ok(client)
    }

    /// How long a read or a write may take before it fails.
    pub fn set_timeout(&self, timeout: Duration) {
        self.stream
            .set_read_timeout(Some(timeout))
            .expect("a timeout above zero");
        self.stream
            .set_write_timeout(Some(timeout))
            .expect("a timeout above zero");
    }

    /// This end's address, which the server sees as its peer's.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.stream.local_addr().expect("a connected socket")
    }

    /// Sends `bytes` as they are.
    #[track_caller]
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes).expect("a server that reads");
    }

    /// Sends `bytes` as they are.
    ///
    /// # Errors
    ///
    /// When the server has closed the connection.
    pub fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.stream.write_all(bytes.as_ref())
    }

    /// Reads an answer's head, interim ones (1xx) too, and leaves its body to be read; the body and the
    /// trailers returned are empty.
    ///
    /// # Errors
    ///
    /// When the connection ends before, or what comes is no HTTP/1.1 head.
    pub fn head(&mut self) -> io::Result<Response> {
        let status_line = self.line()?;
        let status = status_line
            .strip_prefix("HTTP/1.1 ")
            .and_then(|rest| rest.get(..3)?.parse().ok())
            .ok_or_else(|| invalid(format!("status line {status_line:?}")))?;
        Ok(Response {
            status,
            headers: self.fields()?,
            body: Vec::new(),
            trailers: HeaderMap::new(),
        })
    }

    /// Reads exactly `count` bytes as they come, chunk sizes and all.
    ///
    /// # Errors
    ///
    /// When the connection ends before.
    pub fn raw(&mut self, count: usize) -> io::Result<Vec<u8>> {
        while self.buffer.len() < count {
            self.fill()?;
        }
        Ok(self.buffer.drain(..count).collect())
    }

    /// Reads the next final answer whole, to a request of `method`.
    ///
    /// # Errors
    ///
    /// When the connection ends before the answer, or it isn't HTTP/1.1.
    pub fn response(&mut self, method: &str) -> io::Result<Response> {
        let mut response = self.head()?;
        while response.status < 200 && response.status != 101 {
            response = self.head()?;
        }
        if method == "HEAD" || matches!(response.status, 101 | 204 | 304) {
            return Ok(response);
        }
        if response
            .headers
            .get(header::TRANSFER_ENCODING)
            .is_some_and(|coding| coding == "chunked")
        {
            while let Some(chunk) = self.chunk()? {
                response.body.extend(chunk);
            }
            response.trailers = self.fields()?;
        } else if let Some(length) = response.headers.get(header::CONTENT_LENGTH) {
            let length = length.to_str().ok().and_then(|length| length.parse().ok());
            response.body = self.raw(length.ok_or_else(|| invalid("content-length"))?)?;
        } else {
            response.body = self.rest()?;
        }
        Ok(response)
    }

    /// Reads one chunk of a chunked body; `None` is the last one, after which the trailers follow.
    ///
    /// # Errors
    ///
    /// When the connection ends before, or the framing is wrong.
    pub fn chunk(&mut self) -> io::Result<Option<Vec<u8>>> {
        let line = self.line()?;
        let size = usize::from_str_radix(&line, 16).map_err(|_| invalid(format!("chunk size {line:?}")))?;
        if size == 0 {
            return Ok(None);
        }
        let chunk = self.raw(size)?;
        if self.raw(2)? != b"\r\n" {
            return Err(invalid("chunk without its line end"));
        }
        Ok(Some(chunk))
    }

    /// Reads until the server closes the connection.
    ///
    /// # Errors
    ///
    /// When the server resets it instead, or keeps it open.
    pub fn rest(&mut self) -> io::Result<Vec<u8>> {
        self.stream.read_to_end(&mut self.buffer)?;
        Ok(std::mem::take(&mut self.buffer))
    }

    /// Ends this side of the conversation (FIN) and keeps reading.
    pub fn half_close(&self) {
        // Fails only when the server was first.
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// Closes the connection (FIN; a RST when something came that was not read).
    pub fn close(self) {
        drop(self);
    }

    /// Vanishes: the server gets a RST.
    pub fn abort(self) {
        SockRef::from(&self.stream)
            .set_linger(Some(Duration::ZERO))
            .expect("a socket option");
        drop(self);
    }

    /// Header or trailer fields up to the empty line.
    fn fields(&mut self) -> io::Result<HeaderMap> {
        let mut fields = HeaderMap::new();
        loop {
            let line = self.line()?;
            if line.is_empty() {
                return Ok(fields);
            }
            let (name, value) = line
                .split_once(':')
                .ok_or_else(|| invalid(format!("header {line:?}")))?;
            let name = HeaderName::try_from(name).map_err(invalid)?;
            fields.append(name, HeaderValue::try_from(value.trim()).map_err(invalid)?);
        }
    }

    fn line(&mut self) -> io::Result<String> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\r\n") {
                let line = self.raw(end + 2)?;
                return String::from_utf8(line[..end].to_vec()).map_err(invalid);
            }
            self.fill()?;
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        let mut bytes = [0; 8192];
        match self.stream.read(&mut bytes)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            read => {
                self.buffer.extend_from_slice(&bytes[..read]);
                Ok(())
            }
        }
    }
}

fn invalid(what: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
