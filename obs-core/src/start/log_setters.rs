//! Settings of the logs.

use std::{borrow::Cow, io, time::Duration};

use tracing::Level;

use super::ObsBuilder;
use crate::{
    context::FieldValue,
    logs::{LogFormat, LogProfile, LogTarget, LogTime},
};

impl ObsBuilder {
    /// The format of log lines. Defaults to `OBS_LOG_FORMAT` (`json`, `pretty`, `auto`), else to [`LogFormat::Auto`].
    pub fn log_format(mut self, format: LogFormat) -> Self {
        self.logs.format = Some(format);
        self
    }

    /// The names and the structure of machine-readable lines. Defaults to `OBS_LOG_PROFILE` (`obs`, `ecs`,
    /// `google_cloud`, `logfmt`), else to [`LogProfile::Obs`].
    ///
    /// ```
    /// use obs_core::{Obs, logs::LogProfile};
    ///
    /// let builder = Obs::builder("payment-service").log_profile(LogProfile::Ecs);
    /// # drop(builder);
    /// ```
    pub fn log_profile(mut self, profile: LogProfile) -> Self {
        self.logs.profile.profile = Some(profile);
        self
    }

    /// The form of the time on machine-readable lines. Defaults to `OBS_LOG_TIME` (`rfc3339_millis`,
    /// `rfc3339_micros`, `rfc3339_nanos`, `unix_seconds`, `unix_millis`), else to [`LogTime::Rfc3339Micros`].
    ///
    /// The profiles [`Ecs`](LogProfile::Ecs) and [`GoogleCloud`](LogProfile::GoogleCloud) take times in RFC 3339
    /// only: a number is an error at the start.
    pub fn log_time(mut self, time: LogTime) -> Self {
        self.logs.profile.time = Some(time);
        self
    }

    /// The Google Cloud project that traces are exported to, for lines of the profile
    /// [`GoogleCloud`](LogProfile::GoogleCloud): their trace is `projects/PROJECT/traces/TRACE`. Defaults to
    /// `GOOGLE_CLOUD_PROJECT`; without it, lines have the trace id alone.
    ///
    /// An id has 1 to 128 letters, digits and `-.:_`; another one is an error at the start.
    pub fn google_cloud_project(mut self, project: impl Into<String>) -> Self {
        self.logs.profile.project = Some(project.into());
        self
    }

    /// Holds the lines of requests that the [filter](Self::log_filter) leaves out, up to this level, and writes them if
    /// the request fails: it ends in an error of the service (a 5xx answer, a panic, a failed body), or takes longer than
    /// [`keep_slower_than`](Self::keep_slower_than). Defaults to off.
    ///
    /// ```
    /// use obs_core::Obs;
    ///
    /// // `debug!` is written for requests that fail, `info!` for all.
    /// let builder = Obs::builder("payment-service").log_filter("info").lines_of_failures(tracing::Level::DEBUG);
    /// # drop(builder);
    /// ```
    ///
    /// The lines are written in order, before the line of the request, with the times at which they were logged and
    /// `held = true`, to the target of the instance and as log records by OTLP. The lines of requests that succeed cost
    /// the time to format them and memory of the [flight recorder](crate::recorder), which has to be on: of a request the
    /// newest 64 are held, 16 KiB together. Those of jobs are in their record alone, and lines outside of both are not held.
    ///
    /// A layer can hold less, by its own `lines_of_failures`.
    pub fn lines_of_failures(mut self, level: Level) -> Self {
        self.held_level = Some(level);
        self
    }

    /// Which events are logged: levels and `target=level`, as in `info,my_crate::db=debug,hyper=off`.
    ///
    /// With the feature `span-filter` also by the spans around them, in the syntax of `EnvFilter` of tracing-subscriber:
    /// `shop[order{id=7}]=debug`. Directives that are probably mistakes, such as the word `verbose`, are logged as a
    /// warning. Defaults to `RUST_LOG`, else `info`.
    pub fn log_filter(mut self, directives: impl Into<String>) -> Self {
        self.logs.filter = Some(directives.into());
        self
    }

    /// Where log lines go. Defaults to standard output. A target that can't be opened is an error of
    /// [`init`](Self::init) and [`build`](Self::build).
    ///
    /// ```
    /// use obs_core::{Obs, logs::LogTarget};
    ///
    /// let builder = Obs::builder("payment-service").log_target(LogTarget::stderr());
    /// # drop(builder);
    /// ```
    pub fn log_target(mut self, target: LogTarget) -> Self {
        self.logs.target = Some(target);
        self
    }

    /// A writer of the application that log lines go to. A thread of obs writes whole lines, then calls `flush`.
    /// Short for [`log_target`](Self::log_target) with [`LogTarget::writer`].
    pub fn log_writer(self, writer: impl io::Write + Send + 'static) -> Self {
        self.log_target(LogTarget::writer(writer))
    }

