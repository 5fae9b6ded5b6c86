//! A file for each period, and the removal of old ones.

use std::{
    error::Error,
    fs, io,
    io::Write,
    path::{self, Path, PathBuf},
    time::{Duration, Instant},
};

use super::{log_file::LogFile, rotation::Rotation};
use crate::clock;

/// When a new file is tried again that could not be opened; lines go to the old one until then.
const RETRY: Duration = Duration::from_secs(10);

/// Appends to the file of the period that is now.
#[derive(Debug)]
pub(super) struct RollingFile {
    folder: PathBuf,
    name: String,
    rotation: Rotation,
    file: LogFile,
    /// When the file's period began, in seconds since the Unix epoch.
    period: u64,
    retry_at: Option<Instant>,
}

// === impl RollingFile ===

impl RollingFile {
    /// Opens the file of this period.
    ///
    /// # Errors
    ///
    /// If the path names no file, or the file of the period can't be appended to.
    pub(super) fn open(path: &Path, rotation: Rotation) -> Result<Self, Box<dyn Error>> {
        Self::open_at(path, rotation, now())
    }

    fn open_at(path: &Path, rotation: Rotation, now: u64) -> Result<Self, Box<dyn Error>> {
        let name = path.file_name().ok_or("it names no file")?;
        let name = name.to_str().ok_or("its file name is not UTF-8")?.to_owned();
        // The process may change its folder.
        let folder = path::absolute(
            path.parent()
                .filter(|folder| !folder.as_os_str().is_empty())
                .unwrap_or(".".as_ref()),
        )?;
        let period = rotation.period_of(now);
        let file = LogFile::open(&folder.join(rotation.file_name(&name, period)))?;
        let this = Self {
            folder,
            name,
            rotation,
            file,
            period,
            retry_at: None,
        };
        this.tidy();
        Ok(this)
    }

    fn write_at(&mut self, bytes: &[u8], now: u64) -> io::Result<usize> {
        let period = self.rotation.period_of(now);
        if period != self.period && self.retry_at.is_none_or(|at| at <= Instant::now()) {
            match LogFile::open(&self.folder.join(self.rotation.file_name(&self.name, period))) {
                Ok(file) => {
                    (self.file, self.period, self.retry_at) = (file, period, None);
                    self.tidy();
                }
                Err(_) => self.retry_at = Some(Instant::now() + RETRY),
            }
        }
        self.file.write(bytes)
    }

    /// Points the link to the newest file, and removes those that are no longer kept.
    fn tidy(&self) {
        #[cfg(unix)]
        self.link();
        if let Some(kept) = self.rotation.kept() {
            self.prune(kept);
        }
    }

