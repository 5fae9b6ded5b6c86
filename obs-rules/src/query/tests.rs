//! The text of a query, read back, is the query.

use std::iter::Peekable;

use proptest::prelude::*;

use super::*;
use crate::promql::{Expr, Selector, Window};

/// A reader of what expressions are written as, by the precedence that Prometheus documents.
struct Parser<'a> {
    tokens: Peekable<std::vec::IntoIter<&'a str>>,
}

/// Words, numbers, windows and label matchers in braces are tokens; so is each mark.
fn tokens(text: &str) -> Vec<&str> {
    let (mut found, mut rest) = (Vec::new(), text.trim_start());
    while let Some(first) = rest.chars().next() {
        let is_part = |c: char| c.is_ascii_alphanumeric() || "_:.".contains(c);
        let end = match first {
            '{' => rest.find('}').unwrap() + 1,
            '[' => rest.find(']').unwrap() + 1,
            '>' if rest.starts_with(">=") => 2,
            c if is_part(c) => rest.find(|c| !is_part(c)).unwrap_or(rest.len()),
            _ => 1,
        };
        found.push(&rest[..end]);
        rest = rest[end..].trim_start();
    }
    found
}

fn parse(text: &str) -> Expr {
    let mut parser = Parser {
        tokens: tokens(text).into_iter().peekable(),
    };
    let expr = parser.binary(0);
    assert_eq!(parser.tokens.next(), None, "{text}");
    expr
}

// === impl Parser ===

impl<'a> Parser<'a> {
    fn take(&mut self, wanted: &str) -> bool {
        self.tokens.next_if_eq(&wanted).is_some()
    }

    /// Operators of this level and above, all of which group from the left.
    fn binary(&mut self, level: usize) -> Expr {
        const LEVELS: [&[&str]; 5] = [&["or"], &["and", "unless"], &[">", "<", ">="], &["+", "-"], &["*", "/"]];
        let Some(operators) = LEVELS.get(level) else {
            return self.atom();
        };
        let mut left = self.binary(level + 1);
        while let Some(operator) = self.tokens.next_if(|token| operators.contains(token)) {
            let on = self.take("on").then(|| self.labels());
            let right = self.binary(level + 1);
            left = match (operator, on) {
                ("or", None) => left.or(right),
                ("and", None) => left.and(right),
                ("and", Some(labels)) => left.and_on(&labels, right),
                ("unless", None) => left.unless(right),
                (">", None) => left.above_each(right),
                ("<", None) => left.below_each(right),
                (">=", None) => left.at_least_each(right),
                ("+", None) => left + right,
                ("-", None) => left - right,
                ("*", None) => left * right,
                ("/", None) => left / right,
                other => panic!("{other:?}"),
            };
        }
        left
    }

