//! Circles of imports.

use std::collections::{BTreeMap, BTreeSet};

/// The path of a module that is a file, without the crate's name.
pub(crate) type Module = Vec<String>;

/// One file names what another one defines.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Import {
    pub(crate) from: Module,
    pub(crate) to: Module,
    pub(crate) line: usize,
}

/// The sets of files that import each other, directly or not: those of more than one file.
pub(crate) fn circles(imports: &[Import]) -> Vec<BTreeSet<Module>> {
    let mut next: BTreeMap<&Module, BTreeSet<&Module>> = BTreeMap::new();
    for import in imports {
        next.entry(&import.from).or_default().insert(&import.to);
        next.entry(&import.to).or_default();
    }
    let reached: BTreeMap<&Module, BTreeSet<&Module>> = next.keys().map(|from| (*from, reached(&next, from))).collect();
    let mut found: Vec<BTreeSet<Module>> = Vec::new();
    for (module, within) in &reached {
        let circle: BTreeSet<Module> = within
            .iter()
            .filter(|other| reached[**other].contains(module))
            .map(|other| (*other).clone())
            .collect();
        if circle.len() > 1 && !found.contains(&circle) {
            found.push(circle);
        }
    }
    found
}

fn reached<'a>(next: &BTreeMap<&'a Module, BTreeSet<&'a Module>>, from: &'a Module) -> BTreeSet<&'a Module> {
    let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(module) = open.pop() {
        open.extend(next[module].iter().filter(|to| seen.insert(**to)));
    }
    seen
}

#[test]
fn a_circle_is_found_with_all_its_files_and_nothing_beside_it() {
    let import = |from: &str, to: &str| Import {
        from: vec![from.to_owned()],
        to: vec![to.to_owned()],
        line: 1,
    };
    let imports = [
        import("a", "b"),
        import("b", "c"),
        import("c", "a"),
        import("c", "d"),
        import("d", "e"),
        import("x", "a"),
    ];
    let circle: BTreeSet<Module> = ["a", "b", "c"].map(|name| vec![name.to_owned()]).into();
    assert_eq!(circles(&imports), [circle]);
    assert!(circles(&imports[3..]).is_empty());
}
