//! The body of a gRPC-Web answer, whose last frame has the trailers
//! ([protocol](https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md)).

use super::{GrpcStatus, message::MAX_ENCODED};
use crate::names::header;

/// Flag and length of a frame, in bytes.
const HEAD: usize = 5;
/// The flag of the frame that has the trailers.
const TRAILERS: u8 = 0b1000_0000;
/// What is kept of a line of the trailers: more than name and value of a status.
const MAX_LINE: usize = 32;
/// Bytes that are decoded at once.
const DECODED: usize = 96;

/// Reads the status from a body as it passes, with a buffer of one short line, and the text of an error.
#[derive(Debug)]
pub(super) struct WebBody {
    /// Set if the body is in Base64.
    base64: Option<Base64>,
    frames: Frames,
}

#[derive(Debug, Default)]
struct Frames {
    position: Position,
    line: LinePrefix,
    status: Option<GrpcStatus>,
    /// The text of the error; whether its line is being read.
    text: Vec<u8>,
    is_in_text: bool,
    has_message: bool,
}

/// Where in the body it is.
#[derive(Clone, Copy, Debug)]
enum Position {
    /// So many bytes of a frame's head have come.
    Head([u8; HEAD], usize),
    /// So many bytes of a message are to come.
    Message(u32),
    /// So many bytes of the trailers are to come.
    Trailers(u32),
    /// After the trailers, or where no frame can be made out.
    End,
}

/// The beginning of a line.
#[derive(Debug, Default)]
struct LinePrefix {
    bytes: [u8; MAX_LINE],
    len: usize,
}

/// Four characters, or fewer, of which three bytes are made; each part of a body may have its own end.
#[derive(Debug, Default)]
struct Base64 {
    bits: u32,
    count: u32,
    padding: u32,
}

// === impl WebBody ===

impl WebBody {
    pub(super) fn new(is_text: bool) -> Self {
        Self {
            base64: is_text.then(Base64::default),
            frames: Frames::default(),
        }
    }

    /// Takes notice of the next bytes.
    pub(super) fn read(&mut self, bytes: &[u8]) {
        let Some(base64) = &mut self.base64 else {
            return self.frames.read(bytes);
        };
        // Three bytes are made of four characters.
        for part in bytes.chunks(DECODED) {
            let mut decoded = [0; DECODED];
            match base64.decode(part, &mut decoded) {
                Some(len) => self.frames.read(&decoded[..len]),
                None => self.frames.position = Position::End,
            }
        }
    }

    /// Bytes have passed that were not read.
    pub(super) fn lose(&mut self) {
        self.frames.position = Position::End;
    }

    /// The status, once the trailers have been read; unknown if they have none.
    pub(super) fn status(&self) -> Option<GrpcStatus> {
        // The text of an error may follow in the same frame.
        let is_over = matches!(self.frames.position, Position::End);
        self.frames.status.filter(|_| is_over)
    }

    /// The text of the error, if the trailers have one.
    pub(super) fn message(&self) -> Option<&[u8]> {
        Some(&*self.frames.text).filter(|text| !text.is_empty())
    }

    /// Whether a message has begun.
    pub(super) fn has_message(&self) -> bool {
        self.frames.has_message
    }
}

// === impl Frames ===

impl Frames {
    fn read(&mut self, mut bytes: &[u8]) {
        while let Some((first, rest)) = bytes.split_first() {
            match &mut self.position {
                Position::Head(head, len) => {
                    head[*len] = *first;
                    *len += 1;
                    bytes = rest;
                    if *len == HEAD {
                        let [flag, size @ ..] = *head;
                        self.begin(flag, u32::from_be_bytes(size));
                    }
                }
                Position::Message(left) => {
                    let (taken, rest) = bytes.split_at(bytes.len().min(*left as usize));
                    bytes = rest;
                    *left -= u32::try_from(taken.len()).unwrap_or(*left);
                    if *left == 0 {
                        self.position = Position::default();
                    }
                }
                Position::Trailers(left) => {
                    *left -= 1;
                    let is_last = *left == 0;
                    bytes = rest;
                    self.read_trailer(*first, is_last);
                }
                Position::End => return,
            }
        }
    }

    fn begin(&mut self, flag: u8, size: u32) {
        self.position = match (flag, size) {
            (TRAILERS, 1..) => Position::Trailers(size),
            // Trailers that are empty or compressed can't be read.
            (TRAILERS.., _) => self.end(),
            (_, size) => {
                self.has_message = true;
                if size == 0 {
                    Position::default()
                } else {
                    Position::Message(size)
                }
            }
        };
    }

    fn read_trailer(&mut self, byte: u8, is_last: bool) {
        if byte != b'\n' {
            if self.is_in_text && self.text.len() < MAX_ENCODED {
                self.text.push(byte);
            }
            self.is_in_text |= byte == b':' && self.line.is(header::GRPC_MESSAGE);
            self.line.push(byte);
        }
        if byte == b'\n' || is_last {
            self.status = self.status.or(self.line.status());
            self.line.len = 0;
            self.is_in_text = false;
        }
        if is_last {
            self.position = self.end();
        }
    }

    fn end(&mut self) -> Position {
        self.status.get_or_insert(GrpcStatus::Unknown);
        Position::End
    }
}

// === impl Position ===

impl Default for Position {
    fn default() -> Self {
        Self::Head([0; HEAD], 0)
    }
}

// === impl LinePrefix ===

