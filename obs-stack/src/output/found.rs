//! What lies in the folder.

use std::{fs, io, path::Path};

use super::{Folder, OutputError};

/// Marks files of people within their names.
pub(super) const LOCAL: &str = ".local.";

// === impl Folder ===

impl Folder {
    /// The files in it, `/` between folders, sorted; without hidden ones and those of people. What is
    /// neither a file nor a folder counts as a file.
    pub(super) fn found(&self) -> Result<Vec<String>, OutputError> {
        let path = self.path();
        match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(OutputError::io("read", path)(error)),
            Ok(metadata) if !metadata.is_dir() => return Err(OutputError::no_folder(path)),
            Ok(_) => {}
        }
        let mut files = Vec::new();
        walk(path, "", &mut files)?;
        files.sort_unstable();
        Ok(files)
    }

    /// What a file holds, if there is one.
    pub(super) fn read(&self, file: &str) -> Result<Option<String>, OutputError> {
        let path = self.of(file);
        match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(OutputError::io("read", &path)(error)),
            // What is no UTF-8 is none of ours.
            Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        }
    }
}

fn walk(folder: &Path, prefix: &str, files: &mut Vec<String>) -> Result<(), OutputError> {
    for entry in fs::read_dir(folder).map_err(OutputError::io("read", folder))? {
        let entry = entry.map_err(OutputError::io("read", folder))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') || name.contains(LOCAL) {
            continue;
        }
        let kind = entry.file_type().map_err(OutputError::io("read", &entry.path()))?;
        let path = format!("{prefix}{name}");
        if kind.is_dir() {
            walk(&entry.path(), &format!("{path}/"), files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
