//! Archives as a source of time: is this file an archive, and which of its files is the newest?
//!
//! Reads tar headers only, streaming, plain or compressed by gzip, bzip2 or zstd. Unpacking is the
//! daemon's work.

use std::io::{self, Read};

use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

use crate::image::Timestamp;
use crate::limits::MAX_TAR_HEADER_BYTES;

/// Size of tar headers and of the blocks that contents are padded to.
const BLOCK: usize = 512;

/// Seconds from the start of year 1, where the reference's clock starts, to the Unix epoch.
const START_OF_TIME: i64 = -62_135_596_800;

const BZIP2: &[u8] = b"BZh";
const GZIP: &[u8] = &[0x1f, 0x8b, 0x08];
const XZ: &[u8] = &[0xfd, b'7', b'z', b'X', b'Z', 0x00];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
/// How the frames of a zstd file begin that hold nothing of its content, their last four bits aside; little-endian.
const ZSTD_SKIPPABLE: u32 = 0x184d_2a50;

/// Whether a file that starts with `header` is taken for an archive when it is used as build context:
/// bzip2, gzip, xz, zstd, or a tar whose first entry fits into `header`.
pub fn is_archive(header: &[u8]) -> bool {
    [BZIP2, GZIP, XZ]
        .iter()
        .any(|magic| header.starts_with(magic))
        || is_zstd(header)
        || matches!(Entries::new(&mut &*header).next_entry(), Ok(Some(_)))
}

/// Time of the newest regular file of an archive; `None` when it has no regular file.
///
/// # Errors
/// When the data cannot be decompressed or is not a tar archive. Parity: xz cannot be read; the reference
/// runs a program for it that its image does not have.
pub fn newest_file(data: &[u8]) -> io::Result<Option<Timestamp>> {
    if data.starts_with(BZIP2) {
        newest_in_tar(&mut bzip2_rs::DecoderReader::new(data))
    } else if data.starts_with(GZIP) {
        newest_in_tar(&mut flate2::read::MultiGzDecoder::new(data))
    } else if is_zstd(data) {
        newest_in_tar(&mut ZstdFrames {
            rest: data,
            frame: None,
        })
    } else if data.starts_with(XZ) {
        Err(io::Error::other(
            "exec: \"xz\": executable file not found in $PATH",
        ))
    } else {
        newest_in_tar(&mut &*data)
    }
}

fn is_zstd(data: &[u8]) -> bool {
    data.starts_with(ZSTD) || skippable(data).is_some()
}

/// How many bytes of content the skippable frame has that `data` begins with.
fn skippable(data: &[u8]) -> Option<u32> {
    let (magic, rest) = data.split_first_chunk()?;
    let (length, _) = rest.split_first_chunk()?;
    (u32::from_le_bytes(*magic) & !0xf == ZSTD_SKIPPABLE).then(|| u32::from_le_bytes(*length))
}

/// What the frames of a zstd file hold, one after the other.
struct ZstdFrames<'d> {
    rest: &'d [u8],
    frame: Option<StreamingDecoder<&'d [u8], FrameDecoder>>,
}

impl Read for ZstdFrames<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(frame) = &mut self.frame {
                let read = frame.read(into)?;
                if read > 0 || into.is_empty() {
                    return Ok(read);
                }
                self.rest = frame.get_ref();
                self.frame = None;
            }
            if self.rest.is_empty() {
                return Ok(0);
            }
            match skippable(self.rest) {
                Some(length) => {
                    let whole = usize::try_from(length)
                        .ok()
                        .and_then(|it| it.checked_add(8));
                    let after = whole.and_then(|whole| self.rest.get(whole..));
                    self.rest = after.ok_or(io::ErrorKind::UnexpectedEof)?;
                }
                None => {
                    let frame = StreamingDecoder::new(self.rest).map_err(io::Error::other)?;
                    self.frame = Some(frame);
                }
            }
        }
    }
}

fn newest_in_tar(reader: &mut dyn Read) -> io::Result<Option<Timestamp>> {
    let mut entries = Entries::new(reader);
    let mut newest = None;
    while let Some(entry) = entries.next_entry()? {
        if entry.is_regular {
            newest = newest.max(Some((entry.modified.seconds, entry.modified.nanos)));
        }
    }
    Ok(newest.map(|(seconds, nanos)| Timestamp {
        seconds,
        nanos,
        offset: 0,
    }))
}

/// What is of interest in a tar header.
struct TarEntry {
    modified: Timestamp,
    is_regular: bool,
}

