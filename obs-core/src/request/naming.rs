//! The application's functions over a request: its endpoint if no router names one, and the values of labels.

use std::{borrow::Cow, fmt, sync::Arc};

use super::Options;
use crate::{guard::Guarded, metrics::MAX_LABELS};

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

/// The application's functions over an adapter's view of requests, stored with the settings of the layer.
///
/// For adapters. `E` names endpoints, `L` returns the value of a label, both as trait objects. A panic in a function is
/// caught, and counts as no value.
pub struct Hooks<E: ?Sized, L: ?Sized> {
    endpoint: Option<Arc<Guarded<E>>>,
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

impl<E: ?Sized + Send + Sync + 'static, L: ?Sized + Send + Sync + 'static> Hooks<E, L> {
    /// Sets the function that names endpoints.
    pub fn set_endpoint(options: &mut Options, endpoint: Arc<Guarded<E>>) {
        options.edit_hooks(|hooks: &mut Self| hooks.endpoint = Some(endpoint));
    }

    /// Adds a label with its allowed `values` and the function that returns its value for a request.
    ///
    /// An invalid label is ignored with a warning.
    pub fn add_label<T: AsRef<str>>(
        options: &mut Options,
        name: &str,
        values: impl IntoIterator<Item = T>,
        value: Arc<Guarded<L>>,
    ) {
        if options.common.add_label(name, values) {
            options.edit_hooks(|hooks: &mut Self| hooks.labels.push(value));
        }
    }

    /// The endpoint of a request by the application's function, if one is set; `call` calls that function.
    #[must_use]
    pub fn endpoint(&self, call: impl FnOnce(&E) -> Option<Cow<'static, str>>) -> Option<Cow<'static, str>> {
        self.endpoint.as_ref()?.call(call).flatten()
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

impl<E: ?Sized, L: ?Sized> Clone for Hooks<E, L> {
    fn clone(&self) -> Self {
        Self {
            endpoint: self.endpoint.clone(),
            labels: self.labels.clone(),
        }
    }
}

impl<E: ?Sized, L: ?Sized> Default for Hooks<E, L> {
    fn default() -> Self {
        Self {
            endpoint: None,
            labels: Vec::new(),
        }
    }
}

impl<E: ?Sized, L: ?Sized> fmt::Debug for Hooks<E, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { endpoint, labels } = self;
        f.debug_struct("Hooks")
            .field("endpoint", &endpoint.is_some())
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Functions of a path.
    type OfPath = Hooks<
        dyn Fn(&str) -> Option<Cow<'static, str>> + Send + Sync,
        dyn for<'r> Fn(&'r str) -> Option<&'r str> + Send + Sync,
    >;

    fn hooks(change: impl FnOnce(&mut Options)) -> OfPath {
        let mut options = Options::default();
        change(&mut options);
        options.hooks().cloned().unwrap_or_default()
    }

    fn add(options: &mut Options, name: &str, value: for<'r> fn(&'r str) -> Option<&'r str>) {
        OfPath::add_label(options, name, ["/a"], Arc::new(Guarded::new("a test", value)));
    }

    #[test]
    fn an_endpoint_is_text_or_nothing() {
        let name = |path: &str| path.starts_with("/users/").then_some("/users/{id}").into_endpoint();
        let hooks = hooks(|options| OfPath::set_endpoint(options, Arc::new(Guarded::new("a test", name))));
        assert_eq!(hooks.endpoint(|name| name("/users/7")).as_deref(), Some("/users/{id}"));
        assert_eq!(hooks.endpoint(|name| name("/orders")), None);
    }

    #[test]
    fn a_function_that_panics_counts_as_no_value() {
        let hooks = hooks(|options| {
            OfPath::set_endpoint(
                options,
                Arc::new(Guarded::new("a test", |_: &str| panic!("on purpose"))),
            );
            add(options, "tier", |_| panic!("on purpose"));
            add(options, "own", |path| Some(path));
            add(options, "not a name", |path| Some(path));
        });
        assert_eq!(hooks.endpoint(|name| name("/a")), None);
        assert_eq!(hooks.labels(|value| value("/a")).as_slice(), ["", "/a"]);
    }
}
