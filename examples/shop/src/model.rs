//! What the services send each other.

use serde::{Deserialize, Serialize};

pub(crate) const CENTS_PER_ITEM: u64 = 1_999;

/// Who logs in.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Login {
    pub(crate) user_id: String,
}

/// Who signs up.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Registration {
    pub(crate) user_id: String,
    pub(crate) country: Country,
    pub(crate) source: Source,
}

/// The countries that the shop delivers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Country {
    De,
    Fr,
    Us,
    /// Any other that a visitor may name.
    #[serde(other)]
    Other,
}

/// What brought a visitor here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Source {
    Search,
    Newsletter,
    /// Anything else that a visitor may say.
    #[serde(other)]
    Other,
}

/// What a visitor pays with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Currency {
    #[default]
    Eur,
    Usd,
}

/// What became of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OrderStatus {
    Paid,
    /// The visitor's bank said no.
    Declined,
    /// Something of ours failed.
    Failed,
}

/// What a visitor wants to buy.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Cart {
    pub(crate) user_id: String,
    pub(crate) items: u32,
    pub(crate) card: Card,
    #[serde(default)]
    pub(crate) currency: Currency,
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

// === impl Cart ===

impl Cart {
    pub(crate) fn amount_cents(&self) -> u64 {
        u64::from(self.items) * CENTS_PER_ITEM
    }
}

// === the words that stand in labels ===

impl Country {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::De => "DE",
            Self::Fr => "FR",
            Self::Us => "US",
            Self::Other => "other",
        }
    }
}

impl Source {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Search => "search",
            Self::Newsletter => "newsletter",
            Self::Other => "other",
        }
    }
}

impl Currency {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Eur => "EUR",
            Self::Usd => "USD",
        }
    }
}

impl OrderStatus {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::Declined => "declined",
            Self::Failed => "failed",
        }
    }
}
