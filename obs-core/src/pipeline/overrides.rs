//! What can be changed while the service runs, for a time too.

use std::time::Duration;

use obs_base::InitError;
use tracing::Level;

use super::Obs;
use crate::{
    logs::RequestMatch,
    overrides::{Override, OverrideId},
};

// === impl Obs ===

impl Obs {
    /// Changes the filter of events that are logged, with immediate effect.
    ///
    /// `directives` are as in [`ObsBuilder::log_filter`](crate::ObsBuilder::log_filter), such as `info,my_app=debug`.
    /// Valid directives that are probably mistakes are logged as a warning.
    ///
    /// # Errors
    ///
    /// If a directive is malformed or needs the feature `span-filter`. The previous filter then stays.
    pub fn set_log_filter(&self, directives: impl AsRef<str>) -> Result<(), InitError> {
        match &self.pipeline().logs {
            Some(logs) => logs.filter().set(directives.as_ref()),
            None => Ok(()),
        }
    }

    /// [`set_log_filter`](Self::set_log_filter) for a time: at its end, the filter of before holds again.
    ///
    /// If it is called again meanwhile, the newest directives hold; if `set_log_filter` is called, its directives hold
    /// afterwards.
    ///
    /// ```
    /// use std::time::Duration;
    /// use obs_core::Obs;
    ///
    /// let obs = Obs::builder("orders").log_writer(std::io::sink()).build()?;
    /// let id = obs.set_log_filter_for("info,orders::payment=trace", Duration::from_secs(300))?;
    /// assert_eq!(obs.overrides()[0].id, id);
    /// assert!(obs.end_override(id));
    /// # Ok::<(), obs_core::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If a directive is malformed, `duration` is zero or longer than 24 hours, 16 such changes hold already, or the
    /// instance writes no lines. Nothing is changed then.
    pub fn set_log_filter_for(&self, directives: impl AsRef<str>, duration: Duration) -> Result<OverrideId, InitError> {
        let pipeline = self.pipeline();
        let logs = pipeline.logs.as_ref().ok_or_else(no_lines)?;
        logs.filter().set_for(directives.as_ref(), duration)
    }

    /// Logs the events of some requests up to a level, whatever the filter says, for a time. The filter is asked first:
    /// it leaves out nothing less than before.
    ///
    /// # Errors
    ///
    /// If `duration` is zero or longer than 24 hours, 16 such changes hold already, or the instance writes no lines.
    pub fn log_requests(
        &self,
        requests: RequestMatch,
        level: Level,
        duration: Duration,
    ) -> Result<OverrideId, InitError> {
        let pipeline = self.pipeline();
        let logs = pipeline.logs.as_ref().ok_or_else(no_lines)?;
        logs.filter().set_requests(requests, level, duration)
    }

    /// Records this share (0 to 1) of the new traces of the route with this template, for a time; more if the sampler
    /// does so anyway.
    ///
    /// As with [`Sampling`](crate::trace::Sampling), a trusted caller's decision takes precedence, and a
    /// [provider of the application](crate::ObsBuilder::tracer_provider) decides by itself. The limit
    /// [`per_second`](crate::trace::Sampling::per_second) doesn't count these traces.
    ///
    /// # Errors
    ///
    /// If `ratio` is not between 0 and 1, `duration` is zero or longer than 24 hours, or 16 such changes hold already.
    pub fn boost_sampling(
        &self,
        route: impl AsRef<str>,
        ratio: f64,
        duration: Duration,
    ) -> Result<OverrideId, InitError> {
        let pipeline = self.pipeline();
        pipeline.tracing.sampling_boosts().add(route.as_ref(), ratio, duration)
    }

    /// What is changed for a time, the changes of the log filter first.
    #[must_use]
    pub fn overrides(&self) -> Vec<Override> {
        let pipeline = self.pipeline();
        let logs = pipeline.logs.as_ref().map(|logs| logs.filter().overrides());
        let mut all = logs.unwrap_or_default();
        all.extend(pipeline.tracing.sampling_boosts().list());
        all
    }

    /// Ends a change before its time; false if it has ended already.
    #[expect(clippy::must_use_candidate, reason = "it is called for its effect")]
    pub fn end_override(&self, id: OverrideId) -> bool {
        let pipeline = self.pipeline();
        let logs = pipeline.logs.as_ref();
        logs.is_some_and(|logs| logs.filter().end(id)) || pipeline.tracing.sampling_boosts().end(id)
    }
}

fn no_lines() -> InitError {
    let expected = "an instance that writes lines";
    InitError::invalid("log_filter", "a change for a time", expected)
}
