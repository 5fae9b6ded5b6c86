//! Settings that layers of servers and clients share. For adapters: users find each as a setter of their
//! layer.

mod common;
mod labels;

pub(crate) use labels::OwnLabels;

pub use common::{Common, boxed, header_names};
