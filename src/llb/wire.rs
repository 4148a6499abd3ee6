//! Writes protobuf fields straight into a buffer.
//!
//! Ops are encoded from borrowed parts, so that marshaling copies each text once. Field numbers come from
//! [`crate::pb`].

use crate::pb::map::{KEY, VALUE};

/// A buffer that protobuf fields are appended to. Scalars that are the default are left out.
#[derive(Default)]
pub(crate) struct Writer {
    buf: Vec<u8>,
}

const VARINT: u32 = 0;
const LENGTH_DELIMITED: u32 = 2;

impl Writer {
    /// An empty buffer with room for `bytes`.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Writer {
            buf: Vec::with_capacity(bytes),
        }
    }

    /// All that was written.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.buf
    }

    /// The bytes written since the last [`Writer::clear`].
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.buf
    }

    /// Forgets what was written, keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.buf.clear();
    }

    /// What was written elsewhere.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.buf.extend_from_slice(bytes);
    }

    /// A string, unless empty.
    pub(crate) fn string(&mut self, field: u32, text: &str) {
        self.bytes_field(field, text.as_bytes());
    }

    /// Bytes, unless empty.
    pub(crate) fn bytes_field(&mut self, field: u32, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.element(field, bytes);
        }
    }

    /// An element of a repeated field: written even when it is empty.
    pub(crate) fn element(&mut self, field: u32, bytes: &[u8]) {
        // Most fields are short, and their key and length take a byte each.
        if let (Ok(key @ ..0x80), Ok(length @ ..0x80)) = (
            u8::try_from(field << 3 | LENGTH_DELIMITED),
            u8::try_from(bytes.len()),
        ) {
            self.buf.extend_from_slice(&[key, length]);
        } else {
            self.key(field, LENGTH_DELIMITED);
            self.varint(bytes.len() as u64);
        }
        self.buf.extend_from_slice(bytes);
    }

    /// Elements of a repeated string field.
    pub(crate) fn strings<S: AsRef<str>>(
        &mut self,
        field: u32,
        texts: impl IntoIterator<Item = S>,
    ) {
        for text in texts {
            self.element(field, text.as_ref().as_bytes());
        }
    }

    /// A boolean, if true.
    pub(crate) fn bool(&mut self, field: u32, value: bool) {
        self.uint64(field, u64::from(value));
    }

    /// An unsigned number, unless zero.
    pub(crate) fn uint64(&mut self, field: u32, value: u64) {
        if value != 0 {
            self.number(field, value);
        }
    }

    /// An unsigned number, written even when it is zero, as members of a oneof are.
    pub(crate) fn number(&mut self, field: u32, value: u64) {
        self.key(field, VARINT);
        self.varint(value);
    }

    /// A signed number, unless zero; negative ones take ten bytes.
    pub(crate) fn int64(&mut self, field: u32, value: i64) {
        self.uint64(field, value.cast_unsigned());
    }

    /// Numbers in one packed field, if there are any.
    pub(crate) fn packed(&mut self, field: u32, values: impl ExactSizeIterator<Item = i64>) {
        if values.len() != 0 {
            self.message(field, |w| {
                for value in values {
                    w.varint(value.cast_unsigned());
                }
            });
        }
    }

    /// An entry of a map of strings: key and value are written even when empty.
    pub(crate) fn map_entry(&mut self, field: u32, key: &str, value: &str) {
        self.key(field, LENGTH_DELIMITED);
        self.varint((element_len(key.len()) + element_len(value.len())) as u64);
        self.element(KEY, key.as_bytes());
        self.element(VALUE, value.as_bytes());
    }

    /// A message, written even when it is empty.
    pub(crate) fn message(&mut self, field: u32, content: impl FnOnce(&mut Self)) {
        self.key(field, LENGTH_DELIMITED);
        let start = self.buf.len();
        // Most messages are short: leave one byte for the length, make room if it needs more.
        self.buf.push(0);
        content(self);
        let end = self.buf.len();
        let len = end - start - 1;
        if let Ok(short @ ..0x80) = u8::try_from(len) {
            if let Some(place) = self.buf.get_mut(start) {
                *place = short;
            }
            return;
        }
        self.varint(len as u64);
        let width = self.buf.len() - end;
        let mut encoded = [0u8; 10];
        for (to, from) in encoded.iter_mut().zip(self.buf.iter().skip(end)) {
            *to = *from;
        }
        self.buf.truncate(end + width - 1);
        self.buf.copy_within(start + 1..end, start + width);
        for (to, from) in self
            .buf
            .iter_mut()
            .skip(start)
            .zip(encoded.iter().take(width))
        {
            *to = *from;
        }
    }

    fn key(&mut self, field: u32, wire_type: u32) {
        self.varint(u64::from(field << 3 | wire_type));
    }

    fn varint(&mut self, mut value: u64) {
        loop {
            let [low, ..] = value.to_le_bytes();
            value >>= 7;
            if value == 0 {
                return self.buf.push(low);
            }
            self.buf.push(low | 0x80);
        }
    }
}

/// How many bytes a field of `bytes` bytes takes whose number is below 16.
pub(crate) fn element_len(bytes: usize) -> usize {
    1 + varint_len(bytes) + bytes
}

/// How many bytes a number takes.
fn varint_len(value: usize) -> usize {
    let bits = usize::BITS - (value | 1).leading_zeros();
    bits.div_ceil(7) as usize
}

/// The number at `at`, and where it ends; none if there is none.
pub(crate) fn varint_at(bytes: &[u8], mut at: usize) -> Option<(usize, usize)> {
    let mut value = 0;
    for shift in (0..usize::BITS).step_by(7) {
        let byte = *bytes.get(at)?;
        at += 1;
        value |= usize::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some((value, at));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pb::ops;
    use prost::Message;

    #[test]
    fn long_nested_messages_have_long_lengths() {
        for len in [0, 1, 126, 127, 128, 129, 16_383, 16_384, 70_000] {
            let text = "x".repeat(len);
            let mut w = Writer::default();
            w.message(3, |w| {
                w.string(1, &text);
                w.map_entry(2, "", "");
            });
            let op = ops::Op {
                op: Some(ops::op::Op::Source(ops::SourceOp {
                    identifier: text,
                    attrs: vec![Default::default()],
                })),
                ..Default::default()
            };
            assert_eq!(w.bytes(), op.encode_to_vec(), "{len}");
        }
    }

    #[test]
    fn negative_numbers_take_ten_bytes() {
        let mut w = Writer::default();
        w.int64(1, -1);
        w.packed(2, [3, -1].into_iter());
        let op = ops::PassthroughOp {
            id: String::new(),
            outputs: vec![3, -1],
        };
        assert_eq!(
            w.bytes()[..11],
            [8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]
        );
        assert_eq!(w.bytes()[11..], op.encode_to_vec());
    }
}
