//! Nothing of the process: the build is without the feature, or for a system that it doesn't know.

use crate::metrics::Registry;

pub(super) fn collect(_: &Registry) {}
