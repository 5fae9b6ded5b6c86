//! State files that are not what they should be.

use std::fs;

use proptest::prelude::*;
use serde_json::{Number, Value};

use super::world::World;

const ABSURD: [&str; 9] = [
    "-9223372036854775808",
    "9223372036854775807",
    "18446744073709551615",
    "-1",
    "0",
    "1e308",
    "-1e308",
    "0.5",
    "253402300800000",
];

/// The state file and the history of a service whose alerts fire and wait.
fn files() -> [Value; 2] {
    let mut world = World::new();
    (0..4).for_each(|alert| world.set(alert, true));
    world.tick();
    world.set_channel(1, false);
    (0..3).for_each(|_| drop(world.tick()));
    world.set(0, false);
    world.tick();
    assert!(world.manager().shutdown(super::SOON));
    world
        .files()
        .map(|file| serde_json::from_slice(&fs::read(file).unwrap()).unwrap())
}

/// The numbers within, in order.
fn numbers(value: &mut Value) -> Vec<&mut Value> {
    match value {
        Value::Number(_) => vec![value],
        Value::Array(items) => items.iter_mut().flat_map(numbers).collect(),
        Value::Object(entries) => entries.values_mut().flat_map(numbers).collect(),
        Value::Null | Value::Bool(_) | Value::String(_) => Vec::new(),
    }
}

fn number(text: &str) -> Value {
    let whole = text
        .parse::<i64>()
        .map(Number::from)
        .or_else(|_| text.parse::<u64>().map(Number::from));
    whole.map_or_else(|_| text.parse::<f64>().unwrap().into(), Value::Number)
}

/// Goes on from these files for a while.
fn goes_on(state: &[u8], history: &[u8]) {
    let mut world = World::new();
    world.start_from(state, history);
    for holds in [true, false, true] {
        (0..4).for_each(|alert| world.set(alert, holds));
        (0..2).for_each(|_| drop(world.tick()));
    }
    assert!(world.manager().shutdown(super::SOON));
    // What it has written can be read.
    let files = world.files().map(|file| fs::read(file).unwrap());
    assert!(files.iter().all(|file| serde_json::from_slice::<Value>(file).is_ok()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn absurd_numbers_in_a_state_file_overflow_nothing(
        changes in prop::collection::vec((0..2_usize, any::<prop::sample::Index>(), prop::sample::select(&ABSURD[..])), 1..12),
    ) {
        let mut files = files();
        for (file, at, absurd) in changes {
            let mut numbers = numbers(&mut files[file]);
            let at = at.index(numbers.len());
            *numbers[at] = number(absurd);
        }
        for file in &mut files {
            file["version"] = 2.into();
        }
        let [state, history] = files.map(|file| file.to_string());
        goes_on(state.as_bytes(), history.as_bytes());
    }

    #[test]
    fn a_state_file_that_was_cut_is_none(at in any::<prop::sample::Index>(), from in any::<prop::sample::Index>()) {
        let [state, history] = files().map(|file| file.to_string().into_bytes());
        goes_on(&state[..at.index(state.len())], &history[from.index(history.len())..]);
    }
}

#[test]
fn a_state_file_of_another_version_huge_or_none_at_all_is_none() {
    let [mut state, history] = files();
    state["version"] = 1.into();
    goes_on(state.to_string().as_bytes(), history.to_string().as_bytes());

    let mut world = World::new();
    world.stop();
    fs::File::create(world.file()).unwrap().set_len(1 << 40).unwrap();
    world.start();
    world.tick();
    assert!(
        fs::metadata(world.file()).unwrap().len() < 1 << 20,
        "it was written anew"
    );

    world.stop();
    fs::remove_file(world.file()).unwrap();
    fs::create_dir(world.file()).unwrap();
    world.start();
    world.set(0, true);
    assert_eq!(
        world.words(),
        "one:FA quiet:FA two:FA",
        "a folder in its place disturbs nobody"
    );
}

#[cfg(unix)]
#[test]
fn a_pipe_in_the_place_of_the_state_file_is_not_waited_for() {
    let mut world = World::new();
    world.tick();
    world.stop();
    fs::remove_file(world.file()).unwrap();
    let made = std::process::Command::new("mkfifo").arg(world.file()).status().unwrap();
    assert!(made.success());
    world.start();
    world.set(0, true);
    assert_eq!(world.words(), "one:FA quiet:FA two:FA");
}

#[test]
fn a_state_file_that_can_not_be_written_stays_what_it_was() {
    let mut world = World::new();
    world.set(0, true);
    world.tick();
    let before = fs::read(world.file()).unwrap();
    // As on a disk that is full, nothing can be written beside it.
    let beside = world.file().with_extension("json.new");
    fs::create_dir(&beside).unwrap();
    world.set(0, false);
    world.tick();
    assert_eq!(fs::read(world.file()).unwrap(), before);
    fs::remove_dir(&beside).unwrap();
    world.tick();
    assert_ne!(fs::read(world.file()).unwrap(), before, "it is tried again");
    assert!(!beside.exists());
}