/// The entries of a tar stream; one code for whatever it is packed by.
struct Entries<'r> {
    reader: &'r mut dyn Read,
    /// Bytes up to the next header: contents that nobody reads, padding included.
    skip: u64,
}

/// Values of a PAX header that replace those of the next header.
#[derive(Default)]
struct Overrides {
    modified: Option<Timestamp>,
    size: Option<u64>,
}

fn invalid() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "archive/tar: invalid tar header",
    )
}

impl<'r> Entries<'r> {
    fn new(reader: &'r mut dyn Read) -> Self {
        Entries { reader, skip: 0 }
    }

    fn next_entry(&mut self) -> io::Result<Option<TarEntry>> {
        let mut overrides = Overrides::default();
        loop {
            let Some(block) = self.next_header()? else {
                return Ok(None);
            };
            let header = RawHeader::parse(&block)?;
            match header.kind {
                b'x' => overrides = pax_overrides(&self.body(header.size)?)?,
                b'L' | b'K' => drop(self.body(header.size)?),
                b'g' => {
                    // Parity: a global header counts as a regular file without a time.
                    drop(self.body(header.size)?);
                    return Ok(Some(TarEntry {
                        modified: Timestamp::from_unix(START_OF_TIME),
                        is_regular: true,
                    }));
                }
                kind => return self.entry(&header, kind, &overrides, &block).map(Some),
            }
        }
    }

    fn entry(
        &mut self,
        header: &RawHeader,
        kind: u8,
        overrides: &Overrides,
        block: &Block,
    ) -> io::Result<TarEntry> {
        let size = overrides.size.unwrap_or(header.size);
        let has_body = !matches!(kind, b'1'..=b'6');
        if kind == b'S' && header.is_gnu {
            self.skip_sparse_headers(block)?;
        }
        self.skip = if has_body { padded(size)? } else { 0 };
        // A type of zero is from before POSIX, where a slash makes a directory.
        let is_directory = kind == b'5' || (kind == 0 && header.name_ends_with_slash);
        Ok(TarEntry {
            modified: overrides
                .modified
                .unwrap_or(Timestamp::from_unix(header.modified)),
            is_regular: !is_directory && !header.mode_is_special && !matches!(kind, b'2'..=b'6'),
        })
    }

    /// The next header block; `None` at the end of the archive.
    fn next_header(&mut self) -> io::Result<Option<Block>> {
        let skipped = io::copy(&mut (&mut *self.reader).take(self.skip), &mut io::sink())?;
        if skipped < self.skip {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.skip = 0;
        let Some(block) = self.block()? else {
            return Ok(None);
        };
        if block.iter().any(|byte| *byte != 0) {
            return Ok(Some(block));
        }
        // Two empty blocks end an archive.
        match self.block()? {
            Some(block) if block.iter().any(|byte| *byte != 0) => Err(invalid()),
            _ => Ok(None),
        }
    }

    fn block(&mut self) -> io::Result<Option<Block>> {
        let mut block = [0; BLOCK];
        let mut filled = 0;
        while let Some(rest) = block.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.reader.read(rest) {
                Ok(0) if filled == 0 => return Ok(None),
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Some(block))
    }

    /// Reads a body of `size` bytes and its padding.
    fn body(&mut self, size: u64) -> io::Result<Vec<u8>> {
        if size > MAX_TAR_HEADER_BYTES {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "archive/tar: header field too long",
            ));
        }
        let mut body = Vec::new();
        (&mut *self.reader).take(size).read_to_end(&mut body)?;
        if (body.len() as u64) < size {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.skip = padded(size)? - size;
        Ok(body)
    }

    /// Sparse maps of the old GNU format may continue in blocks after the header.
    fn skip_sparse_headers(&mut self, header: &Block) -> io::Result<()> {
        let mut continues = header.get(482).is_some_and(|byte| *byte != 0);
        while continues {
            let block = self.block()?.ok_or(io::ErrorKind::UnexpectedEof)?;
            continues = block.get(504).is_some_and(|byte| *byte != 0);
        }
        Ok(())
    }
}

type Block = [u8; BLOCK];

/// A header block, checked and read.
struct RawHeader {
    kind: u8,
    size: u64,
    modified: i64,
    is_gnu: bool,
    name_ends_with_slash: bool,
    mode_is_special: bool,
}

