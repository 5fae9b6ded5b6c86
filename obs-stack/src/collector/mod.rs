//! Files of the OpenTelemetry Collector.
