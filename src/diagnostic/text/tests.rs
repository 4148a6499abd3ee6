use super::*;
use crate::source::Span;
use proptest::prelude::*;

/// The span of the only occurrence of `part`.
fn span(text: &str, part: &str) -> Span {
    let start = text.find(part).unwrap();
    assert_eq!(text.matches(part).count(), 1, "{part}");
    let end = start + part.len();
    Span::new(u32::try_from(start).unwrap(), u32::try_from(end).unwrap())
}

#[track_caller]
fn check(diagnostic: &Diagnostic, source: &str, expected: &str) {
    let file = File::new("Dockerfile", source.as_bytes());
    let found = render(diagnostic, &file, Colour::Plain, None);
    assert!(found == expected, "found:\n{found}\nexpected:\n{expected}");
}

#[test]
fn labels_point_at_several_lines() {
    let source = "FROM alpine:3.20 AS app\nCOPY --from=assets /dist /srv\nFROM node:22 AS static\n";
    let diagnostic = Diagnostic::error(
        "stage-used-before-definition",
        "stage `assets` is used before it is defined",
    )
    .at(
        span(source, "assets"),
        "only earlier stages can be copied from",
    )
    .label(span(source, "app"), "this is the current stage")
    .label(span(source, "static"), "`assets` is defined here")
    .hint("move stage `assets` above `app`")
    .url("https://docs.test/stages");
    check(
        &diagnostic,
        source,
        "\
error[stage-used-before-definition]: stage `assets` is used before it is defined
 --> Dockerfile:2:13
  |
1 | FROM alpine:3.20 AS app
  |                     --- this is the current stage
2 | COPY --from=assets /dist /srv
  |             ^^^^^^ only earlier stages can be copied from
3 | FROM node:22 AS static
  |                 ------ `assets` is defined here
  |
  = hint: move stage `assets` above `app`
  = see: https://docs.test/stages
",
    );
}

#[test]
fn labels_on_one_line_share_it() {
    let source = "COPY --from=a --chown=b c d\n";
    let diagnostic = Diagnostic::warning("X", "m")
        .at(span(source, "--chown=b"), "second")
        .label(span(source, "--from=a"), "first")
        .label(span(source, "d\n"), "third")
        .label(span(source, "COPY"), "");
    check(
        &diagnostic,
        source,
        "\
warning[X]: m
 --> Dockerfile:1:15
  |
1 | COPY --from=a --chown=b c d
  | ---- -------- ^^^^^^^^^   - third
  |      |        |
  |      |        second
  |      first
",
    );
}

#[test]
fn overlapping_labels_stay_readable() {
    let source = "RUN a b c\n";
    let diagnostic = Diagnostic::error("x", "m")
        .at(span(source, "b"), "inner")
        .label(span(source, "a b c"), "outer");
    check(
        &diagnostic,
        source,
        "\
error[x]: m
 --> Dockerfile:1:7
  |
1 | RUN a b c
  |     --^--
  |     | |
  |     | inner
  |     outer
",
    );
}

#[test]
fn far_lines_are_left_out() {
    let source = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\n";
    let diagnostic = Diagnostic::error("x", "m")
        .at(span(source, "k"), "end")
        .label(span(source, "a"), "")
        .label(span(source, "c"), "");
    check(
        &diagnostic,
        source,
        "\
error[x]: m
  --> Dockerfile:11:1
   |
 1 | a
   | -
 2 | b
 3 | c
   | -
...
11 | k
   | ^ end
",
    );
}

#[test]
fn long_labels_show_their_ends() {
    let body: String = (1..=12).map(|n| format!("  line{n} \\\r\n")).collect();
    let source = format!("RUN x \\\n{body}  last\nFROM y");
    let diagnostic =
        Diagnostic::error("x", "m").at(Span::new(0, span(&source, "  last\n").end), "all of it");
    check(
        &diagnostic,
        &source,
        "\
error[x]: m
  --> Dockerfile:1:1
   |
 1 | RUN x \\
   | ^^^^^^^
 2 |   line1 \\
   |   ^^^^^^^
 3 |   line2 \\
   |   ^^^^^^^
 4 |   line3 \\
   |   ^^^^^^^
...
11 |   line10 \\
   |   ^^^^^^^^
12 |   line11 \\
   |   ^^^^^^^^
13 |   line12 \\
   |   ^^^^^^^^
14 |   last
   |   ^^^^ all of it
",
    );
}

