//! What `routing.rs` reads, without the feature `axum`: nothing of it is there.

use std::net::SocketAddr;

use http::{Extensions, Request, Uri};
use obs_core::adapter::Observation;

pub(crate) fn matched_path(_: &Extensions) -> Option<&str> {
    None
}

pub(crate) fn original_uri(_: &Extensions) -> Option<&Uri> {
    None
}

pub(crate) fn peer(_: &Extensions) -> Option<SocketAddr> {
    None
}

pub(crate) fn is_page(_: &Extensions) -> bool {
    false
}

pub(crate) fn count_body<B>(_: &mut Request<B>, _: &mut Observation) -> bool {
    false
}
