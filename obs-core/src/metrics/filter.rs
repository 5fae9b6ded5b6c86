//! The choice of metrics by name.

use obs_base::sorting::sort_by;
use percent_encoding::percent_decode_str;

/// The query parameter of Prometheus's client libraries.
const PARAMETER: &str = "name[]";

/// The metrics that a scrape requests; all if it names none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    /// Sorted, each once.
    names: Vec<String>,
}

// === impl Filter ===

impl Filter {
    /// The names of all `name[]` parameters, as forms encode them.
    pub(crate) fn of_query(query: &str) -> Self {
        let decoded = |text: &str| {
            percent_decode_str(&text.replace('+', " "))
                .decode_utf8_lossy()
                .into_owned()
        };
        let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        let mut names: Vec<String> = pairs
            .filter(|(key, _)| decoded(key) == PARAMETER)
            .map(|(_, value)| decoded(value))
            .collect();
        sort_by(&mut names, Ord::cmp);
        names.dedup();
        Self { names }
    }

    /// Whether it takes everything.
    pub(crate) fn is_all(&self) -> bool {
        self.names.is_empty()
    }

    /// Whether it takes a metric that goes by any of `names`.
    pub(crate) fn takes<'a>(&self, mut names: impl Iterator<Item = &'a str>) -> bool {
        let is_named = |name: &str| self.names.binary_search_by(|known| known.as_str().cmp(name)).is_ok();
        self.is_all() || names.any(is_named)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes(query: &str, name: &str) -> bool {
        Filter::of_query(query).takes(std::iter::once(name))
    }

    #[test]
    fn metrics_are_taken_by_their_whole_names() {
        let query = "name[]=up&x=1&name%5B%5D=jobs_total&name[]=up";
        assert!(takes(query, "up") && takes(query, "jobs_total"));
        assert!(!takes(query, "jobs") && !takes(query, "upper") && !takes(query, "x"));
        assert_eq!(Filter::of_query(query).names, ["jobs_total", "up"]);
    }

    #[test]
    fn without_a_name_everything_is_taken() {
        for query in ["", "name=up", "x", "name%5B=up", "&&="] {
            assert!(takes(query, "anything"), "{query}");
        }
    }

    #[test]
    fn a_name_that_nothing_has_takes_nothing() {
        assert!(!takes("name[]=", "up") && !takes("name[]", "up") && !takes("name[]=%FF", "up"));
    }

    #[test]
    fn names_are_decoded_like_a_form() {
        assert!(takes("name[]=a+b%3Ac", "a b:c"));
    }
}
