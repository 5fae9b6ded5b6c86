//! Stories of more than one request.

use obs_tests::scenario::{Wire, story};

use crate::adapter::Actix;

#[test]
fn many_routes_and_methods_over_h1() {
    story::many_routes_and_methods(&Actix, Wire::H1);
}

#[test]
fn many_routes_and_methods_over_h2() {
    story::many_routes_and_methods(&Actix, Wire::H2);
}

#[test]
fn made_up_paths_hosts_and_methods_over_h1() {
    story::made_up_paths_hosts_and_methods(&Actix, Wire::H1);
}

#[test]
fn made_up_paths_hosts_and_methods_over_h2() {
    story::made_up_paths_hosts_and_methods(&Actix, Wire::H2);
}

#[test]
fn children_lie_below_the_server_span_over_h1() {
    story::children_lie_below_the_server_span(&Actix, Wire::H1);
}

#[test]
fn children_lie_below_the_server_span_over_h2() {
    story::children_lie_below_the_server_span(&Actix, Wire::H2);
}

#[test]
fn unsampled_requests_have_no_children() {
    story::unsampled_requests_have_no_children(&Actix, Wire::H1);
}

#[test]
fn request_ids_have_the_header_that_the_builder_names() {
    for wire in Wire::ALL {
        story::request_ids_have_the_header_that_the_builder_names(&Actix, wire);
    }
}

#[test]
fn fields_of_tracing_spans_are_those_of_their_request() {
    for wire in Wire::ALL {
        story::fields_of_tracing_spans_are_those_of_their_request(&Actix, wire);
    }
}

#[test]
fn two_instances_do_not_meet() {
    for wire in Wire::ALL {
        story::two_instances_do_not_meet(&Actix, wire);
    }
}

#[test]
fn contexts_stay_with_their_requests() {
    story::contexts_stay_with_their_requests(&Actix);
}
