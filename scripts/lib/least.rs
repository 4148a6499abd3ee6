//! The least that a frontend can take of a build's time: it makes another frontend's calls, prepared beforehand.
//!
//! `least record PROGRAM` is a frontend that runs the real one and writes down what it sends; the lines
//! `least …` on stderr, which a daemon writes to its own log, are the recording. `least` alone is a frontend that sends
//! what `/bin/recording` holds: bytes of HTTP/2 as they are, each as soon as the answers are there that the real one
//! waited for. Compiled by `rustc` alone, without a crate.
//!
//! Three things differ from build to build, each of a fixed length, and are put in: the session's name, the digests of
//! ops that have it in them, directly or through their inputs, and the refs that the daemon gives out.
//!
//! A line is a step, `least` and five words, `-` where there is nothing: streams that must have been answered before,
//! places of the session's name, ops as `START:END`, places of digests as `PLACE:OP`, of refs as `PLACE:STREAM:NUMBER`,
//! and the bytes. Ops are counted through all steps, refs through a stream's answer. `least end N` counts the steps.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::ops::Range;
use std::process::{Command, ExitCode, Stdio};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// What a client sends first, before any frame.
const PREFACE: usize = 24;
/// Bytes before a frame's payload: three of length, type, flags, four of the stream.
const HEAD: usize = 9;
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const END_STREAM: u8 = 1;
/// Letters and digits of a ref.
const REF: usize = 25;

/// Cuts bytes into frames.
#[derive(Default)]
struct Frames {
    rest: Vec<u8>,
}

struct Frame {
    kind: u8,
    ends: bool,
    stream: u32,
    bytes: Vec<u8>,
}

impl Frames {
    fn feed(&mut self, bytes: &[u8]) -> Vec<Frame> {
        self.rest.extend_from_slice(bytes);
        let mut frames = Vec::new();
        while let [a, b, c, kind, flags, s @ ..] = self.rest.as_slice() {
            let length = HEAD + u32::from_be_bytes([0, *a, *b, *c]) as usize;
            if self.rest.len() < length {
                break;
            }
            let frame = Frame {
                kind: *kind,
                ends: flags & END_STREAM != 0 && matches!(*kind, DATA | HEADERS),
                stream: u32::from_be_bytes([s[0] & 0x7f, s[1], s[2], s[3]]),
                bytes: self.rest.drain(..length).collect(),
            };
            frames.push(frame);
        }
        frames
    }
}

/// What the daemon has said so far.
#[derive(Default)]
struct Answers {
    data: BTreeMap<u32, Vec<u8>>,
    ended: BTreeSet<u32>,
}

impl Answers {
    fn take(&mut self, frame: Frame) {
        if frame.kind == DATA {
            let data = self.data.entry(frame.stream).or_default();
            data.extend_from_slice(&frame.bytes[HEAD..]);
        }
        if frame.ends {
            self.ended.insert(frame.stream);
        }
    }

    /// The refs in a stream's answer: what looks like one, after its length.
    fn refs(&self, stream: u32) -> Vec<&[u8]> {
        let data = self.data.get(&stream).map_or(&[][..], Vec::as_slice);
        let texts = data.windows(REF + 1).filter(|window| {
            let text = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
            usize::from(window[0]) == REF && window[1..].iter().all(text)
        });
        texts.map(|window| &window[1..]).collect()
    }
}

/// What is sent at once, what must have been answered, and what goes into it. Places are offsets in the bytes.
#[derive(Default)]
struct Step {
    after: Vec<u32>,
    sessions: Vec<usize>,
    /// Where ops begin and end.
    ops: Vec<(usize, usize)>,
    /// Places of the hexadecimal digits of ops' digests, by the number of the op.
    digests: Vec<(usize, usize)>,
    /// Place, stream, number of the ref in its answer.
    refs: Vec<(usize, u32, usize)>,
    bytes: Vec<u8>,
}

fn list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    if items.is_empty() {
        "-".to_owned()
    } else {
        items.join(",")
    }
}

/// The numbers of each item of a list.
fn numbers<const N: usize>(list: &str) -> Option<Vec<[usize; N]>> {
    let items = list.split(',').filter(|item| *item != "-");
    items
        .map(|item| {
            let numbers: Result<Vec<usize>, _> = item.split(':').map(str::parse).collect();
            numbers.ok()?.try_into().ok()
        })
        .collect()
}

