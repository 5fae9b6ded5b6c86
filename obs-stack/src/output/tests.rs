use std::fs;

use tempfile::TempDir;

use super::*;
use crate::File;

fn folder() -> (TempDir, Folder) {
    let place = tempfile::tempdir().unwrap();
    let folder = Folder::new(place.path().join("deploy"));
    (place, folder)
}

fn files() -> Vec<File> {
    vec![File::new("a/one.yml", "one\n"), File::new("two.yml", "two\nlines\n")]
}

fn content(folder: &Folder, path: &str) -> String {
    fs::read_to_string(folder.path().join(path)).unwrap()
}

#[test]
fn files_are_written_and_nothing_else_is_left() {
    let (_place, folder) = folder();
    let written = folder.write(&files()).unwrap();
    assert_eq!(written.changed, ["a/one.yml", "two.yml"]);
    assert_eq!(content(&folder, "a/one.yml"), "one\n");
    let mut names: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, [".obs-generated", "a", "two.yml"]);
}

#[test]
fn what_is_as_it_should_be_is_not_written_again() {
    let (_place, folder) = folder();
    folder.write(&files()).unwrap();
    let before = fs::metadata(folder.path().join("two.yml")).unwrap().modified().unwrap();
    let mut changed = files();
    changed[0].content = "other\n".to_owned();
    let written = folder.write(&changed).unwrap();
    assert_eq!(
        (written.changed, written.unchanged),
        (vec!["a/one.yml".to_owned()], vec!["two.yml".to_owned()])
    );
    assert_eq!(
        fs::metadata(folder.path().join("two.yml")).unwrap().modified().unwrap(),
        before
    );
}

#[test]
fn what_is_not_generated_any_more_is_removed_with_its_folder() {
    let (_place, folder) = folder();
    folder.write(&files()).unwrap();
    let written = folder.write(&files()[1..]).unwrap();
    assert_eq!(written.removed, ["a/one.yml"]);
    assert!(!folder.path().join("a").exists());
}

fn runbook(own: &str) -> String {
    format!("<!-- obs:begin head -->\n# A\n<!-- obs:end head -->\n{own}")
}

#[test]
fn a_runbook_whose_alert_is_gone_goes_if_nobody_wrote_into_it() {
    let (_place, folder) = folder();
    let with = [
        File::new("runbooks/gone.md", runbook("")),
        File::new("two.yml", "two\n"),
    ];
    folder.write(&with).unwrap();
    let written = folder.write(&with[1..]).unwrap();
    assert_eq!(
        (written.removed, written.kept_aside),
        (vec!["runbooks/gone.md".to_owned()], vec![])
    );
    assert!(!folder.path().join("runbooks").exists());
    assert!(folder.drift(&with[1..]).unwrap().is_empty());
}

#[test]
fn a_runbook_with_text_of_people_is_kept_aside_and_nothing_differs_any_more() {
    let (_place, folder) = folder();
    let with = [
        File::new("runbooks/gone.md", runbook("")),
        File::new("two.yml", "two\n"),
    ];
    let own = runbook("\nAsk Ann first.\n");
    for kept in ["runbooks/gone.local.md", "runbooks/gone.2.local.md"] {
        folder.write(&with).unwrap();
        fs::write(folder.path().join("runbooks/gone.md"), &own).unwrap();
        let written = folder.write(&with[1..]).unwrap();
        assert_eq!(written.kept_aside, [("runbooks/gone.md".to_owned(), kept.to_owned())]);
        assert_eq!(
            (written.removed, content(&folder, kept)),
            (Vec::<String>::new(), own.clone())
        );
        assert!(folder.drift(&with[1..]).unwrap().is_empty());
    }
}

#[test]
fn a_folder_with_foreign_files_is_left_as_it_was() {
    let (_place, folder) = folder();
    fs::create_dir_all(folder.path().join("a")).unwrap();
    fs::write(folder.path().join("a/one.yml"), "mine").unwrap();
    fs::write(folder.path().join("notes.txt"), "mine").unwrap();
    let error = folder.write(&files()).unwrap_err().to_string();
    assert!(
        error.contains("  a/one.yml\n  notes.txt\n") && error.contains("--out"),
        "{error}"
    );
    assert_eq!(content(&folder, "a/one.yml"), "mine");
    assert!(!folder.path().join("two.yml").exists());
}

