//! Files of Tempo: traces come by OTLP, span metrics are off.

use obs_rules::definition::Definition;

use crate::{
    File,
    yaml::{self, Yaml},
};

const ABOUT: &str = "Tempo: traces come by OTLP. The metrics generator stays off: the services measure every request\n\
                     themselves, whether it was traced or not.";

/// `tempo/tempo.yaml`.
#[must_use]
pub fn files(_: &Definition) -> Vec<File> {
    vec![File::new("tempo/tempo.yaml", yaml::document(ABOUT, &config()))]
}

fn config() -> Yaml {
    let endpoint = |address: &str| Yaml::map([("endpoint", address.into())]);
    // Without an address it listens on localhost only.
    let protocols = Yaml::map([("grpc", endpoint("0.0.0.0:4317")), ("http", endpoint("0.0.0.0:4318"))]);
    let receivers = Yaml::map([("otlp", Yaml::map([("protocols", protocols)]))]);
    let path = |path: &str| Yaml::map([("path", path.into())]);
    let trace =
        Yaml::map([("backend", "local".into()), ("wal", path("/var/tempo/wal")), ("local", path("/var/tempo/blocks"))]);
    Yaml::map([
        ("server", Yaml::map([("http_listen_port", 3200.into()), ("log_level", "info".into())])),
        ("distributor", Yaml::map([("receivers", receivers)])),
        ("storage", Yaml::map([("trace", trace)])),
        ("usage_report", Yaml::map([("reporting_enabled", false.into())])),
    ])
}
