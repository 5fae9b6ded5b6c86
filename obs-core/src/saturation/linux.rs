//! The state of the process on Linux, from [`/proc/self`](https://man7.org/linux/man-pages/man5/proc.5.html).
//!
//! Read without a library: `procfs` and what it needs are eight crates for these few numbers.

use std::{fs, sync::OnceLock};

use super::State;

/// What stays the same while the process runs.
#[derive(Clone, Copy)]
struct Constants {
    clock_ticks_per_second: u64,
    page_bytes: u64,
    /// Unix time.
    boot_seconds: Option<u64>,
}

pub(super) fn read() -> State {
    let constants = constants();
    let mut state = State {
        open_fds: open_fds(),
        ..State::default()
    };
    if let Ok(limits) = fs::read_to_string("/proc/self/limits") {
        state.max_fds = soft_limit(&limits, "Max open files");
        state.virtual_memory_max_bytes = soft_limit(&limits, "Max address space");
    }
    if let Ok(stat) = fs::read_to_string("/proc/self/stat") {
        read_stat(&stat, constants, &mut state);
    }
    state
}

/// Numbers in `/proc/self/stat`, by their position in the manual: `utime` 14, `stime` 15, `num_threads` 20,
/// `starttime` 22, `vsize` 23, `rss` 24.
fn read_stat(stat: &str, constants: Constants, state: &mut State) {
    // The second field, the name in parentheses, may contain anything.
    let Some((_, after_name)) = stat.rsplit_once(')') else {
        return;
    };
    let fields: Vec<&str> = after_name.split_ascii_whitespace().collect();
    let field = |position: usize| fields.get(position - 3)?.parse::<u64>().ok();
    let ticks = constants.clock_ticks_per_second;
    if let (Some(user), Some(system)) = (field(14), field(15)) {
        #[expect(clippy::cast_precision_loss, reason = "a page carries floats")]
        let seconds = user.saturating_add(system) as f64 / ticks as f64;
        state.cpu_seconds = Some(seconds);
    }
    state.threads = field(20);
    state.start_time_seconds = field(22)
        .zip(constants.boot_seconds)
        .map(|(since_boot, boot)| boot.saturating_add(since_boot / ticks));
    state.virtual_memory_bytes = field(23);
    state.resident_memory_bytes = field(24).map(|pages| pages.saturating_mul(constants.page_bytes));
}

/// The entries of `/proc/self/fd`, without the one that reads them.
fn open_fds() -> Option<u64> {
    let entries = fs::read_dir("/proc/self/fd").ok()?.count();
    u64::try_from(entries.saturating_sub(1)).ok()
}

/// The soft limit in a line such as `Max open files   1024   524288   files`.
fn soft_limit(limits: &str, name: &str) -> Option<u64> {
    let values = limits.lines().find_map(|line| line.strip_prefix(name))?;
    match values.split_ascii_whitespace().next()? {
        "unlimited" => Some(u64::MAX),
        value => value.parse().ok(),
    }
}

fn constants() -> Constants {
    static CONSTANTS: OnceLock<Constants> = OnceLock::new();
    *CONSTANTS.get_or_init(|| {
        let auxiliary = fs::read("/proc/self/auxv").unwrap_or_default();
        let boot = fs::read_to_string("/proc/stat").unwrap_or_default();
        Constants {
            clock_ticks_per_second: auxiliary_value(&auxiliary, AT_CLKTCK).unwrap_or(100),
            page_bytes: auxiliary_value(&auxiliary, AT_PAGESZ).unwrap_or(4_096),
            boot_seconds: boot
                .lines()
                .find_map(|line| line.strip_prefix("btime ")?.trim().parse().ok()),
        }
    })
}

/// Types in the auxiliary vector ([getauxval(3)](https://man7.org/linux/man-pages/man3/getauxval.3.html)).
const AT_PAGESZ: usize = 6;
const AT_CLKTCK: usize = 17;