impl RawHeader {
    fn parse(block: &Block) -> io::Result<RawHeader> {
        let field = |start: usize, len: usize| block.get(start..start + len).unwrap_or(&[]);
        let checksum = octal(field(148, 8))?;
        let sums = |as_int: fn(u8) -> i64| {
            let spaces = 8 * i64::from(b' ');
            let bytes = block
                .iter()
                .enumerate()
                .filter(|(at, _)| !(148..156).contains(at));
            bytes.map(|(_, byte)| as_int(*byte)).sum::<i64>() + spaces
        };
        if checksum != sums(i64::from) && checksum != sums(|byte| i64::from(byte.cast_signed())) {
            return Err(invalid());
        }
        let magic = field(257, 8);
        let is_ustar = magic.starts_with(b"ustar\0");
        let is_gnu = magic == b"ustar  \0";
        let mode = numeric(field(100, 8))?;
        numeric(field(108, 8))?;
        numeric(field(116, 8))?;
        if is_ustar || is_gnu {
            numeric(field(329, 8))?;
            numeric(field(337, 8))?;
        }
        let name = field(0, 100).split(|byte| *byte == 0).next().unwrap_or(&[]);
        Ok(RawHeader {
            kind: block.get(156).copied().unwrap_or(0),
            size: u64::try_from(numeric(field(124, 12))?).map_err(|_| invalid())?,
            modified: numeric(field(136, 12))?,
            is_gnu,
            name_ends_with_slash: name.last() == Some(&b'/'),
            mode_is_special: !matches!(mode & 0o170_000, 0 | 0o100_000),
        })
    }
}

/// A size rounded up to whole blocks.
fn padded(size: u64) -> io::Result<u64> {
    size.checked_next_multiple_of(BLOCK as u64)
        .filter(|size| *size <= i64::MAX as u64)
        .ok_or_else(invalid)
}

/// A number in octal digits, or in binary when its first bit is set.
fn numeric(field: &[u8]) -> io::Result<i64> {
    let Some((first, rest)) = field.split_first().filter(|(first, _)| **first & 0x80 != 0) else {
        return octal(field);
    };
    // The second bit is the sign.
    let negative = first & 0x40 != 0;
    let start = if negative {
        i128::from(*first) - 256
    } else {
        i128::from(*first & 0x7f)
    };
    rest.iter()
        .try_fold(start, |value, byte| {
            value.checked_mul(256)?.checked_add(i128::from(*byte))
        })
        .and_then(|value| i64::try_from(value).ok())
        .ok_or_else(invalid)
}

fn octal(field: &[u8]) -> io::Result<i64> {
    let blank = |byte: &u8| matches!(byte, b' ' | 0);
    let start = field
        .iter()
        .position(|byte| !blank(byte))
        .unwrap_or(field.len());
    let digits = field.get(start..).unwrap_or(&[]);
    let digits = digits
        .split(|byte| *byte == 0)
        .next()
        .unwrap_or(&[])
        .trim_ascii_end();
    digits
        .iter()
        .try_fold(0i64, |value, digit| match digit {
            b'0'..=b'7' => value
                .checked_mul(8)
                .and_then(|value| value.checked_add(i64::from(digit - b'0'))),
            _ => None,
        })
        .ok_or_else(invalid)
}

/// Records of a PAX header: `<length> <key>=<value>\n` one after the other.
fn pax_overrides(mut body: &[u8]) -> io::Result<Overrides> {
    let mut overrides = Overrides::default();
    while !body.is_empty() {
        let (record, rest) = pax_record(body).ok_or_else(invalid)?;
        body = rest;
        let Some((key, value)) = record.split_once('=') else {
            return Err(invalid());
        };
        match key {
            "mtime" if !value.is_empty() => {
                overrides.modified = Some(pax_time(value).ok_or_else(invalid)?)
            }
            "size" if !value.is_empty() => {
                overrides.size = Some(value.parse().map_err(|_| invalid())?)
            }
            _ => {}
        }
    }
    Ok(overrides)
}

fn pax_record(body: &[u8]) -> Option<(std::borrow::Cow<'_, str>, &[u8])> {
    let blank = body.iter().position(|byte| *byte == b' ')?;
    let length: usize = std::str::from_utf8(body.get(..blank)?).ok()?.parse().ok()?;
    let record = body.get(blank + 1..length)?;
    Some((
        String::from_utf8_lossy(record.strip_suffix(b"\n")?),
        body.get(length..)?,
    ))
}

