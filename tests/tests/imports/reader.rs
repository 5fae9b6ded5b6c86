//! From source files to imports.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use proc_macro2::{TokenStream, TokenTree};
use syn::{
    Attribute, File, ImplItem, Item, ItemUse, Macro, UseTree, Visibility,
    visit::{self, Visit},
};

use crate::graph::{Import, Module};

/// How many names a path may lead over: more than any chain of re-exports has.
const MAX_STEPS: usize = 32;

/// The files of a crate, without those of its tests.
#[derive(Debug, Default)]
pub(crate) struct Crate {
    files: BTreeMap<Module, FileNames>,
    root: String,
}

/// What a file names.
#[derive(Debug, Default)]
struct FileNames {
    path: String,
    /// Names that `use` brings into the file, with what they stand for.
    bound: BTreeMap<String, Vec<String>>,
    /// What `use …::*` names.
    globs: Vec<Vec<String>>,
    uses: Vec<Named>,
    /// Modules below this one that are compiled for tests only.
    tests: BTreeSet<String>,
    /// The same for files beside this one, which an attribute names.
    tests_beside: BTreeSet<String>,
}

/// A path as it is written.
#[derive(Clone, Debug)]
struct Named {
    path: Vec<String>,
    line: usize,
    /// Whether it stands in a `use` that shows the name to other modules.
    is_export: bool,
}

// === impl Crate ===

impl Crate {
    /// Reads all files below `root`.
    pub(crate) fn read(root: &Path) -> Self {
        let mut sources = Vec::new();
        collect(root, &mut Vec::new(), &mut sources);
        let mut read = Self::of(sources.into_iter().map(|(module, path)| {
            let text = fs::read_to_string(root.join(&path)).unwrap_or_else(|error| panic!("{path}: {error}"));
            (module, path, text)
        }));
        read.root = root.to_string_lossy().into_owned();
        read
    }

    fn of(sources: impl IntoIterator<Item = (Module, String, String)>) -> Self {
        let mut files = BTreeMap::new();
        for (module, path, text) in sources {
            let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
            files.insert(module, FileNames::of(path, &parsed));
        }
        let is_test = |module: &Module| {
            (1..=module.len()).any(|end| {
                let (parent, name) = (&module[..end - 1], &module[end - 1]);
                let is_beside = |file: &FileNames| file.tests_beside.contains(name);
                files
                    .get(parent)
                    .is_some_and(|file: &FileNames| file.tests.contains(name))
                    || files.iter().any(|(other, file)| {
                        other.split_last().is_some_and(|(_, folder)| folder == parent) && is_beside(file)
                    })
            })
        };
        let tests: Vec<Module> = files.keys().filter(|module| is_test(module)).cloned().collect();
        for test in tests {
            files.remove(&test);
        }
        Self {
            files,
            root: String::new(),
        }
    }

    /// The modules at the root.
    pub(crate) fn top_modules(&self) -> Vec<String> {
        let names: BTreeSet<&String> = self.files.keys().filter_map(|module| module.first()).collect();
        names.into_iter().cloned().collect()
    }

    /// Every import of one file by another; of several from one file to another, the first.
    pub(crate) fn imports(&self) -> Vec<Import> {
        let mut imports: Vec<Import> = Vec::new();
        for (module, file) in &self.files {
            for named in &file.uses {
                let Some(to) = self.file_of(module, &named.path, MAX_STEPS) else {
                    continue;
                };
                // A module that shows what is below it depends on none of it.
                let is_facade = named.is_export && to.starts_with(module);
                if to != *module && !is_facade {
                    imports.push(Import {
                        from: module.clone(),
                        to,
                        line: named.line,
                    });
                }
            }
        }
        imports.sort();
        imports.dedup_by(|one, other| (&one.from, &one.to) == (&other.from, &other.to));
        imports
    }