impl LinePrefix {
    fn push(&mut self, byte: u8) {
        if let Some(position) = self.bytes.get_mut(self.len) {
            *position = byte;
            self.len += 1;
        }
    }

    /// Whether it is this name so far.
    fn is(&self, name: &str) -> bool {
        let line = self.bytes.get(..self.len).unwrap_or_default();
        line.trim_ascii().eq_ignore_ascii_case(name.as_bytes())
    }

    /// The status, if this is its line.
    fn status(&self) -> Option<GrpcStatus> {
        let line = self.bytes.get(..self.len)?;
        let colon = line.iter().position(|byte| *byte == b':')?;
        let (name, value) = (line[..colon].trim_ascii(), line[colon + 1..].trim_ascii());
        name.eq_ignore_ascii_case(header::GRPC_STATUS.as_bytes())
            .then(|| GrpcStatus::parse(value))
    }
}

// === impl Base64 ===

impl Base64 {
    /// Decodes into `out`, which must have room for as many bytes as there are characters; `None` if this
    /// is no Base64.
    fn decode(&mut self, text: &[u8], out: &mut [u8; DECODED]) -> Option<usize> {
        let mut len = 0;
        for character in text {
            let value = match character {
                b'A'..=b'Z' => character - b'A',
                b'a'..=b'z' => character - b'a' + 26,
                b'0'..=b'9' => character - b'0' + 52,
                b'+' | b'-' => 62,
                b'/' | b'_' => 63,
                b'=' => 0,
                b'\r' | b'\n' => continue,
                _ => return None,
            };
            self.padding += u32::from(*character == b'=');
            self.bits = self.bits << 6 | u32::from(value);
            self.count += 1;
            if self.count == 4 {
                let [_, bytes @ ..] = self.bits.to_be_bytes();
                for byte in bytes.iter().take(3_usize.saturating_sub(self.padding as usize)) {
                    *out.get_mut(len)? = *byte;
                    len += 1;
                }
                *self = Self::default();
            }
        }
        Some(len)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(flag: u8, content: &[u8]) -> Vec<u8> {
        [
            &[flag][..],
            &u32::try_from(content.len()).unwrap().to_be_bytes(),
            content,
        ]
        .concat()
    }

    fn encoded(bytes: &[u8]) -> Vec<u8> {
        const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let letters = |part: &[u8]| -> [u8; 4] {
            let bits = part.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - part.len()));
            let letter = |n: usize| LETTERS[(bits >> (18 - 6 * n)) as usize & 63];
            [0, 1, 2, 3].map(|n| if n <= part.len() { letter(n) } else { b'=' })
        };
        bytes.chunks(3).flat_map(letters).collect()
    }

    fn read(is_text: bool, parts: &[&[u8]]) -> (Option<GrpcStatus>, bool) {
        let mut body = WebBody::new(is_text);
        for part in parts {
            body.read(part);
        }
        (body.status(), body.has_message())
    }

    #[test]
    fn the_status_stands_in_the_last_frame() {
        let trailers = frame(0x80, b"grpc-message:no%20tea\r\ngrpc-status:5\r\n");
        assert_eq!(read(false, &[&trailers]), (Some(GrpcStatus::NotFound), false));
        let with_message = [frame(0, b"tea"), trailers].concat();
        assert_eq!(read(false, &[&with_message]), (Some(GrpcStatus::NotFound), true));
        // Each part may be encoded apart, with an end of its own.
        let text = [encoded(&frame(0, b"tea")), encoded(&frame(0x80, b"Grpc-Status: 13"))];
        assert_eq!(read(true, &[&text.concat()]), (Some(GrpcStatus::Internal), true));
    }

    #[test]
    fn what_can_not_be_read_is_unknown_or_nothing() {
        for trailers in [
            &b""[..],
            b"grpc-message:x\r\n",
            b"grpc-status:\r\n",
            b"grpc-status:99",
            &[b'x'; 10_000],
        ] {
            assert_eq!(
                read(false, &[&frame(0x80, trailers)]).0,
                Some(GrpcStatus::Unknown),
                "{trailers:?}"
            );
        }
        assert_eq!(
            read(false, &[&frame(0x81, b"grpc-status:0")]).0,
            Some(GrpcStatus::Unknown)
        );
        assert_eq!(read(false, &[&frame(0, b"grpc-status:0\r\n")]), (None, true));
        assert_eq!(read(true, &[b"<html>"]).0, None);
        assert_eq!(read(false, &[&frame(0x80, b"grpc-status:0")[..12]]).0, None);
    }

    proptest! {
        #[test]
        fn it_does_not_matter_where_a_body_is_cut(
            messages in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 0..4),
            code in 0..17_u8,
            is_text: bool,
            cut in 1..50_usize,
        ) {
            let mut body: Vec<u8> = messages.iter().flat_map(|message| frame(0, message)).collect();
            body.extend(frame(0x80, format!("a:b\r\ngrpc-status:{code}\r\nc:d\r\n").as_bytes()));
            let body = if is_text { encoded(&body) } else { body };
            let parts: Vec<&[u8]> = body.chunks(cut).collect();
            let expected = GrpcStatus::parse(code.to_string().as_bytes());
            prop_assert_eq!(read(is_text, &parts), (Some(expected), !messages.is_empty()));
        }

        #[test]
        fn no_bytes_break_it(bytes in proptest::collection::vec(any::<u8>(), 0..500), is_text: bool) {
            read(is_text, &[&bytes]);
        }
    }
}
