//! Files that are changed as time goes by.

use std::{
    error::Error,
    fs, io,
    path::{self, Path},
};

use tracing_appender::rolling::{self, RollingFileAppender};

/// When a log file is left for a new one, and how many are kept.
///
/// Files are cut by time, not by size; [`keep`](Self::keep) bounds their number.
///
/// ```
/// use obs_core::logs::{LogTarget, Rotation};
///
/// let target = LogTarget::rolling_file("/var/log/shop/shop.log", Rotation::daily().keep(14));
/// # drop(target);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rotation {
    period: Period,
    keep: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Period {
    Hour,
    Day,
    Week,
}

// === impl Rotation ===

impl Rotation {
    /// A new file at each full hour: `shop.log.2026-11-22-14`.
    #[must_use]
    pub const fn hourly() -> Self {
        Self { period: Period::Hour, keep: None }
    }

    /// A new file at midnight, UTC: `shop.log.2026-11-22`.
    #[must_use]
    pub const fn daily() -> Self {
        Self { period: Period::Day, keep: None }
    }

    /// A new file at the start of Sunday, UTC, named for that day.
    #[must_use]
    pub const fn weekly() -> Self {
        Self { period: Period::Week, keep: None }
    }

    /// Keeps this many files beside the one that is written to, 1 or more. With every new file, and at
    /// the start, the oldest go whose names begin with that of the path; a restart may take one more.
    /// Defaults to all.
    #[must_use]
    pub const fn keep(self, files: usize) -> Self {
        let files = if files == 0 { 1 } else { files };
        Self { keep: Some(files), ..self }
    }
}

/// Opens the file of this period.
pub(super) fn open(path: &Path, rotation: Rotation) -> Result<RollingFileAppender, Box<dyn Error>> {
    let name = path.file_name().ok_or("it names no file")?;
    let name = name.to_str().ok_or("its file name is not UTF-8")?;
    // What a link holds is read from where the link is, so it has to be absolute.
    let folder = path::absolute(path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(".".as_ref()))?;
    let mut builder = RollingFileAppender::builder().filename_prefix(name).rotation(match rotation.period {
        Period::Hour => rolling::Rotation::HOURLY,
        Period::Day => rolling::Rotation::DAILY,
        Period::Week => rolling::Rotation::WEEKLY,
    });
    if cfg!(unix) && is_free_for_a_link(path) {
        builder = builder.latest_symlink(name);
    }
    if let Some(files) = rotation.keep {
        // It counts the file that it is about to make, even where that is there already.
        builder = builder.max_log_files(files.saturating_add(1));
    }
    Ok(builder.build(folder)?)
}

/// Whether nothing is lost when a link to the newest file takes this place: an older link, or nothing,
/// is there. (What stands in the way would be removed.)
fn is_free_for_a_link(path: &Path) -> bool {
    fs::symlink_metadata(path).map_or_else(|error| error.kind() == io::ErrorKind::NotFound, |found| found.is_symlink())
}

#[cfg(test)]
mod tests {
    use std::{io::Write, path::PathBuf};

    use super::*;

    /// The files of a folder, links and all, sorted.
    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn write(path: &Path, rotation: Rotation, text: &str) {
        open(path, rotation).unwrap().write_all(text.as_bytes()).unwrap();
    }

    #[test]
    fn the_file_has_the_time_in_its_name_and_is_appended_to() {
        for (rotation, len) in [
            (Rotation::hourly(), "2026-11-22-14".len()),
            (Rotation::daily(), "2026-11-22".len()),
            (Rotation::weekly(), "2026-11-22".len()),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("made/for/it/shop.log");
            write(&path, rotation, "one\n");
            write(&path, rotation, "two\n");
            let names = names(path.parent().unwrap());
            let dated = names.last().unwrap();
            assert_eq!(dated.strip_prefix("shop.log.").unwrap().len(), len);
            assert_eq!(fs::read_to_string(path.with_file_name(dated)).unwrap(), "one\ntwo\n");
            #[cfg(unix)]
            assert_eq!(fs::read_to_string(&path).unwrap(), "one\ntwo\n", "the path is a link to it");
        }
    }

    #[test]
    fn a_file_in_place_of_the_link_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop.log");
        fs::write(&path, "from before\n").unwrap();
        write(&path, Rotation::daily(), "new\n");
        assert_eq!(fs::read_to_string(&path).unwrap(), "from before\n");
        assert_eq!(names(folder.path()).len(), 2);
    }

    #[test]
    fn old_files_go_and_others_stay() {
        let folder = tempfile::tempdir().unwrap();
        for day in 1..=5 {
            fs::write(folder.path().join(format!("shop.log.2020-01-0{day}")), "old\n").unwrap();
        }
        fs::write(folder.path().join("other.log"), "").unwrap();
        let path = folder.path().join("shop.log");
        write(&path, Rotation::daily().keep(2), "new\n");
        let dated: Vec<PathBuf> =
            names(folder.path()).into_iter().filter(|name| name.starts_with("shop.log.")).map(PathBuf::from).collect();
        assert_eq!(dated.len(), 3, "{dated:?}");
        write(&path, Rotation::daily().keep(0), "again\n");
        assert!(
            names(folder.path())
                .iter()
                .any(|name| name.starts_with("shop.log.2026") || name > &"shop.log.2021".to_owned())
        );
        assert!(folder.path().join("other.log").exists());
    }

    #[test]
    fn what_can_not_be_opened_is_an_error_with_its_reason() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let error = open(&file.join("shop.log"), Rotation::daily()).unwrap_err().to_string();
        assert!(error.contains("(os error "), "{error}");
        assert!(open(Path::new("/"), Rotation::daily()).is_err());
    }
}
