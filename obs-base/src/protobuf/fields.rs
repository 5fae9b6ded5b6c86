//! Reading the fields of a message.

use std::{error::Error, fmt};

use super::{FIXED32, FIXED64, LENGTH_DELIMITED, VARINT};

/// A field of an encoded message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// Its number in the schema: 1 to 2²⁹ − 1.
    pub number: u32,
    /// Its value.
    pub value: Value<'a>,
    /// The whole field as it is in the message: number, type and value.
    pub encoded: &'a [u8],
}

/// The value of a field, by its wire type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// An integer, boolean or enum.
    Varint(u64),
    /// A `fixed64`, `sfixed64` or `double`.
    Fixed64(u64),
    /// A string, bytes, a nested message or a packed field.
    Bytes(&'a [u8]),
    /// A `fixed32`, `sfixed32` or `float`.
    Fixed32(u32),
}

/// The fields of a message in their order; returned by [`fields`].
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    rest: &'a [u8],
}

/// The bytes are not a message: it ends within a field, or a key is invalid. Groups (wire types 3 and 4), which
/// `proto3` doesn't have, count as invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// Iterates over the fields of an encoded message. Nested messages are values of it: pass their bytes to this function
/// again. After an error it ends.
#[must_use]
pub fn fields(message: &[u8]) -> Fields<'_> {
    Fields { rest: message }
}

// === impl Field ===

impl<'a> Field<'a> {
    /// The bytes of a string, bytes, nested message or packed field.
    #[must_use]
    pub fn bytes(&self) -> Option<&'a [u8]> {
        match self.value {
            Value::Bytes(bytes) => Some(bytes),
            Value::Varint(_) | Value::Fixed64(_) | Value::Fixed32(_) => None,
        }
    }

    /// An integer; as an `int32` or `int64`, so that negative numbers are negative.
    #[must_use]
    pub fn integer(&self) -> Option<i64> {
        match self.value {
            Value::Varint(value) => Some(value.cast_signed()),
            Value::Fixed64(_) | Value::Bytes(_) | Value::Fixed32(_) => None,
        }
    }
}

// === impl Fields ===

impl<'a> Fields<'a> {
    fn field(&mut self) -> Option<Field<'a>> {
        let whole = self.rest;
        let key = u32::try_from(self.varint()?).ok()?;
        let value = match key & 7 {
            VARINT => Value::Varint(self.varint()?),
            FIXED64 => Value::Fixed64(u64::from_le_bytes(*self.array()?)),
            LENGTH_DELIMITED => {
                let length = usize::try_from(self.varint()?).ok()?;
                let (bytes, rest) = self.rest.split_at_checked(length)?;
                self.rest = rest;
                Value::Bytes(bytes)
            }
            FIXED32 => Value::Fixed32(u32::from_le_bytes(*self.array()?)),
            _ => return None,
        };
        let encoded = &whole[..whole.len() - self.rest.len()];
        let number = key >> 3;
        (number != 0).then_some(Field { number, value, encoded })
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn array<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        let (array, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(array)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = self.field().ok_or(Malformed);
        if field.is_err() {
            self.rest = &[];
        }
        Some(field)
    }
}

// === impl Malformed ===

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a Protocol Buffers message")
    }
}

impl Error for Malformed {}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;
    use crate::protobuf::Message;

    /// A field, and how it is written.
    fn field() -> impl Strategy<Value = (u32, Written)> {
        let value = prop_oneof![
            any::<u64>().prop_map(Written::Varint),
            any::<u64>().prop_map(Written::Fixed64),
            vec(any::<u8>(), 0..200).prop_map(Written::Bytes),
            (1..=u32::MAX).prop_map(Written::Fixed32),
        ];
        (1..1_u32 << 28, value)
    }

    #[derive(Clone, Debug)]
    enum Written {
        Varint(u64),
        Fixed64(u64),
        Bytes(Vec<u8>),
        Fixed32(u32),
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(written in vec(field(), 0..8)) {
            let mut message = Message::default();
            for (number, value) in &written {
                match value {
                    Written::Varint(value) => message.put_varint(*number, *value),
                    Written::Fixed64(value) => message.put_fixed64(*number, *value),
                    Written::Bytes(value) => message.put_bytes(*number, value),
                    Written::Fixed32(value) => message.fixed32(*number, *value),
                }
            }
            let read = fields(message.as_bytes()).collect::<Result<Vec<_>, _>>().unwrap();
            let values: Vec<_> = read.iter().map(|field| (field.number, field.value)).collect();
            let expected: Vec<_> = written
                .iter()
                .map(|(number, value)| {
                    let value = match value {
                        Written::Varint(value) => Value::Varint(*value),
                        Written::Fixed64(value) => Value::Fixed64(*value),
                        Written::Bytes(value) => Value::Bytes(value),
                        Written::Fixed32(value) => Value::Fixed32(*value),
                    };
                    (*number, value)
                })
                .collect();
            prop_assert_eq!(values, expected);
            let encoded: Vec<_> = read.iter().flat_map(|field| field.encoded).copied().collect();
            prop_assert_eq!(encoded, message.as_bytes());
        }

        #[test]
        fn any_bytes_end(bytes in vec(any::<u8>(), 0..80)) {
            let read: Vec<_> = fields(&bytes).collect();
            prop_assert!(read.len() <= bytes.len());
            let malformed = read.iter().position(Result::is_err);
            prop_assert!(malformed.is_none_or(|at| at + 1 == read.len()), "it ends after an error");
        }
    }

    #[test]
    fn invalid_fields_are_malformed() {
        let invalid: [&[u8]; 8] = [
            b"\x08",                                             // no value
            b"\x00\x01",                                         // number 0
            b"\x0a\x05four",                                     // shorter than its length
            b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",     // as long as the address space
            b"\x0b",                                             // a group
            b"\x0d\x00",                                         // half a fixed32
            b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", // a varint of 11 bytes
            b"\xff\xff\xff\xff\xff\x01\x00",                     // a number of more than 29 bits
        ];
        for bytes in invalid {
            assert_eq!(fields(bytes).last(), Some(Err(Malformed)), "{bytes:x?}");
        }
        assert_eq!(fields(b"").next(), None);
    }
}