    fn labels(&mut self) -> Vec<&'a str> {
        assert!(self.take("("));
        let mut labels = Vec::new();
        while !self.take(")") {
            labels.extend(self.tokens.next().filter(|token| *token != ","));
        }
        labels
    }

    fn atom(&mut self) -> Expr {
        let token = self.tokens.next().unwrap();
        match token {
            "(" => {
                let inner = self.binary(0);
                assert!(self.take(")"));
                inner
            }
            "-" => Expr::number(-self.tokens.next().unwrap().parse::<f64>().unwrap()),
            _ if token.starts_with(|c: char| c.is_ascii_digit()) => Expr::number(token.parse().unwrap()),
            _ if self.tokens.peek() == Some(&"by") => {
                self.tokens.next();
                let labels = self.labels();
                self.atom().aggregate(token, &labels)
            }
            _ if self.take("(") => self.call(token),
            _ => {
                let selector = self.selector(token);
                match self.offset() {
                    Some(offset) => Expr::instant_before(&selector, offset),
                    None => Expr::instant(&selector),
                }
            }
        }
    }

    fn call(&mut self, function: &str) -> Expr {
        if ["rate", "increase"].contains(&function) {
            let metric = self.tokens.next().unwrap();
            let selector = self.selector(metric);
            let window: Window = self.tokens.next().unwrap().trim_matches(['[', ']']).parse().unwrap();
            let expr = match (function, self.offset()) {
                ("rate", Some(offset)) => Expr::rate_before(&selector, window, offset),
                (_, Some(offset)) => Expr::increase_before(&selector, window, offset),
                _ => Expr::over(function, &selector, window),
            };
            assert!(self.take(")"));
            return expr;
        }
        let first = self.binary(0);
        let expr = if self.take(",") {
            let quantile: f64 = first.to_string().parse().unwrap();
            self.binary(0).histogram_quantile(quantile)
        } else {
            first.call(function)
        };
        assert!(self.take(")"));
        expr
    }

    fn selector(&mut self, metric: &str) -> Selector {
        let matchers = self.tokens.next_if(|token| token.starts_with('{')).unwrap_or("{}");
        let matchers = matchers
            .trim_matches(['{', '}'])
            .split(',')
            .filter(|matcher| !matcher.is_empty());
        matchers.fold(Selector::new(metric), |selector, matcher| {
            let (label, value) = matcher.split_once('=').unwrap();
            selector.with(label, value.trim_matches('"'))
        })
    }

    fn offset(&mut self) -> Option<Window> {
        self.take("offset")
            .then(|| self.tokens.next().unwrap().parse().unwrap())
    }
}

fn selector() -> impl Strategy<Value = Selector> {
    let labels = prop::option::of(("[ab]", "[xy]"));
    ("[a-c]_total", labels).prop_map(|(metric, label)| match label {
        Some((label, value)) => Selector::new(metric).with(&label, &value),
        None => Selector::new(metric),
    })
}

fn window() -> impl Strategy<Value = Window> {
    (1_u32..90).prop_map(Window::minutes)
}

fn growth() -> impl Strategy<Value = Growth> {
    let counters = prop::collection::vec(selector(), 1..3).prop_map(crate::Tally::new);
    (counters, window(), prop::option::of(window())).prop_map(|(counters, window, offset)| Growth {
        offset,
        ..Growth::new(counters, window)
    })
}

fn number() -> impl Strategy<Value = Query> {
    (-40_i32..40).prop_map(|number| Query::Number(f64::from(number) / 8.0))
}

