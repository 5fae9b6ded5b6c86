//! Providers of the OpenTelemetry SDK that count what they are given, for both versions that are in use.

/// The same for one version: `opentelemetry`, `opentelemetry_sdk`.
macro_rules! version {
    ($name:ident, $api:ident, $sdk:ident) => {
        pub mod $name {
            use std::{
                sync::{
                    Arc,
                    atomic::{AtomicU64, Ordering},
                },
                time::Duration,
            };

            use $api::global;
            use $sdk::{
                error::OTelSdkResult,
                metrics::{
                    PeriodicReader, SdkMeterProvider, Temporality,
                    data::{AggregatedMetrics, MetricData, ResourceMetrics},
                    exporter::PushMetricExporter,
                },
                propagation::TraceContextPropagator,
                trace::{BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider, SpanData, SpanExporter},
            };

            use crate::harness::SLICE;

            /// Longer than the benchmark takes.
            const NEVER: Duration = Duration::from_secs(24 * 3_600);

            /// Spans that may wait.
            const QUEUE: usize = 65_536;

            /// Counts what is exported, and forgets it.
            #[derive(Clone, Debug, Default)]
            struct Counter(Arc<AtomicU64>);

            impl SpanExporter for Counter {
                async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
                    self.0.fetch_add(batch.len() as u64, Ordering::Relaxed);
                    Ok(())
                }
            }

            /// Keeps the number of requests that the histogram of their durations has.
            impl PushMetricExporter for Counter {
                async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
                    let all = metrics.scope_metrics().flat_map(|scope| scope.metrics());
                    let durations = all.filter(|metric| metric.name().ends_with(".request.duration"));
                    let requests = durations.map(|metric| match metric.data() {
                        AggregatedMetrics::F64(MetricData::Histogram(histogram)) => {
                            histogram.data_points().map(|point| point.count()).sum()
                        }
                        _ => 0,
                    });
                    self.0.store(requests.sum(), Ordering::Relaxed);
                    Ok(())
                }

                fn force_flush(&self) -> OTelSdkResult {
                    Ok(())
                }

                fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
                    Ok(())
                }

                fn temporality(&self) -> Temporality {
                    Temporality::Cumulative
                }
            }

            /// A provider with a batch processor whose queue is large enough, as the process-wide one, and
            /// the number of spans that it has exported.
            pub fn tracer_provider(sampled: bool) -> (SdkTracerProvider, impl Fn() -> u64 + 'static) {
                let counter = Counter::default();
                let config = BatchConfigBuilder::default()
                    .with_max_queue_size(QUEUE)
                    .with_max_export_batch_size(SLICE)
                    .with_scheduled_delay(NEVER)
                    .build();
                let processor = BatchSpanProcessor::builder(counter.clone()).with_batch_config(config).build();
                let root = if sampled { Sampler::AlwaysOn } else { Sampler::AlwaysOff };
                let provider = SdkTracerProvider::builder()
                    .with_span_processor(processor)
                    .with_sampler(Sampler::ParentBased(Box::new(root)))
                    .build();
                global::set_tracer_provider(provider.clone());
                global::set_text_map_propagator(TraceContextPropagator::new());
                let flushed = provider.clone();
                (provider, move || {
                    flushed.force_flush().expect("the counter takes all spans");
                    counter.0.load(Ordering::Relaxed)
                })
            }

            /// A provider as the process-wide one, and the number of requests in its metrics.
            pub fn meter_provider() -> (SdkMeterProvider, impl Fn() -> u64 + 'static) {
                let counter = Counter::default();
                let reader = PeriodicReader::builder(counter.clone()).with_interval(NEVER).build();
                let provider = SdkMeterProvider::builder().with_reader(reader).build();
                global::set_meter_provider(provider.clone());
                let flushed = provider.clone();
                (provider, move || {
                    flushed.force_flush().expect("the counter takes all metrics");
                    counter.0.load(Ordering::Relaxed)
                })
            }
        }
    };
}

version!(now, opentelemetry, opentelemetry_sdk);
version!(before, opentelemetry_before, opentelemetry_sdk_before);
