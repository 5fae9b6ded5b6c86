//! The protobuf page, read back field by field.

use std::collections::BTreeMap;

use super::prelude::*;

/// A field's number and its content.
#[derive(Clone, Debug, PartialEq)]
enum Field {
    Varint(u64),
    Double(f64),
    Bytes(Vec<u8>),
}

type Message = Vec<(u64, Field)>;

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..).step_by(7) {
        let (byte, rest) = bytes.split_first().unwrap();
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    value
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> &'a [u8] {
    let (taken, rest) = bytes.split_at(length);
    *bytes = rest;
    taken
}

fn message(mut bytes: &[u8]) -> Message {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes);
        let field = match tag & 7 {
            0 => Field::Varint(varint(&mut bytes)),
            1 => Field::Double(f64::from_le_bytes(take(&mut bytes, 8).try_into().unwrap())),
            2 => {
                let length = usize::try_from(varint(&mut bytes)).unwrap();
                Field::Bytes(take(&mut bytes, length).to_vec())
            }
            other => panic!("wire type {other}"),
        };
        fields.push((tag >> 3, field));
    }
    fields
}

fn all(message: &Message, number: u64) -> impl Iterator<Item = &Field> {
    message
        .iter()
        .filter(move |(known, _)| *known == number)
        .map(|(_, field)| field)
}

fn nested(of: &Message, number: u64) -> Vec<Message> {
    all(of, number)
        .map(|field| {
            if let Field::Bytes(bytes) = field {
                message(bytes)
            } else {
                panic!("{field:?}")
            }
        })
        .collect()
}

fn string(of: &Message, number: u64) -> String {
    let Some(Field::Bytes(bytes)) = all(of, number).next() else {
        return String::new();
    };
    String::from_utf8(bytes.clone()).unwrap()
}

fn uint(of: &Message, number: u64) -> u64 {
    let Some(Field::Varint(value)) = all(of, number).next() else {
        panic!("no field {number} in {of:?}")
    };
    *value
}

fn double(of: &Message, number: u64) -> f64 {
    let Some(Field::Double(value)) = all(of, number).next() else {
        panic!("no field {number} in {of:?}")
    };
    *value
}

