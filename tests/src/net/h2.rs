//! An HTTP/2 client (prior knowledge) that can reset streams and lose its connection.

use std::{fmt, net::SocketAddr, time::Duration};

use bytes::Bytes;
use h2::{
    Reason, RecvStream, SendStream,
    client::{ResponseFuture, SendRequest},
};
use http::{HeaderMap, Request};
use socket2::{SockRef, Socket};
use tokio::{net::TcpStream, task::JoinHandle, time::timeout};

use super::Response;
use crate::{background::Background, wait::DEADLINE};

/// One connection; its streams run side by side.
#[derive(Debug)]
pub struct H2Client {
    sender: SendRequest<Bytes>,
    connection: JoinHandle<Result<(), h2::Error>>,
    /// The same socket once more, to reset it; it must go before the connection is closed.
    socket: Socket,
    local_addr: SocketAddr,
    background: Background,
}

/// One request and its answer.
pub struct H2Stream {
    response: Option<ResponseFuture>,
    request_body: SendStream<Bytes>,
    body: Option<RecvStream>,
    handle: tokio::runtime::Handle,
}

// === impl H2Client ===

impl H2Client {
    /// Connects and shakes hands.
    #[must_use]
    #[track_caller]
    pub fn open(addr: SocketAddr) -> Self {
        let background = Background::start("h2-client", 1);
        let (sender, connection, socket, local_addr) = background.run(async move {
            let stream = TcpStream::connect(addr).await.expect("a server that listens");
            stream.set_nodelay(true).expect("a socket option");
            let socket = SockRef::from(&stream)
                .try_clone()
                .expect("a second handle of the socket");
            let local_addr = stream.local_addr().expect("a connected socket");
            let (sender, connection) = h2::client::handshake(stream).await.expect("a server that speaks h2");
            (sender, tokio::spawn(connection), socket, local_addr)
        });
        Self {
            sender,
            connection,
            socket,
            local_addr,
            background,
        }
    }

    /// This end's address, which the server sees as its peer's.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Sends a request without a body; its URI must be absolute (`http://host/path`).
    ///
    /// # Errors
    ///
    /// When the connection is closed or the request is none that HTTP/2 can carry.
    pub fn send(&self, request: Request<()>) -> Result<H2Stream, h2::Error> {
        self.start(request, true)
    }

    /// Sends a request's head; the body follows by [`H2Stream::send_data`].
    ///
    /// # Errors
    ///
    /// When the connection is closed or the request is none that HTTP/2 can carry.
    pub fn send_head(&self, request: Request<()>) -> Result<H2Stream, h2::Error> {
        self.start(request, false)
    }

    /// GETs `http://localhost{path}` and reads the answer whole.
    ///
    /// # Errors
    ///
    /// When the server resets the stream or the connection.
    pub fn get(&self, path: &str) -> Result<Response, h2::Error> {
        let request = Request::get(format!("http://localhost{path}"))
            .body(())
            .expect("a path");
        self.send(request)?.response()
    }

    /// Sends GOAWAY without an error, then closes the connection. There must be no open streams.
    pub fn close(self) {
        let Self {
            sender,
            connection,
            socket,
            local_addr: _,
            background,
        } = self;
        drop((sender, socket));
        background.run(async move {
            // An error here is the server's goodbye.
            let _ = timeout(DEADLINE, connection).await;
        });
    }

    /// Vanishes with all its streams: the server gets a TCP RST.
    pub fn abort(self) {
        let Self {
            sender: _,
            connection,
            socket,
            local_addr: _,
            background,
        } = self;
        socket.set_linger(Some(Duration::ZERO)).expect("a socket option");
        connection.abort();
        background.run(async move {
            // Cancelled, as asked; after that the connection's own handle of the socket is closed.
            let _ = connection.await;
        });
        drop(socket);
    }

    fn start(&self, request: Request<()>, end: bool) -> Result<H2Stream, h2::Error> {
        let sender = self.sender.clone();
        let (response, request_body) = self.background.run(async move {
            let mut sender = within(sender.ready()).await?;
            sender.send_request(request, end)
        })?;
        let handle = self.background.handle().clone();
        Ok(H2Stream {
            response: Some(response),
            request_body,
            body: None,
            handle,
        })
    }
}

// === impl H2Stream ===

impl H2Stream {
    /// Sends a piece of the request's body.
    ///
    /// # Errors
    ///
    /// When the stream is closed.
    pub fn send_data(&mut self, data: impl Into<Bytes>, end: bool) -> Result<(), h2::Error> {
        self.request_body.send_data(data.into(), end)
    }

    /// Waits for the answer's head; the body and the trailers returned are empty.
    ///
    /// # Errors
    ///
    /// When the server resets the stream or the connection.
    pub fn head(&mut self) -> Result<Response, h2::Error> {
        let response = self.response.take().expect("the head was not read yet");
        let (head, body) = self.run(within(response))?.into_parts();
        self.body = Some(body);
        Ok(Response {
            status: head.status.as_u16(),
            headers: head.headers,
            body: Vec::new(),
            trailers: HeaderMap::new(),
        })
    }

    /// Waits for the next piece of the answer's body; `None` at its end.
    ///
    /// # Errors
    ///
    /// When the server resets the stream or the connection.
    pub fn data(&mut self) -> Result<Option<Bytes>, h2::Error> {
        let mut body = self.body.take().expect("the head was read");
        let (body, data) = self.run(async move {
            let data = within(body.data()).await.transpose();
            if let Ok(Some(data)) = &data {
                // The window is as large as the test wants it: what was read is free again.
                let _ = body.flow_control().release_capacity(data.len());
            }
            (body, data)
        });
        self.body = Some(body);
        data
    }

    /// Reads the whole answer.
    ///
    /// # Errors
    ///
    /// When the server resets the stream or the connection.
    pub fn response(mut self) -> Result<Response, h2::Error> {
        let mut response = self.head()?;
        while let Some(data) = self.data()? {
            response.body.extend_from_slice(&data);
        }
        let mut body = self.body.take().expect("the head was read");
        response.trailers = self
            .run(async move { within(body.trailers()).await })?
            .unwrap_or_default();
        Ok(response)
    }

    /// Gives the stream up: the server gets `RST_STREAM` with `reason`, the connection stays.
    pub fn reset(mut self, reason: Reason) {
        self.request_body.send_reset(reason);
    }

    fn run<T: Send + 'static>(&self, future: impl Future<Output = T> + Send + 'static) -> T {
        let (sender, receiver) = std::sync::mpsc::channel();
        self.handle.spawn(async move {
            // Nobody to tell: the caller panicked.
            let _ = sender.send(future.await);
        });
        receiver.recv().expect("the connection's client was dropped")
    }
}

impl fmt::Debug for H2Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("H2Stream")
            .field("id", &self.request_body.stream_id())
            .finish_non_exhaustive()
    }
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(DEADLINE, future).await.expect("the server is silent")
}
