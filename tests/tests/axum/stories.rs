//! Stories of more than one request.

use obs_tests::scenario::{Wire, story};

use crate::adapter::Axum;

#[test]
fn many_routes_and_methods_over_h1() {
    story::many_routes_and_methods(&Axum::PLAIN, Wire::H1);
}

#[test]
fn many_routes_and_methods_over_h2() {
    story::many_routes_and_methods(&Axum::PLAIN, Wire::H2);
}

#[test]
fn made_up_paths_hosts_and_methods_over_h1() {
    story::made_up_paths_hosts_and_methods(&Axum::PLAIN, Wire::H1);
}

#[test]
fn made_up_paths_hosts_and_methods_over_h2() {
    story::made_up_paths_hosts_and_methods(&Axum::PLAIN, Wire::H2);
}

#[test]
fn children_lie_below_the_server_span_over_h1() {
    story::children_lie_below_the_server_span(&Axum::PLAIN, Wire::H1);
}

#[test]
fn children_lie_below_the_server_span_over_h2() {
    story::children_lie_below_the_server_span(&Axum::PLAIN, Wire::H2);
}

#[test]
fn unsampled_requests_have_no_children() {
    story::unsampled_requests_have_no_children(&Axum::PLAIN, Wire::H1);
}

#[test]
fn request_ids_have_the_header_that_the_builder_names() {
    for wire in Wire::ALL {
        story::request_ids_have_the_header_that_the_builder_names(&Axum::PLAIN, wire);
    }
}

#[test]
fn fields_of_tracing_spans_are_those_of_their_request() {
    for wire in Wire::ALL {
        story::fields_of_tracing_spans_are_those_of_their_request(&Axum::PLAIN, wire);
    }
}

#[test]
fn two_instances_do_not_meet() {
    for wire in Wire::ALL {
        story::two_instances_do_not_meet(&Axum::PLAIN, wire);
    }
}

#[test]
fn contexts_stay_with_their_requests() {
    story::contexts_stay_with_their_requests(&Axum::PLAIN);
}
