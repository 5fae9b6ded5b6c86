//! Which hosts may become labels.

use std::borrow::Cow;

use crate::names::value;

/// The hosts that have a label value of their own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Hosts {
    /// Lower-case; empty for all, up to the cap.
    listed: Vec<Box<str>>,
}

// === impl Hosts ===

impl Hosts {
    /// Lists a host: from the first one on, those that are not listed have no label of their own.
    pub(super) fn add(&mut self, host: &str) {
        let host = host
            .trim()
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_ascii_lowercase()
            .into();
        if !self.listed.contains(&host) {
            self.listed.push(host);
        }
    }

    /// The label value of a host. Host names are the same in upper and lower case.
    pub(super) fn label<'a>(&'a self, host: &'a str) -> Cow<'a, str> {
        if host.is_empty() {
            return Cow::Borrowed(value::OTHER);
        }
        if !self.listed.is_empty() {
            let listed = self.listed.iter().find(|listed| listed.eq_ignore_ascii_case(host));
            return Cow::Borrowed(listed.map_or(value::OTHER, |listed| listed));
        }
        if host.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Cow::Owned(host.to_ascii_lowercase());
        }
        Cow::Borrowed(host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_list_a_host_is_its_own_label_in_lower_case() {
        let hosts = Hosts::default();
        assert_eq!(hosts.label("users.internal"), "users.internal");
        assert_eq!(hosts.label("Users.Internal"), "users.internal");
        assert_eq!(hosts.label(""), "_OTHER");
    }

    #[test]
    fn a_host_outside_the_list_is_other() {
        let mut hosts = Hosts::default();
        for host in ["Users", "[::1]", "users"] {
            hosts.add(host);
        }
        assert_eq!(hosts.listed.len(), 2);
        assert_eq!(hosts.label("USERS"), "users");
        assert_eq!(hosts.label("::1"), "::1");
        assert_eq!(hosts.label("evil.example"), "_OTHER");
    }
}