fn sint(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

fn families(registry: &Registry) -> BTreeMap<String, Message> {
    let page = registry.render(Format::Protobuf);
    let mut bytes = page.as_slice();
    let mut families = BTreeMap::new();
    while !bytes.is_empty() {
        let length = usize::try_from(varint(&mut bytes)).unwrap();
        let family = message(take(&mut bytes, length));
        families.insert(string(&family, 1), family);
    }
    families
}

/// The native buckets of one sign: index and count.
fn native(histogram: &Message, span: u64, delta: u64) -> Vec<(i64, i64)> {
    let deltas = all(histogram, delta).flat_map(|field| {
        let Field::Bytes(bytes) = field else {
            panic!("deltas are packed")
        };
        let mut bytes = bytes.as_slice();
        let mut values = Vec::new();
        while !bytes.is_empty() {
            values.push(sint(varint(&mut bytes)));
        }
        values
    });
    let mut deltas = deltas.collect::<Vec<_>>().into_iter();
    let (mut index, mut count) = (0, 0);
    let mut buckets = Vec::new();
    for span in nested(histogram, span) {
        index += sint(uint(&span, 1));
        for _ in 0..uint(&span, 2) {
            count += deltas.next().unwrap();
            buckets.push((index, count));
            index += 1;
        }
    }
    assert_eq!(deltas.next(), None);
    buckets
}

#[test]
fn every_kind_of_metric_is_readable() {
    let registry = Registry::new();
    with_local_recorder(&registry, || {
        describe_counter!("orders", "Orders.");
        counter!("orders", "status" => "paid").increment(3);
        gauge!("queue_bytes").set(-1.5);
    });
    registry.set_target_info(&[("service.name".to_owned(), "shop".to_owned())]);
    let families = families(&registry);
    let orders = &families["orders_total"];
    assert_eq!((string(orders, 2).as_str(), uint(orders, 3)), ("Orders.", 0));
    let metric = &nested(orders, 4)[0];
    let label = &nested(metric, 1)[0];
    assert_eq!(
        (string(label, 1), string(label, 2)),
        ("status".to_owned(), "paid".to_owned())
    );
    let counter = &nested(metric, 3)[0];
    assert_eq!(double(counter, 1), 3.0);
    assert!(uint(&nested(counter, 3)[0], 1) > 1_700_000_000);
    let queue = &families["queue_bytes"];
    assert_eq!((uint(queue, 3), string(queue, 5).as_str()), (1, "bytes"));
    assert_eq!(double(&nested(&nested(queue, 4)[0], 2)[0], 1), -1.5);
    assert_eq!(uint(&families["target_info"], 3), 1);
}

#[test]
fn a_histogram_has_classic_and_native_buckets_and_exemplars() {
    let registry = Registry::new();
    let red = red(&registry);
    let ids = (TraceId::new(0xabc).unwrap(), SpanId::new(0xdef).unwrap());
    let histogram = |registry: &Registry| {
        let family = families(registry).remove("http_request_duration_seconds").unwrap();
        assert_eq!(uint(&family, 3), 4);
        nested(&nested(&family, 4)[0], 7).remove(0)
    };
    request(&red, "GET", "/a", 200);
    assert_eq!(uint(&histogram(&registry), 1), 1);
    for millis in [0, 1, 30, 30, 3_000, 60_000] {
        let slow = Measured {
            duration: Duration::from_millis(millis),
            exemplar: Some(ids),
            ..measured(200, Outcome::Ok)
        };
        red.arrive("GET", "/a").record(&red, &slow);
    }
    let histogram = histogram(&registry);
    assert_eq!(uint(&histogram, 1), 7);
    assert_eq!(double(&histogram, 2), 63.081);
    let buckets: Vec<_> = nested(&histogram, 3)
        .iter()
        .map(|bucket| (double(bucket, 2), uint(bucket, 1)))
        .collect();
    assert_eq!(buckets[0], (0.005, 2));
    assert_eq!(buckets[3], (0.05, 5));
    assert_eq!(*buckets.last().unwrap(), (f64::INFINITY, 7));
    let exemplar = &nested(&nested(&histogram, 3)[3], 3)[0];
    assert_eq!(string(&nested(exemplar, 1)[0], 2), ids.0.to_string());
    assert_eq!(double(exemplar, 2), 0.03);
    assert!(uint(&nested(exemplar, 3)[0], 1) > 1_700_000_000);

    assert_eq!(
        (sint(uint(&histogram, 5)), double(&histogram, 6)),
        (3, 2_f64.powi(-128))
    );
    assert_eq!(uint(&histogram, 7), 1);
    let native = native(&histogram, 12, 13);
    let of = |seconds: f64| {
        #[expect(clippy::cast_possible_truncation, reason = "a small number")]
        let index = (seconds.log2() * 8.0).ceil() as i64;
        native
            .iter()
            .find(|(known, _)| *known == index)
            .map_or(0, |(_, count)| *count)
    };
    assert_eq!((of(0.001), of(0.03), of(3.0), of(60.0)), (1, 2, 1, 1));
    assert_eq!(native.iter().map(|(_, count)| count).sum::<i64>(), 6);
}

#[test]
fn spans_with_gaps_read_back() {
    let registry = Registry::new();
    with_local_recorder(&registry, || {
        histogram!("h").record(1.0);
        assert!(!registry.render(Format::Protobuf).is_empty());
        for value in [1.0, 1.3, 1.3, 2.0, 1e6, -4.0, -4.5] {
            histogram!("h").record(value);
        }
    });
    let family = families(&registry).remove("h").unwrap();
    let histogram = nested(&nested(&family, 4)[0], 7).remove(0);
    let filled = |buckets: Vec<(i64, i64)>| buckets.into_iter().filter(|(_, count)| *count > 0).collect::<Vec<_>>();
    assert_eq!(filled(native(&histogram, 12, 13)), [(0, 2), (4, 2), (8, 1), (160, 1)]);
    assert_eq!(filled(native(&histogram, 9, 10)), [(16, 1), (18, 1)]);
    assert_eq!(uint(&histogram, 1), 8);
}
