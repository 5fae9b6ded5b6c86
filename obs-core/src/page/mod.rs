//! The pages of an instance as adapters serve them: they show the others and leave themselves out.

mod handle;
mod owner;
#[cfg(test)]
mod tests;

pub use handle::MetricsPage;
pub use owner::PageOwner;
