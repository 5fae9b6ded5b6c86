//! Which endpoint a call is recorded under.

use obs_axum::ObsLayer;
use tonic::{Code, Status};

use crate::{
    orders::Ask,
    stage::{Stage, error, total},
};

const GET: &str = "shop.Orders/Get";

#[tokio::test]
async fn methods_that_clients_make_up_are_no_labels() {
    let stage = Stage::new(|layer| layer).await;
    for n in 0..20 {
        for path in [
            format!("/shop.Orders/Made{n}"),
            format!("/made.Up{n}/Get"),
            format!("/made/up/{n}"),
        ] {
            assert_eq!(
                stage.unary(&path, Ask::default()).await.unwrap_err().code(),
                Code::Unimplemented
            );
        }
    }
    let counters = stage.counters(60).await;
    assert_eq!(
        counters,
        [
            total("unmatched", "UNIMPLEMENTED", "server_error").replace("} 1", "} 60"),
            error("unmatched", "UNIMPLEMENTED").replace("} 1", "} 60"),
        ]
    );
    let page = stage.page().to_ascii_lowercase();
    assert!(!page.contains("made"), "{page}");
}

#[tokio::test]
async fn a_span_of_an_unknown_method_names_none() {
    let stage = Stage::new(|layer| layer).await;
    stage.unary("/made.Up/Name", Ask::default()).await.unwrap_err();
    let (line, span) = stage.record().await;
    assert_eq!((&*span.name, line.str("endpoint")), ("grpc", "unmatched"));
    assert_eq!(crate::stage::attribute(&span, "rpc.method").as_deref(), Some("_OTHER"));
}

#[tokio::test]
async fn what_is_refused_in_front_of_the_methods_teaches_none() {
    for code in (1..=16).map(Code::from) {
        let stage = Stage::guarded(|layer| layer, move |_| Err(Status::new(code, "not here"))).await;
        stage.unary("/shop.Orders/Made", Ask::default()).await.unwrap_err();
        let counters = stage.counters(1).await.concat();
        assert!(
            counters.contains("unmatched") && !counters.contains("Made"),
            "{counters}"
        );
    }
}

#[tokio::test]
async fn methods_that_a_service_refuses_by_any_status_push_no_real_one_out() {
    for code in [Code::InvalidArgument, Code::NotFound, Code::Internal] {
        let stage = Stage::guarded(
            |layer| layer,
            move |request: tonic::Request<()>| {
                let is_real = request.metadata().contains_key("x-real");
                is_real.then_some(request).ok_or_else(|| Status::new(code, "not here"))
            },
        );
        let stage = stage.await;
        for n in 0..300 {
            stage
                .unary(&format!("/shop.Orders/Made{n}"), Ask::default())
                .await
                .unwrap_err();
        }
        stage.real().await.unwrap();
        let counters = stage.counters(301).await;
        assert!(counters.contains(&total(GET, "OK", "ok")), "{counters:?}");
        assert!(!stage.page().contains("Made"));
    }
}

#[tokio::test]
async fn an_answer_with_a_message_proves_its_method_whatever_its_status() {
    let stage = Stage::new(|layer| layer).await;
    let mut orders = stage.watch(1, 13).await.unwrap();
    while orders.message().await.is_ok_and(|order| order.is_some()) {}
    assert!(
        stage
            .counters(1)
            .await
            .contains(&total("shop.Orders/Watch", "INTERNAL", "server_error"))
    );
}

#[tokio::test]
async fn a_learnt_method_is_known_on_arrival() {
    let stage = Stage::new(|layer| layer).await;
    stage.get(0).await.unwrap();
    stage.counters(1).await;
    stage.get(14).await.unwrap_err();
    assert_eq!(
        stage.counters(2).await,
        [
            total(GET, "OK", "ok"),
            total(GET, "UNAVAILABLE", "server_error"),
            error(GET, "UNAVAILABLE"),
        ]
    );
    assert!(
        stage
            .page()
            .contains(r#"http_requests_in_flight{method="POST",endpoint="shop.Orders/Get"} 0"#)
    );
}

#[tokio::test]
async fn with_a_list_nothing_else_is_learnt() {
    let stage = Stage::new(|layer| layer.grpc_methods(["/shop.Orders/Watch"])).await;
    stage.get(0).await.unwrap();
    assert_eq!(stage.counters(1).await, [total("unmatched", "OK", "ok")]);
}

#[tokio::test]
async fn the_users_own_endpoint_goes_first() {
    let own =
        |layer: ObsLayer| layer.endpoint(|request| (request.uri.path() == "/shop.Orders/Get").then_some("orders"));
    let stage = Stage::new(own).await;
    stage.get(0).await.unwrap();
    assert_eq!(stage.counters(1).await, [total("orders", "OK", "ok")]);
}

#[tokio::test]
async fn a_skipped_method_leaves_no_signal() {
    let stage = Stage::new(|layer| layer.grpc_methods([GET]).skip(GET)).await;
    stage.get(0).await.unwrap();
    assert_eq!(stage.counters(0).await, [""; 0]);
}
