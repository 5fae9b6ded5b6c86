//! Writing a message.

use super::{FIXED32, FIXED64, LENGTH_DELIMITED, VARINT};

/// A message that is being written.
///
/// [`varint`](Self::varint), [`fixed32`](Self::fixed32), [`fixed64`](Self::fixed64) and [`bytes`](Self::bytes) leave
/// out fields that have their default value, as the format requires. Fields with a presence of their own, such as
/// those of a `oneof`, are written whatever their value by the methods named `put_…`.
#[derive(Debug, Default)]
pub struct Message(Vec<u8>);

/// A nested message that has been started by [`Message::begin`] and not ended yet.
#[derive(Debug)]
#[must_use = "the nested message needs its length"]
pub struct Nested(usize);

// === impl Message ===

impl Message {
    /// An empty message with room for `bytes`.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    /// A message that is appended to `bytes`, which [`into_bytes`](Self::into_bytes) returns in front of it.
    #[must_use]
    pub fn append_to(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The encoded message.
    #[must_use]
    #[inline]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// The bytes written so far.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    #[inline]
    fn key(&mut self, tag: u32, wire_type: u32) {
        self.raw_varint(u64::from(tag << 3 | wire_type));
    }

    /// Writes a varint without a tag, for the values of a packed field: 1 to 10 bytes.
    #[inline]
    pub fn raw_varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value.to_le_bytes()[0] | 0x80);
            value >>= 7;
        }
        self.0.push(value.to_le_bytes()[0]);
    }

    /// Writes a `sint32` or `sint64` without a tag, for the values of a packed field: zigzag-encoded, 1 to 10 bytes.
    #[inline]
    pub fn raw_zigzag(&mut self, value: i64) {
        self.raw_varint((value << 1 ^ value >> 63).cast_unsigned());
    }

    /// Appends bytes that are one or more encoded fields already.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Writes an integer, boolean or enum field (wire type `VARINT`), unless it is 0.
    #[inline]
    pub fn varint(&mut self, tag: u32, value: u64) {
        if value != 0 {
            self.put_varint(tag, value);
        }
    }

    /// Writes an integer, boolean or enum field (wire type `VARINT`), also if it is 0.
    #[inline]
    pub fn put_varint(&mut self, tag: u32, value: u64) {
        self.key(tag, VARINT);
        self.raw_varint(value);
    }

    /// Writes a `sint32` or `sint64` field (zigzag-encoded varint), also if it is 0.
    #[inline]
    pub fn put_zigzag(&mut self, tag: u32, value: i64) {
        self.key(tag, VARINT);
        self.raw_zigzag(value);
    }

    /// Writes a `fixed32`, unless it is 0.
    #[inline]
    pub fn fixed32(&mut self, tag: u32, value: u32) {
        if value != 0 {
            self.key(tag, FIXED32);
            self.0.extend_from_slice(&value.to_le_bytes());
        }
    }

    /// Writes a `fixed64`, unless it is 0.
    #[inline]
    pub fn fixed64(&mut self, tag: u32, value: u64) {
        if value != 0 {
            self.put_fixed64(tag, value);
        }
    }

    /// Writes a `fixed64` or `sfixed64` field, also if it is 0.
    #[inline]
    pub fn put_fixed64(&mut self, tag: u32, value: u64) {
        self.key(tag, FIXED64);
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    /// Writes a `double` field, also if it is 0.
    #[inline]
    pub fn put_double(&mut self, tag: u32, value: f64) {
        self.put_fixed64(tag, value.to_bits());
    }

    /// Writes a `bytes` or `string` field, unless it is empty. A string has to be UTF-8, which isn't checked.
    #[inline]
    pub fn bytes(&mut self, tag: u32, value: &[u8]) {
        if !value.is_empty() {
            self.put_bytes(tag, value);
        }
    }

    /// Writes a `bytes` or `string` field, or a message that is encoded already, also if it is empty.
    #[inline]
    pub fn put_bytes(&mut self, tag: u32, value: &[u8]) {
        self.key(tag, LENGTH_DELIMITED);
        self.raw_varint(value.len() as u64);
        self.0.extend_from_slice(value);
    }

    /// Writes a nested message or a packed field: what `write` writes, preceded by its length.
    #[inline]
    pub fn message(&mut self, tag: u32, write: impl FnOnce(&mut Self)) {
        let nested = self.begin(tag);
        write(self);
        self.end(&nested);
    }

    /// Starts a nested message: everything written until [`end`](Self::end) belongs to it.
    ///
    /// For callers that can't use the closure of [`message`](Self::message). Nested messages are ended in reverse
    /// order.
    #[inline]
    pub fn begin(&mut self, tag: u32) -> Nested {
        self.key(tag, LENGTH_DELIMITED);
        self.begin_delimited()
    }

    /// Starts a length-delimited message without a tag, as in a stream of messages.
    #[inline]
    pub fn begin_delimited(&mut self) -> Nested {
        let start = self.0.len();
        self.0.push(0);
        Nested(start)
    }

    /// Ends a nested message and writes its length. Messages that were started within it must have ended.
    ///
    /// One byte is reserved for the length; a message of 128 bytes or more is moved to make room.
    #[inline]
    pub fn end(&mut self, &Nested(start): &Nested) {
        let length = self.0.len().saturating_sub(start + 1);
        if let (Ok(short @ ..0x80), Some(place)) = (u8::try_from(length), self.0.get_mut(start)) {
            *place = short;
        } else {
            self.put_long_length(start, length);
        }
    }

    fn put_long_length(&mut self, start: usize, length: usize) {
        let more = length.checked_ilog2().unwrap_or_default() as usize / 7;
        self.0.resize(self.0.len() + more, 0);
        self.0.copy_within(start + 1..start + 1 + length, start + 1 + more);
        let mut rest = length;
        for (at, place) in self.0[start..=start + more].iter_mut().enumerate() {
            *place = rest.to_le_bytes()[0] & 0x7f | if at < more { 0x80 } else { 0 };
            rest >>= 7;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use prost::Message as _;

    use super::*;

    /// The same fields, for prost.
    #[derive(Clone, PartialEq, prost::Message)]
    struct Known {
        #[prost(uint64, tag = "1")]
        varint: u64,
        #[prost(fixed32, tag = "16")]
        fixed32: u32,
        #[prost(fixed64, tag = "3")]
        fixed64: u64,
        #[prost(bytes = "vec", tag = "4")]
        bytes: Vec<u8>,
        #[prost(message, optional, tag = "5")]
        inner: Option<Box<Known>>,
        #[prost(double, optional, tag = "6")]
        double: Option<f64>,
    }

    fn put(message: &mut Message, known: &Known) {
        message.varint(1, known.varint);
        message.fixed64(3, known.fixed64);
        message.bytes(4, &known.bytes);
        if let Some(inner) = &known.inner {
            message.message(5, |message| put(message, inner));
        }
        if let Some(double) = known.double {
            message.put_double(6, double);
        }
        message.fixed32(16, known.fixed32);
    }

    fn known() -> impl Strategy<Value = Known> {
        let bytes = prop_oneof![0..200_usize, Just(16_383), Just(16_384), Just(70_000)];
        let fields = (
            any::<u64>(),
            any::<u32>(),
            any::<u64>(),
            bytes,
            proptest::option::of(-1e9..1e9),
        );
        let plain = fields.prop_map(|(varint, fixed32, fixed64, bytes, double)| Known {
            varint,
            fixed32,
            fixed64,
            bytes: vec![7; bytes],
            inner: None,
            double,
        });
        plain.prop_recursive(4, 5, 1, |inner| {
            (inner.clone(), inner).prop_map(|(outer, inner)| Known {
                inner: Some(Box::new(inner)),
                ..outer
            })
        })
    }

    proptest! {
        #[test]
        fn the_bytes_are_those_that_prost_writes(known in known()) {
            let mut message = Message::default();
            put(&mut message, &known);
            prop_assert!(message.into_bytes() == known.encode_to_vec());
        }
    }

    #[test]
    fn of_a_choice_defaults_are_written_too() {
        let mut message = Message::default();
        message.put_varint(2, 0);
        message.put_bytes(1, b"");
        message.message(5, |_| ());
        assert_eq!(message.into_bytes(), [0x10, 0, 0x0a, 0, 0x2a, 0]);
    }
}