impl Step {
    fn line(&self) -> String {
        format!(
            "least {} {} {} {} {} {}\n",
            list(self.after.iter().map(u32::to_string)),
            list(self.sessions.iter().map(usize::to_string)),
            list(self.ops.iter().map(|(start, end)| format!("{start}:{end}"))),
            list(self.digests.iter().map(|(at, op)| format!("{at}:{op}"))),
            list(
                self.refs
                    .iter()
                    .map(|(at, stream, nth)| format!("{at}:{stream}:{nth}"))
            ),
            hex(&self.bytes),
        )
    }

    fn read(line: &str) -> Option<Step> {
        let mut words = line.strip_prefix("least ")?.split(' ');
        let mut word = || words.next();
        let after = numbers::<1>(word()?)?
            .into_iter()
            .map(|[stream]| stream as u32);
        let sessions = numbers::<1>(word()?)?.into_iter().map(|[at]| at);
        let ops = numbers::<2>(word()?)?
            .into_iter()
            .map(|[start, end]| (start, end));
        let digests = numbers::<2>(word()?)?.into_iter().map(|[at, op]| (at, op));
        let refs = numbers::<3>(word()?)?.into_iter();
        let hex = word()?;
        let bytes = (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok());
        Some(Step {
            after: after.collect(),
            sessions: sessions.collect(),
            ops: ops.collect(),
            digests: digests.collect(),
            refs: refs
                .map(|[at, stream, nth]| (at, stream as u32, nth))
                .collect(),
            bytes: bytes.collect::<Option<_>>()?,
        })
    }

    fn put(&mut self, at: usize, text: &[u8]) {
        self.bytes[at..at + text.len()].copy_from_slice(text);
    }

    /// Puts in what differs in this build. `known` are the digests of the ops of earlier steps.
    fn fill(
        &mut self,
        session: &[u8],
        known: &mut Vec<String>,
        answers: &Answers,
    ) -> io::Result<()> {
        for at in self.sessions.clone() {
            self.put(at, session);
        }
        for (at, stream, nth) in self.refs.clone() {
            let text = *answers
                .refs(stream)
                .get(nth)
                .ok_or(io::ErrorKind::InvalidData)?;
            self.put(at, text);
        }
        // Inputs come before what they are inputs of.
        for (start, end) in self.ops.clone() {
            self.fill_digests(known, start..end);
            known.push(hex(&sha256(&self.bytes[start..end])));
        }
        self.fill_digests(known, 0..self.bytes.len());
        Ok(())
    }

