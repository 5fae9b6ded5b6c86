//! Who is told.

use obs_rules::definition::{Definition, Team};

use super::contact::Contact;
use crate::yaml::Yaml;

/// Takes what nobody is to be told of: alerts for the record, and all where there is no team.
pub(super) const DISCARD: &str = "discard";

/// Told of an alert whose team is not known: one without any means if there is no team at all.
pub(super) fn fallback(definition: &Definition) -> &str {
    definition.teams.first().map_or(DISCARD, |team| team.name.as_str())
}

/// The receiver that is told if a team does not answer.
pub(super) fn escalation(team: &Team) -> String {
    format!("{}-escalation", team.name)
}

pub(super) fn all(definition: &Definition) -> Yaml {
    let mut receivers = vec![Yaml::map([("name", DISCARD.into())])];
    for team in &definition.teams {
        receivers.push(receiver(&team.name, &team.name, Contact::of(team)));
        if let Some(contact) = Contact::of_escalation(team) {
            receivers.push(receiver(&escalation(team), &team.name, contact));
        }
    }
    Yaml::List(receivers)
}

/// Whether somebody is told by e-mail.
pub(super) fn need_mail(definition: &Definition) -> bool {
    contacts(definition).any(|(_, contact)| matches!(contact, Contact::Email(_)))
}

/// The names of the secrets that the receivers read from files.
pub(crate) fn secrets(definition: &Definition) -> Vec<String> {
    let mut secrets: Vec<_> = contacts(definition).filter_map(|(team, contact)| contact.secret(&team.name)).collect();
    secrets.sort_unstable();
    secrets.dedup();
    secrets
}

fn contacts(definition: &Definition) -> impl Iterator<Item = (&Team, Contact<'_>)> {
    definition.teams.iter().flat_map(|team| {
        let contacts = [Some(Contact::of(team)), Contact::of_escalation(team)];
        contacts.into_iter().flatten().map(move |contact| (team, contact))
    })
}

fn receiver(name: &str, team: &str, contact: Contact<'_>) -> Yaml {
    let (kind, settings) = contact.receiver(team);
    Yaml::map([("name", name.into()), (kind, Yaml::list([settings]))])
}
