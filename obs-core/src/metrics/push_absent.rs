//! No metrics for a collector: the build has not the features.

use std::{convert::Infallible, time::Duration};

use ::metrics::Recorder;

use super::{Push, Registry, push_settings::PushSettings};
use crate::{
    environment::Env,
    obs::{InitError, ServiceInfo},
    trace::Budget,
};

/// There is none.
#[derive(Debug)]
pub(crate) struct Pusher(Infallible);

// === impl Pusher ===

impl Pusher {
    /// Refuses what code asks for; what the environment says may be meant for others.
    pub(crate) fn check(_: Option<&str>, settings: &PushSettings, env: Env<'_>) -> Result<(), InitError> {
        settings.validate(env)?;
        if settings.export == Some(true) {
            let expected = "the feature `otlp-metrics` of obs-core with `otlp-http` or `otlp-grpc`, or false";
            return Err(InitError::invalid("otlp_metrics", true, expected));
        }
        Ok(())
    }

    /// Starts nothing.
    pub(crate) fn start(
        _: &Registry,
        _: &ServiceInfo,
        (endpoint, _): (Option<&str>, &Budget),
        settings: &PushSettings,
        env: Env<'_>,
        _: &dyn Recorder,
    ) -> Result<Option<Self>, InitError> {
        Self::check(endpoint, settings, env).map(|()| None)
    }

    pub(crate) fn push(&self) -> &Push {
        match self.0 {}
    }

    pub(crate) fn flush(&self, _: Duration) -> bool {
        match self.0 {}
    }

    pub(crate) fn wait(&self, _: Duration) -> bool {
        match self.0 {}
    }

    pub(crate) fn begin_shutdown(&self, _: Duration) {
        match self.0 {}
    }

    pub(crate) fn shutdown(&self, _: Duration) -> bool {
        match self.0 {}
    }
}
