//! Mail, by SMTP.

use std::{
    fmt::{self, Write as _},
    time::Duration,
};

use lettre::{
    Message, SmtpTransport, Transport as _,
    message::{Mailbox, header::ContentType},
    transport::smtp::{
        authentication::Credentials,
        client::{Certificate, Tls, TlsParameters},
    },
};
use obs_base::calendar::rfc3339;

use super::{Notification, secret::Secret, send_error::SendError};
use crate::{
    Alert,
    text::{lines, one_line},
};

/// A mail server, sender and recipients, for [`Channel::email`](crate::Channel::email).
///
/// Each notification is one mail to all recipients, in plain text: state, summary, times, annotations and labels of
/// at most 50 alerts. All attempts to send a notification have the same `Message-ID`.
///
/// ```
/// use obs_alert::{Channel, Email};
///
/// let mail = Email::new("smtp.example.com", "obs@example.com", ["oncall@example.com"])
///     .credentials("obs", "s3cret");
/// let channel = Channel::email(mail);
/// assert!(!format!("{channel:?}").contains("s3cret"));
/// ```
#[derive(Clone, Debug)]
#[must_use = "mail is sent by a `Channel`"]
pub struct Email {
    host: String,
    port: Option<u16>,
    security: EmailSecurity,
    from: String,
    to: Vec<String>,
    user: Option<(String, Secret)>,
    authority: Option<Vec<u8>>,
}

/// The encryption of the connection to a mail server.
///
/// ```
/// use obs_alert::{Email, EmailSecurity};
///
/// let mail = Email::new("smtp.example.com", "obs@example.com", ["oncall@example.com"]).security(EmailSecurity::Tls);
/// // A relay on the same machine takes mail without encryption.
/// let relayed = Email::new("localhost", "obs@example.com", ["oncall@example.com"]).security(EmailSecurity::None).port(2525);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum EmailSecurity {
    /// By STARTTLS, which the server must offer; port 587.
    #[default]
    StartTls,
    /// TLS from the start; port 465.
    Tls,
    /// None: for a server on the same machine; port 25. Credentials are refused.
    None,
}

/// A mail server whose settings are valid.
pub(crate) struct Mailer {
    email: Email,
    from: Mailbox,
    to: Vec<Mailbox>,
    tls: Tls,
}

// === impl Email ===

impl Email {
    /// The server's host name, the address of the sender, and those of the recipients, such as `obs@example.com` or
    /// `Obs <obs@example.com>`. Invalid addresses, and a list without recipients, are refused when the manager is
    /// built.
    pub fn new<A: Into<String>>(
        host: impl Into<String>,
        from: impl Into<String>,
        to: impl IntoIterator<Item = A>,
    ) -> Self {
        Self {
            host: host.into(),
            port: None,
            security: EmailSecurity::default(),
            from: from.into(),
            to: to.into_iter().map(Into::into).collect(),
            user: None,
            authority: None,
        }
    }

    /// User name and password at the server, sent only over an encrypted connection. Defaults to none.
    pub fn credentials(mut self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.user = Some((user.into(), Secret::new(password)));
        self
    }

    /// The encryption of the connection. Defaults to STARTTLS.
    pub const fn security(mut self, security: EmailSecurity) -> Self {
        self.security = security;
        self
    }

    /// The server's port. Defaults to 587, 465 or 25, by the encryption.
    pub const fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// Trusts these certificate authorities (PEM) besides the system's.
    pub fn certificate_authority(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.authority = Some(pem.into());
        self
    }

    /// The recipients.
    pub(super) fn recipients(&self) -> impl Iterator<Item = &String> {
        self.to.iter()
    }

    fn tls(&self) -> Result<Tls, String> {
        let parameters = || {
            let mut builder = TlsParameters::builder(self.host.clone());
            if let Some(pem) = &self.authority {
                let certificate =
                    Certificate::from_pem(pem).map_err(|error| format!("the certificate is no PEM: {error}"))?;
                builder = builder.add_root_certificate(certificate);
            }
            builder.build().map_err(|error| error.to_string())
        };
        Ok(match self.security {
            EmailSecurity::None => Tls::None,
            EmailSecurity::StartTls => Tls::Required(parameters()?),
            EmailSecurity::Tls => Tls::Wrapper(parameters()?),
        })
    }

    fn own_port(&self) -> u16 {
        self.port.unwrap_or(match self.security {
            EmailSecurity::StartTls => 587,
            EmailSecurity::Tls => 465,
            EmailSecurity::None => 25,
        })
    }
}

// === impl Mailer ===

impl Mailer {
    pub(super) fn new(email: &Email) -> Result<Self, String> {
        let address = |text: &String| -> Result<Mailbox, String> {
            text.parse()
                .map_err(|error| format!("{text:?} is no mail address ({error}): write name@example.com"))
        };
        if email.host.is_empty() {
            return Err("it names no mail server: write smtp.example.com".to_owned());
        }
        if email.to.is_empty() {
            return Err("it names no recipient: write name@example.com".to_owned());
        }
        if email.security == EmailSecurity::None && email.user.is_some() {
            return Err(
                "credentials without encryption: everybody on the way could read them; use STARTTLS".to_owned(),
            );
        }
        let to = email.to.iter().map(address).collect::<Result<_, _>>()?;
        Ok(Self {
            from: address(&email.from)?,
            to,
            tls: email.tls()?,
            email: email.clone(),
        })
    }

