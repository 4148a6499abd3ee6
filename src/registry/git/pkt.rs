//! Packets of git's protocols: four hexadecimal digits of length, then as many bytes.

/// One packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packet<'b> {
    /// Content.
    Data(&'b [u8]),
    /// `0000`
    Flush,
    /// `0001`
    Delimiter,
}

/// Reads packets up to the first thing that is none.
pub(super) fn read(mut bytes: &[u8]) -> Vec<Packet<'_>> {
    let mut packets = Vec::new();
    while let Some((head, rest)) = bytes.split_at_checked(4) {
        let length = std::str::from_utf8(head)
            .ok()
            .and_then(|text| usize::from_str_radix(text, 16).ok());
        bytes = match length {
            Some(0) => {
                packets.push(Packet::Flush);
                rest
            }
            Some(1) => {
                packets.push(Packet::Delimiter);
                rest
            }
            Some(length @ 4..) => match rest.split_at_checked(length - 4) {
                Some((data, rest)) => {
                    packets.push(Packet::Data(data.strip_suffix(b"\n").unwrap_or(data)));
                    rest
                }
                None => break,
            },
            _ => break,
        };
    }
    packets
}

/// Appends a line as a packet.
pub(super) fn write(out: &mut Vec<u8>, line: &str) {
    out.extend_from_slice(format!("{:04x}{line}\n", line.len() + 5).as_bytes());
}
