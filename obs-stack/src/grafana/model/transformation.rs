//! What is done to the answers of queries before they are shown.

use std::collections::BTreeMap;

use serde::Serialize;

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "id", content = "options", rename_all = "camelCase")]
pub(crate) enum Transformation {
    /// One table of all answers, joined by the columns that they share.
    Merge {},
    /// Which columns, under which names, in which order.
    #[serde(rename_all = "camelCase")]
    Organize {
        exclude_by_name: BTreeMap<String, bool>,
        index_by_name: BTreeMap<String, usize>,
        rename_by_name: BTreeMap<String, String>,
    },
}
