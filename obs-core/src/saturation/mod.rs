//! How full the process and its runtimes are, read when a page is written.

#[cfg(all(
    feature = "process",
    any(
        target_os = "freebsd",
        target_os = "linux",
        target_os = "macos",
        target_os = "openbsd",
        target_os = "windows"
    )
))]
mod process;
#[cfg(not(all(
    feature = "process",
    any(
        target_os = "freebsd",
        target_os = "linux",
        target_os = "macos",
        target_os = "openbsd",
        target_os = "windows"
    )
)))]
#[path = "absent.rs"]
mod process;
#[cfg(feature = "tokio-metrics")]
mod runtime;
#[cfg(test)]
#[cfg(any(feature = "process", feature = "tokio-metrics"))]
mod tests;
mod watch;

pub(crate) use watch::Saturation;
