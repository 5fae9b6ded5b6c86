//! Shared values, counted by reference or living as long as the process.

use std::{fmt, ops::Deref, sync::Arc};

/// A shared value: an [`Arc`], or a reference that is valid until the process ends.
///
/// Two clones and two drops of an [`Arc`] in each request take a tenth of the time of all metrics. The state of the
/// process-wide default needs no reference count, since it is never freed.
pub struct ArcOrStatic<T: ?Sized + 'static>(Inner<T>);

enum Inner<T: ?Sized + 'static> {
    Counted(Arc<T>),
    Forever(&'static T),
}

// === impl ArcOrStatic ===

impl<T> ArcOrStatic<T> {
    /// A value that is dropped with its last clone.
    pub(crate) fn counted(value: T) -> Self {
        Self(Inner::Counted(Arc::new(value)))
    }

    /// A value that is leaked, and so never dropped.
    pub(crate) fn forever(value: T) -> Self {
        Self(Inner::Forever(Box::leak(Box::new(value))))
    }
}

impl<T: ?Sized> ArcOrStatic<T> {
    /// Whether both refer to the same value in memory.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        std::ptr::addr_eq(&raw const **self, &raw const **other)
    }
}

impl<T: ?Sized> From<Arc<T>> for ArcOrStatic<T> {
    fn from(value: Arc<T>) -> Self {
        Self(Inner::Counted(value))
    }
}

impl<T: ?Sized> From<&'static T> for ArcOrStatic<T> {
    fn from(value: &'static T) -> Self {
        Self(Inner::Forever(value))
    }
}

impl<T: ?Sized> Clone for ArcOrStatic<T> {
    #[inline]
    fn clone(&self) -> Self {
        Self(match &self.0 {
            Inner::Counted(value) => Inner::Counted(Arc::clone(value)),
            Inner::Forever(value) => Inner::Forever(value),
        })
    }
}

impl<T: ?Sized> Deref for ArcOrStatic<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        match &self.0 {
            Inner::Counted(value) => value,
            Inner::Forever(value) => value,
        }
    }
}

impl<T: fmt::Debug + ?Sized> fmt::Debug for ArcOrStatic<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_shared_and_dropped_if_it_is_counted() {
        let value = Arc::new(());
        let (counted, forever) = (
            ArcOrStatic::counted(Arc::clone(&value)),
            ArcOrStatic::forever(Arc::clone(&value)),
        );
        assert!(counted.is_same(&counted.clone()) && forever.is_same(&forever.clone()));
        assert!(!counted.is_same(&forever));
        drop((counted, forever));
        assert_eq!(Arc::strong_count(&value), 2);
    }
}