#[test]
fn a_foreign_file_that_comes_later_is_refused_too() {
    let (_place, folder) = folder();
    folder.write(&files()).unwrap();
    fs::write(folder.path().join("a/mine.yml"), "mine").unwrap();
    assert!(folder.write(&files()).unwrap_err().to_string().contains("a/mine.yml"));
}

#[test]
fn hidden_and_local_files_are_left_alone() {
    let (_place, folder) = folder();
    fs::create_dir_all(folder.path().join(".git")).unwrap();
    fs::write(folder.path().join(".git/config"), "mine").unwrap();
    fs::write(folder.path().join("rules.local.yml"), "mine").unwrap();
    folder.write(&files()).unwrap();
    assert_eq!(content(&folder, "rules.local.yml"), "mine");
    assert!(folder.drift(&files()).unwrap().is_empty());
}

#[test]
fn files_that_are_as_they_would_be_written_are_taken_over_without_a_list() {
    let (_place, folder) = folder();
    folder.write(&files()).unwrap();
    fs::remove_file(folder.path().join(".obs-generated")).unwrap();
    assert_eq!(folder.write(&files()).unwrap().unchanged.len(), 2);
}

#[test]
fn a_folder_in_the_place_of_a_file_is_refused() {
    let (_place, folder) = folder();
    fs::create_dir_all(folder.path().join("two.yml")).unwrap();
    assert!(folder.write(&files()).unwrap_err().to_string().contains("two.yml"));
}

#[test]
fn a_file_in_the_place_of_the_folder_is_refused() {
    let (place, folder) = folder();
    fs::write(place.path().join("deploy"), "mine").unwrap();
    let error = folder.write(&files()).unwrap_err().to_string();
    assert!(error.contains("is a file"), "{error}");
}

#[test]
fn paths_that_leave_the_folder_or_meet_are_refused() {
    let (_place, folder) = folder();
    for path in ["../x", "/x", "", "a/../../x"] {
        assert!(folder.write(&[File::new(path, "")]).is_err(), "{path}");
    }
    assert!(folder.write(&[File::new("a.yml", ""), File::new("A.yml", "")]).is_err());
    assert!(!folder.path().exists());
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_folder_is_foreign() {
    let (place, folder) = folder();
    fs::create_dir_all(folder.path()).unwrap();
    fs::write(place.path().join("elsewhere"), "one\n").unwrap();
    std::os::unix::fs::symlink(place.path().join("elsewhere"), folder.path().join("two.yml")).unwrap();
    assert!(folder.write(&files()).unwrap_err().to_string().contains("two.yml"));
}

#[test]
fn drift_names_file_and_line() {
    let (_place, folder) = folder();
    folder.write(&files()).unwrap();
    fs::write(folder.path().join("two.yml"), "two\nchanged\n").unwrap();
    fs::remove_file(folder.path().join("a/one.yml")).unwrap();
    fs::write(folder.path().join("three.yml"), "").unwrap();
    let drift: Vec<_> = folder
        .drift(&files())
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect();
    let expected = [
        "a/one.yml: is missing",
        "two.yml:2: expected \"lines\", found \"changed\"",
        "three.yml: would not be generated",
    ];
    assert_eq!(drift, expected);
}

#[test]
fn a_line_too_many_or_too_few_is_drift() {
    let (_place, folder) = folder();
    folder.write(&files()).unwrap();
    fs::write(folder.path().join("two.yml"), "two\nlines").unwrap();
    assert_eq!(
        folder.drift(&files()).unwrap()[0].to_string(),
        "two.yml:3: expected \"\", found the end"
    );
    fs::write(folder.path().join("two.yml"), "two\nlines\n\nmore").unwrap();
    assert_eq!(
        folder.drift(&files()).unwrap()[0].to_string(),
        "two.yml:4: expected the end, found \"more\""
    );
}
