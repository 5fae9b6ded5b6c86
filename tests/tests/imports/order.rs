//! The order that `ARCHITECTURE.md` writes down.

/// Names, the lowest first: each may import those before it.
#[derive(Debug)]
pub(crate) struct Order(Vec<String>);

// === impl Order ===

impl Order {
    /// The names of the fenced block whose first line is `order of {what}:`.
    pub(crate) fn parse(document: &str, what: &str) -> Self {
        let title = format!("order of {what}:");
        let block = document.split("```text\n").find_map(|block| block.strip_prefix(&title));
        let block = block.unwrap_or_else(|| panic!("ARCHITECTURE.md has no block `{title}`"));
        let names = block
            .split("```")
            .next()
            .unwrap_or_default()
            .split(|c: char| c.is_whitespace() || c == '←');
        Self(names.filter(|name| !name.is_empty()).map(str::to_owned).collect())
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|known| known == name)
    }

    /// Whether `from` may import `to`.
    pub(crate) fn allows(&self, from: &str, to: &str) -> bool {
        matches!((self.place(from), self.place(to)), (Some(from), Some(to)) if to < from)
    }

    /// Each of `names` is in the order once, and no other.
    pub(crate) fn assert_complete(&self, names: &[String]) {
        let mut listed = self.0.clone();
        listed.sort();
        let mut names = names.to_vec();
        names.sort();
        assert_eq!(listed, names, "what ARCHITECTURE.md lists, and what there is");
    }
}

#[test]
fn the_order_is_read_from_its_own_block() {
    let document = "# A\n```text\nother\n```\n```text\norder of x:\n  a ← b\n  c\n```\n```text\norder of y:\nd\n```\n";
    let order = Order::parse(document, "x");
    order.assert_complete(&["c".to_owned(), "a".to_owned(), "b".to_owned()]);
    assert!(order.allows("c", "a") && order.allows("b", "a"));
    assert!(!order.allows("a", "b") && !order.allows("a", "a") && !order.allows("c", "d"));
}

#[test]
#[should_panic(expected = "what ARCHITECTURE.md lists")]
fn a_name_that_is_not_listed_is_told() {
    Order::parse("```text\norder of x:\na\n```", "x").assert_complete(&["a".to_owned(), "b".to_owned()]);
}
