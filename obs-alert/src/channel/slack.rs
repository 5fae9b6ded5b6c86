//! The payload of Slack's incoming webhooks, which Mattermost, Rocket.Chat and others take too.

use serde_json::{Value, json};

use super::Notification;
use crate::{Alert, AlertState, Severity};

/// More would not be read, and Slack cuts it.
const MOST_ALERTS: usize = 10;
const MOST_TEXT: usize = 2_000;

pub(super) fn body(notification: &Notification) -> Vec<u8> {
    let alerts = notification.alerts();
    let mut attachments: Vec<_> = alerts.iter().take(MOST_ALERTS).map(attachment).collect();
    if let Some(others) = alerts.len().checked_sub(MOST_ALERTS).filter(|others| *others > 0) {
        attachments.push(json!({ "text": format!("… and {others} more"), "fallback": format!("{others} more") }));
    }
    let payload = json!({ "text": escape(&notification.title()), "attachments": attachments });
    payload.to_string().into_bytes()
}

fn attachment(alert: &Alert) -> Value {
    let is_over = alert.state() == AlertState::Resolved;
    let color = match alert.severity() {
        _ if is_over => "good",
        Severity::Critical => "danger",
        Severity::Warning => "warning",
        Severity::Info => "#439fe0",
    };
    let title = format!("{} {}", alert.name(), alert.state());
    let fields: Vec<_> = alert
        .labels()
        .iter()
        .filter(|(key, _)| *key != "alertname")
        .map(|(key, value)| json!({ "title": escape(key), "value": escape(value), "short": true }))
        .collect();
    json!({
        "color": color,
        "fallback": escape(&format!("{title}: {}", alert.message())),
        "title": escape(&title),
        "title_link": alert.annotations().get("runbook_url"),
        "text": text(alert),
        "fields": fields,
        "ts": alert.resolved_at().or(alert.fired_at()).unwrap_or_default().as_secs(),
    })
}

fn text(alert: &Alert) -> String {
    let description = alert.annotations().get("description").map_or("", String::as_str);
    let mut text = escape(format!("{}\n{description}", alert.message()).trim());
    if text.len() > MOST_TEXT {
        let end = (0..=MOST_TEXT).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

/// The three characters that Slack's mark-up is made of: neither links nor mentions come from labels.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn no_text_can_mention_anybody(text in ".{0,200}") {
            let escaped = escape(&text);
            proptest::prop_assert!(!escaped.contains('<') && !escaped.contains('>'));
        }
    }
}
