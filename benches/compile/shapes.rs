//! Dockerfiles of any size, for growth: each shape is made for a number of its units.

use std::fmt::Write as _;

/// A kind of long Dockerfile.
pub struct Shape {
    /// Its name in results.
    pub name: &'static str,
    /// Numbers of units that are measured; each is double the one before.
    pub sizes: [usize; 4],
    /// Makes one.
    pub make: fn(usize) -> String,
}

/// Those that real generators and hostile users make.
pub const SHAPES: [Shape; 14] = [
    Shape {
        name: "stages",
        sizes: [1_250, 2_500, 5_000, 10_000],
        make: stages,
    },
    Shape {
        name: "instructions",
        sizes: [12_500, 25_000, 50_000, 100_000],
        make: instructions,
    },
    Shape {
        name: "mounts",
        sizes: [16_800, 33_600, 67_200, 134_400],
        make: mounts,
    },
    Shape {
        name: "args",
        sizes: [1_250, 2_500, 5_000, 10_000],
        make: args,
    },
    Shape {
        name: "line-bytes",
        sizes: [8_000, 16_000, 32_000, 64_000],
        make: long_line,
    },
    Shape {
        name: "word-bytes",
        sizes: [8_000, 16_000, 32_000, 64_000],
        make: long_word,
    },
    Shape {
        name: "nested-defaults",
        sizes: [10, 20, 40, 80],
        make: nested_defaults,
    },
    Shape {
        name: "labels",
        sizes: [12_500, 25_000, 50_000, 100_000],
        make: |count| {
            lines("FROM alpine\n", count, |text, index| {
                let _ = write!(text, "LABEL l{index}={index}");
            })
        },
    },
    Shape {
        name: "variables",
        sizes: [1_250, 2_500, 5_000, 10_000],
        make: |count| {
            lines("FROM alpine\n", count, |text, index| {
                let _ = write!(text, "ENV E{index}=$E{}", index.max(1) - 1);
            })
        },
    },
    Shape {
        name: "unset-variables",
        sizes: [1_250, 2_500, 5_000, 10_000],
        make: |count| {
            lines("FROM alpine\n", count, |text, index| {
                let _ = write!(text, "WORKDIR /$U{index}");
            })
        },
    },
    Shape {
        name: "continued-lines",
        sizes: [12_500, 25_000, 50_000, 100_000],
        make: |count| {
            lines("FROM alpine\nRUN true \\\n", count, |text, index| {
                let _ = write!(text, "  && echo {index} \\");
            }) + "  end\n"
        },
    },
    Shape {
        name: "heredoc-lines",
        sizes: [12_500, 25_000, 50_000, 100_000],
        make: |count| {
            lines("FROM alpine\nRUN <<E\n", count, |text, index| {
                let _ = write!(text, "echo {index}");
            }) + "E\n"
        },
    },
    Shape {
        name: "exposed-ports",
        sizes: [7_500, 15_000, 30_000, 60_000],
        make: |count| {
            lines("FROM alpine\n", count, |text, index| {
                let _ = write!(text, "EXPOSE {}", 1 + index % 65_000);
            })
        },
    },
    Shape {
        name: "copied-stages",
        sizes: [1_250, 2_500, 5_000, 10_000],
        make: copied_stages,
    },
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
    while text.lines().count() < 36_006 {
        text.push_str("RUN make done\n");
    }
    text
}

fn lines(head: &str, count: usize, mut line: impl FnMut(&mut String, usize)) -> String {
    let mut text = head.to_owned();
    for index in 0..count {
        line(&mut text, index);
        text.push('\n');
    }
    text
}

/// A chain: each stage is the base of the next.
fn stages(count: usize) -> String {
    lines("FROM alpine AS s0\n", count, |text, index| {
        let _ = write!(text, "FROM s{index} AS s{}\nRUN echo {index}", index + 1);
    })
}

/// Each stage copies from the one before.
fn copied_stages(count: usize) -> String {
    lines("FROM alpine AS s0\n", count, |text, index| {
        let _ = write!(
            text,
            "FROM alpine AS s{}\nCOPY --from=s{index} /a /b",
            index + 1
        );
    })
}

fn instructions(count: usize) -> String {
    lines("FROM alpine\n", count, |text, index| {
        let _ = write!(text, "RUN echo {index}");
    })
}

/// Sixteen mounts in each `RUN`, as builds of packages have them.
fn mounts(count: usize) -> String {
    lines(
        "FROM alpine AS deps\nFROM alpine\n",
        count / 16,
        |text, index| {
            text.push_str("RUN ");
            for mount in 0..16 {
                let _ = write!(text, "--mount=from=deps,source=/d{mount},target=/t{mount} ");
            }
            let _ = write!(text, "echo {index}");
        },
    )
}

fn args(count: usize) -> String {
    let declared = lines("FROM alpine\n", count, |text, index| {
        let _ = write!(text, "ARG NAME{index}=value{index}");
    });
    declared + "RUN echo done\n"
}

fn long_line(bytes: usize) -> String {
    format!(
        "FROM alpine\nRUN echo {}\n",
        "some words ".repeat(bytes / 11)
    )
}

fn long_word(bytes: usize) -> String {
    format!("FROM alpine\nENV A={}\n", "x".repeat(bytes))
}

fn nested_defaults(depth: usize) -> String {
    format!(
        "FROM alpine\nENV A={}x{}\n",
        "${a:-".repeat(depth),
        "}".repeat(depth)
    )
}
