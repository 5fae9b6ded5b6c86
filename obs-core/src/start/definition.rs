//! Settings that come from the service's definition.

use obs_conventions::ServiceSettings;

use super::ObsBuilder;
use crate::metrics::Convention;

// === impl Obs ===

#[cfg(feature = "definition")]
impl crate::Obs {
    /// Settings for a service of a definition file (`obs.yaml`, see `obs_rules::definition`):
    /// [`builder`](Self::builder) and [`definition`](ObsBuilder::definition) in one. Needs the feature `definition`.
    ///
    /// # Errors
    ///
    /// If the file can't be read or is invalid, with all its problems, or if it has no service of this name.
    ///
    /// ```
    /// use obs_core::Obs;
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("obs.yaml");
    /// std::fs::write(&path, "version: 1\nservices:\n  - { name: orders, namespace: shop }\n")?;
    /// let obs = Obs::from_definition(&path, "orders")?.log_writer(std::io::sink()).build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_definition(
        path: impl AsRef<std::path::Path>,
        service: &str,
    ) -> Result<ObsBuilder, obs_base::InitError> {
        use obs_base::InitError;

        let path = path.as_ref();
        let file = path.display();
        let definition = obs_rules::definition::Definition::read(path)
            .map_err(|error| InitError::failed(format!("read the definition: {error}"), error))?;
        let Some(found) = definition.service(service) else {
            let names: Vec<_> = definition
                .services
                .iter()
                .map(|service| service.name.as_str())
                .collect();
            return Err(InitError::invalid(
                "the service",
                service,
                format!("one of {file}: {}", names.join(", ")),
            ));
        };
        Ok(Self::builder(service).definition(found))
    }
}

// === impl ObsBuilder ===

impl ObsBuilder {
    /// Takes what the definition of the service (`obs.yaml`) says: version, environment, the namespace and the
    /// convention of RED metrics, and the bounds of their duration histograms. Layers, clients and pages of this
    /// instance follow it, so that the rules and dashboards made from the same definition find their series.
    ///
    /// Setters that are called later win. `init` and `build` fail if the builder's name is neither empty nor that of
    /// the definition. Takes an `obs_rules::definition::Service` by reference, which `obs-alert` and `obs-stack`
    /// re-export. Defaults to none.
    ///
    /// ```
    /// use obs_core::{Obs, ServiceSettings};
    ///
    /// let mut orders = ServiceSettings::new("orders");
    /// orders.namespace = "shop".to_owned();
    /// let obs = Obs::builder("orders").definition(orders).log_writer(std::io::sink()).build()?;
    /// # Ok::<(), obs_core::InitError>(())
    /// ```
    pub fn definition(mut self, service: impl Into<ServiceSettings>) -> Self {
        let service: ServiceSettings = service.into();
        self.service.version = service.version.or(self.service.version);
        self.service.environment = service.environment.or(self.service.environment);
        self.naming.namespace = service.namespace;
        self.naming.convention = service.convention;
        self.duration_buckets = service.duration_bounds;
        self.defined_name = Some(service.name);
        self
    }

    /// Sets the first word of the names of RED metrics, for all layers and clients of this instance: `payment` makes
    /// `payment_requests_total`. A layer's own `namespace` wins. Defaults to `http`.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.naming.namespace = namespace.into();
        self
    }

    /// Sets whose names RED metrics and their labels have, for all layers and clients of this instance. A layer's own
    /// `convention` wins. Defaults to [`Convention::Prometheus`].
    pub fn convention(mut self, convention: Convention) -> Self {
        self.naming.convention = convention;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Obs,
        request::{LayerState, Observation, RequestHead},
    };

    fn orders() -> ServiceSettings {
        let mut orders = ServiceSettings::new("orders");
        orders.version = Some("1.4.2".to_owned());
        orders.environment = Some("staging".to_owned());
        orders.namespace = "shop".to_owned();
        orders.duration_bounds = vec![0.1, 0.3];
        orders
    }

    /// The page after one request through a layer with this change of its defaults.
    fn page(obs: &Obs, change: impl Fn(&mut crate::request::Options)) -> String {
        let layer = LayerState::default().with(|options| {
            options.common.record_into(obs);
            change(options);
        });
        let head = RequestHead {
            method: "GET",
            endpoint: Some("/a"),
            ..Default::default()
        };
        Observation::start(layer.instrument(), &head, &()).service_error();
        String::from_utf8(obs.registry().render(crate::metrics::Format::Text)).unwrap()
    }

    #[test]
    fn a_layer_at_its_defaults_records_what_the_definition_says() {
        let obs = Obs::builder("orders")
            .definition(orders())
            .log_writer(std::io::sink())
            .build()
            .unwrap();
        let page = page(&obs, |_| ());
        assert!(
            page.contains("shop_requests_total{method=\"GET\",endpoint=\"/a\""),
            "{page}"
        );
        let buckets = page
            .lines()
            .filter(|line| line.starts_with("shop_request_duration_seconds_bucket"));
        let bounds: Vec<_> = buckets
            .filter_map(|line| line.split("le=").nth(1)?.split('"').nth(1))
            .collect();
        assert_eq!(bounds, ["0.1", "0.3", "+Inf"]);
        assert!(page.contains("version=\"1.4.2\""), "{page}");
    }

    #[test]
    fn what_a_layer_or_a_later_setter_says_wins() {
        let builder = || Obs::builder("").definition(orders()).log_writer(std::io::sink());
        let layer = page(&builder().build().unwrap(), |options| {
            options.common.namespace = Some("own".to_owned());
        });
        assert!(layer.contains("own_requests_total"), "{layer}");
        let obs = builder()
            .namespace("later")
            .convention(Convention::OpenTelemetry)
            .build()
            .unwrap();
        let later = page(&obs, |_| ());
        assert!(later.contains("http_server_request_duration_seconds_count"), "{later}");
        let obs = builder().namespace("later").build().unwrap();
        assert!(page(&obs, |_| ()).contains("later_requests_total"));
    }

    #[test]
    fn the_definition_of_another_service_is_refused() {
        let built = Obs::builder("payments")
            .definition(orders())
            .log_writer(std::io::sink())
            .build();
        let error = built.unwrap_err().to_string();
        assert_eq!(
            error,
            "the service's name is \"payments\", expected \"orders\", the name in its definition"
        );
    }

    #[cfg(feature = "definition")]
    #[test]
    fn a_file_without_the_service_says_which_it_has() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("obs.yaml");
        std::fs::write(
            &path,
            "version: 1\nservices:\n  - { name: orders }\n  - { name: payments }\n",
        )
        .unwrap();
        let error = Obs::from_definition(&path, "order").unwrap_err().to_string();
        assert!(
            error.contains("\"order\"") && error.ends_with(": orders, payments"),
            "{error}"
        );
        let missing = Obs::from_definition(folder.path().join("none.yaml"), "orders")
            .unwrap_err()
            .to_string();
        assert!(missing.contains("none.yaml"), "{missing}");
        std::fs::write(&path, "version: 1\nservices:\n  - { name: orders, namespac: shop }\n").unwrap();
        let invalid = Obs::from_definition(&path, "orders").unwrap_err().to_string();
        assert!(invalid.contains("namespac") && invalid.contains("3:"), "{invalid}");
    }
}
