//! All rows together.

use super::{bad_input, endings, errors, fields, heads, identity, routing};
use crate::scenario::Scenario;

/// Every row of the table.
#[must_use]
pub fn all() -> Vec<Scenario> {
    [
        endings(),
        errors(),
        fields(),
        heads(),
        routing(),
        identity(),
        bad_input(),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_names_of_rows_are_unique() {
        let rows = all();
        assert_eq!(
            rows.iter().map(|row| row.name).collect::<BTreeSet<_>>().len(),
            rows.len()
        );
    }
}
