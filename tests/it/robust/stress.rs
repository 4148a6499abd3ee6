//! Large and deep inputs: they end well or with a clear error, in little stack, and growing in step
//! with their size.
//!
//! ```text
//! cargo test --profile fuzz --test it growth -- --ignored --nocapture     # a table of four sizes each
//! ```

use std::fmt::Write;
use std::time::Instant;

use dockerfile_llb::compile::{MainContext, Options, Source};

use super::{answers, on_small_stack};

/// Recursion over anything that these inputs have many of would end here.
const STACK: usize = 512 << 10;

/// An input of any size, and how large it is at most.
struct Shape {
    name: &'static str,
    make: fn(usize) -> String,
    full: usize,
    config: &'static str,
    /// Part of the error that it ends with.
    error: Option<&'static str>,
}

impl Shape {
    const fn new(name: &'static str, full: usize, make: fn(usize) -> String) -> Self {
        Shape {
            name,
            make,
            full,
            config: r#"{"architecture":"amd64","os":"linux","config":{"Env":["PATH=/bin"]}}"#,
            error: None,
        }
    }

    const fn fails(mut self, error: &'static str) -> Self {
        self.error = Some(error);
        self
    }
}

const SHAPES: [Shape; 26] = [
    Shape::new("stages in a chain", 10_000, |n| {
        lines(n, |i| match i {
            0 => "FROM alpine AS s0".to_owned(),
            i => format!("FROM s{} AS s{i}\nRUN echo {i}", i - 1),
        })
    }),
    Shape::new("stages that copy from the one before", 10_000, |n| {
        lines(n, |i| match i {
            0 => "FROM alpine AS s0\nRUN echo".to_owned(),
            i => format!("FROM scratch AS s{i}\nCOPY --from=s{} /a /a{i}", i - 1),
        })
    }),
    Shape::new("stages copied into one", 10_000, |n| {
        let stages = lines(n, |i| format!("FROM scratch AS s{i}\nCOPY f{i} /"));
        let copies = lines(n, |i| format!("COPY --from=s{i} / /"));
        format!("{stages}FROM scratch\n{copies}")
    }),
    Shape::new("stages of different images", 2_000, |n| {
        let stages = lines(n, |i| format!("FROM image{i} AS s{i}"));
        let copies = lines(n, |i| format!("COPY --from=s{i} / /"));
        format!("{stages}FROM scratch\n{copies}")
    }),
    Shape::new("stages in a circle", 10_000, |n| {
        lines(n, |i| {
            format!("FROM alpine AS s{i}\nCOPY --from=s{} /a /a", (i + 1) % n)
        })
    })
    .fails("circular dependency"),
    Shape::new("RUNs", 100_000, |n| {
        format!("FROM alpine\n{}", lines(n, |i| format!("RUN echo {i}")))
    }),
    Shape::new("COPYs from the context", 100_000, |n| {
        format!("FROM alpine\n{}", lines(n, |i| format!("COPY f{i} /d/")))
    }),
    Shape::new("COPYs from one stage", 20_000, |n| {
        let copies = lines(n, |i| format!("COPY --from=a /f{i} /d/"));
        format!("FROM alpine AS a\nFROM scratch\n{copies}")
    }),
    Shape::new("mounts, ten on a RUN", 134_700, |n| {
        let mounts = " --mount=type=cache,target=/c --mount=from=a,target=/a --mount=target=/b"
            .to_owned()
            + " --mount=type=secret,id=s --mount=type=tmpfs,target=/t --mount=target=/d,source=e"
            + " --mount=type=cache,target=/f --mount=type=cache,target=/g --mount=type=ssh --mount=target=/h";
        let runs = lines(n / 10, |i| format!("RUN{mounts} echo {i}"));
        format!("FROM alpine AS a\nRUN true\nFROM alpine\n{runs}")
    }),
    Shape::new("mounts on one RUN", 1_000, |n| {
        let mounts: String = (0..n).map(|i| format!(" --mount=target=/m{i}")).collect();
        format!("FROM alpine\nRUN{mounts} true\n")
    }),
    Shape::new("global ARGs", 10_000, |n| {
        format!(
            "{}FROM alpine\n",
            lines(n, |i| format!("ARG A{i}=${{A{}:-x}}", i.max(1) - 1))
        )
    }),
    Shape::new("ARGs before a RUN", 10_000, |n| {
        format!(
            "FROM alpine\n{}RUN true\n",
            lines(n, |i| format!("ARG A{i}={i}"))
        )
    }),
    Shape::new("ENVs", 20_000, |n| {
        format!(
            "FROM alpine\n{}RUN true\n",
            lines(n, |i| format!("ENV E{i}={i}"))
        )
    }),
    Shape::new("ENVs of one variable", 100_000, |n| {
        format!("FROM alpine\n{}", lines(n, |i| format!("ENV E={i}")))
    }),
    Shape::new("variables in one ENV", 6_000, |n| {
        let pairs: String = (0..n).map(|i| format!(" E{i}={i}")).collect();
        format!("FROM alpine\nENV{pairs}\nRUN true\n")
    }),
    Shape::new("unset variables", 10_000, |n| {
        format!("FROM alpine\n{}", lines(n, |i| format!("WORKDIR /$U{i}")))
    }),
    Shape::new("LABELs", 100_000, |n| {
        format!("FROM alpine\n{}", lines(n, |i| format!("LABEL l{i}={i}")))
    }),
    Shape::new("EXPOSEs", 60_000, |n| {
        format!(
            "FROM alpine\n{}",
            lines(n, |i| format!("EXPOSE {}", 1 + i % 65_000))
        )
    }),
    Shape::new("WORKDIRs", 20_000, |n| {
        format!("FROM alpine\n{}", lines(n, |i| format!("WORKDIR /d{i}")))
    }),
    Shape::new("lines of a continued RUN", 100_000, |n| {
        format!(
            "FROM alpine\nRUN true \\\n{}  end\n",
            lines(n, |i| format!("  && echo {i} \\"))
        )
    }),
    Shape::new("lines of a heredoc", 100_000, |n| {
        format!(
            "FROM alpine\nRUN <<E\n{}E\n",
            lines(n, |i| format!("echo {i}"))
        )
    }),
    Shape::new("comments", 100_000, |n| {
        format!("{}FROM alpine\n", lines(n, |i| format!("# comment {i}")))
    }),
    Shape::new("bytes of a word", 60_000, |n| {
        format!("FROM alpine\nARG X=y\nENV A=\"{}$X\"\n", "a".repeat(n))
    }),
    Shape::new("variables in a word", 60_000, |n| {
        format!("FROM alpine\nARG X=y\nENV A={}\n", "$X".repeat(n / 2))
    }),
    Shape::new("nested defaults", 60_000, |n| {
        format!(
            "FROM alpine\nENV A={}{}\n",
            "${a:-".repeat(n / 6),
            "}".repeat(n / 6)
        )
    })
    .fails("nested"),
    Shape {
        config: r#"{"architecture":"amd64","os":"linux","config":{"OnBuild":["RUN a","COPY . /x","ENV A=$A-"]}}"#,
        ..Shape::new("stages whose image has triggers", 500, |n| {
            let stages = lines(n, |i| format!("FROM image AS s{i}\nONBUILD RUN x"));
            format!("{stages}{}", lines(n, |i| format!("FROM s{i} AS t{i}")))
        })
    },
];

