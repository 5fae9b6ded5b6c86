//! All files of `OpenSLO`.

use obs_rules::definition::{Definition, Service};

use super::{objective, policy};
use crate::{
    File,
    file::header,
    text::{slug, with_hash},
    yaml::{self, Yaml},
};

/// One file for each service that promises something.
#[must_use]
pub fn files(definition: &Definition) -> Vec<File> {
    definition.services.iter().filter(|service| !service.slos.is_empty()).map(of_service).collect()
}

fn of_service(service: &Service) -> File {
    let about = Yaml::map([("description", (&service.description).into())]);
    let mut documents = vec![object("Service", &[&service.name], about)];
    for slo in &service.slos {
        documents.push(objective::slo(service, slo));
        documents.extend(policy::of_slo(service, slo));
    }
    let documents: Vec<_> = documents.iter().map(|document| format!("---\n{}", yaml::body(document))).collect();
    let about = format!("The service level objectives of {} as OpenSLO v1.", service.name);
    let path = format!("openslo/{}.yaml", slug(&service.name));
    File::new(path, header("#", &about) + &documents.concat())
}

/// An object of the format.
pub(super) fn object(kind: &str, name: &[&str], spec: Yaml) -> Yaml {
    Yaml::map([
        ("apiVersion", "openslo/v1".into()),
        ("kind", kind.into()),
        ("metadata", Yaml::map([("name", object_name(name).into()), ("displayName", name.join(" ").into())])),
        ("spec", spec),
    ])
}

/// The longest name that the format allows: that of a DNS label (RFC 1123).
const LONGEST: usize = 63;
const SEPARATOR: &str = "--";

/// The name of an object that belongs to these: a DNS label, never empty, and another one for each other list of names.
/// `a` with `b-c` is not `a-b` with `c`, and two long names that begin alike stay apart by a hash.
pub(super) fn object_name(parts: &[&str]) -> String {
    let whole = parts.join(SEPARATOR);
    let name = slug(&whole);
    let name = name.trim_matches('-');
    let is_plain = name == whole && !name.is_empty() && parts.iter().all(|part| !part.contains(SEPARATOR));
    if is_plain && name.len() <= LONGEST {
        return name.to_owned();
    }
    with_hash(if name.is_empty() { "unnamed" } else { name }, &parts.join("\0"), LONGEST)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_that_are_short_enough_stay_readable() {
        assert_eq!(object_name(&["payment-service", "available"]), "payment-service--available");
        assert_eq!(object_name(&["orders"]), "orders");
    }

    #[test]
    fn names_over_63_characters_and_names_that_meet_stay_apart() {
        let long = "a".repeat(63);
        let lists: [&[&str]; 9] = [
            &[&long, "available", "1h"],
            &[&long, "available", "6h"],
            &[&long, "quick", "1h"],
            &["a", "b-c"],
            &["a-b", "c"],
            &["a", "b--c"],
            &["a--b", "c"],
            &["a", "b", "c"],
            &[""],
        ];
        let names: BTreeSet<_> = lists.iter().map(|parts| object_name(parts)).collect();
        assert_eq!(names.len(), lists.len(), "{names:?}");
    }

    proptest! {
        #[test]
        fn any_names_make_a_dns_label(parts in prop::collection::vec(any::<String>(), 1..4)) {
            let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
            let name = object_name(&parts);
            let is_end = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
            prop_assert!((1..=LONGEST).contains(&name.len()) && name.starts_with(is_end) && name.ends_with(is_end), "{name}");
            prop_assert!(name.chars().all(|c| is_end(c) || c == '-'), "{name}");
        }
    }
}
