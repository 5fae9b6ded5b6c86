//! A service as tonic generates it, written by hand: no test needs `protoc`.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::{Stream, StreamExt as _, stream};
use tonic::{Code, Request, Response, Status, body::Body, server};
use tonic_prost::ProstCodec;

/// The request; `fails` is the code to fail with.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Ask {
    #[prost(int32, tag = "1")]
    pub(crate) fails: i32,
    /// Messages of a stream; it never ends if this is negative.
    #[prost(int32, tag = "2")]
    pub(crate) messages: i32,
}

/// An answer.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Order {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
}

/// Makes a method panic.
pub(crate) const PANIC: i32 = -1;
/// Makes a method hang.
pub(crate) const HANG: i32 = -2;
/// Time between the messages of a stream, and before its end.
pub(crate) const PACE: Duration = Duration::from_millis(20);

/// `shop.Orders` with the methods `Get` and `Watch`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Orders;

type Messages = Pin<Box<dyn Stream<Item = Result<Order, Status>> + Send>>;
type Answer = Pin<Box<dyn Future<Output = Result<http::Response<Body>, Infallible>> + Send>>;

async fn get(ask: Request<Ask>) -> Result<Response<Order>, Status> {
    match ask.into_inner().fails {
        0 => Ok(Response::new(Order { name: "tea".to_owned() })),
        PANIC => panic!("on purpose"),
        HANG => std::future::pending().await,
        code => Err(Status::new(Code::from(code), "secret details")),
    }
}

async fn watch(ask: Request<Ask>) -> Result<Response<Messages>, Status> {
    let Ask { fails, messages } = ask.into_inner();
    let count = usize::try_from(messages).unwrap_or(usize::MAX);
    let orders = stream::iter(0..count).then(|n| async move {
        tokio::time::sleep(PACE).await;
        Ok(Order { name: n.to_string() })
    });
    let end = stream::once(async move {
        tokio::time::sleep(PACE).await;
        assert_ne!(fails, PANIC, "on purpose");
        if fails == 0 {
            None
        } else {
            Some(Err(Status::new(Code::from(fails), "secret details")))
        }
    });
    Ok(Response::new(Box::pin(
        orders.chain(end.filter_map(std::future::ready)),
    )))
}

impl server::NamedService for Orders {
    const NAME: &'static str = "shop.Orders";
}

impl tower_service::Service<http::Request<Body>> for Orders {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Answer {
        Box::pin(async move {
            let mut grpc = server::Grpc::new(ProstCodec::<Order, Ask>::default());
            Ok(match request.uri().path() {
                "/shop.Orders/Get" => grpc.unary(tower::service_fn(get), request).await,
                "/shop.Orders/Watch" => grpc.server_streaming(tower::service_fn(watch), request).await,
                _ => Status::unimplemented("").into_http(),
            })
        })
    }
}
