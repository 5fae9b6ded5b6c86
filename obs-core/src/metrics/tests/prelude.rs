//! What every test file needs.

pub(super) use std::{sync::Arc, thread, time::Duration};

pub(super) use ::metrics::{
    Key, Label, Recorder as _, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
    with_local_recorder,
};

pub(super) use obs_conventions::Outcome;

pub(super) use super::{parser, support::*};
pub(super) use crate::{
    context::{SpanId, TraceId},
    metrics::{
        cap,
        red::{ClientRed, DimensionValues, InFlight, Measured, RedOptions, ServerRed, Target},
        *,
    },
    names::MetricType,
};