/// A value of the auxiliary vector, which is pairs of a type and a value, if it isn't 0.
fn auxiliary_value(vector: &[u8], wanted: usize) -> Option<u64> {
    const SIZE: usize = size_of::<usize>();
    let (words, _) = vector.as_chunks::<SIZE>();
    let (pairs, _) = words.as_chunks::<2>();
    let (_, value) = pairs
        .iter()
        .map(|[kind, value]| (usize::from_ne_bytes(*kind), usize::from_ne_bytes(*value)))
        .find(|(kind, _)| *kind == wanted)?;
    u64::try_from(value).ok().filter(|value| *value != 0)
}

#[cfg(test)]
mod tests {
    use metrics_process::collector::{Metrics, collect};

    use super::*;

    #[test]
    fn the_numbers_are_those_of_another_reader() {
        let ours = read();
        let theirs: Metrics = collect();
        assert_eq!(ours.max_fds, theirs.max_fds.filter(|max| *max != 0).or(Some(u64::MAX)));
        assert_eq!(
            ours.virtual_memory_max_bytes,
            theirs
                .virtual_memory_max_bytes
                .filter(|max| *max != 0)
                .or(Some(u64::MAX))
        );
        // Theirs is rounded from a time in another resolution.
        let starts = [ours.start_time_seconds, theirs.start_time_seconds].map(Option::unwrap);
        assert!(starts[0].abs_diff(starts[1]) <= 1, "{starts:?}");
        // Other tests start threads, open files and allocate meanwhile: the same order of magnitude tells a wrong field
        // or unit.
        let close = [
            (ours.resident_memory_bytes, theirs.resident_memory_bytes),
            (ours.virtual_memory_bytes, theirs.virtual_memory_bytes),
        ];
        for (ours, theirs) in close {
            let (ours, theirs) = (ours.unwrap(), theirs.unwrap());
            assert!(ours / 4 < theirs && theirs / 4 < ours, "{ours} and {theirs}");
        }
        let cpu = [ours.cpu_seconds, theirs.cpu_seconds_total].map(Option::unwrap);
        assert!(cpu[0] <= cpu[1] && cpu[1] < cpu[0] + 60.0, "{cpu:?}");
    }

    #[test]
    fn a_hostile_name_of_the_program_moves_no_field() {
        let stat = "7 (a) R 1 2) S 1 2 3 4 5 6 7 8 9 10 250 50 13 14 15 16 21 0 500 4096 3 18446744073709551615";
        let constants = Constants {
            clock_ticks_per_second: 100,
            page_bytes: 4_096,
            boot_seconds: Some(1_000),
        };
        let mut state = State::default();
        read_stat(stat, constants, &mut state);
        let expected = State {
            cpu_seconds: Some(3.0),
            virtual_memory_bytes: Some(4_096),
            resident_memory_bytes: Some(3 * 4_096),
            start_time_seconds: Some(1_005),
            threads: Some(21),
            ..State::default()
        };
        assert_eq!(state, expected);
        for cut in ["", "7 (a", "7 (a) S", "7 (a) S x y"] {
            read_stat(cut, constants, &mut state);
        }
    }

    #[test]
    fn limits_and_auxiliary_values_are_read() {
        let limits = "Limit   Soft Limit   Hard Limit   Units\nMax open files   1024   524288   files\n\
                      Max address space   unlimited   unlimited   bytes\n";
        assert_eq!(soft_limit(limits, "Max open files"), Some(1_024));
        assert_eq!(soft_limit(limits, "Max address space"), Some(u64::MAX));
        assert_eq!(soft_limit(limits, "Max nothing"), None);
        let vector: Vec<u8> = [AT_PAGESZ, 65_536, AT_CLKTCK, 0, 0, 0]
            .into_iter()
            .flat_map(usize::to_ne_bytes)
            .collect();
        assert_eq!(auxiliary_value(&vector, AT_PAGESZ), Some(65_536));
        assert_eq!(auxiliary_value(&vector, AT_CLKTCK), None);
        assert_eq!(auxiliary_value(&vector[..SIZE_OF_HALF], AT_PAGESZ), None);
    }

    /// Half of a pair.
    const SIZE_OF_HALF: usize = size_of::<usize>();
}
