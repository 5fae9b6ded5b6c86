//! The recipe of the documentation of obs-reqwest for reqwest 0.12: its client as a service of tower.

use std::time::Duration;

use obs_axum::{
    ObsClientLayer,
    client::Target,
    obs_core::{Obs, context, metrics::Format},
};
use tokio::net::TcpListener;
use tower::{Service, ServiceBuilder, ServiceExt as _};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let telemetry = Obs::builder("order-worker").init()?;
    let client = reqwest::Client::builder().no_proxy().build()?;
    let send = move |request: http::Request<reqwest::Body>| {
        let client = client.clone();
        async move { client.execute(request.try_into()?).await.map(http::Response::from) }
    };
    let mut http = ServiceBuilder::new().layer(ObsClientLayer::new()).service_fn(send);

    let orders = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/orders/7", orders.local_addr()?);
    let service = tokio::spawn(traceparent_of_one_request(orders));
    let sent = context::in_new(async {
        let trace = context::current().map(|context| context.trace_id().to_string());
        (look_up(&mut http, &url).await, trace)
    });
    let (answer, trace) = sent.await;
    let traceparent = service.await??;
    println!("answered: {}", answer?);
    println!(
        "the trace is sent: {}",
        trace.is_some_and(|trace| traceparent.contains(&trace))
    );
    // Nobody listens any more.
    println!("answered: {}", look_up(&mut http, &url).await.is_ok());

    telemetry.shutdown(Duration::from_secs(5))?;
    let page = String::from_utf8(telemetry.registry().render(Format::Text))?;
    let counters = ["http_client_requests_total", "http_client_errors_total"];
    for line in page
        .lines()
        .filter(|line| counters.iter().any(|name| line.starts_with(name)))
    {
        println!("{line}");
    }
    Ok(())
}

/// A call, with the template of its path.
async fn look_up<S, B>(http: &mut S, url: &str) -> Result<u16, Box<dyn std::error::Error>>
where
    S: Service<http::Request<reqwest::Body>, Response = http::Response<B>, Error = reqwest::Error>,
{
    let request = http::Request::get(url).extension(Target::new("/orders/{id}"));
    let answer = http
        .ready()
        .await?
        .call(request.body(reqwest::Body::default())?)
        .await?;
    Ok(answer.status().as_u16())
}

/// Answers one request, and returns its header `traceparent`.
async fn traceparent_of_one_request(listener: TcpListener) -> std::io::Result<String> {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let (mut connection, _) = listener.accept().await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(connection.read_u8().await?);
    }
    connection
        .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        .await?;
    let head = String::from_utf8_lossy(&head).into_owned();
    Ok(head.lines().filter(|line| line.starts_with("traceparent: ")).collect())
}