fn query() -> impl Strategy<Value = Query> {
    let leaf = prop_oneof![
        selector().prop_map(Query::series),
        growth().prop_map(|growth| Query::Read(Input::Growth(growth))),
        (growth(), growth(), any::<bool>()).prop_map(|(one, other, is_zero_filled)| Query::Ratio {
            numerator: Input::Growth(one),
            denominator: Input::Growth(other),
            is_zero_filled,
        }),
        (selector(), window()).prop_map(|(counter, window)| {
            Query::Read(Input::GrowthFromZero {
                counter,
                window,
                up: Selector::new("up"),
            })
        }),
        (selector(), window()).prop_map(|(buckets, window)| Query::Read(Input::Quantile {
            buckets,
            quantile: 0.9,
            window
        })),
        selector().prop_map(|selector| Query::Count(Input::Series(selector))),
        selector().prop_map(|selector| Query::Absent(Input::Series(selector))),
    ];
    leaf.prop_recursive(5, 24, 2, |inner| {
        let operator = prop::sample::select(vec![
            Operator::Add,
            Operator::Subtract,
            Operator::Multiply,
            Operator::Divide,
        ]);
        let relation = prop::sample::select(vec![Relation::Above, Relation::Below, Relation::AtLeast]);
        let other = prop_oneof![inner.clone(), number()];
        prop_oneof![
            (inner.clone(), operator.clone(), other.clone())
                .prop_map(|(one, operator, other)| one.binary(operator, other)),
            (number(), operator, inner.clone()).prop_map(|(one, operator, other)| one.binary(operator, other)),
            (inner.clone(), relation.clone(), other).prop_map(|(one, relation, other)| one.test(relation, other)),
            (inner.clone(), relation, -3_i32..3)
                .prop_map(|(one, relation, bound)| one.filter(relation, f64::from(bound))),
            (inner.clone(), inner.clone()).prop_map(|(one, other)| one.and(other)),
            inner.prop_map(Query::or_zero),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_096, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn parentheses_keep_the_tree_as_it_is(query in query()) {
        let text = query.to_string();
        prop_assert_eq!(parse(&text), query.promql(), "{}", text);
    }

    #[test]
    fn a_query_reads_the_series_that_its_text_names(query in query()) {
        let named: Vec<String> = query.promql().selectors().iter().map(ToString::to_string).collect();
        for selector in query.inputs().iter().flat_map(|input| input.selectors()) {
            prop_assert!(named.contains(&selector.to_string()), "{selector} in {query}");
        }
    }
}

/// The growth of `a_total` is 3; there is nothing else.
struct OnlyA;

impl Source<Input> for OnlyA {
    fn read(&self, input: &Input) -> Values<'_> {
        if input.selectors()[0].metric() == "a_total" {
            Values::one(3.0)
        } else {
            Values::none()
        }
    }
}

fn of(metric: &str) -> Growth {
    Growth::new(Selector::new(metric), Window::minutes(5))
}

#[test]
fn no_numerator_is_zero_and_no_denominator_is_no_data() {
    assert_eq!(
        Query::ratio(of("b_total"), of("a_total")).eval(&OnlyA).single(),
        Some(0.0)
    );
    assert_eq!(Query::ratio(of("a_total"), of("b_total")).eval(&OnlyA), Values::none());
    assert_eq!(
        Query::ratio(of("a_total"), of("b_total"))
            .or_zero()
            .eval(&OnlyA)
            .single(),
        Some(0.0)
    );
}

#[test]
fn a_test_that_fails_is_data_and_a_filter_that_fails_is_none() {
    let growth = || Query::Read(Input::Growth(of("a_total")));
    let tested = growth().test(Relation::Above, Query::Number(4.0)).eval(&OnlyA);
    assert_eq!(
        tested
            .iter()
            .map(|sample| (sample.value, sample.holds))
            .collect::<Vec<_>>(),
        [(3.0, false)]
    );
    assert_eq!(growth().filter(Relation::Above, 4.0).eval(&OnlyA), Values::none());
    let few = growth()
        .test(Relation::Above, Query::Number(2.0))
        .and(growth().filter(Relation::AtLeast, 4.0));
    assert!(few.eval(&OnlyA).iter().all(|sample| !sample.holds), "{few}");
}

#[test]
fn values_of_series_go_with_those_of_the_same_labels() {
    struct Pools([Series; 3]);
    impl Source<Input> for Pools {
        fn read(&self, input: &Input) -> Values<'_> {
            match input.selectors()[0].metric() {
                "used" => Values::each(&self.0[..2]),
                _ => Values::each(&self.0[2..]),
            }
        }
    }
    let series = |key, value| {
        let labels = [("pool".to_owned(), format!("{key}"))];
        Series {
            key,
            labels: labels.into(),
            value,
        }
    };
    let source = Pools([series(1, 9.0), series(2, 8.0), series(2, 10.0)]);
    let used = || Query::series(Selector::new("used"));
    let share = used().binary(Operator::Divide, Query::series(Selector::new("most")));
    let of_pools = |query: &Query| -> Vec<(String, f64)> {
        query
            .eval(&source)
            .iter()
            .map(|sample| (sample.labels()[0].1.clone(), sample.value))
            .collect()
    };
    assert_eq!(of_pools(&share), [("2".to_owned(), 0.8)]);
    assert_eq!(of_pools(&used().filter(Relation::Above, 8.5)), [("1".to_owned(), 9.0)]);
    assert_eq!(
        used().or_zero().eval(&source).iter().count(),
        3,
        "a 0 without labels is added"
    );
}
