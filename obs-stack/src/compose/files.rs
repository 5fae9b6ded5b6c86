//! All files of Compose.

use obs_rules::definition::Definition;

use super::{services, targets};
use crate::{
    File, alertmanager,
    yaml::{self, Yaml},
};

const ABOUT: &str = "Everything around the services: docker compose up -d\n\
                     Then point the services at it with OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318, and open Grafana.\n\
                     With --profile containers, Alloy reads the output of containers that are called like the services.";

/// All files of Compose.
#[must_use]
pub fn files(definition: &Definition) -> Vec<File> {
    let mut document =
        Yaml::map([("name", "obs".into()), ("services", services::all(definition)), ("volumes", services::volumes())]);
    if !alertmanager::secrets(definition).is_empty() {
        document = document.with("secrets", services::secrets(definition));
    }
    vec![File::new("compose.yaml", yaml::document(ABOUT, &document)), targets::config(definition)]
}
