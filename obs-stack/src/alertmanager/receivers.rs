//! Who is told.

use obs_rules::definition::{Definition, Team};

use crate::{text::slug, yaml::Yaml};

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

/// How somebody is reached, read from what the definition calls a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contact<'a> {
    /// A channel or person; the webhook's own channel if there is no name.
    Slack(Option<&'a str>),
    Webhook(&'a str),
    Email(&'a str),
    PagerDuty,
}

/// Where secrets lie: Compose puts them there, from files or from the environment.
const SECRETS: &str = "/run/secrets";

// === impl Contact ===

impl<'a> Contact<'a> {
    /// Nothing, if only people can use it: a telephone number.
    pub(super) fn read(contact: &'a str) -> Option<Self> {
        let contact = contact.trim();
        if contact.starts_with("https://") || contact.starts_with("http://") {
            Some(Self::Webhook(contact))
        } else if contact.eq_ignore_ascii_case("pagerduty") {
            Some(Self::PagerDuty)
        } else if contact.starts_with(['#', '@']) && contact.len() > 1 {
            Some(Self::Slack(Some(contact)))
        } else if is_address(contact) {
            Some(Self::Email(contact))
        } else {
            None
        }
    }

    /// A team is always told: where nobody said how, in the channel that its webhook belongs to.
    pub(super) fn of(team: &'a Team) -> Self {
        team.contact.as_deref().and_then(Self::read).unwrap_or(Self::Slack(None))
    }

    /// Whoever is told if the team does not answer.
    pub(super) fn of_escalation(team: &'a Team) -> Option<Self> {
        team.escalation.as_deref().and_then(Self::read)
    }

    /// The name of the secret that it needs.
    pub(super) fn secret(self, team: &str) -> Option<String> {
        let team = slug(team);
        match self {
            Self::Slack(_) => Some(format!("{team}_slack_url")),
            Self::PagerDuty => Some(format!("{team}_pagerduty_key")),
            Self::Webhook(_) | Self::Email(_) => None,
        }
    }

    /// The entry of a receiver: which kind, and its settings.
    pub(super) fn receiver(self, team: &str) -> (&'static str, Yaml) {
        let secret = self.secret(team).map(|secret| format!("{SECRETS}/{secret}"));
        let resolved = ("send_resolved", Yaml::Bool(true));
        match self {
            Self::Slack(channel) => {
                let mut entries = vec![("api_url_file", secret.unwrap_or_default().into()), resolved];
                entries.extend(channel.map(|channel| ("channel", channel.into())));
                entries.extend([
                    ("title", template("obs.title")),
                    ("title_link", template("obs.link")),
                    ("text", template("obs.text")),
                ]);
                ("slack_configs", Yaml::map(entries))
            }
            Self::Webhook(url) => ("webhook_configs", Yaml::map([("url", url.into()), resolved])),
            Self::Email(to) => {
                let headers = Yaml::map([("Subject", template("obs.title"))]);
                let entries = [("to", to.into()), resolved, ("headers", headers), ("text", template("obs.text"))];
                ("email_configs", Yaml::map(entries))
            }
            Self::PagerDuty => {
                let entries = [
                    ("routing_key_file", secret.unwrap_or_default().into()),
                    resolved,
                    ("description", template("obs.title")),
                    ("severity", "{{ .CommonLabels.severity }}".into()),
                    ("client_url", template("obs.link")),
                    ("details", Yaml::map([("text", template("obs.text"))])),
                ];
                ("pagerduty_configs", Yaml::map(entries))
            }
        }
    }
}

fn template(name: &str) -> Yaml {
    format!("{{{{ template \"{name}\" . }}}}").into()
}

/// Close enough to choose a receiver by: one `@` with something on both sides and no space.
fn is_address(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'))
        && !text.contains(char::is_whitespace)
}
