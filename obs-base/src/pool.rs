//! Memory that a thread uses again.

use std::{cell::RefCell, fmt, thread::LocalKey};

use crate::guard::guarded;

/// The most values that a pool keeps.
const MAX_IDLE: usize = 64;
/// The most bytes on the heap of a value that a pool keeps.
const MAX_BYTES: usize = 4 * 1_024;

/// The idle values of one thread, kept so that the next use of one allocates nothing.
///
/// A pool keeps at most 64 values, each with at most 4 KiB on the heap; others are dropped. Values may be taken on
/// one thread and given back on another. On a thread that is ending there is no pool: values are then made and
/// dropped as if there never was one.
///
/// ```
/// use obs_base::pool::Pool;
///
/// thread_local! {
///     static BUFFERS: Pool<Vec<u8>> = const { Pool::new() };
/// }
///
/// let mut buffer = Pool::take(&BUFFERS);
/// buffer.extend_from_slice(b"hello");
/// buffer.clear();
/// let capacity = buffer.capacity();
/// Pool::give_back(&BUFFERS, buffer, capacity);
/// assert_eq!(Pool::take(&BUFFERS).capacity(), capacity);
/// ```
pub struct Pool<T> {
    idle: RefCell<Vec<T>>,
}

/// A pool of the places of a type's values, see [`Slot`].
pub type SlotPool<T> = Pool<Box<Option<T>>>;

/// A type whose values lie in a [`Slot`].
pub trait Pooled: Sized + 'static {
    /// The pool of the current thread.
    fn pool() -> &'static LocalKey<SlotPool<Self>>;
}

/// A place on the heap for one value, taken from a pool.
///
/// For state that is moved again and again while it is in use, such as that of a request in a future: only a
/// pointer moves, and the place serves the next value without an allocation.
#[derive(Debug)]
pub struct Slot<T: Pooled>(Box<Option<T>>);

// === impl Pool ===

impl<T> Pool<T> {
    /// An empty pool.
    #[must_use]
    pub const fn new() -> Self {
        Self { idle: RefCell::new(Vec::new()) }
    }

    /// Takes a value as it was given back; a new one if none is idle.
    #[inline]
    #[must_use]
    pub fn take(pool: &'static LocalKey<Self>) -> T
    where
        T: Default,
    {
        let idle = pool.try_with(|pool| pool.idle.try_borrow_mut().ok().and_then(|mut idle| idle.pop())).ok().flatten();
        idle.unwrap_or_default()
    }

    /// Keeps a value for the next [`take`](Self::take), unless the pool is full or `bytes`, what it holds on the
    /// heap, is more than 4 KiB.
    #[inline]
    pub fn give_back(pool: &'static LocalKey<Self>, value: T, bytes: usize) {
        if bytes > MAX_BYTES {
            return;
        }
        // On a thread that is ending there is nothing to keep it for.
        let _ = pool.try_with(|pool| {
            if let Ok(mut idle) = pool.idle.try_borrow_mut()
                && idle.len() < MAX_IDLE
            {
                idle.push(value);
            }
        });
    }
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for Pool<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let idle = self.idle.try_borrow().map_or(0, |idle| idle.len());
        f.debug_struct("Pool").field("idle", &idle).finish()
    }
}

// === impl Slot ===

impl<T: Pooled> Slot<T> {
    /// An empty slot.
    #[inline]
    #[must_use]
    pub fn take() -> Self {
        Self(Pool::take(T::pool()))
    }

    /// Where the value is to be made, in place.
    #[inline]
    pub fn vacant(&mut self) -> &mut Option<T> {
        &mut self.0
    }

    /// The value, if one was made.
    #[inline]
    #[must_use]
    pub fn get(&self) -> Option<&T> {
        (*self.0).as_ref()
    }

    /// The value, to be changed.
    #[inline]
    pub fn get_mut(&mut self) -> Option<&mut T> {
        (*self.0).as_mut()
    }

    /// Drops the value and gives the slot back to the thread's pool. A panic of the drop ends here.
    #[inline]
    pub fn give_back(self) {
        let Self(mut place) = self;
        // Before the pool is borrowed, and guarded: a value may hold the last handle to the settings of a layer,
        // and dropping these runs code of the application.
        let _ = guarded(|| *place = None);
        Pool::give_back(T::pool(), place, 0);
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, thread};

    use super::*;

    thread_local! {
        static BUFFERS: Pool<Vec<u8>> = const { Pool::new() };
        static SLOTS: SlotPool<Hostile> = const { Pool::new() };
        static DROPPED: Cell<usize> = const { Cell::new(0) };
    }

    /// Panics when it is dropped.
    struct Hostile;

    impl Drop for Hostile {
        fn drop(&mut self) {
            DROPPED.set(DROPPED.get() + 1);
            panic!("on purpose");
        }
    }

    impl Pooled for Hostile {
        fn pool() -> &'static LocalKey<SlotPool<Self>> {
            &SLOTS
        }
    }

    fn idle() -> usize {
        BUFFERS.with(|pool| pool.idle.borrow().len())
    }

    #[test]
    fn a_value_is_used_again_on_the_thread_that_it_was_given_back_on() {
        let buffer = Vec::with_capacity(100);
        let place = buffer.as_ptr();
        Pool::give_back(&BUFFERS, buffer, 100);
        assert_eq!(thread::spawn(|| Pool::take(&BUFFERS).capacity()).join().unwrap(), 0);
        let buffer = Pool::take(&BUFFERS);
        assert_eq!((buffer.as_ptr(), Pool::take(&BUFFERS).capacity()), (place, 0));
    }

    #[test]
    fn a_pool_is_bounded_in_number_and_its_values_in_bytes() {
        (0..2 * MAX_IDLE).for_each(|_| Pool::give_back(&BUFFERS, Vec::new(), MAX_BYTES));
        assert_eq!(idle(), MAX_IDLE);
        let _ = Pool::take(&BUFFERS);
        Pool::give_back(&BUFFERS, Vec::new(), MAX_BYTES + 1);
        assert_eq!(idle(), MAX_IDLE - 1);
    }

    #[test]
    fn a_slot_comes_back_empty_also_when_the_drop_of_its_value_panics() {
        let mut slot = Slot::take();
        *slot.vacant() = Some(Hostile);
        assert!(slot.get().is_some() && slot.get_mut().is_some());
        slot.give_back();
        assert_eq!((DROPPED.get(), SLOTS.with(|pool| pool.idle.borrow().len())), (1, 1));
        assert!(Slot::<Hostile>::take().get().is_none());
    }
}
