//! Real TCP on loopback: a server for any tower service, and clients that can vanish.
//!
//! ```
//! use obs_tests::net::{self, Server};
//! use http_body_util::Full;
//!
//! let service = tower::service_fn(|_request| async {
//!     Ok::<_, std::convert::Infallible>(http::Response::new(Full::new(bytes::Bytes::from("hello"))))
//! });
//! let server = Server::start(service);
//! assert_eq!(net::get(server.addr(), "/").text(), "hello");
//! ```

mod h1;
mod h2;
mod response;
mod server;

#[cfg(test)]
mod tests;

pub use {
    h1::{H1Client, get, request},
    h2::{H2Client, H2Stream},
    response::Response,
    server::Server,
};

pub use ::h2::Reason;