    fn fill_digests(&mut self, known: &[String], within: Range<usize>) {
        for (at, op) in self.digests.clone() {
            if let Some(digest) = known.get(op).filter(|_| within.contains(&at)) {
                self.put(at, digest.as_bytes());
            }
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// SHA-256 of FIPS 180-4.
fn sha256(message: &[u8]) -> [u8; 32] {
    // The first 32 bits of the fractions of square and cube roots of the first primes.
    let primes = (2_u64..).filter(|n| (2..*n).take_while(|d| d * d <= *n).all(|d| n % d != 0));
    let primes: Vec<u64> = primes.take(64).collect();
    let root = |prime: u64, power: u32| -> u32 {
        // The largest whole number whose power is at most the prime's, scaled by 2^32.
        let (mut low, mut high) = (0_u128, 1_u128 << 37);
        while high - low > 1 {
            let middle = (low + high) / 2;
            if middle.pow(power) <= u128::from(prime) << (32 * power) {
                low = middle;
            } else {
                high = middle;
            }
        }
        low as u32
    };
    static TABLES: OnceLock<([u32; 8], Vec<u32>)> = OnceLock::new();
    let (start, constants) = TABLES.get_or_init(|| {
        let start = std::array::from_fn(|i| root(primes[i], 2));
        (start, primes.iter().map(|prime| root(*prime, 3)).collect())
    });

    let mut padded = message.to_vec();
    padded.push(0x80);
    padded.resize(padded.len().next_multiple_of(64), 0);
    if padded.len() - message.len() < 9 {
        padded.resize(padded.len() + 64, 0);
    }
    let length = padded.len() - 8;
    padded[length..].copy_from_slice(&(8 * message.len() as u64).to_be_bytes());

    let mut state = *start;
    for block in padded.chunks_exact(64) {
        let mut words = [0_u32; 64];
        for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
            *word = bytes
                .iter()
                .fold(0, |word, byte| word << 8 | u32::from(*byte));
        }
        for i in 16..64 {
            let (a, b) = (words[i - 15], words[i - 2]);
            let mixed_a = a.rotate_right(7) ^ a.rotate_right(18) ^ (a >> 3);
            let mixed_b = b.rotate_right(17) ^ b.rotate_right(19) ^ (b >> 10);
            let sum = words[i - 16].wrapping_add(words[i - 7]);
            words[i] = sum.wrapping_add(mixed_a).wrapping_add(mixed_b);
        }
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = state;
        for (word, constant) in words.iter().zip(constants) {
            let mixed = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
            let chosen = (e & f) ^ (!e & g);
            let first = [mixed, chosen, *word, *constant]
                .into_iter()
                .fold(h, u32::wrapping_add);
            let mixed = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
            let second = mixed.wrapping_add((a & b) ^ (a & c) ^ (b & c));
            (h, g, f, e) = (g, f, e, d.wrapping_add(first));
            (d, c, b, a) = (c, b, a, first.wrapping_add(second));
        }
        for (old, new) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
            *old = old.wrapping_add(new);
        }
    }
    let mut digest = [0; 32];
    for (bytes, word) in digest.chunks_exact_mut(4).zip(state) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    digest
}

/// Sends the recorded steps, each when its answers are there.
fn replay() -> io::Result<()> {
    let recording = std::fs::read_to_string("/bin/recording")?;
    let steps: Vec<Step> = recording.lines().filter_map(Step::read).collect();
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    let (mut frames, mut answers) = (Frames::default(), Answers::default());
    let mut buffer = vec![0; 1 << 16];
    let mut wait_for = |streams: &[u32], answers: &mut Answers| -> io::Result<()> {
        while !streams.iter().all(|stream| answers.ended.contains(stream)) {
            match input.read(&mut buffer)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => frames
                    .feed(&buffer[..read])
                    .into_iter()
                    .for_each(|frame| answers.take(frame)),
            }
        }
        Ok(())
    };
    let session = std::env::var("BUILDKIT_SESSION_ID").unwrap_or_default();
    let (mut asked, mut known) = (BTreeSet::new(), Vec::new());
    for mut step in steps {
        wait_for(&step.after, &mut answers)?;
        step.fill(session.as_bytes(), &mut known, &answers)?;
        output.write_all(&step.bytes)?;
        output.flush()?;
        let start = if asked.is_empty() { PREFACE } else { 0 };
        let sent = Frames::default().feed(step.bytes.get(start..).unwrap_or_default());
        asked.extend(
            sent.iter()
                .map(|frame| frame.stream)
                .filter(|stream| *stream > 0),
        );
    }
    wait_for(&Vec::from_iter(asked), &mut answers)
}

/// What is written down while the real frontend runs.
#[derive(Default)]
struct Recording {
    answers: Answers,
    steps: Vec<Step>,
    /// Streams whose answers a step has waited for.
    seen: BTreeSet<u32>,
    session: String,
    /// Digests of ops, in hexadecimal.
    digests: Vec<String>,
}

/// Where a text is in bytes.
fn places(bytes: &[u8], text: &[u8]) -> Vec<usize> {
    let windows = bytes.windows(text.len().max(1)).enumerate();
    windows
        .filter(|(_, window)| *window == text)
        .map(|(at, _)| at)
        .collect()
}

/// Where the fields of a protobuf message are that have a length, and what could be such fields of theirs; what comes
/// first is first.
fn fields(bytes: &[u8], message: Range<usize>) -> Vec<Range<usize>> {
    let (mut found, mut open) = (Vec::new(), vec![message]);
    while let Some(within) = open.pop() {
        let mut at = within.start;
        let varint = |at: &mut usize| {
            let (mut value, mut shift) = (0_usize, 0);
            loop {
                let byte = *bytes.get(*at).filter(|_| *at < within.end && shift < 35)?;
                *at += 1;
                value |= usize::from(byte & 0x7f) << shift;
                shift += 7;
                if byte < 0x80 {
                    return Some(value);
                }
            }
        };
        while let (Some(key), Some(value)) = (varint(&mut at), varint(&mut at)) {
            // 2: bytes of a length. Other types than these and plain numbers do not occur around ops.
            if key & 7 == 2 {
                let field = at..at + value;
                if field.end > within.end {
                    break;
                }
                at = field.end;
                found.push(field.clone());
                open.push(field);
            }
        }
    }
    found.sort_by_key(|field| (field.end, field.start));
    found
}

