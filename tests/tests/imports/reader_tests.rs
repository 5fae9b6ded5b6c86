use super::*;

/// The imports of these files, as `from → to @line`.
fn imports(files: &[(&str, &str)]) -> Vec<String> {
    let module = |path: &str| {
        path.split('/')
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect::<Module>()
    };
    let read = Crate::of(
        files
            .iter()
            .map(|(path, text)| (module(path), format!("{path}.rs"), (*text).to_owned())),
    );
    let show = |import: Import| format!("{} → {} @{}", import.from.join("/"), import.to.join("/"), import.line);
    read.imports().into_iter().map(show).collect()
}

#[test]
fn nested_groups_are_read_to_their_leaves() {
    let files = [
        ("", ""),
        ("a", "use crate::{\n    b::{X, c::{self, Y as Z}},\n    d,\n};"),
        ("b", ""),
        ("b/c", ""),
        ("d", ""),
    ];
    assert_eq!(imports(&files), ["a → b @2", "a → b/c @2", "a → d @3"]);
}

#[test]
fn what_is_re_exported_leads_to_the_file_that_defines_it() {
    let files = [
        ("", "pub use a::Deep;"),
        ("a", "mod inner; pub use inner::{Deep, deeper::Deepest as Bottom};"),
        ("a/inner", "pub struct Deep;"),
        ("a/inner/deeper", "pub struct Deepest;"),
        ("b", "use crate::Deep;\nuse crate::a::Bottom;"),
    ];
    assert_eq!(imports(&files), ["b → a/inner @1", "b → a/inner/deeper @2"]);
}

#[test]
fn a_glob_shows_what_it_names() {
    let files = [
        ("", ""),
        ("a", "pub use self::b::*;"),
        ("a/b", "pub use super::c::X;"),
        ("a/c", ""),
        ("d", "use crate::a::X;"),
    ];
    assert_eq!(imports(&files), ["a/b → a/c @1", "d → a/c @1"]);
}

#[test]
fn paths_in_code_and_in_macros_count_and_names_that_are_bound_are_followed() {
    let files = [
        ("", ""),
        (
            "a",
            "use crate::b;\nfn f() -> super::c::T { b::show() }\nfn g() { println!(\"{}\", crate::d::X); }",
        ),
        ("b", "pub use crate::e::show;"),
        ("c", ""),
        ("d", ""),
        ("e", ""),
    ];
    assert_eq!(
        imports(&files),
        ["a → b @1", "a → c @2", "a → d @3", "a → e @2", "b → e @1"]
    );
}

#[test]
fn a_module_may_show_what_is_below_it_and_nothing_beside_it() {
    let files = [
        ("", ""),
        ("a", "pub use b::X; pub(crate) use crate::c::Y;"),
        ("a/b", "use super::Z;"),
        ("c", ""),
    ];
    assert_eq!(imports(&files), ["a → c @1", "a/b → a @1"]);
}

#[test]
fn what_tests_import_does_not_count() {
    let files = [
        ("", ""),
        (
            "a",
            "#[cfg(test)]\nuse crate::b::X;\n#[cfg(test)] mod tests { use crate::b; }\n#[cfg(test)] #[path = \"a_tests.rs\"] mod more;\n\
               impl Y { #[cfg(test)] fn f() { crate::b::g() } }\n#[cfg(all(test, unix))] fn h() { crate::b::g() }",
        ),
        ("a_tests", "use crate::b;"),
        ("a/tests", "use crate::b;"),
        ("b", ""),
    ];
    assert_eq!(imports(&files), [""; 0]);
}

#[test]
fn other_crates_are_not_followed() {
    let files = [
        ("", "pub use other::clock;"),
        (
            "metrics",
            "use metrics::Counter; use crate::clock; fn f() { std::mem::drop(1) }",
        ),
    ];
    assert_eq!(imports(&files), [""; 0]);
}

#[test]
fn the_message_names_both_files_and_the_line() {
    let read = Crate::of([
        (vec!["a".to_owned()], "a.rs".to_owned(), "\nuse crate::b;".to_owned()),
        (vec!["b".to_owned()], "b.rs".to_owned(), String::new()),
    ]);
    assert_eq!(read.show(&read.imports()[0]), "/a.rs:2 imports b.rs");
}