    pub(super) fn send(&self, notification: &Notification, timeout: Duration) -> Result<(), SendError> {
        let mut server = SmtpTransport::builder_dangerous(&self.email.host)
            .port(self.email.own_port())
            .tls(self.tls.clone())
            .timeout(Some(timeout));
        if let Some((user, password)) = &self.email.user {
            server = server.credentials(Credentials::new(user.clone(), password.reveal().to_owned()));
        }
        let sent = server.build().send(&self.message(notification)?);
        sent.map(drop).map_err(|error| {
            let message = format!("{}:{}: {error}", self.email.host, self.email.own_port());
            if error.is_permanent() {
                SendError::lasting(message)
            } else {
                SendError::transient(message)
            }
        })
    }

    fn message(&self, notification: &Notification) -> Result<Message, SendError> {
        let subject = one_line(&notification.title(), MOST_SUBJECT);
        let builder = Message::builder()
            .from(self.from.clone())
            .subject(subject)
            .header(ContentType::TEXT_PLAIN);
        let builder = builder.message_id(Some(self.message_id(notification)));
        let builder = self
            .to
            .iter()
            .cloned()
            .fold(builder, lettre::message::MessageBuilder::to);
        builder
            .body(text(notification))
            .map_err(|error| SendError::lasting(format!("no mail can be made: {error}")))
    }

    /// The same at each attempt, so that mail programs recognize duplicates.
    fn message_id(&self, notification: &Notification) -> String {
        format!(
            "<obs-alert.{:016x}@{}>",
            notification.stamp.id,
            self.from.email.domain()
        )
    }
}

/// The largest number of alerts and bytes of a mail, and the sizes at which its parts are cut.
const MOST_ALERTS: usize = 50;
const MOST_BODY: usize = 128 * 1024;
const MOST_SUBJECT: usize = 200;
const MOST_TEXT: usize = 2_000;
const MOST_LABELS: usize = 40;

fn text(notification: &Notification) -> String {
    let alerts = notification.alerts();
    let (mut text, mut written) = (String::new(), 0);
    for alert in alerts.iter().take(MOST_ALERTS) {
        let paragraph = paragraph(alert, notification);
        if written > 0 && text.len() + paragraph.len() > MOST_BODY {
            break;
        }
        text += &paragraph;
        written += 1;
    }
    if written < alerts.len() {
        let _ = writeln!(text, "… and {} more\n", alerts.len() - written);
    }
    if !notification.stamp.external_url.is_empty() {
        text += &one_line(&notification.stamp.external_url, MOST_TEXT);
        text.push('\n');
    }
    text
}

fn paragraph(alert: &Alert, notification: &Notification) -> String {
    let state = alert.state().as_str().to_uppercase();
    let mut text = format!("{state} {}: {}\n", alert.name(), one_line(alert.message(), MOST_TEXT));
    let (began, ended) = notification.stamp.times(alert);
    let _ = writeln!(text, "  since {}", rfc3339(began));
    if let Some(ended) = ended {
        let _ = writeln!(text, "  until {}", rfc3339(ended));
    }
    let others = alert.annotations().iter().filter(|(key, _)| *key != "summary");
    let all = others.chain(alert.labels().iter().filter(|(key, _)| *key != "alertname"));
    for (key, value) in all.take(MOST_LABELS) {
        // Further lines of a value are indented more than the keys.
        let value = lines(value.trim(), MOST_TEXT).replace('\n', "\n      ");
        let _ = writeln!(text, "  {}: {value}", one_line(key, MOST_TEXT));
    }
    text.push('\n');
    text
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.email.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{Moment, Severity, channel::Stamp};

    fn notification(text: &str, alerts: usize) -> Notification {
        let texts: BTreeMap<String, String> = (0..200)
            .map(|index| (format!("key{index}"), text.to_owned()))
            .chain([("summary".to_owned(), text.to_owned())])
            .collect();
        let alert = Alert::restored((texts.clone(), texts), Severity::Info, None, [None; 3]);
        let stamp = Stamp::new(&"".into(), Moment::new(Duration::ZERO, Duration::ZERO), Duration::ZERO);
        Notification {
            receiver: "mail".into(),
            group_labels: BTreeMap::new(),
            alerts: vec![alert; alerts],
            stamp,
        }
    }

    #[test]
    fn a_mail_is_bounded_and_has_an_id_of_its_own_that_retries_share() {
        let mailer =
            Mailer::new(&Email::new("mail", "obs@example.com", ["oncall@example.com"]).security(EmailSecurity::None))
                .unwrap();
        let notification = notification(&"é\u{1}\r\n".repeat(10_000), 200);
        let mails = [(); 2].map(|()| String::from_utf8(mailer.message(&notification).unwrap().formatted()).unwrap());
        let id = |mail: &str| {
            mail.lines()
                .find(|line| line.starts_with("Message-ID: <obs-alert."))
                .map(str::to_owned)
        };
        assert!(mails[0].len() < 1024 * 1024, "{} bytes", mails[0].len());
        assert!(mails[0].lines().all(|line| line.len() <= 998));
        assert!(id(&mails[0]).unwrap().ends_with("@example.com>"));
        assert_eq!(id(&mails[0]), id(&mails[1]));
    }

    #[test]
    fn a_value_of_several_lines_does_not_read_like_further_values() {
        let text = text(&notification("one\nkey2: two", 1));
        assert!(text.contains("  key0: one\n      key2: two\n"), "{text}");
    }
}