    /// Adds a field with a constant value to every log line, and to the log records that are exported. Can be called
    /// several times; the last value for a name is used. Defaults to none.
    ///
    /// A field of the same name of an event, of the request or of a span takes precedence. The constant fields of a
    /// line have at most 8 KiB together; a name that obs itself uses on lines, such as `status`, is an error at the
    /// start. Lines for people ([`LogFormat::Pretty`]) leave constant fields out.
    ///
    /// ```
    /// use obs_core::Obs;
    ///
    /// let builder = Obs::builder("payment-service").log_field("region", "eu-1").log_field("shard", 3);
    /// # drop(builder);
    /// ```
    pub fn log_field(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<FieldValue>) -> Self {
        self.logs.constants.fields.push((name.into(), value.into()));
        self
    }

    /// Adds these [resource attributes](Self::attribute) to every log line, under their names, such as
    /// `service.namespace` or `k8s.pod.name`. Can be called several times. Defaults to none.
    ///
    /// They may come from `OTEL_RESOURCE_ATTRIBUTES` too; one that is not set is reported in a warning at the start.
    /// Name, version and environment of the service are on every line already.
    ///
    /// ```
    /// use obs_core::Obs;
    ///
    /// let builder = Obs::builder("payment-service")
    ///     .attribute("service.namespace", "shop")
    ///     .log_attributes(["service.namespace"]);
    /// # drop(builder);
    /// ```
    pub fn log_attributes<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.logs.constants.attributes.extend(names.into_iter().map(Into::into));
        self
    }

    /// Adds names of fields whose values are replaced by `REDACTED` wherever they go: on lines, on spans and their
    /// events (fields, attributes, captured headers), in log records, in queries. A name matches the last words of a
    /// field's name, in any case and with any separator, camel case included: `card_number` covers `cardNumber` and
    /// `customer.card-number`. Can be called several times. Defaults to no names beside the usual ones, such as
    /// `password`, `passphrase`, `secret`, `credentials`, `authorization`, `cookie`, `token`, `jwt`, `otp`,
    /// `api_key`, `access_key`, `private_key`, `client_assertion`, `SAMLResponse`.
    ///
    /// Texts are redacted too: in messages, errors and values, the credentials of URLs, the values of such keys in
    /// queries, `key=value` pairs, JSON and the output of `Debug`, and `Authorization` headers are replaced.
    pub fn redact_fields<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.logs.redact.extend(names.into_iter().map(Into::into));
        self
    }

    /// The share of successful requests (outcome `ok`) that write their canonical line, 0 to 1. All other requests
    /// write theirs: errors, 4xx, cancelled ones, and slow ones, see [`request_log_slow`](Self::request_log_slow).
    /// Lines that are left out are counted in `obs_log_lines_sampled_out_total`. Defaults to 1.
    ///
    /// The decision is made by the trace id, as for spans: with an equal [`sample_ratio`](Self::sample_ratio), the
    /// requests that have a line are those that have a trace, in all services. Events that the application logs are not
    /// sampled.
    ///
    /// ```
    /// use obs_core::Obs;
    ///
    /// let builder = Obs::builder("payment-service").request_log_sample_ratio(0.01).sample_ratio(0.01);
    /// # drop(builder);
    /// ```
    pub fn request_log_sample_ratio(mut self, ratio: f64) -> Self {
        self.logs.sample_ratio = Some(ratio);
        self
    }

    /// The duration, to the last byte, from which on a request always writes its line. Defaults to one second.
    pub fn request_log_slow(mut self, duration: Duration) -> Self {
        self.logs.slow = Some(duration);
        self
    }

    /// Whether events and canonical lines are sent to the collector as OTLP log records too, beside the lines. Needs
    /// the feature `otlp-logs`, and a collector: [`otlp_endpoint`](Self::otlp_endpoint),
    /// `OTEL_EXPORTER_OTLP_LOGS_ENDPOINT` or `OTEL_EXPORTER_OTLP_ENDPOINT`. Defaults to `OTEL_LOGS_EXPORTER` (`otlp`
    /// or `none`), else to whether `OTEL_EXPORTER_OTLP_LOGS_ENDPOINT` is set, since most collectors read lines from
    /// standard output, and some accept traces only.
    ///
    /// Records have the ids, fields and redaction of the lines. At most `OTEL_BLRP_MAX_QUEUE_SIZE` (2 048) records are
    /// queued; lost ones are counted in `obs_log_records_dropped_total`.
    pub fn otlp_logs(mut self, on: bool) -> Self {
        self.logs.export = Some(on);
        self
    }
}
