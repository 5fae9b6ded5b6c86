//! Writing: everything beside, then renamed.

use std::{
    collections::BTreeSet,
    fs,
    io::Write as _,
    path::{Component, Path},
};

use tempfile::TempDir;

use super::{
    Folder, OutputError,
    folder::{self, LOCAL},
};
use crate::{File, runbooks};

/// What a [`Folder::write`] has done, by path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Written {
    /// What was written because it was not there or different.
    pub changed: Vec<String>,
    /// What was as it should be.
    pub unchanged: Vec<String>,
    /// What was generated once and is not any more.
    pub removed: Vec<String>,
    /// What is not generated any more and holds text of people: the path that it had, and where it is now.
    pub kept_aside: Vec<(String, String)>,
}

// === impl Folder ===

impl Folder {
    /// Makes the folder hold these files and no other generated ones. Everything is written beside
    /// first, so that a full disk or a file that may not be written leaves the folder as it was. Text of
    /// people in runbooks is kept: a runbook whose alert is gone is removed if it has none, and becomes
    /// `NAME.local.md` if it has.
    ///
    /// # Errors
    ///
    /// If the folder holds files that were not generated, if two of the files have one path, or if
    /// something can't be read or written.
    pub fn write(&self, files: &[File]) -> Result<Written, OutputError> {
        check_paths(files)?;
        let found = self.found()?;
        let generated = self.generated()?;
        self.check_foreign(files, found, &generated)?;
        fs::create_dir_all(self.path()).map_err(OutputError::io("made", self.path()))?;
        let (staged, mut written) = self.stage(files)?;

        let current: BTreeSet<String> = files.iter().map(|file| file.path.clone()).collect();
        // Before anything moves: what an interrupted run leaves behind must not be taken for foreign.
        self.put_list(&staged, &generated.union(&current).cloned().collect())?;
        for path in &written.changed {
            self.put(&staged, path)?;
        }
        for path in generated.difference(&current) {
            if self.holds_own_text(path)? {
                written.kept_aside.push((path.clone(), self.keep_aside(path)?));
            } else if self.remove(path)? {
                written.removed.push(path.clone());
            }
        }
        self.put_list(&staged, &current)?;
        Ok(written)
    }

    fn check_foreign(
        &self,
        files: &[File],
        found: Vec<String>,
        generated: &BTreeSet<String>,
    ) -> Result<(), OutputError> {
        // What is as it would be written does no harm, whoever wrote it.
        let is_same = |path: &str| files.iter().any(|file| file.path == path && self.holds(file));
        let mut foreign: Vec<String> =
            found.into_iter().filter(|path| !generated.contains(path) && !is_same(path)).collect();
        foreign.extend(files.iter().filter(|file| self.of(&file.path).is_dir()).map(|file| file.path.clone()));
        if foreign.is_empty() { Ok(()) } else { Err(OutputError::foreign(self.path(), foreign)) }
    }

    fn holds(&self, file: &File) -> bool {
        let is_file = fs::symlink_metadata(self.of(&file.path)).is_ok_and(|metadata| metadata.is_file());
        is_file && self.read(&file.path).is_ok_and(|found| found.is_some_and(|found| found == file.content))
    }

    /// Writes what has changed into a hidden folder within, which goes when it is dropped.
    fn stage(&self, files: &[File]) -> Result<(TempDir, Written), OutputError> {
        let staged = tempfile::Builder::new()
            .prefix(".obs-")
            .tempdir_in(self.path())
            .map_err(OutputError::io("written to", self.path()))?;
        let mut written = Written::default();
        for file in files {
            let found = self.read(&file.path)?;
            let content = found.as_deref().map_or_else(|| file.content.clone(), |found| file.merged_with(found));
            if found.as_ref() == Some(&content) {
                written.unchanged.push(file.path.clone());
            } else {
                write_whole(&Folder::new(staged.path()).of(&file.path), &content)?;
                written.changed.push(file.path.clone());
            }
        }
        Ok((staged, written))
    }

    fn put_list(&self, staged: &TempDir, files: &BTreeSet<String>) -> Result<(), OutputError> {
        write_whole(&staged.path().join(folder::MANIFEST), &folder::manifest(files))?;
        self.put(staged, folder::MANIFEST)
    }

    fn put(&self, staged: &TempDir, path: &str) -> Result<(), OutputError> {
        let (from, to) = (Folder::new(staged.path()).of(path), self.of(path));
        make_parent(&to)?;
        fs::rename(from, &to).map_err(OutputError::io("replaced", &to))
    }

    /// Whether a file that is not generated any more is a runbook into which somebody has written.
    fn holds_own_text(&self, path: &str) -> Result<bool, OutputError> {
        // A link is not followed: what it leads to stays in any case.
        let is_file = fs::symlink_metadata(self.of(path)).is_ok_and(|metadata| metadata.is_file());
        if !is_file || !is_runbook(path) {
            return Ok(false);
        }
        Ok(self.read(path)?.is_some_and(|text| runbooks::has_own_text(&text)))
    }

    /// Renames a file so that it is its owner's: `x.md` to `x.local.md`, or `x.2.local.md` if that is taken.
    fn keep_aside(&self, path: &str) -> Result<String, OutputError> {
        let (stem, extension) = path.rsplit_once('.').unwrap_or((path, "md"));
        let names = (1_u32..).map(|number| match number {
            1 => format!("{stem}{LOCAL}{extension}"),
            _ => format!("{stem}.{number}{LOCAL}{extension}"),
        });
        let free = names.into_iter().find(|name| fs::symlink_metadata(self.of(name)).is_err());
        let (from, name) = (self.of(path), free.unwrap_or_else(|| format!("{stem}{LOCAL}{extension}")));
        fs::rename(&from, self.of(&name)).map_err(OutputError::io("renamed", &from))?;
        Ok(name)
    }

    /// Removes a file and the folders that are empty then; false if it was gone already.
    fn remove(&self, path: &str) -> Result<bool, OutputError> {
        let file = self.of(path);
        if fs::symlink_metadata(&file).is_err() {
            return Ok(false);
        }
        fs::remove_file(&file).map_err(OutputError::io("removed", &file))?;
        for folder in file.ancestors().skip(1).take_while(|folder| *folder != self.path()) {
            // Fails where something else lies in it, which is as it should be.
            if fs::remove_dir(folder).is_err() {
                break;
            }
        }
        Ok(true)
    }
}

fn check_paths(files: &[File]) -> Result<(), OutputError> {
    let mut seen = BTreeSet::new();
    for File { path, .. } in files {
        let is_below = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
        // Some systems don't tell upper from lower case.
        if path.is_empty() || !is_below || !seen.insert(path.to_lowercase()) {
            return Err(OutputError::path(path));
        }
    }
    Ok(())
}

/// A runbook may hold text of people.
fn is_runbook(path: &str) -> bool {
    path.starts_with("runbooks/")
}

fn write_whole(path: &Path, content: &str) -> Result<(), OutputError> {
    make_parent(path)?;
    let write = || {
        let mut file = fs::File::create(path)?;
        file.write_all(content.as_bytes())?;
        file.sync_all()
    };
    write().map_err(OutputError::io("written", path))
}

fn make_parent(path: &Path) -> Result<(), OutputError> {
    match path.parent() {
        Some(parent) => fs::create_dir_all(parent).map_err(OutputError::io("made", parent)),
        None => Ok(()),
    }
}