impl Recording {
    fn sent(&mut self, frames: &[Frame], bytes: &[u8]) {
        let after: Vec<u32> = self.answers.ended.difference(&self.seen).copied().collect();
        self.seen.extend(&after);
        if self.steps.is_empty() || !after.is_empty() {
            self.steps.push(Step {
                after,
                ..Step::default()
            });
        }
        let Some(step) = self.steps.last_mut() else {
            return;
        };
        let start = step.bytes.len();
        let mut at = bytes.len() - frames.iter().map(|frame| frame.bytes.len()).sum::<usize>();
        for frame in frames {
            let end = at + frame.bytes.len();
            if frame.kind == DATA {
                // A message, after its length. What it also holds the digest of is an op.
                let message = (at + HEAD + 5).min(end)..end;
                for field in fields(bytes, message.clone()) {
                    let digest = hex(&sha256(&bytes[field.clone()]));
                    if !places(&bytes[message.clone()], digest.as_bytes()).is_empty() {
                        self.digests.push(digest);
                        step.ops.push((start + field.start, start + field.end));
                    }
                }
            }
            at = end;
        }
        let texts = places(bytes, self.session.as_bytes());
        step.sessions.extend(texts.into_iter().map(|at| start + at));
        let digests = self.digests.iter().enumerate();
        step.digests.extend(digests.flat_map(|(op, digest)| {
            let places = places(bytes, digest.as_bytes());
            places.into_iter().map(move |at| (start + at, op))
        }));
        for stream in &self.answers.ended {
            for (nth, text) in self.answers.refs(*stream).into_iter().enumerate() {
                let places = places(bytes, text).into_iter();
                step.refs
                    .extend(places.map(|at| (start + at, *stream, nth)));
            }
        }
        step.bytes.extend_from_slice(bytes);
    }

    /// The lines of it, each in a write of its own: many write to the same log.
    fn print(&self) -> io::Result<()> {
        for step in &self.steps {
            io::stderr().write_all(step.line().as_bytes())?;
        }
        io::stderr().write_all(format!("least end {}\n", self.steps.len()).as_bytes())
    }
}

/// Hands bytes on, whole frames at a time, so that none is in two steps; `note` sees them first.
fn pass(
    mut from: impl Read,
    mut to: impl Write,
    preface: usize,
    mut note: impl FnMut(Vec<Frame>, &[u8]),
) -> io::Result<()> {
    let mut frames = Frames::default();
    let mut head = vec![0; preface];
    from.read_exact(&mut head)?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = from.read(&mut buffer)?;
        if read == 0 {
            return Ok(());
        }
        let whole = frames.feed(&buffer[..read]);
        let mut bytes = std::mem::take(&mut head);
        whole
            .iter()
            .for_each(|frame| bytes.extend_from_slice(&frame.bytes));
        if whole.is_empty() {
            head = bytes;
            continue;
        }
        note(whole, &bytes);
        to.write_all(&bytes)?;
        to.flush()?;
    }
}

/// Runs the real frontend and writes down its calls.
fn record(program: &str) -> io::Result<bool> {
    let mut child = Command::new(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Ok(false);
    };
    let recording = Arc::new(Mutex::new(Recording {
        session: std::env::var("BUILDKIT_SESSION_ID").unwrap_or_default(),
        ..Recording::default()
    }));
    let answered = Arc::clone(&recording);
    std::thread::spawn(move || {
        pass(io::stdin(), input, 0, |frames, _| {
            let mut recording = answered.lock().unwrap_or_else(PoisonError::into_inner);
            frames
                .into_iter()
                .for_each(|frame| recording.answers.take(frame));
        })
    });
    pass(output, io::stdout(), PREFACE, |frames, bytes| {
        recording
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .sent(&frames, bytes);
    })?;
    let status = child.wait()?;
    recording
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .print()?;
    Ok(status.success())
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let outcome = match (arguments.next().as_deref(), arguments.next()) {
        (Some("record"), Some(program)) => record(&program),
        _ => replay().map(|()| true),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("least: {error}");
            ExitCode::FAILURE
        }
    }
}
