//! Names and addresses that must fit into labels, files and URLs.

use std::{collections::BTreeMap, net::Ipv6Addr};

use obs_conventions::KNOWN_METHODS;

use super::{Endpoint, Position, fields::Field, report::Report};
use crate::condition::is_label_name;

/// The longest name: a label of DNS, which Kubernetes requires.
const LONGEST: usize = 63;

// === impl Field ===

impl<'a> Field<'a> {
    /// A name that is safe as a label's value, a file's name, a host and a Kubernetes object without any
    /// escaping: lower-case letters, digits and hyphens, a letter first and no hyphen last.
    pub(super) fn name(self) -> Option<&'a str> {
        let name = self.text()?;
        if is_safe(name) {
            return Some(name);
        }
        let cleaned = cleaned(name);
        let example = if is_safe(&cleaned) {
            format!(", such as {cleaned:?}")
        } else {
            String::new()
        };
        self.refuse(&format!(
            "1 to {LONGEST} lower-case letters, digits and hyphens, a letter first and no hyphen last{example}"
        ))
    }

    /// The name of an alert.
    pub(super) fn alert_name(self) -> Option<&'a str> {
        let name = self.text()?;
        if is_label_name(name) && name.len() <= 128 {
            return Some(name);
        }
        self.refuse("1 to 128 letters, digits and '_', no digit first, such as CheckoutIsSlow")
    }

    /// What stands before the names of metrics; may be empty.
    pub(super) fn namespace(self) -> Option<&'a str> {
        let name = self.text()?;
        if name.is_empty() || (is_label_name(name) && !name.ends_with('_')) {
            return Some(name);
        }
        self.refuse("the prefix of a metric: letters, digits and '_', no digit first and no '_' last, such as payment")
    }

    /// A URL that a browser opens.
    pub(super) fn http_url(self) -> Option<&'a str> {
        let url = self.text()?;
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        let host = rest.map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
        let is_one = host.is_some_and(|host| !host.is_empty() && !host.starts_with(':'))
            && !url
                .chars()
                .any(|c| c.is_whitespace() || c.is_control() || "\"<>\\^`{|}".contains(c));
        if is_one {
            Some(url)
        } else {
            self.refuse("a URL that starts with https:// or http://")
        }
    }

    /// `host:port`, as Prometheus scrapes it.
    pub(super) fn target(self) -> Option<&'a str> {
        let target = self.text()?;
        let is_one = target.rsplit_once(':').is_some_and(|(host, port)| {
            let is_bracketed = host.starts_with('[') && host.ends_with(']');
            let is_host = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
            let inside = host.trim_start_matches('[').trim_end_matches(']');
            let is_address = is_bracketed && inside.parse::<Ipv6Addr>().is_ok();
            port.parse::<u16>().is_ok_and(|port| port > 0)
                && (is_address || (!host.is_empty() && host.chars().all(is_host)))
        });
        if is_one {
            Some(target)
        } else {
            self.refuse("host:port without http:// and path, such as orders:3001")
        }
    }

    /// A path that starts at the root.
    pub(super) fn path(self) -> Option<&'a str> {
        let path = self.text()?;
        let is_one = path.starts_with('/') && !path.chars().any(|c| c.is_whitespace() || c.is_control());
        if is_one {
            Some(path)
        } else {
            self.refuse("a path that starts with '/', without spaces")
        }
    }

    /// `GET /orders/{id}`, or a gRPC method as it is recorded: `shop.Orders/Get`.
    pub(super) fn endpoint(self) -> Option<Endpoint> {
        let text = self.text()?;
        if let Some(method) = grpc_method(text) {
            return Some(Endpoint {
                method: "POST".to_owned(),
                template: method.to_owned(),
                is_stream: false,
            });
        }
        let parts = text.split_once(' ').filter(|(method, template)| {
            KNOWN_METHODS.contains(method)
                && template.starts_with('/')
                && !template.chars().any(|c| c.is_whitespace() || c.is_control())
        });
        match parts {
            Some((method, template)) => Some(Endpoint {
                method: method.to_owned(),
                template: template.to_owned(),
                is_stream: false,
            }),
            None => self.refuse(&format!(
                "a method and the template of a route, such as \"GET /orders/{{id}}\", or a gRPC method, such as \
                 shop.Orders/Get; methods are {}",
                KNOWN_METHODS.join(", ")
            )),
        }
    }
}

/// The gRPC method that is meant, as it is recorded: `shop.Orders/Get`, also if it is written with the slash or the `POST`
/// that it has on the wire. A route of HTTP can look like one with all of these: `POST /shop.Orders/Get` is taken for a
/// gRPC method if service and method begin with a capital and the service is in a package.
fn grpc_method(text: &str) -> Option<&str> {
    let path = text.strip_prefix("POST ").unwrap_or(text);
    let method = path.strip_prefix('/').unwrap_or(path);
    let (service, name) = method.split_once('/')?;
    let starts_large = |word: &str| word.starts_with(|c: char| c.is_ascii_uppercase());
    let is_capital = starts_large(service.rsplit('.').next().unwrap_or_default()) && starts_large(name);
    let is_packaged = service.contains('.');
    let is_one = service.split('.').all(is_label_name) && is_label_name(name);
    // Without a verb or a slash it can be no route; a route whose slash was forgotten has no capitals.
    let is_meant = match (path.len() == text.len(), method.len() == path.len()) {
        (true, _) => true,
        (false, true) => is_packaged || is_capital,
        (false, false) => is_packaged && is_capital,
    };
    (is_one && is_meant).then_some(method)
}

fn is_safe(name: &str) -> bool {
    name.len() <= LONGEST
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('-')
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

fn cleaned(name: &str) -> String {
    let lower = name.trim().to_lowercase();
    lower
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(LONGEST)
        .collect()
}

/// Items without those whose name was given before, which are reported; letters of either case are alike,
/// as names become files.
pub(super) fn without_twins<T>(
    what: &str,
    items: impl IntoIterator<Item = (Position, T)>,
    name: impl Fn(&T) -> &str,
    report: &Report<'_>,
) -> Vec<(Position, T)> {
    let mut seen = BTreeMap::new();
    let is_first = |(at, item): &(Position, T)| {
        let name = name(item);
        // It has no name because it was refused.
        if name.is_empty() {
            return true;
        }
        let Some(first) = seen.get(&name.to_lowercase()) else {
            seen.insert(name.to_lowercase(), *at);
            return true;
        };
        report.add::<()>(
            *at,
            format!("a second {what} named {name:?}, the first is at {first}: rename one"),
        );
        false
    };
    items.into_iter().filter(is_first).collect()
}
