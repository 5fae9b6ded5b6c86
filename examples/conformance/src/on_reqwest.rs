//! The client of the HTTP conformance traffic.

use std::{env, error::Error, time::Duration};

use reqwest::{Method, header};
use reqwest_middleware::ClientWithMiddleware;

use crate::args::ClientArgs;

/// The variable that names the server.
const SERVER: &str = "MOCK_SERVER_URL";

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// A request of the traffic and the status of its answer.
#[derive(Debug)]
struct Exchange {
    method: Method,
    path: &'static str,
    body: Option<&'static str>,
    status: u16,
}

const TRAFFIC: [Exchange; 6] = [
    get("/health", 200),
    get("/users/123", 200),
    get("/users/123?fields=name&verbose=true", 200),
    Exchange {
        method: Method::POST,
        path: "/items",
        body: Some(r#"{"name": "widget"}"#),
        status: 201,
    },
    get("/status/404", 404),
    get("/status/500", 500),
];

const fn get(path: &'static str, status: u16) -> Exchange {
    Exchange {
        method: Method::GET,
        path,
        body: None,
        status,
    }
}

/// Sends the traffic, in its order.
///
/// # Errors
///
/// If the environment names no server, or an answer isn't what it must be.
pub(crate) fn run(args: &ClientArgs) -> Result<(), Box<dyn Error>> {
    let server = env::var(SERVER).map_err(|_| format!("{SERVER} must name the server to call"))?;
    let http = client(args)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        for exchange in TRAFFIC {
            send(&http, server.trim_end_matches('/'), &exchange).await?;
        }
        Ok(())
    })
}

fn client(args: &ClientArgs) -> reqwest::Result<ClientWithMiddleware> {
    let name = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
    // The server is on this machine: no proxy of the environment stands between.
    let mut builder = reqwest::Client::builder().no_proxy().timeout(TIMEOUT).user_agent(name);
    if args.http2 {
        builder = builder.http2_prior_knowledge();
    }
    Ok(obs_reqwest::client(builder.build()?))
}

async fn send(http: &ClientWithMiddleware, server: &str, exchange: &Exchange) -> Result<(), Box<dyn Error>> {
    let Exchange {
        method,
        path,
        body,
        status,
    } = exchange;
    let mut request = http.request(method.clone(), format!("{server}{path}"));
    if let Some(body) = *body {
        request = request.header(header::CONTENT_TYPE, "application/json").body(body);
    }
    let response = request.send().await?;
    let answered = response.status().as_u16();
    // Read to its end, so that the connection can be used again.
    response.bytes().await?;
    if answered == *status {
        Ok(())
    } else {
        Err(format!("{method} {path}: {answered} instead of {status}").into())
    }
}
