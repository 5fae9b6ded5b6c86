//! Writing [Protocol Buffers](https://protobuf.dev/programming-guides/encoding/) into the bytes that are sent.
//!
//! For spans alone, of which there are many: to build messages of structures first takes three times as
//! long as what is written here.

use prost::encoding::{WireType, encode_key, encode_varint, encoded_len_varint};

/// A message that is being written.
///
/// Fields that have their default value are left out, as the format asks for; those of a `oneof` are not,
/// where the default says which of them it is.
#[derive(Debug, Default)]
pub(super) struct Message(Vec<u8>);

// === impl Message ===

impl Message {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    #[inline]
    pub(super) fn varint(&mut self, tag: u32, value: u64) {
        if value != 0 {
            self.choose_varint(tag, value);
        }
    }

    /// A varint of a `oneof`.
    #[inline]
    pub(super) fn choose_varint(&mut self, tag: u32, value: u64) {
        encode_key(tag, WireType::Varint, &mut self.0);
        encode_varint(value, &mut self.0);
    }

    #[inline]
    pub(super) fn fixed32(&mut self, tag: u32, value: u32) {
        if value != 0 {
            encode_key(tag, WireType::ThirtyTwoBit, &mut self.0);
            self.0.extend_from_slice(&value.to_le_bytes());
        }
    }

    #[inline]
    pub(super) fn fixed64(&mut self, tag: u32, value: u64) {
        if value != 0 {
            encode_key(tag, WireType::SixtyFourBit, &mut self.0);
            self.0.extend_from_slice(&value.to_le_bytes());
        }
    }

    /// A double of a `oneof`.
    #[inline]
    pub(super) fn choose_double(&mut self, tag: u32, value: f64) {
        encode_key(tag, WireType::SixtyFourBit, &mut self.0);
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    /// Bytes or text.
    #[inline]
    pub(super) fn bytes(&mut self, tag: u32, value: &[u8]) {
        if !value.is_empty() {
            self.choose_bytes(tag, value);
        }
    }

    /// Bytes or text of a `oneof`, or a message that is written already.
    #[inline]
    pub(super) fn choose_bytes(&mut self, tag: u32, value: &[u8]) {
        encode_key(tag, WireType::LengthDelimited, &mut self.0);
        encode_varint(value.len() as u64, &mut self.0);
        self.0.extend_from_slice(value);
    }

    /// A message in this one.
    #[inline]
    pub(super) fn message(&mut self, tag: u32, write: impl FnOnce(&mut Self)) {
        encode_key(tag, WireType::LengthDelimited, &mut self.0);
        let start = self.0.len();
        self.0.push(0);
        write(self);
        self.set_length(start);
    }

    /// Puts the length of all that follows at `start`, where there is one byte for it: more is made room for.
    #[inline]
    fn set_length(&mut self, start: usize) {
        let end = self.0.len();
        let length = (end - start - 1) as u64;
        let more = encoded_len_varint(length) - 1;
        if more > 0 {
            self.0.resize(end + more, 0);
            self.0.copy_within(start + 1..end, start + 1 + more);
        }
        encode_varint(length, &mut &mut self.0[start..=start + more]);
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
            message.choose_double(6, double);
        }
        message.fixed32(16, known.fixed32);
    }

    fn known() -> impl Strategy<Value = Known> {
        let bytes = prop_oneof![0..200_usize, Just(16_383), Just(16_384), Just(70_000)];
        let fields = (any::<u64>(), any::<u32>(), any::<u64>(), bytes, proptest::option::of(-1e9..1e9));
        let plain = fields.prop_map(|(varint, fixed32, fixed64, bytes, double)| Known {
            varint,
            fixed32,
            fixed64,
            bytes: vec![7; bytes],
            inner: None,
            double,
        });
        plain.prop_recursive(4, 5, 1, |inner| {
            (inner.clone(), inner).prop_map(|(outer, inner)| Known { inner: Some(Box::new(inner)), ..outer })
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
        message.choose_varint(2, 0);
        message.choose_bytes(1, b"");
        message.message(5, |_| ());
        assert_eq!(message.into_bytes(), [0x10, 0, 0x0a, 0, 0x2a, 0]);
    }
}
