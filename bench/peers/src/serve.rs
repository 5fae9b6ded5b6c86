//! A subject of axum as a server, for `bench/e2e`.

use std::{
    error::Error,
    io::{self, Read},
    net::TcpListener,
};

use crate::subjects::Subject;

/// Serves on a port of its own, which it prints, until our input is closed; then prints the work:
/// requests in the metrics, lines, spans.
pub fn serve(mut subject: Subject) -> Result<(), Box<dyn Error>> {
    let router = subject.take_router().ok_or("only subjects of axum can be served")?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    println!("{}", listener.local_addr()?.port());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let server = runtime.spawn(async move { axum::serve(tokio::net::TcpListener::from_std(listener)?, router).await });
    io::stdin().read_to_end(&mut Vec::new())?;
    server.abort();
    println!("{}", subject.settled());
    Ok(())
}