/// A decimal number of seconds; digits beyond nanoseconds are cut off.
fn pax_time(value: &str) -> Option<Timestamp> {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    if !fraction.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let seconds: i64 = whole.parse().ok()?;
    let nanos: u32 = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
    Some(if whole.starts_with('-') && nanos > 0 {
        Timestamp {
            seconds: seconds.checked_sub(1)?,
            nanos: 1_000_000_000 - nanos,
            offset: 0,
        }
    } else {
        Timestamp {
            seconds,
            nanos,
            offset: 0,
        }
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::{Timestamp, is_archive, newest_file};

    const NEWEST: Timestamp = Timestamp {
        seconds: 2_000,
        nanos: 750_000_000,
        offset: 0,
    };

    fn header(name: &str, kind: u8, size: usize, modified: u64) -> Vec<u8> {
        let mut block = vec![0u8; 512];
        block[..name.len()].copy_from_slice(name.as_bytes());
        block[100..107].copy_from_slice(b"0000644");
        block[124..135].copy_from_slice(format!("{size:011o}").as_bytes());
        block[136..147].copy_from_slice(format!("{modified:011o}").as_bytes());
        block[148..156].copy_from_slice(b"        ");
        block[156] = kind;
        block[257..265].copy_from_slice(b"ustar\x0000");
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        block
    }

    fn entry(name: &str, kind: u8, content: &[u8], modified: u64) -> Vec<u8> {
        let mut entry = header(name, kind, content.len(), modified);
        entry.extend_from_slice(content);
        entry.resize(entry.len().next_multiple_of(512), 0);
        entry
    }

    fn sample() -> Vec<u8> {
        let mut tar = entry("dir/", b'5', b"", 9_000);
        tar.extend(entry("dir/a", b'0', b"hello", 1_000));
        tar.extend(entry("pax", b'x', b"20 mtime=2000.75000\n", 1));
        tar.extend(entry("dir/b", b'0', &[7; 600], 1));
        tar.extend([0; 1024]);
        tar
    }

    #[test]
    fn newest_regular_file_counts_and_directories_do_not() {
        assert_eq!(newest_file(&sample()).unwrap(), Some(NEWEST));
    }

    #[test]
    fn compressed_archives_are_read() {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&sample()).unwrap();
        assert_eq!(newest_file(&gzip.finish().unwrap()).unwrap(), Some(NEWEST));
        // As parallel compressors write it: several frames, and some that hold nothing of the content.
        let sample = sample();
        let (first, second) = sample.split_at(700);
        let mut zstd = vec![0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 7, 7, 7];
        for part in [first, second] {
            let level = ruzstd::encoding::CompressionLevel::Fastest;
            zstd.extend(ruzstd::encoding::compress_to_vec(part, level));
            zstd.extend([0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0]);
        }
        assert_eq!(newest_file(&zstd).unwrap(), Some(NEWEST));
        zstd.truncate(10);
        assert!(newest_file(&zstd).is_err());
    }

    #[test]
    fn archives_are_told_by_their_first_bytes() {
        assert!(is_archive(&sample()[..1024]));
        for header in [
            &[0x42, 0x5a, 0x68][..],
            &[0x1f, 0x8b, 0x08],
            &[0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00],
            &[0x28, 0xb5, 0x2f, 0xfd],
            &[0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0],
            &[0x5f, 0x2a, 0x4d, 0x18, 0xff, 0xff, 0xff, 0xff, 0],
        ] {
            assert!(is_archive(header), "{header:x?}");
        }
        for header in [
            &[0x1f, 0x8b, 0x09][..],
            &[0x28, 0xb5, 0x2f],
            &[0x50, 0x2a, 0x4d, 0x18, 0, 0, 0],
            &[0x60, 0x2a, 0x4d, 0x18, 0, 0, 0, 0],
            &[0x18, 0x4d, 0x2a, 0x50, 0, 0, 0, 0],
        ] {
            assert!(!is_archive(header), "{header:x?}");
        }
        assert!(!is_archive(b"FROM scratch\n"));
        assert!(!is_archive(&[0; 1024]));
        assert!(!is_archive(b""));
        // The name of the first file is in an entry of its own: it lies behind what is looked at.
        assert!(!is_archive(&entry(
            "pax",
            b'x',
            b"20 mtime=2000.75000\n",
            1
        )));
    }

    #[test]
    fn broken_archives_are_errors() {
        assert!(newest_file(b"FROM scratch\n").is_err());
        let mut cut = sample();
        cut.truncate(1500);
        assert!(newest_file(&cut).is_err());
        assert!(newest_file(&[0x1f, 0x8b, 0x08, 0, 1]).is_err());
        assert_eq!(newest_file(b"").unwrap(), None);
    }
}
