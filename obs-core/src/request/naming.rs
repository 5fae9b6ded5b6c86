//! The application's functions over a request: its endpoint if no router names one, and the values of labels.

use std::{borrow::Cow, fmt, sync::Arc};

use crate::{guard::Guarded, metrics::MAX_LABELS, options::Common};

/// The endpoint that a request is recorded under, as an extension of its **response**.
///
/// For routers and services whose routes the layer doesn't know. Insert it with a template (`/users/{id}`), never with
/// the path: a value that a client sends must not become a label.
///
/// ```
/// use obs_core::request::Endpoint;
///
/// let endpoint = Endpoint::new("/legacy/{page}"); // to be inserted into the extensions of a response
/// assert_eq!(endpoint.as_str(), "/legacy/{page}");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint(Cow<'static, str>);

/// The result of a function that names endpoints: text, or an `Option` of text, whose `None` means `unmatched`.
///
/// Implemented for `&'static str`, `String`, `Cow<'static, str>` and options of these. Sealed.
pub trait IntoEndpoint: sealed::Sealed {
    /// The endpoint, if there is one.
    #[doc(hidden)]
    fn into_endpoint(self) -> Option<Cow<'static, str>>;
}

mod sealed {
    pub trait Sealed {}
}

/// The application's functions over an adapter's view of requests, stored with the settings of the layer or client.
///
/// For adapters. `T` returns the template (the endpoint of a server, the target of a client), `L` the value of a label,
/// both as trait objects. A panic in a function is caught, and counts as no value.
pub struct Hooks<T: ?Sized, L: ?Sized> {
    template: Option<Arc<Guarded<T>>>,
    /// In the order of the layer's labels.
    labels: Vec<Arc<Guarded<L>>>,
}

/// The values of a layer's labels for one request.
#[derive(Debug, Default)]
pub struct LabelValues<'r> {
    values: [&'r str; MAX_LABELS],
    count: usize,
}

// === impl Endpoint ===

impl Endpoint {
    /// An endpoint with this template, such as `/users/{id}`. A `&'static str` needs no allocation.
    #[must_use]
    pub fn new(template: impl Into<Cow<'static, str>>) -> Self {
        Self(template.into())
    }

    /// The template.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

// === impl IntoEndpoint ===

macro_rules! into_endpoint {
    ($($text:ty),*) => {$(
        impl sealed::Sealed for $text {}
        impl IntoEndpoint for $text {
            fn into_endpoint(self) -> Option<Cow<'static, str>> {
                Some(self.into())
            }
        }
    )*};
}

into_endpoint!(&'static str, String, Cow<'static, str>);

impl<T: IntoEndpoint> sealed::Sealed for Option<T> {}
impl<T: IntoEndpoint> IntoEndpoint for Option<T> {
    fn into_endpoint(self) -> Option<Cow<'static, str>> {
        self.and_then(T::into_endpoint)
    }
}

// === impl Hooks ===

impl<T: ?Sized + Send + Sync + 'static, L: ?Sized + Send + Sync + 'static> Hooks<T, L> {
    /// Sets the function that returns the template.
    pub fn set_template(common: &mut Common, template: Arc<Guarded<T>>) {
        common.edit_hooks(|hooks: &mut Self| hooks.template = Some(template));
    }

    /// Adds a label with its allowed `values` and the function that returns its value for a request.
    ///
    /// An invalid label is ignored with a warning.
    pub fn add_label<V: AsRef<str>>(
        common: &mut Common,
        name: &str,
        values: impl IntoIterator<Item = V>,
        value: Arc<Guarded<L>>,
    ) {
        if common.add_label(name, values) {
            common.edit_hooks(|hooks: &mut Self| hooks.labels.push(value));
        }
    }

    /// The template of a request by the application's function, if one is set; `call` calls that function.
    #[must_use]
    pub fn template(&self, call: impl FnOnce(&T) -> Option<Cow<'static, str>>) -> Option<Cow<'static, str>> {
        self.template.as_ref()?.call(call).flatten()
    }

    /// The values of the labels for a request; `call` calls the function of one label.
    #[inline]
    #[must_use]
    pub fn labels<'r>(&self, call: impl Fn(&L) -> Option<&'r str>) -> LabelValues<'r> {
        let mut labels = LabelValues::default();
        for (label, value) in self.labels.iter().zip(&mut labels.values) {
            *value = label.call(&call).flatten().unwrap_or_default();
            labels.count += 1;
        }
        labels
    }
}

impl<T: ?Sized, L: ?Sized> Clone for Hooks<T, L> {
    fn clone(&self) -> Self {
        Self {
            template: self.template.clone(),
            labels: self.labels.clone(),
        }
    }
}

impl<T: ?Sized, L: ?Sized> Default for Hooks<T, L> {
    fn default() -> Self {
        Self {
            template: None,
            labels: Vec::new(),
        }
    }
}

impl<T: ?Sized, L: ?Sized> fmt::Debug for Hooks<T, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { template, labels } = self;
        f.debug_struct("Hooks")
            .field("template", &template.is_some())
            .field("labels", &labels.len())
            .finish()
    }
}

// === impl LabelValues ===

impl LabelValues<'_> {
    /// The values in the order of the labels; an empty text for a label without a value.
    #[inline]
    #[must_use]
    pub fn as_slice(&self) -> &[&str] {
        &self.values[..self.count]
    }
}

impl<'r> FromIterator<&'r str> for LabelValues<'r> {
    /// The first [`MAX_LABELS`] texts.
    fn from_iter<I: IntoIterator<Item = &'r str>>(texts: I) -> Self {
        let mut labels = Self::default();
        for (text, value) in texts.into_iter().zip(&mut labels.values) {
            *value = text;
            labels.count += 1;
        }
        labels
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Functions of a path.
    type OfPath = Hooks<
        dyn Fn(&str) -> Option<Cow<'static, str>> + Send + Sync,
        dyn for<'r> Fn(&'r str) -> Option<&'r str> + Send + Sync,
    >;

    fn hooks(change: impl FnOnce(&mut Common)) -> OfPath {
        let mut common = Common::default();
        change(&mut common);
        common.hooks().cloned().unwrap_or_default()
    }

    fn add(common: &mut Common, name: &str, value: for<'r> fn(&'r str) -> Option<&'r str>) {
        OfPath::add_label(common, name, ["/a"], Arc::new(Guarded::new("a test", value)));
    }

    #[test]
    fn an_endpoint_is_text_or_nothing() {
        let name = |path: &str| path.starts_with("/users/").then_some("/users/{id}").into_endpoint();
        let hooks = hooks(|common| OfPath::set_template(common, Arc::new(Guarded::new("a test", name))));
        assert_eq!(hooks.template(|name| name("/users/7")).as_deref(), Some("/users/{id}"));
        assert_eq!(hooks.template(|name| name("/orders")), None);
    }

    #[test]
    fn a_function_that_panics_counts_as_no_value() {
        let hooks = hooks(|common| {
            OfPath::set_template(common, Arc::new(Guarded::new("a test", |_: &str| panic!("on purpose"))));
            add(common, "tier", |_| panic!("on purpose"));
            add(common, "own", |path| Some(path));
            add(common, "not a name", |path| Some(path));
        });
        assert_eq!(hooks.template(|name| name("/a")), None);
        assert_eq!(hooks.labels(|value| value("/a")).as_slice(), ["", "/a"]);
    }
}
