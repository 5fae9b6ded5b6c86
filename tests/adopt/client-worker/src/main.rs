//! A worker without a server of its own: each job calls a service; lines and calls of a job belong to one trace.

use std::{io, time::Duration};

use obs_reqwest::{
    RequestBuilderExt as _,
    obs_core::{Obs, context, metrics::Format},
    reqwest,
    reqwest_middleware::ClientWithMiddleware,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let telemetry = Obs::builder("order-worker").init()?;
    let orders = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", orders.local_addr()?);
    let service = tokio::spawn(orders_service(orders));
    let http = obs_reqwest::client(reqwest::Client::builder().no_proxy().build()?);

    for order in [7, 8] {
        context::in_new(look_up(&http, &url, order)).await;
    }
    service.abort();
    let _ = service.await;
    // Nobody listens any more.
    context::in_new(look_up(&http, &url, 9)).await;

    telemetry.shutdown(Duration::from_secs(5))?;
    let page = String::from_utf8(telemetry.registry().render(Format::Text))?;
    for line in page
        .lines()
        .filter(|line| line.starts_with("http_client_requests_total"))
    {
        println!("{line}");
    }
    Ok(())
}

/// One job.
async fn look_up(http: &ClientWithMiddleware, url: &str, order: u32) {
    context::set_field("order", order);
    match http
        .get(format!("{url}/orders/{order}"))
        .target("/orders/{id}")
        .send()
        .await
    {
        Ok(response) => tracing::info!(status = response.status().as_u16(), "answered"),
        Err(error) => tracing::warn!(connect = error.is_connect(), "no answer"),
    }
}

/// The service that is called: answers each connection once, the second time with an error.
async fn orders_service(listener: TcpListener) -> io::Result<()> {
    for status in ["200 OK", "503 Service Unavailable"] {
        let (mut connection, _) = listener.accept().await?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(connection.read_u8().await?);
        }
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        connection.write_all(answer.as_bytes()).await?;
    }
    Ok(())
}
