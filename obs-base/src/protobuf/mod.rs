//! Writing and reading [Protocol Buffers](https://protobuf.dev/programming-guides/encoding/).
//!
//! There is no schema here: the caller passes each field's number and picks the method of its type. Messages on hot
//! paths, such as spans and the metrics page, are written without an intermediate structure: with one, it takes three
//! times as long. What is read are short answers, and messages whose parts are copied as they are.
//!
//! ```
//! use obs_base::protobuf::{Message, Value, fields};
//!
//! let mut message = Message::default();
//! message.varint(1, 150);
//! message.message(2, |inner| inner.bytes(1, b"text"));
//! assert_eq!(message.as_bytes(), b"\x08\x96\x01\x12\x06\x0a\x04text");
//!
//! let field = fields(message.as_bytes()).next().ok_or("empty")??;
//! assert_eq!((field.number, field.value), (1, Value::Varint(150)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod fields;
mod message;

pub use fields::{Field, Fields, Malformed, Value, fields};
pub use message::{Message, Nested};

/// The wire types.
const VARINT: u32 = 0;
const FIXED64: u32 = 1;
const LENGTH_DELIMITED: u32 = 2;
const FIXED32: u32 = 5;
