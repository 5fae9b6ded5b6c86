//! What the services send each other.

use serde::{Deserialize, Serialize};

/// Who logs in.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Login {
    pub(crate) user_id: String,
}

/// What a visitor wants to buy.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Cart {
    pub(crate) user_id: String,
    pub(crate) items: u32,
    pub(crate) card: Card,
}

/// How the visitor's card behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Card {
    /// Pays.
    Valid,
    /// Has no money.
    Declined,
    /// Belongs to a bank that doesn't answer.
    Unreachable,
}

/// An order that was placed.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) id: u64,
    pub(crate) items: u64,
    pub(crate) amount_cents: u64,
}

/// What is to be paid.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Charge {
    pub(crate) card: Card,
    pub(crate) amount_cents: u64,
}

/// What was paid.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Receipt {
    pub(crate) charged_cents: u64,
}

/// The bill of an order.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Invoice {
    pub(crate) order_id: u64,
    pub(crate) cents_per_item: u64,
}
