//! `shop.Orders`, as it would be generated from
//!
//! ```proto
//! service Orders { rpc Get(Ask) returns (Order); }
//! message Ask { string name = 1; }
//! message Order { string name = 1; uint32 cents = 2; }
//! ```

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use tonic::{
    Request, Response, Status,
    body::Body,
    client::{Grpc as Client, GrpcService},
    codegen::{Body as HttpBody, Bytes, Service, StdError, http},
    server::{Grpc as Server, NamedService},
};
use tonic_prost::ProstCodec;
use tower::service_fn;

/// The methods, for `grpc_methods` of both layers.
pub(crate) const METHODS: [&str; 1] = ["shop.Orders/Get"];

/// What is asked for.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Ask {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
}

/// An order.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Order {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(uint32, tag = "2")]
    pub(crate) cents: u32,
}

/// The service, from a function for its method.
#[derive(Clone, Debug)]
pub(crate) struct OrdersServer<F> {
    get: F,
}

/// A client of the service.
#[derive(Clone, Debug)]
pub(crate) struct OrdersClient<T> {
    inner: Client<T>,
}

// === impl OrdersServer ===

impl<F> OrdersServer<F> {
    pub(crate) fn new(get: F) -> Self {
        Self { get }
    }
}

impl<F> NamedService for OrdersServer<F> {
    const NAME: &'static str = "shop.Orders";
}

impl<F, R> Service<http::Request<Body>> for OrdersServer<F>
where
    F: Fn(Request<Ask>) -> R + Clone + Send + 'static,
    R: Future<Output = Result<Response<Order>, Status>> + Send + 'static,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let get = self.get.clone();
        Box::pin(async move {
            Ok(match request.uri().path() {
                "/shop.Orders/Get" => Server::new(ProstCodec::default()).unary(service_fn(get), request).await,
                _ => Status::unimplemented("").into_http(),
            })
        })
    }
}

// === impl OrdersClient ===

impl<T> OrdersClient<T>
where
    T: GrpcService<Body>,
    T::Error: Into<StdError>,
    T::ResponseBody: HttpBody<Data = Bytes> + Send + 'static,
    <T::ResponseBody as HttpBody>::Error: Into<StdError> + Send,
{
    pub(crate) fn new(inner: T) -> Self {
        Self {
            inner: Client::new(inner),
        }
    }

    pub(crate) async fn get(&mut self, ask: Ask) -> Result<Order, Status> {
        self.inner
            .ready()
            .await
            .map_err(|error| Status::unavailable(error.into().to_string()))?;
        let path = http::uri::PathAndQuery::from_static("/shop.Orders/Get");
        self.inner
            .unary(Request::new(ask), path, ProstCodec::default())
            .await
            .map(Response::into_inner)
    }
}
