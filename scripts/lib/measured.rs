//! A frontend's entry point that runs the real one and tells what it took: `measured PROGRAM`, perhaps with arguments.
//!
//! The last line on stderr, which a daemon writes to its own log, is
//! `measured PROGRAM peak-kib N wall-us N cpu-us N`. Compiled by `rustc` alone, without a crate.

use std::ffi::{c_int, c_long, c_void};
use std::io::Write;
use std::process::{Command, exit};
use std::time::Instant;

/// `struct rusage` of Linux on 64 bits: two times of seconds and microseconds, then 14 numbers, peak memory in KiB first.
#[repr(C)]
#[derive(Default)]
struct Usage {
    user: [c_long; 2],
    system: [c_long; 2],
    peak: c_long,
    rest: [c_long; 13],
}

/// `who` of `getrusage`: children that have ended.
const CHILDREN: c_int = -1;

unsafe extern "C" {
    fn getrusage(who: c_int, usage: *mut c_void) -> c_int;
}

fn main() {
    let mut words = std::env::args().skip(1);
    let program = words.next().unwrap_or_default();
    let begin = Instant::now();
    let status = Command::new(&program).args(words).status();
    let wall = begin.elapsed().as_micros();
    let mut usage = Usage::default();
    // SAFETY: the kernel fills in one `struct rusage`, and this is one.
    unsafe { getrusage(CHILDREN, (&raw mut usage).cast()) };
    let [user, system] = [usage.user, usage.system].map(|time| time[0] * 1_000_000 + time[1]);
    let cpu = user + system;
    // Many may write to the same log: one line, one write.
    let line = format!(
        "\nmeasured {program} peak-kib {} wall-us {wall} cpu-us {cpu}\n",
        usage.peak
    );
    let _ = std::io::stderr().write_all(line.as_bytes());
    exit(status.ok().and_then(|status| status.code()).unwrap_or(1));
}