    /// An import for people to read.
    pub(crate) fn show(&self, Import { from, to, line }: &Import) -> String {
        let path = |module: &Module| self.files.get(module).map_or("", |file| &file.path);
        format!("{}/{}:{line} imports {}", self.root, path(from), path(to))
    }

    /// The file that defines what `path` names in `module`; `None` if that is of another crate.
    fn file_of(&self, module: &[String], path: &[String], steps: usize) -> Option<Module> {
        let (first, rest) = path.split_first()?;
        let steps = steps.checked_sub(1)?;
        match first.as_str() {
            "crate" => self.walk(&[], rest, steps),
            "self" => self.walk(module, rest, steps),
            "super" => self.walk(module.split_last()?.1, rest, steps),
            _ => {
                let child = [module, &path[..1]].concat();
                if self.files.contains_key(&child) {
                    return self.walk(&child, rest, steps);
                }
                let bound = self.files.get(module)?.bound.get(first)?;
                // `use metrics::x` in a module `metrics` would name itself.
                if bound.first() == Some(first) {
                    return None;
                }
                self.file_of(module, &[bound, rest].concat(), steps)
            }
        }
    }

    /// Follows `path` from the file of `module`, through what it re-exports.
    fn walk(&self, module: &[String], path: &[String], steps: usize) -> Option<Module> {
        let Some((first, rest)) = path.split_first() else {
            return Some(module.to_vec());
        };
        let steps = steps.checked_sub(1)?;
        if first == "super" {
            return self.walk(module.split_last()?.1, rest, steps);
        }
        let child = [module, &path[..1]].concat();
        if self.files.contains_key(&child) {
            return self.walk(&child, rest, steps);
        }
        let file = self.files.get(module)?;
        if let Some(bound) = file.bound.get(first) {
            // What is bound to another crate is defined there.
            return self.file_of(module, &[bound, rest].concat(), steps);
        }
        let globs = file.globs.iter().filter_map(|glob| self.file_of(module, glob, steps));
        let shown = globs.filter(|glob| self.files.get(glob).is_some_and(|file| file.bound.contains_key(first)));
        match shown.into_iter().next() {
            Some(glob) => self.walk(&glob, path, steps),
            // Defined in this very file.
            None => Some(module.to_vec()),
        }
    }
}

/// Finds the files below `folder`, with the paths of their modules.
fn collect(root: &Path, folder: &mut Vec<String>, found: &mut Vec<(Module, String)>) {
    let path = folder.iter().fold(root.to_path_buf(), |path, name| path.join(name));
    let mut entries: Vec<_> = fs::read_dir(&path)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    entries.sort();
    for entry in entries {
        let stem = entry.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if entry.is_dir() {
            folder.push(stem);
            collect(root, folder, found);
            folder.pop();
        } else if entry.extension().is_some_and(|extension| extension == "rs") && stem != "main" {
            let path = [&folder[..], &[format!("{stem}.rs")]].concat().join("/");
            let is_folder = stem == "mod" || (stem == "lib" && folder.is_empty());
            let module = if is_folder {
                folder.clone()
            } else {
                [&folder[..], &[stem]].concat()
            };
            found.push((module, path));
        }
    }
}

// === impl FileNames ===

impl FileNames {
    fn of(path: String, file: &File) -> Self {
        let mut names = Self {
            path,
            ..Self::default()
        };
        names.visit_file(file);
        names
    }

    fn bind(&mut self, tree: &UseTree, before: &[String], line: usize, is_export: bool) {
        match tree {
            UseTree::Path(path) => {
                self.bind(
                    &path.tree,
                    &[before, &[path.ident.to_string()]].concat(),
                    line,
                    is_export,
                );
            }
            UseTree::Group(group) => group
                .items
                .iter()
                .for_each(|tree| self.bind(tree, before, line, is_export)),
            UseTree::Name(name) => self.add(&name.ident, &name.ident, before, is_export),
            UseTree::Rename(rename) => self.add(&rename.ident, &rename.rename, before, is_export),
            UseTree::Glob(_) => {
                self.globs.push(before.to_vec());
                self.uses.push(Named {
                    path: before.to_vec(),
                    line,
                    is_export,
                });
            }
        }
    }