fn lines(n: usize, line: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    for i in 0..n {
        let _ = writeln!(text, "{}", line(i));
    }
    text
}

/// Compiles; gives the size of the definition.
fn compile(shape: &Shape, size: usize) -> usize {
    let text = (shape.make)(size);
    let options = with!(
        Options::default(),
        main_context = MainContext::Local {
            name: "context".to_owned(),
            session_id: Some("session".to_owned()),
            ignore_file: None,
        }
    );
    let source = Source::new(text.as_bytes());
    let (compiled, _) =
        answers::compile(&source, &options, answers::image(shape.config.as_bytes()));
    let definition = compiled
        .result
        .and_then(|lowered| Ok((lowered.definition()?, lowered.image.to_json())));
    match (definition, shape.error) {
        (Ok((definition, image)), None) => definition.encode().len() + image.len(),
        (Err(error), Some(part)) if error.message().contains(part) => 0,
        (outcome, wanted) => {
            let outcome = outcome.map(|(definition, _)| definition.encode().len());
            panic!("{}, {size}: {wanted:?} but {outcome:?}", shape.name)
        }
    }
}

#[test]
fn large_inputs_need_little_stack() {
    on_small_stack(STACK, || {
        for shape in &SHAPES {
            let start = Instant::now();
            compile(shape, shape.full.min(TESTED));
            println!("{}: {:?}", shape.name, start.elapsed());
        }
    });
}

/// Size of most inputs without optimisation.
const TESTED: usize = 5_000;

