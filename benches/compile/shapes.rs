//! Dockerfiles of any size, for growth: each shape is made for a number of its units.

use std::fmt::Write as _;

/// A kind of long Dockerfile.
pub struct Shape {
    /// Its name in results.
    pub name: &'static str,
    /// The largest number of units that is measured.
    largest: usize,
    /// Makes one.
    pub make: fn(usize) -> String,
}

impl Shape {
    const fn new(name: &'static str, largest: usize, make: fn(usize) -> String) -> Self {
        Shape {
            name,
            largest,
            make,
        }
    }

    /// Numbers of units that are measured; each is double the one before.
    pub fn sizes(&self) -> [usize; 4] {
        [8, 4, 2, 1].map(|part| self.largest / part)
    }
}

/// Those that real generators and hostile users make.
pub const SHAPES: [Shape; 14] = [
    Shape::new("stages", 10_000, |count| {
        // A chain: each stage is the base of the next.
        lines("FROM alpine AS s0\n", count, |index| {
            format!("FROM s{index} AS s{}\nRUN echo {index}", index + 1)
        })
    }),
    Shape::new("copied-stages", 10_000, |count| {
        lines("FROM alpine AS s0\n", count, |index| {
            let next = index + 1;
            format!("FROM alpine AS s{next}\nCOPY --from=s{index} /a /b")
        })
    }),
    Shape::new("instructions", 100_000, |count| {
        in_stage(count, |index| format!("RUN echo {index}"))
    }),
    Shape::new("mounts", 134_700, mounts),
    Shape::new("args", 10_000, |count| {
        in_stage(count, |index| format!("ARG NAME{index}=value{index}")) + "RUN echo done\n"
    }),
    Shape::new("variables", 10_000, |count| {
        in_stage(count, |index| {
            format!("ENV E{index}=$E{}", index.max(1) - 1)
        })
    }),
    Shape::new("unset-variables", 10_000, |count| {
        in_stage(count, |index| format!("WORKDIR /$U{index}"))
    }),
    Shape::new("labels", 100_000, |count| {
        in_stage(count, |index| format!("LABEL l{index}={index}"))
    }),
    Shape::new("exposed-ports", 60_000, |count| {
        in_stage(count, |index| format!("EXPOSE {}", 1 + index))
    }),
    Shape::new("line-bytes", 64_000, |bytes| {
        format!(
            "FROM alpine\nRUN echo {}\n",
            "some words ".repeat(bytes / 11)
        )
    }),
    Shape::new("word-bytes", 64_000, |bytes| {
        format!("FROM alpine\nENV A={}\n", "x".repeat(bytes))
    }),
    Shape::new("nested-defaults", 160, |depth| {
        let (open, close) = ("${a:-".repeat(depth), "}".repeat(depth));
        format!("FROM alpine\nENV A={open}x{close}\n")
    }),
    Shape::new("continued-lines", 100_000, |count| {
        let head = "FROM alpine\nRUN true \\\n";
        lines(head, count, |index| format!("  && echo {index} \\")) + "  end\n"
    }),
    Shape::new("heredoc-lines", 100_000, |count| {
        lines("FROM alpine\nRUN <<E\n", count, |index| {
            format!("echo {index}")
        }) + "E\n"
    }),
];

/// What a package generator writes: 36,006 lines in 1,688 stages.
pub fn generated() -> String {
    let mut text =
        String::from("# syntax=docker/dockerfile:1\nARG BASE=debian\nFROM $BASE AS base\n");
    for stage in 0..1_687 {
        let _ = writeln!(text, "FROM base AS pkg{stage}\nWORKDIR /build/pkg{stage}");
        for step in 0..18 {
            let _ = writeln!(text, "RUN ./configure --step={step} && make step{step}");
        }
        match stage {
            0 => text.push_str("COPY source /source\n"),
            _ => {
                let _ = writeln!(text, "COPY --from=pkg{} /out /deps", stage - 1);
            }
        }
    }
    let rest = 36_006_usize.saturating_sub(text.lines().count());
    text + &"RUN make done\n".repeat(rest)
}

/// `head`, and a line, or more, for each unit.
fn lines(head: &str, count: usize, line: impl Fn(usize) -> String) -> String {
    let mut text = head.to_owned();
    for index in 0..count {
        text.push_str(&line(index));
        text.push('\n');
    }
    text
}

/// Instructions in one stage.
fn in_stage(count: usize, line: impl Fn(usize) -> String) -> String {
    lines("FROM alpine\n", count, line)
}

/// Twelve mounts in each `RUN`, as builds of packages have them.
fn mounts(count: usize) -> String {
    let head = "FROM alpine AS deps\nFROM alpine\n";
    lines(head, count / 12, |index| {
        let mounts = (0..12)
            .map(|at| format!("--mount=from=deps,source=/d{at},target=/t{at} "))
            .collect::<String>();
        format!("RUN {mounts}echo {index}")
    })
}
