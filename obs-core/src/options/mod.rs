//! Settings that layers of servers and clients share. For adapters: users find each as a setter of their
//! layer.

pub(crate) mod common;
mod labels;

pub(crate) use common::Common;
pub(crate) use labels::OwnLabels;
