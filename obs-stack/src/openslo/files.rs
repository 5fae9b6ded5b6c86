//! All files of `OpenSLO`.

use obs_alert::definition::{Definition, Service};

use super::{objective, policy};
use crate::{
    File,
    file::header,
    text::slug,
    yaml::{self, Yaml},
};

/// One file for each service that promises something.
#[must_use]
pub fn files(definition: &Definition) -> Vec<File> {
    definition.services.iter().filter(|service| !service.slos.is_empty()).map(of_service).collect()
}

fn of_service(service: &Service) -> File {
    let mut documents =
        vec![object("Service", &service.name, Yaml::map([("description", (&service.description).into())]))];
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
pub(super) fn object(kind: &str, name: &str, spec: Yaml) -> Yaml {
    Yaml::map([
        ("apiVersion", "openslo/v1".into()),
        ("kind", kind.into()),
        ("metadata", Yaml::map([("name", object_name(name).into()), ("displayName", name.into())])),
        ("spec", spec),
    ])
}

/// A name as the format allows it: that of a DNS label.
pub(super) fn object_name(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let name: String = lower.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    name.get(..63).unwrap_or(&name).trim_matches('-').to_owned()
}
