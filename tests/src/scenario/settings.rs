//! What a row sets on the layer.

/// Settings of a layer that every adapter offers; the default is each setter's own default.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "one for each switch of the layer")]
pub struct Settings {
    /// `namespace`
    pub namespace: &'static str,
    /// `metrics`
    pub metrics: bool,
    /// `logs`
    pub logs: bool,
    /// `traces`
    pub traces: bool,
    /// `trust_incoming`
    pub trust_incoming: bool,
    /// `warn_client_errors`
    pub warn_client_errors: bool,
    /// `skip`, each
    pub skip: Vec<&'static str>,
    /// `skip_prefix`, each
    pub skip_prefix: Vec<&'static str>,
    /// `skip_if`, as the name of a request header whose presence leaves the request out
    pub skip_if: Option<&'static str>,
    /// `streaming`, each
    pub streaming: Vec<&'static str>,
    /// `field`, each
    pub fields: Vec<(&'static str, &'static str)>,
    /// `classify`, as the name of a response header whose presence gives the word `classified`
    pub classify: Option<&'static str>,
    /// `known_methods`, if it is set
    pub known_methods: Option<Vec<&'static str>>,
    /// `metrics_for` at this path, beside the routes
    pub metrics_page: Option<&'static str>,
    /// Whether a clone of the layer stands within it
    pub nested: bool,
    /// Whether something around the layer puts [`REPLACED`] in the place of each answer's body, unread
    pub replaces_bodies: bool,
}

/// What stands in the place of a replaced body.
pub const REPLACED: &str = "replaced";

impl Default for Settings {
    fn default() -> Self {
        Self {
            namespace: "http",
            metrics: true,
            logs: true,
            traces: true,
            trust_incoming: true,
            warn_client_errors: false,
            skip: Vec::new(),
            skip_prefix: Vec::new(),
            skip_if: None,
            streaming: Vec::new(),
            fields: Vec::new(),
            classify: None,
            known_methods: None,
            metrics_page: None,
            nested: false,
            replaces_bodies: false,
        }
    }
}

/// Gives a layer the settings of a [`Plan`](crate::scenario::Plan): the setters of all adapters'
/// layers have the same names.
#[macro_export]
macro_rules! apply_settings {
    ($layer:expr, $plan:expr) => {{
        let plan: &$crate::scenario::Plan<'_> = $plan;
        let settings = plan.settings;
        let hook = std::sync::Arc::clone(&plan.on_finish);
        let mut layer = $layer
            .namespace(settings.namespace)
            .metrics(settings.metrics)
            .logs(settings.logs)
            .traces(settings.traces)
            .trust_incoming(settings.trust_incoming)
            .warn_client_errors(settings.warn_client_errors)
            .on_finish(move |finished| hook(finished));
        if let Some(obs) = plan.obs {
            layer = layer.obs(obs);
        }
        if let Some(header) = settings.classify {
            layer = layer.classify(move |head| head.header(header).map(|_| "classified"));
        }
        if let Some(methods) = &settings.known_methods {
            layer = layer.known_methods(methods);
        }
        for path in &settings.skip {
            layer = layer.skip(path);
        }
        for prefix in &settings.skip_prefix {
            layer = layer.skip_prefix(prefix);
        }
        if let Some(header) = settings.skip_if {
            layer = layer.skip_if(move |request| request.header(header).is_some());
        }
        for path in &settings.streaming {
            layer = layer.streaming(path);
        }
        for (key, value) in &settings.fields {
            layer = layer.field(*key, *value);
        }
        layer
    }};
}