#[test]
fn widths_and_control_characters() {
    let source = "RUN\t日本 \x1b[31mx\n";
    let diagnostic =
        Diagnostic::error("x", "has\x1b[0m\nsecond line").at(span(source, "x"), "bad\r");
    check(
        &diagnostic,
        source,
        "\
error[x]: has\\x1b[0m
  second line
 --> Dockerfile:1:13
  |
1 | RUN    日本 \\x1b[31mx
  |                     ^ bad\\x0d
",
    );
}

#[test]
fn a_place_at_the_end_and_no_place() {
    let source = "FROM a\n";
    let diagnostic = Diagnostic::error("x", "m").at(Span::new(7, 7), "expected more");
    check(
        &diagnostic,
        source,
        "\
error[x]: m
 --> Dockerfile:2:1
  |
2 |
  | ^ expected more
",
    );
    let diagnostic = Diagnostic::error("", "m").hint("h\ni");
    check(
        &diagnostic,
        source,
        "error: m\n --> Dockerfile\n  = hint: h\n          i\n",
    );
}

#[test]
fn long_lines_are_cut() {
    let source = format!("RUN {} needle {}\n", "a".repeat(300), "b".repeat(300));
    let diagnostic = Diagnostic::error("x", "m").at(span(&source, "needle"), "here");
    let file = File::new("f", source.as_bytes());
    let found = render(&diagnostic, &file, Colour::Plain, None);
    let lines: Vec<&str> = found.lines().collect();
    assert!(
        lines[3].starts_with("1 | …aaa") && lines[3].ends_with("bbb…"),
        "{found}"
    );
    let column = |line: &str, what| line.find(what).map(|at| line[..at].chars().count());
    assert_eq!(
        column(lines[3], "needle"),
        column(lines[4], "^^^^^^ here"),
        "{found}"
    );
}

#[test]
fn colour_changes_nothing_else() {
    let source = "COPY --from=a --chown=b c d\n";
    let file = File::new("f", source.as_bytes());
    let diagnostic = Diagnostic::error("x", "m")
        .at(span(source, "--chown=b"), "second")
        .label(span(source, "--from=a"), "first")
        .hint("h");
    let coloured = render(&diagnostic, &file, Colour::Ansi, None);
    assert!(
        coloured.starts_with("\x1b[1;31merror[x]\x1b[0m\x1b[1m: m\x1b[0m\n"),
        "{coloured:?}"
    );
    let mut plain = String::new();
    for (at, piece) in coloured.split("\x1b[").enumerate() {
        let start = if at == 0 {
            0
        } else {
            piece.find('m').unwrap() + 1
        };
        plain.push_str(&piece[start..]);
    }
    assert_eq!(plain, render(&diagnostic, &file, Colour::Plain, None));
}

proptest! {
    #[test]
    fn any_span_can_be_shown(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        spans in proptest::collection::vec((0_u32..250, 0_u32..250, "[a-c\\n]{0,3}"), 1..5),
    ) {
        let file = File::new("f", &bytes);
        let mut diagnostic = Diagnostic::error("x", "m").at(Span::new(3, 9), "here");
        for (start, end, text) in spans {
            diagnostic = diagnostic.label(Span::new(start, end), text);
        }
        let text = render(&diagnostic, &file, Colour::Plain, None);
        prop_assert!(text.chars().all(|c| c == '\n' || !c.is_control()));
        prop_assert!(text.lines().all(|line| line.trim_end() == line));
        super::super::json::render(&diagnostic, &file);
    }
}

/// A line of the file is cut, texts are wrapped, and nothing is wider than the terminal.
#[test]
fn frames_keep_to_the_terminal() {
    let source = format!(
        "RUN {} && needle --flag && {}\n",
        "a ".repeat(60),
        "b ".repeat(60)
    );
    let diagnostic = Diagnostic::error(
        "some-code",
        "a message that has many words, and more than one line of them",
    )
    .at(
        span(&source, "needle"),
        "a label that does not fit beside its mark any more",
    )
    .hint("a hint that is as long as the others, and which begins behind its bullet");
    let file = File::new("Dockerfile", source.as_bytes());
    let text = render(&diagnostic, &file, Colour::Plain, Some(50));
    for part in [
        "error[some-code]: a message that has many words,\n  and more than one line of them\n",
        "needle --flag",
        " ^^^^^^\n",
        "  = hint: a hint that is as long as the others,\n          and which begins behind its bullet\n",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    for width in 48..200 {
        for colour in [Colour::Plain, Colour::Ansi] {
            let text = render(&diagnostic, &file, colour, Some(width));
            let plain = text.split('\x1b').enumerate().map(|(at, part)| match at {
                0 => part,
                _ => part.split_once('m').unwrap().1,
            });
            let plain: String = plain.collect();
            let widest = plain.lines().map(columns_of).max().unwrap();
            assert!(widest <= width, "{width}:\n{plain}");
        }
    }
}