    /// Makes the path without a time a link to the newest file, unless something else than such a link of ours
    /// is in its place.
    #[cfg(unix)]
    fn link(&self) {
        let link = self.folder.join(&self.name);
        let is_ours = |target: &Path| {
            target
                .file_name()
                .and_then(|name| name.to_str())
                .is_some_and(|name| Rotation::is_any(&self.name, name))
        };
        match fs::read_link(&link) {
            Ok(target) if is_ours(&target) => {
                if fs::remove_file(&link).is_err() {
                    return;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            _ => return,
        }
        // Relative, so that it also leads there from where the folder is mounted elsewhere. Lines don't need it.
        let _ = std::os::unix::fs::symlink(self.rotation.file_name(&self.name, self.period), link);
    }

    /// Removes the oldest files but `kept` of them beside the present one: only files, and only those whose
    /// whole name is one that this rotation gives.
    fn prune(&self, kept: usize) {
        // What can't be read or removed stays.
        let Ok(entries) = fs::read_dir(&self.folder) else {
            return;
        };
        let period = |entry: &fs::DirEntry| {
            let period = self.rotation.parse(&self.name, entry.file_name().to_str()?)?;
            // A link is ignored, whatever its target.
            let is_old = period != self.period && entry.file_type().ok()?.is_file();
            is_old.then_some(period)
        };
        let mut old: Vec<u64> = entries.flatten().filter_map(|entry| period(&entry)).collect();
        old.sort_unstable_by(|one, other| other.cmp(one));
        for period in old.into_iter().skip(kept) {
            let _ = fs::remove_file(self.folder.join(self.rotation.file_name(&self.name, period)));
        }
    }
}

impl Write for RollingFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_at(bytes, now())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn now() -> u64 {
    clock::unix_now().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 86_400;
    /// 2026-11-22 14:30 UTC, a Sunday.
    const NOW: u64 = 1_795_357_800;

    /// The files of a folder, links and all, sorted.
    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn open(path: &Path, rotation: Rotation) -> RollingFile {
        RollingFile::open_at(path, rotation, NOW).unwrap()
    }

    fn write(file: &mut RollingFile, text: &str, now: u64) {
        assert_eq!(file.write_at(text.as_bytes(), now).unwrap(), text.len());
    }

    #[test]
    fn the_file_has_the_time_in_its_name_and_is_appended_to() {
        for (rotation, name) in [
            (Rotation::hourly(), "shop.log.2026-11-22-14"),
            (Rotation::daily(), "shop.log.2026-11-22"),
            (Rotation::weekly(), "shop.log.2026-11-22"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("made/for/it/shop.log");
            write(&mut open(&path, rotation), "one\n", NOW);
            write(&mut open(&path, rotation), "two\n", NOW);
            assert_eq!(fs::read_to_string(path.with_file_name(name)).unwrap(), "one\ntwo\n");
            #[cfg(unix)]
            assert_eq!(
                fs::read_to_string(&path).unwrap(),
                "one\ntwo\n",
                "the path is a link to it"
            );
        }
    }

    #[test]
    fn a_new_period_has_a_new_file_and_a_clock_that_goes_back_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop.log");
        let mut file = open(&path, Rotation::daily());
        write(&mut file, "sunday\n", NOW);
        write(&mut file, "monday\n", NOW + DAY);
        #[cfg(unix)]
        assert_eq!(fs::read_to_string(&path).unwrap(), "monday\n");
        write(&mut file, "sunday\n", NOW);
        let read = |day: &str| fs::read_to_string(folder.path().join(format!("shop.log.2026-11-{day}"))).unwrap();
        assert_eq!(
            (read("22"), read("23")),
            ("sunday\nsunday\n".to_owned(), "monday\n".to_owned())
        );
    }

    #[test]
    fn old_files_go_with_each_new_one_the_oldest_first() {
        let folder = tempfile::tempdir().unwrap();
        for day in ["2020-01-01", "2020-01-02", "2026-11-20", "2027-01-01"] {
            fs::write(folder.path().join(format!("shop.log.{day}")), "old\n").unwrap();
        }
        let mut file = open(&folder.path().join("shop.log"), Rotation::daily().keep(2));
        let dated = |folder: &Path| -> Vec<String> {
            names(folder)
                .into_iter()
                .filter_map(|name| Some(name.strip_prefix("shop.log.")?.to_owned()))
                .collect()
        };
        assert_eq!(dated(folder.path()), ["2026-11-20", "2026-11-22", "2027-01-01"]);
        write(&mut file, "new\n", NOW + DAY);
        assert_eq!(dated(folder.path()), ["2026-11-22", "2026-11-23", "2027-01-01"]);
        write(
            &mut open(&folder.path().join("shop.log"), Rotation::daily().keep(0)),
            "again\n",
            NOW,
        );
        assert_eq!(
            dated(folder.path()),
            ["2026-11-22", "2027-01-01"],
            "one at least beside the one that is written to"
        );
    }

    #[test]
    fn nothing_is_removed_but_files_of_the_very_names_that_the_rotation_gives() {
        let folder = tempfile::tempdir().unwrap();
        let others = [
            "app",
            "app.db",
            "app.toml",
            "app.2020-01-01.gz",
            "app.2020-01-01-00",
            "app.2020-1-1",
            "app.2020-02-30",
            "app.2020-13-01",
            "app.2020-00-10",
            "app.20200101",
            "app.+020-01-01",
            "app.2020-01-01 ",
            "app.2020-01-01~",
            "app-2020-01-01",
            "app.log.2020-01-01",
            "application.2020-01-01",
            "app.\u{660}\u{661}20-01-01",
            "app.",
            "app.1969-12-31",
        ];
        for name in others {
            fs::write(folder.path().join(name), "precious\n").unwrap();
        }
        fs::create_dir(folder.path().join("app.2020-01-02")).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink("app.db", folder.path().join("app.2020-01-03")).unwrap();
        for day in 4..9 {
            fs::write(folder.path().join(format!("app.2020-01-0{day}")), "old\n").unwrap();
        }
        let before = names(folder.path());
        let mut file = open(&folder.path().join("app"), Rotation::daily().keep(1));
        write(&mut file, "new\n", NOW + DAY);
        let after = names(folder.path());
        let removed: Vec<_> = before.iter().filter(|name| !after.contains(name)).collect();
        assert_eq!(
            removed,
            [
                "app.2020-01-04",
                "app.2020-01-05",
                "app.2020-01-06",
                "app.2020-01-07",
                "app.2020-01-08"
            ]
        );
        for name in others {
            assert_eq!(
                fs::read_to_string(folder.path().join(name)).unwrap(),
                "precious\n",
                "{name}"
            );
        }
    }

    #[test]
    fn the_names_of_other_periods_are_not_those_of_this_one() {
        let folder = tempfile::tempdir().unwrap();
        // A Saturday, a day, and a week that begins with its Sunday.
        for name in [
            "app.2026-11-14",
            "app.2026-11-14-25",
            "app.2026-11-14-08",
            "app.2026-11-15",
        ] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        for week in ["app.2026-11-01", "app.2026-11-08"] {
            fs::write(folder.path().join(week), "").unwrap();
        }
        drop(open(&folder.path().join("app"), Rotation::weekly().keep(1)));
        let left = [
            "app.2026-11-14",
            "app.2026-11-14-08",
            "app.2026-11-14-25",
            "app.2026-11-15",
            "app.2026-11-22",
        ];
        let names: Vec<_> = names(folder.path()).into_iter().filter(|name| name != "app").collect();
        assert_eq!(names, left);
    }

    #[cfg(unix)]
    #[test]
    fn only_a_link_of_its_own_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop.log");
        let mut file = open(&path, Rotation::daily());
        assert_eq!(fs::read_link(&path).unwrap(), Path::new("shop.log.2026-11-22"));
        fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("/elsewhere/shop.log", &path).unwrap();
        write(&mut file, "monday\n", NOW + DAY);
        assert_eq!(fs::read_link(&path).unwrap(), Path::new("/elsewhere/shop.log"));
        fs::remove_file(&path).unwrap();
        fs::write(&path, "from before\n").unwrap();
        write(&mut file, "tuesday\n", NOW + 2 * DAY);
        assert_eq!(fs::read_to_string(&path).unwrap(), "from before\n");
        fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("/old/place/shop.log.2026-11-22-03", &path).unwrap();
        write(&mut file, "wednesday\n", NOW + 3 * DAY);
        assert_eq!(fs::read_to_string(&path).unwrap(), "wednesday\n");
    }

    #[test]
    fn lines_go_to_the_old_file_while_the_new_one_can_not_be_opened() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop.log");
        let mut file = open(&path, Rotation::daily());
        fs::create_dir(folder.path().join("shop.log.2026-11-23")).unwrap();
        write(&mut file, "one\n", NOW + DAY);
        write(&mut file, "two\n", NOW + DAY);
        assert_eq!(
            fs::read_to_string(folder.path().join("shop.log.2026-11-22")).unwrap(),
            "one\ntwo\n"
        );
    }

    #[test]
    fn what_can_not_be_opened_is_an_error_with_its_reason() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let error = RollingFile::open(&file.join("shop.log"), Rotation::daily())
            .unwrap_err()
            .to_string();
        assert!(error.contains("(os error "), "{error}");
        assert!(RollingFile::open(Path::new("/"), Rotation::daily()).is_err());
    }
}
