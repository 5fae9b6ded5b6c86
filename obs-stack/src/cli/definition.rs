//! Reading the definition.

use std::{error::Error, path::Path};

use obs_rules::definition::Definition;

pub(super) fn read(path: &Path) -> Result<Definition, Box<dyn Error>> {
    if path.exists() {
        return Ok(Definition::read(path)?);
    }
    let path = path.display();
    Err(format!("{path}: there is no such file: give the definition by --spec, or make a first one by `obs new`")
        .into())
}
