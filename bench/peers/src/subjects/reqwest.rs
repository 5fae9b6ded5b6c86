//! Clients: the requests, what answers them, and ours.
//!
//! Nothing is sent: the innermost middleware answers, or the innermost service does.

use std::{convert::Infallible, error::Error};

use http::Extensions;
use obs_reqwest::ObsClientMiddleware;
use reqwest::{Client, Method, Request, Response};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Middleware, Next};
use tower::{Service, service_fn};

use super::Subject;
use crate::{
    harness::{Tally, measure, ready},
    load::{Kind, Load},
    telemetry::Instance,
};

/// Answers in the place of a network.
struct Answer;

/// The baseline: hands on.
struct Identity;

#[async_trait::async_trait]
impl Middleware for Answer {
    async fn handle(&self, _: Request, _: &mut Extensions, _: Next<'_>) -> reqwest_middleware::Result<Response> {
        Ok(answer())
    }
}

#[async_trait::async_trait]
impl Middleware for Identity {
    async fn handle(
        &self,
        request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        next.run(request, extensions).await
    }
}

fn answer() -> Response {
    Response::from(http::Response::new("hello world"))
}

/// The client of a middleware.
pub fn client(middleware: impl Middleware) -> ClientWithMiddleware {
    ClientBuilder::new(Client::new()).with(middleware).with(Answer).build()
}

/// The subject that sends with a client.
pub fn subject(client: ClientWithMiddleware, tally: Tally) -> Subject {
    let handle = move |request| read(ready(client.execute(request)).expect("an answer"));
    Subject::new(move |aim, load| measure(aim, |_| request(load), &handle), tally)
}

/// The subject that calls a tower service, around the one that answers.
pub fn tower_subject<S>(mut service: S, tally: Tally) -> Subject
where
    S: Service<Request, Response = Response, Error = Infallible> + 'static,
{
    let run = move |aim, load| {
        measure(
            aim,
            |_| request(load),
            |request| {
                let Ok(response) = ready(service.call(request));
                read(response);
            },
        )
    };
    Subject::new(run, tally)
}

/// The tower service that answers.
pub fn answering() -> impl Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone {
    service_fn(async |_: Request| Ok(answer()))
}

fn read(response: Response) {
    ready(response.bytes()).expect("a body");
}

fn request(load: Load) -> Request {
    let post = matches!(load, Load::Plain(Kind::Post, _));
    let (method, url) = if post {
        (Method::POST, "http://users.internal:8080/upload")
    } else {
        (Method::GET, "http://users.internal:8080/users/7?page=2")
    };
    let mut request = Request::new(method, url.parse().expect("a valid URL"));
    if post {
        *request.body_mut() = Some("0123456789".into());
    }
    request
}

pub fn identity() -> Result<Subject, Box<dyn Error>> {
    Ok(subject(client(Identity), Tally::default()))
}

pub fn metrics() -> Result<Subject, Box<dyn Error>> {
    ours(1.0, |middleware| middleware.traces(false))
}

pub fn all() -> Result<Subject, Box<dyn Error>> {
    ours(1.0, |middleware| middleware)
}

pub fn unsampled() -> Result<Subject, Box<dyn Error>> {
    ours(0.0, |middleware| middleware)
}

fn ours(sample_ratio: f64, set: fn(ObsClientMiddleware) -> ObsClientMiddleware) -> Result<Subject, Box<dyn Error>> {
    let tally = Instance::start(sample_ratio)?.tally("http_client_requests_total");
    Ok(subject(client(set(ObsClientMiddleware::new())), tally))
}

pub fn tower_identity() -> Result<Subject, Box<dyn Error>> {
    Ok(tower_subject(tower::util::MapRequest::new(answering(), std::convert::identity::<Request>), Tally::default()))
}
