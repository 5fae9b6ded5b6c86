//! Receivers: from the contacts of teams to the integrations of Alertmanager.

use obs_rules::definition::{Definition, Team};

use crate::{text::slug, yaml::Yaml};

/// The receiver without any integration: it takes alerts of severity `info`, and all alerts
/// if there is no team.
pub(super) const DISCARD: &str = "discard";

/// The receiver of alerts whose team is unknown: the first team, or [`DISCARD`] if there is
/// none.
pub(super) fn fallback(definition: &Definition) -> &str {
    definition.teams.first().map_or(DISCARD, |team| team.name.as_str())
}

/// The name of the receiver that is notified if a team does not answer.
pub(super) fn escalation(team: &Team) -> String {
    format!("{}-escalation", team.name)
}

/// All receivers.
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

/// Whether any receiver sends e-mail.
pub(super) fn need_mail(definition: &Definition) -> bool {
    contacts(definition).any(|(_, contact)| matches!(contact, Contact::Email(_)))
}

/// The names of the secrets that the receivers read from files, sorted, each once.
pub(crate) fn secrets(definition: &Definition) -> Vec<String> {
    let mut secrets: Vec<_> = contacts(definition)
        .filter_map(|(team, contact)| contact.secret(&team.name))
        .collect();
    secrets.sort_unstable();
    secrets.dedup();
    secrets
}

/// All contacts, each with its team.
fn contacts(definition: &Definition) -> impl Iterator<Item = (&Team, Contact<'_>)> {
    definition.teams.iter().flat_map(|team| {
        let contacts = [Some(Contact::of(team)), Contact::of_escalation(team)];
        contacts.into_iter().flatten().map(move |contact| (team, contact))
    })
}

/// A receiver with one integration.
fn receiver(name: &str, team: &str, contact: Contact<'_>) -> Yaml {
    let (kind, settings) = contact.receiver(team);
    Yaml::map([("name", name.into()), (kind, Yaml::list([settings]))])
}

/// How a team is notified, derived from the text of its contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contact<'a> {
    /// A channel or person; without a name, the default channel of the webhook.
    Slack(Option<&'a str>),
    /// The URL of a webhook.
    Webhook(&'a str),
    /// An e-mail address.
    Email(&'a str),
    /// A service in PagerDuty.
    PagerDuty,
}

/// The folder of the secrets. Compose mounts them there, from files or from the
/// environment.
const SECRETS: &str = "/run/secrets";

// === impl Contact ===

impl<'a> Contact<'a> {
    /// Parses a contact; `None` if no program can use it, such as a telephone number.
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

    /// The contact of a team. Without a usable contact it is Slack, so that every team is
    /// notified.
    pub(super) fn of(team: &'a Team) -> Self {
        team.contact
            .as_deref()
            .and_then(Self::read)
            .unwrap_or(Self::Slack(None))
    }

    /// The escalation of a team, if it has a usable one.
    pub(super) fn of_escalation(team: &'a Team) -> Option<Self> {
        team.escalation.as_deref().and_then(Self::read)
    }

    /// The name of the secret that this contact needs.
    pub(super) fn secret(self, team: &str) -> Option<String> {
        let team = slug(team);
        match self {
            Self::Slack(_) => Some(format!("{team}_slack_url")),
            Self::PagerDuty => Some(format!("{team}_pagerduty_key")),
            Self::Webhook(_) | Self::Email(_) => None,
        }
    }

    /// The kind of the integration and its settings.
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
                let entries = [
                    ("to", to.into()),
                    resolved,
                    ("headers", headers),
                    ("text", template("obs.text")),
                ];
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

/// A reference to a template.
fn template(name: &str) -> Yaml {
    format!("{{{{ template \"{name}\" . }}}}").into()
}

/// Whether this looks like an e-mail address: one `@` with text on both sides, no blanks.
/// That is enough to choose an integration.
fn is_address(text: &str) -> bool {
    text.split_once('@')
        .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'))
        && !text.contains(char::is_whitespace)
}
