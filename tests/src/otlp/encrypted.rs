//! Encrypted connections in front of a receiver.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};

/// Listens for encrypted connections and hands on to `to` what comes out of them.
pub async fn encrypted(config: Arc<ServerConfig>, to: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port on loopback");
    let addr = listener.local_addr().expect("a bound socket");
    let acceptor = TlsAcceptor::from(config);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // A client that doesn't trust us, or that we don't trust, hangs up: that is what is tested.
                let Ok(mut encrypted) = acceptor.accept(stream).await else {
                    return;
                };
                let mut plain = TcpStream::connect(to).await.expect("the receiver listens");
                let copied = tokio::io::copy_bidirectional(&mut encrypted, &mut plain);
                let _ = tokio::time::timeout(Duration::from_secs(60), copied).await;
            });
        }
    });
    addr
}
