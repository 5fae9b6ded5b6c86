//! Thread-local pools: memory that is reused in place of new allocations on the request path.

use std::{cell::RefCell, fmt, thread::LocalKey};

use crate::guard::guarded;

/// The most idle values in a pool.
const MAX_IDLE: usize = 64;
/// The largest value that is returned to a pool, in bytes on the heap.
const MAX_BYTES: usize = 4 * 1_024;

/// The idle values of one thread, so that the next use of one allocates nothing.
///
/// A pool holds at most 64 idle values, each with at most 4 KiB on the heap; values beyond these limits are dropped.
/// A value may be taken on one thread and recycled on another. While a thread ends and its pool has been destroyed,
/// values are created and dropped as without a pool.
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
/// Pool::recycle(&BUFFERS, buffer, capacity);
/// assert_eq!(Pool::take(&BUFFERS).capacity(), capacity);
/// ```
pub struct Pool<T> {
    idle: RefCell<Vec<T>>,
}

/// A pool of the heap allocations behind [`Slot`]s.
pub type SlotPool<T> = Pool<Box<Option<T>>>;

/// A type whose values are stored in a [`Slot`].
pub trait Pooled: Sized + 'static {
    /// The thread-local that holds the pool, a `static` in a `thread_local!`.
    fn pool() -> &'static LocalKey<SlotPool<Self>>;
}

/// A heap allocation for one value, taken from a pool.
///
/// For state that is moved often while it is in use, such as the state of a request in a future: only a pointer moves,
/// and the next value reuses the allocation. Call [`recycle`](Self::recycle) when the value is no longer used; a slot
/// that is merely dropped frees its memory.
#[derive(Debug)]
pub struct Slot<T: Pooled>(Box<Option<T>>);

// === impl Pool ===

impl<T> Pool<T> {
    /// An empty pool.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            idle: RefCell::new(Vec::new()),
        }
    }

    /// Takes an idle value, or creates one by `Default` if there is none.
    ///
    /// An idle value is in the state in which it was recycled: whoever recycles a buffer clears it first.
    #[inline]
    #[must_use]
    pub fn take(pool: &'static LocalKey<Self>) -> T
    where
        T: Default,
    {
        let idle = pool
            .try_with(|pool| pool.idle.try_borrow_mut().ok().and_then(|mut idle| idle.pop()))
            .ok()
            .flatten();
        idle.unwrap_or_default()
    }

    /// Returns a value to the pool, for the next [`take`](Self::take).
    ///
    /// `bytes` is what the value holds on the heap. The value is dropped if this is more than 4 KiB, if the pool has 64
    /// idle values already, and on a thread whose pool has been destroyed.
    #[inline]
    pub fn recycle(pool: &'static LocalKey<Self>, value: T, bytes: usize) {
        if bytes > MAX_BYTES {
            return;
        }
        // Fails on a thread that is ending: the value is dropped.
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
    /// An empty slot, from the thread's pool if one is idle.
    #[inline]
    #[must_use]
    pub fn take() -> Self {
        Self(Pool::take(T::pool()))
    }

    /// The empty place of the value, to construct it there without a move.
    #[inline]
    pub fn vacant(&mut self) -> &mut Option<T> {
        &mut self.0
    }

    /// The value; `None` before one was stored in [`vacant`](Self::vacant).
    #[inline]
    #[must_use]
    pub fn get(&self) -> Option<&T> {
        (*self.0).as_ref()
    }

    /// The value for writing; `None` before one was stored.
    #[inline]
    pub fn get_mut(&mut self) -> Option<&mut T> {
        (*self.0).as_mut()
    }

    /// Drops the value and returns the slot to the thread's pool. A panic of the value's destructor is caught.
    #[inline]
    pub fn recycle(self) {
        let Self(mut place) = self;
        // Before the pool is borrowed, and guarded: a value may hold the last handle to the settings of a layer,
        // and dropping these runs code of the application.
        let _ = guarded(|| *place = None);
        Pool::recycle(T::pool(), place, 0);
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
    fn a_value_is_reused_on_the_thread_on_which_it_was_recycled() {
        let buffer = Vec::with_capacity(100);
        let place = buffer.as_ptr();
        Pool::recycle(&BUFFERS, buffer, 100);
        assert_eq!(thread::spawn(|| Pool::take(&BUFFERS).capacity()).join().unwrap(), 0);
        let buffer = Pool::take(&BUFFERS);
        assert_eq!((buffer.as_ptr(), Pool::take(&BUFFERS).capacity()), (place, 0));
    }

    #[test]
    fn a_pool_is_bounded_in_number_and_its_values_in_bytes() {
        (0..2 * MAX_IDLE).for_each(|_| Pool::recycle(&BUFFERS, Vec::new(), MAX_BYTES));
        assert_eq!(idle(), MAX_IDLE);
        let _ = Pool::take(&BUFFERS);
        Pool::recycle(&BUFFERS, Vec::new(), MAX_BYTES + 1);
        assert_eq!(idle(), MAX_IDLE - 1);
    }

    #[test]
    fn a_slot_comes_back_empty_also_when_the_drop_of_its_value_panics() {
        let mut slot = Slot::take();
        *slot.vacant() = Some(Hostile);
        assert!(slot.get().is_some() && slot.get_mut().is_some());
        slot.recycle();
        assert_eq!((DROPPED.get(), SLOTS.with(|pool| pool.idle.borrow().len())), (1, 1));
        assert!(Slot::<Hostile>::take().get().is_none());
    }
}
