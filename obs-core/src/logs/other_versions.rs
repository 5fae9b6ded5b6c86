//! Another version of OpenTelemetry in the process, which is known by the files of its events.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use tracing_core::Metadata;

use super::reports::report_apart;
use crate::{context::otel, names::target};

/// The version that obs has.
const OURS: &str = "0.33.";

/// Reports another version, once, if it makes this event. Its global tracer provider can't be seen from here.
#[cold]
pub(super) fn notice(metadata: &Metadata<'_>) {
    static IS_REPORTED: AtomicBool = AtomicBool::new(false);
    if !metadata.target().starts_with(otel::TARGETS) {
        return;
    }
    let Some((name, version)) = metadata.file().and_then(package_of) else {
        return;
    };
    if version.starts_with(OURS) || IS_REPORTED.swap(true, Relaxed) {
        return;
    }
    let notice = format!(
        "{name} {version} is in this process beside the version of obs, {OURS}x: neither sees the spans of the other, so \
         those of libraries that use it are not in the traces of obs. Build them against \
         `obs_core::otel::opentelemetry`; `cargo tree --invert {name}@{version}` lists them"
    );
    report_apart(move || tracing::warn!(target: target::OBS, "{notice}"));
}

/// Name and version in the path of a file of a registry, `…/opentelemetry-0.32.0/src/global/trace.rs`.
fn package_of(file: &str) -> Option<(&'static str, &str)> {
    file.split(['/', '\\']).find_map(|folder| {
        let version_of = |name: &'static str| {
            let version = folder.strip_prefix(name)?.strip_prefix('-')?;
            let is_version = version.starts_with(|first: char| first.is_ascii_digit());
            is_version.then_some((name, version))
        };
        version_of("opentelemetry").or_else(|| version_of("opentelemetry_sdk"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_paths_of_registries() {
        for (file, expected) in [
            (
                "/registry/src/index-1/opentelemetry-0.32.0/src/global/trace.rs",
                Some(("opentelemetry", "0.32.0")),
            ),
            (
                r"C:\registry\src\index-1\opentelemetry_sdk-0.31.1\src\lib.rs",
                Some(("opentelemetry_sdk", "0.31.1")),
            ),
            ("/src/opentelemetry-otlp-0.32.0/src/lib.rs", None),
            ("/src/opentelemetry/src/lib.rs", None),
            ("", None),
        ] {
            assert_eq!(package_of(file), expected, "{file}");
        }
    }
}
