//! The payload of Slack's incoming webhooks, which Mattermost, Rocket.Chat and others accept too.
//!
//! Whatever the texts of an alert hold, a message has no more than 40 KiB: Slack refuses longer ones, and
//! with them the alert.

use serde_json::{Value, json};

use super::Notification;
use crate::{
    Alert, AlertState, Severity,
    text::{cut, lines, one_line},
};

/// The largest number of alerts in a message.
const MOST_ALERTS: usize = 10;
const MOST_FIELDS: usize = 12;
/// The largest size of all alerts together, in bytes.
const MOST_BYTES: usize = 32 * 1024;
/// Texts are cut at these sizes, in bytes of mark-up.
const MOST_TEXT: usize = 2_000;
const MOST_TITLE: usize = 200;
const MOST_LABEL: usize = 100;
const MOST_LINK: usize = 1_000;

pub(super) fn body(notification: &Notification) -> Vec<u8> {
    let alerts = notification.alerts();
    let (mut attachments, mut bytes) = (Vec::new(), 0);
    for alert in alerts.iter().take(MOST_ALERTS) {
        let attachment = attachment(alert, notification);
        bytes += attachment.to_string().len();
        if bytes > MOST_BYTES && !attachments.is_empty() {
            break;
        }
        attachments.push(attachment);
    }
    let others = alerts.len() - attachments.len();
    if others > 0 {
        attachments.push(json!({ "text": format!("… and {others} more"), "fallback": format!("{others} more") }));
    }
    let payload = json!({ "text": escape(&notification.title(), 2 * MOST_TITLE), "attachments": attachments });
    payload.to_string().into_bytes()
}

fn attachment(alert: &Alert, notification: &Notification) -> Value {
    let is_over = alert.state() == AlertState::Resolved;
    let color = match alert.severity() {
        _ if is_over => "good",
        Severity::Critical => "danger",
        Severity::Warning => "warning",
        Severity::Info => "#439fe0",
    };
    let title = format!("{} {}", alert.name(), alert.state());
    let (began, ended) = notification.stamp.times(alert);
    // A link that is cut would have another target.
    let link = alert
        .annotations()
        .get("runbook_url")
        .filter(|url| url.len() <= MOST_LINK && !url.contains(char::is_control));
    json!({
        "color": color,
        "fallback": escape(&one_line(&format!("{title}: {}", alert.message()), MOST_TITLE), MOST_TITLE),
        "title": escape(&one_line(&title, MOST_TITLE), MOST_TITLE),
        "title_link": link,
        "text": text(alert),
        "fields": fields(alert),
        "ts": ended.unwrap_or(began).as_secs(),
    })
}

fn fields(alert: &Alert) -> Vec<Value> {
    let labels = || alert.labels().iter().filter(|(key, _)| *key != "alertname");
    let field = |(key, value): (&String, &String)| {
        let [key, value] = [key, value].map(|text| escape(&one_line(text, MOST_LABEL), MOST_LABEL));
        json!({ "title": key, "value": value, "short": true })
    };
    let mut fields: Vec<Value> = labels().take(MOST_FIELDS).map(field).collect();
    if let Some(others) = labels().count().checked_sub(MOST_FIELDS).filter(|others| *others > 0) {
        fields.push(json!({ "title": "…", "value": format!("{others} more labels"), "short": true }));
    }
    fields
}

fn text(alert: &Alert) -> String {
    let description = alert.annotations().get("description").map_or("", String::as_str);
    let summary = cut(alert.message(), MOST_TEXT / 2);
    escape(lines(&format!("{summary}\n{description}"), MOST_TEXT).trim(), MOST_TEXT)
}

/// The three characters that Slack's mark-up is made of: neither links nor mentions come from labels. What gets
/// longer than `most` bytes by it is cut, and none of the characters in two.
fn escape(text: &str, most: usize) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        let mut own = [0; 4];
        let part = match c {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            other => other.encode_utf8(&mut own),
        };
        if escaped.len() + part.len() > most {
            escaped.push('…');
            break;
        }
        escaped.push_str(part);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, time::Duration};

    use proptest::prelude::*;

    use super::*;
    use crate::{Moment, channel::Stamp};

    fn notification(text: &str, labels: usize, alerts: usize) -> Notification {
        let texts: BTreeMap<String, String> = ["summary", "description", "runbook_url"]
            .map(|key| (key.to_owned(), text.to_owned()))
            .into();
        let labels: BTreeMap<String, String> = (0..labels)
            .map(|index| (format!("l{index}"), text.to_owned()))
            .collect();
        let alert = Alert::restored((labels, texts), Severity::Info, None, [None; 3]);
        let stamp = Stamp::new(&"".into(), Moment::new(Duration::ZERO, Duration::ZERO), Duration::ZERO);
        let alerts = vec![alert; alerts];
        Notification {
            receiver: "slack".into(),
            group_labels: BTreeMap::new(),
            alerts,
            stamp,
        }
    }

    #[test]
    fn a_message_is_bounded_whatever_its_alerts_hold() {
        for text in [
            "&".repeat(100_000),
            "\u{1}".repeat(100_000),
            "\u{1F525}".repeat(100_000),
            "\"\n".repeat(50_000),
        ] {
            let body = body(&notification(&text, 100, 200));
            assert!(body.len() <= 40 * 1024, "{} bytes", body.len());
            assert!(serde_json::from_slice::<Value>(&body).is_ok());
        }
    }

    proptest! {
        #[test]
        fn no_text_can_mention_anybody(text in ".{0,200}") {
            let escaped = escape(&text, 100);
            prop_assert!(!escaped.contains('<') && !escaped.contains('>') && escaped.len() <= 103);
            let open = escaped.rsplit_once('&').map_or("", |(_, last)| last);
            prop_assert!(open.is_empty() || open.contains(';'), "{}", escaped);
        }
    }
}
