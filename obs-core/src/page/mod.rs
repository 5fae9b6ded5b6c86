//! The pages of an instance that adapters serve (metrics, health), whose own requests no signal records.

mod handle;
mod owner;
#[cfg(test)]
mod tests;

pub use handle::MetricsPage;
pub use owner::{LeftOut, PageOwner};
