//! Random changes of real inputs.

/// A small random generator: the same seed gives the same numbers everywhere.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `limit`, which is not 0.
    pub fn below(&mut self, limit: usize) -> usize {
        ((self.next() >> 16) % limit as u64) as usize
    }

    /// True once in `n` times.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub fn pick<'a, T: ?Sized>(&mut self, list: &[&'a T]) -> &'a T {
        self.pick_of(list)
    }

    pub fn pick_of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }
}

/// Inputs do not grow beyond this.
const LARGEST: usize = 48 << 10;

/// Pieces that mean something somewhere.
pub const WORDS: &[&str] = &[
    "FROM ",
    "RUN ",
    "COPY ",
    "ADD ",
    "ARG ",
    "ENV ",
    "LABEL ",
    "ONBUILD ",
    "HEALTHCHECK ",
    "SHELL ",
    "VOLUME ",
    "EXPOSE ",
    "WORKDIR ",
    "USER ",
    "STOPSIGNAL ",
    "CMD ",
    "ENTRYPOINT ",
    "MAINTAINER ",
    " AS ",
    "scratch",
    "alpine",
    "--from=",
    "--mount=",
    "--platform=",
    "--chown=",
    "--chmod=",
    "--link",
    "--exclude=",
    "--parents",
    "--checksum=",
    "--keep-git-dir",
    "--network=none",
    "--security=",
    "--device=",
    "--interval=",
    "--",
    "-",
    "type=bind",
    "type=cache",
    "type=tmpfs",
    "type=secret",
    "type=ssh",
    ",from=",
    ",target=",
    ",source=",
    ",size=",
    ",id=",
    ",mode=",
    ",uid=",
    ",env=",
    ",required",
    ",ro",
    ",sharing=locked",
    "\n",
    "\r\n",
    "\r",
    "\\\n",
    "`\n",
    "\\",
    "`",
    "\"",
    "'",
    "$",
    "${",
    "}",
    "$$",
    "${a:-",
    ":+",
    ":?",
    "##",
    "%%",
    "/#",
    "//",
    "*",
    "?",
    "[",
    "]",
    "[^",
    "!",
    "<<EOF",
    "<<-'E'",
    "3<<",
    "\nEOF\n",
    "# syntax=",
    "# escape=`\n",
    "# check=skip=all;error=true\n",
    "#",
    "[\"",
    "\",\"",
    "{\"",
    "\\u0000",
    "\\ud800",
    "\0",
    "\u{feff}",
    "\u{a0}",
    "\u{2028}",
    "é",
    "İ",
    "ẞ",
    "\t",
    " ",
    "  ",
    "=",
    ":",
    "@sha256:",
    "https://",
    "git@host:",
    ".git#",
    "?ref=",
    "&subdir=",
    "linux/amd64",
    "..",
    "/",
    "-1",
    "9223372036854775808",
    "18446744073709551616",
    "1e400",
    "0x",
    "24h",
    "999999999999999999999h",
    "%ff",
];

/// A few changes of `input`; pieces of `others` get into it.
pub fn mutate(input: &[u8], others: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut text = input.to_vec();
    for _ in 0..1 + random.below(6) {
        change(&mut text, others, random);
        text.truncate(LARGEST);
    }
    text
}

fn change(text: &mut Vec<u8>, others: &[Vec<u8>], random: &mut Random) {
    let at = random.below(text.len() + 1);
    let word = random.pick(WORDS).as_bytes();
    match random.below(12) {
        0 => {
            if let Some(byte) = text.get_mut(at) {
                *byte ^= 1 << random.below(8);
            }
        }
        1 => text.insert(at, random.below(256) as u8),
        2 => {
            let end = text.len().min(at + 1 + random.below(40));
            text.drain(at..end);
        }
        3 => {
            let end = text.len().min(at + random.below(200));
            let piece = text[at..end].to_vec();
            splice(text, at, &piece.repeat(1 + random.below(3)));
        }
        4 | 5 => splice(text, at, word),
        6 => splice(text, at, &word.repeat(1 + random.below(300))),
        7 => {
            let end = text.len().min(at + word.len());
            text.splice(at..end, word.iter().copied());
        }
        8 => text.truncate(at),
        9 => swap_lines(text, random),
        _ => {
            let other = &others[random.below(others.len())];
            let lines: Vec<&[u8]> = other.split_inclusive(|byte| *byte == b'\n').collect();
            if !lines.is_empty() {
                let first = random.below(lines.len());
                let piece = lines[first..].iter().take(1 + random.below(4)).copied();
                let at = line_start(text, at);
                splice(text, at, &piece.collect::<Vec<_>>().concat());
            }
        }
    }
}

fn splice(text: &mut Vec<u8>, at: usize, piece: &[u8]) {
    text.splice(at..at, piece.iter().copied());
}

fn line_start(text: &[u8], at: usize) -> usize {
    let before = text[..at].iter().rposition(|byte| *byte == b'\n');
    before.map_or(0, |newline| newline + 1)
}

fn swap_lines(text: &mut Vec<u8>, random: &mut Random) {
    let mut lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    if lines.len() > 1 {
        let (first, second) = (random.below(lines.len()), random.below(lines.len()));
        lines.swap(first, second);
        *text = lines.concat();
    }
}
