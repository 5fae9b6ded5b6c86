//! Who is called.

/// Who is called when a service breaks its promise.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Team {
    /// The value of the label `team`.
    pub name: String,
    /// Where it is reached: a channel, an address.
    pub contact: Option<String>,
    /// Who is called if it does not answer.
    pub escalation: Option<String>,
}
