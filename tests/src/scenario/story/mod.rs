//! Stories of more than one request, for any adapter.

mod apart;
mod attack;
mod children;
mod interleaved;
mod request_fields;
mod request_id;

pub use {
    apart::two_instances_do_not_meet,
    attack::{made_up_paths_hosts_and_methods, many_routes_and_methods},
    children::{children_lie_below_the_server_span, unsampled_requests_have_no_children},
    interleaved::contexts_stay_with_their_requests,
    request_fields::fields_of_tracing_spans_are_those_of_their_request,
    request_id::request_ids_have_the_header_that_the_builder_names,
};