    fn add(&mut self, ident: &syn::Ident, name: &syn::Ident, before: &[String], is_export: bool) {
        let path = if ident == "self" {
            before.to_vec()
        } else {
            [before, &[ident.to_string()]].concat()
        };
        let name = if name == "self" {
            before.last().cloned().unwrap_or_default()
        } else {
            name.to_string()
        };
        self.uses.push(Named {
            path: path.clone(),
            line: ident.span().start().line,
            is_export,
        });
        self.bound.insert(name, path);
    }

    /// Paths in what macros are given.
    fn read_tokens(&mut self, tokens: TokenStream) {
        let (mut path, mut line, mut colons) = (Vec::new(), 0, 0);
        for token in tokens {
            match token {
                TokenTree::Ident(ident) if colons == 2 => {
                    colons = 0;
                    path.push(ident.to_string());
                }
                TokenTree::Ident(ident) => {
                    self.end_path(&mut path, line);
                    line = ident.span().start().line;
                    path.push(ident.to_string());
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' && !path.is_empty() && colons < 2 => colons += 1,
                other => {
                    self.end_path(&mut path, line);
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.read_tokens(group.stream());
                    }
                }
            }
        }
        self.end_path(&mut path, line);
    }

    fn end_path(&mut self, path: &mut Vec<String>, line: usize) {
        let path = std::mem::take(path);
        if path.len() > 1 {
            self.uses.push(Named {
                path,
                line,
                is_export: false,
            });
        }
    }
}

impl<'ast> Visit<'ast> for FileNames {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes = attributes(item);
        if let Item::Mod(module) = item
            && is_for_tests(attributes)
        {
            // The file has this name, or another one that an attribute gives.
            let path = attributes.iter().find(|attribute| attribute.path().is_ident("path"));
            let file = path.and_then(|attribute| match &attribute.meta {
                syn::Meta::NameValue(syn::MetaNameValue {
                    value:
                        syn::Expr::Lit(syn::ExprLit {
                            lit: syn::Lit::Str(file),
                            ..
                        }),
                    ..
                }) => Some(file.value().trim_end_matches(".rs").to_owned()),
                _ => None,
            });
            match file {
                // Relative to the folder that the file is in.
                Some(file) if !self.path.ends_with("mod.rs") && !self.path.ends_with("lib.rs") => {
                    self.tests_beside.insert(file)
                }
                Some(file) => self.tests.insert(file),
                None => self.tests.insert(module.ident.to_string()),
            };
        }
        if !is_for_tests(attributes) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        let attributes = match item {
            ImplItem::Fn(item) => &item.attrs,
            ImplItem::Const(item) => &item.attrs,
            _ => return visit::visit_impl_item(self, item),
        };
        if !is_for_tests(attributes) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let is_export = !matches!(item.vis, Visibility::Inherited);
        self.bind(&item.tree, &[], item.use_token.span.start().line, is_export);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if names.len() > 1 {
            let line = path
                .segments
                .first()
                .map_or(0, |segment| segment.ident.span().start().line);
            self.uses.push(Named {
                path: names,
                line,
                is_export: false,
            });
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast Macro) {
        self.read_tokens(item.tokens.clone());
        visit::visit_macro(self, item);
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Whether this is compiled for tests only.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        syn::Meta::List(list) if list.path.is_ident("cfg") => {
            let condition = list.tokens.to_string();
            condition == "test" || condition.starts_with("all (test ,")
        }
        _ => attribute.path().is_ident("test"),
    })
}

#[cfg(test)]
#[path = "reader_tests.rs"]
mod tests;
