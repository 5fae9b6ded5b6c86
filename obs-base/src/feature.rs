//! Settings that need a feature which is not enabled.

use std::fmt;

/// The characters of a value that are shown, at most.
const MAX_SHOWN: usize = 64;

/// A setting that needs features of obs which this build lacks: its `Display` text is the one sentence about it, in
/// errors and in notices.
///
/// ```
/// use obs_base::MissingFeature;
///
/// let missing = MissingFeature { setting: "OTEL_LOGS_EXPORTER", value: "otlp", features: &["otlp-logs"] };
/// assert!(missing.to_string().starts_with(r#"OTEL_LOGS_EXPORTER is "otlp", which needs the feature `otlp-logs`"#));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct MissingFeature<'a> {
    /// The environment variable or the setter.
    pub setting: &'a str,
    /// The value, of which at most 64 characters are shown; must not be a secret.
    pub value: &'a str,
    /// The names of the features, at least one.
    pub features: &'a [&'a str],
}

// === impl MissingFeature ===

impl fmt::Display for MissingFeature<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            setting,
            value,
            features,
        } = self;
        let shown: String = value.chars().take(MAX_SHOWN).collect();
        let more = if shown.len() < value.len() { "…" } else { "" };
        let plural = if features.len() > 1 { "s" } else { "" };
        write!(
            f,
            "{setting} is \"{}{more}\", which needs the feature{plural} `{}` that this build lacks; in Cargo.toml: \
             obs-axum = {{ version = \"{}\", features = {features:?} }}, or the same with obs-actix, obs-reqwest or obs-core",
            shown.escape_debug(),
            features.join("` and `"),
            env!("CARGO_PKG_VERSION"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_names_setting_value_feature_and_the_line_of_the_manifest() {
        let mut missing = MissingFeature {
            setting: "OTEL_EXPORTER_OTLP_PROTOCOL",
            value: "grpc",
            features: &["otlp-grpc"],
        };
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(
            missing.to_string(),
            format!(
                "OTEL_EXPORTER_OTLP_PROTOCOL is \"grpc\", which needs the feature `otlp-grpc` that this build lacks; \
                 in Cargo.toml: obs-axum = {{ version = \"{version}\", features = [\"otlp-grpc\"] }}, or the same with \
                 obs-actix, obs-reqwest or obs-core"
            )
        );
        missing.features = &["otlp-logs", "otlp-http"];
        let text = missing.to_string();
        assert!(
            text.contains("the features `otlp-logs` and `otlp-http`") && text.contains(r#"["otlp-logs", "otlp-http"]"#),
            "{text}"
        );
        let long = "x\n".repeat(100);
        missing.value = &long;
        let text = missing.to_string();
        assert!(text.len() < 400 && !text.contains('\n') && text.contains('…'), "{text}");
    }
}