#[test]
#[ignore = "measures; see the head of the file"]
fn growth_over_four_sizes() {
    let only = std::env::var("RDF_STRESS").unwrap_or_default();
    on_small_stack(STACK, move || {
        println!("| input | sizes | ms | output KiB |\n|---|---|---|---|");
        for shape in SHAPES.iter().filter(|shape| shape.name.contains(&only)) {
            let sizes = [shape.full / 8, shape.full / 4, shape.full / 2, shape.full];
            let mut times = Vec::new();
            let mut output = 0;
            for size in sizes {
                let start = Instant::now();
                output = compile(shape, size);
                times.push(format!("{:.1}", start.elapsed().as_secs_f64() * 1e3));
            }
            let sizes = sizes.map(|size| size.to_string()).join(", ");
            println!(
                "| {} | {sizes} | {} | {} |",
                shape.name,
                times.join(", "),
                output >> 10
            );
        }
    });
}

/// A variable that doubles with each line ends in an error about its size.
#[test]
fn a_doubling_variable_is_stopped() {
    on_small_stack(STACK, || {
        for line in [
            "ENV A=$A$A",
            "ARG A=$A$A",
            "ENV A=${A}${A:-x}",
            "LABEL l=$A$A\nENV A=$A$A",
        ] {
            let error = failure(&format!(
                "FROM alpine\nENV A=aaaaaaaaaaaaaaaa\n{}",
                lines(40, |_| line.to_owned())
            ));
            assert!(error.contains("longer than"), "{line}: {error}");
        }
        let error = failure(&format!(
            "ARG A=aaaaaaaaaaaaaaaa\n{}FROM alpine\n",
            lines(40, |_| "ARG A=$A$A".to_owned())
        ));
        assert!(error.contains("longer than"), "{error}");
    });
}

/// Many variables, each as long as one may be, must not add up to all of the memory.
#[test]
fn many_long_variables_are_stopped() {
    on_small_stack(STACK, || {
        let double = lines(15, |_| "ENV A=$A$A".to_owned());
        for line in [
            "ENV E{}=$A",
            "ARG E{}=$A",
            "LABEL E{}=$A",
            "WORKDIR /${A}{}",
            "LABEL l{}=$A-",
            "VOLUME /${A}{}",
        ] {
            let many = lines(2_000, |i| line.replace("{}", &i.to_string()));
            let error = failure(&format!(
                "FROM alpine\nENV A=aaaaaaaaaaaaaaaa\n{double}{many}RUN true\n"
            ));
            assert!(error.contains("variables add more than"), "{line}: {error}");
        }
        let double = lines(15, |_| "ARG A=$A$A".to_owned());
        let many = lines(2_000, |i| format!("ARG E{i}=$A"));
        let error = failure(&format!(
            "ARG A=aaaaaaaaaaaaaaaa\n{double}{many}FROM alpine\n"
        ));
        assert!(error.contains("variables add more than"), "{error}");
    });
}

/// Neither must what directories, ports and settings of stages make of short lines.
#[test]
fn what_short_lines_make_long_is_stopped() {
    on_small_stack(STACK, || {
        let deep = lines(40, |_| format!("WORKDIR {}", "d".repeat(10_000)));
        for (line, what) in [
            ("WORKDIR {}", "working directories add more than"),
            ("EXPOSE 1-65535", "exposed ports add more than"),
            (
                "RUN {}",
                "working directory and user of steps add more than",
            ),
            (
                "COPY 1 2 3 4 5 6 7 8 {}/",
                "relative destinations add more than",
            ),
            ("FROM s AS s", "inherited settings add more than"),
        ] {
            let many = lines(700, |i| line.replace("{}", &i.to_string()));
            let error = failure(&format!("FROM alpine AS s\n{deep}{many}"));
            assert!(error.contains(what), "{line}: {error}");
        }
    });
}

/// The error that compiling `text` ends with.
fn failure(text: &str) -> String {
    let options = Options::default();
    let image = answers::image(br#"{"architecture":"amd64","os":"linux"}"#);
    let (compiled, _) = answers::compile(&Source::new(text.as_bytes()), &options, image);
    compiled
        .result
        .map(|lowered| lowered.image.to_json().len())
        .expect_err("an error")
        .to_string()
}

/// An image may name itself in a trigger.
#[test]
fn triggers_that_lead_on_for_ever_are_stopped() {
    for trigger in ["COPY --from=loop /a /a", "RUN --mount=from=loop true"] {
        let config = format!(
            r#"{{"architecture":"amd64","os":"linux","config":{{"OnBuild":["{trigger}","{trigger}"]}}}}"#
        );
        let options = Options::default();
        let source = Source::new(b"FROM loop\nRUN true\n");
        let (compiled, _) = answers::compile(&source, &options, answers::image(config.as_bytes()));
        let error = compiled.result.map(|_| ()).expect_err("an error");
        let error = error.message();
        assert!(error.contains("ONBUILD triggers"), "{error}");
    }
}
