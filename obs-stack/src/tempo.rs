//! Files of Grafana Tempo, which stores traces.
//!
//! | file | content |
//! |---|---|
//! | `tempo/tempo.yaml` | a single process with local storage |
//!
//! Tempo receives traces by OTLP, gRPC on port 4317 and HTTP on port 4318, and answers
//! queries on port 3200. Its metrics generator stays off: the services measure each request
//! themselves, whether its trace was sampled or not. Usage reports are off.
//!
//! ```
//! use obs_rules::definition::Definition;
//!
//! let definition = Definition::parse("version: 1\nservices: [{ name: orders }]", "obs.yaml")?;
//! assert_eq!(obs_stack::tempo::files(&definition)[0].path, "tempo/tempo.yaml");
//! # Ok::<(), obs_rules::definition::DefinitionError>(())
//! ```

use obs_rules::definition::Definition;

use crate::{
    File,
    yaml::{self, Yaml},
};

/// The header of the file.
const ABOUT: &str = "Tempo: traces come by OTLP. The metrics generator stays off: the services measure every request\n\
                     themselves, whether it was traced or not.";

/// Generates `tempo/tempo.yaml`, which is the same for every definition.
#[must_use]
pub fn files(_: &Definition) -> Vec<File> {
    vec![File::new("tempo/tempo.yaml", yaml::document(ABOUT, &config()))]
}

/// The configuration: [reference](https://grafana.com/docs/tempo/latest/configuration/).
fn config() -> Yaml {
    let endpoint = |address: &str| Yaml::map([("endpoint", address.into())]);
    // Without an address it listens on localhost only.
    let protocols = Yaml::map([("grpc", endpoint("0.0.0.0:4317")), ("http", endpoint("0.0.0.0:4318"))]);
    let receivers = Yaml::map([("otlp", Yaml::map([("protocols", protocols)]))]);
    let path = |path: &str| Yaml::map([("path", path.into())]);
    let trace = Yaml::map([
        ("backend", "local".into()),
        ("wal", path("/var/tempo/wal")),
        ("local", path("/var/tempo/blocks")),
    ]);
    Yaml::map([
        (
            "server",
            Yaml::map([("http_listen_port", 3200.into()), ("log_level", "info".into())]),
        ),
        ("distributor", Yaml::map([("receivers", receivers)])),
        ("storage", Yaml::map([("trace", trace)])),
        ("usage_report", Yaml::map([("reporting_enabled", false.into())])),
    ])
}
