//! A node: a box with a name and a line below it, for a stage its steps as little squares.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::super::layout::{Rect, Size};
use super::super::metrics::Font;
use super::super::{Level, Node, NodeKind, whole};
use super::{Px, Text};

/// Fonts of the style sheet.
const STAGE: Font = Font::bold(12.5);
const OP: Font = Font::regular(12.0);
const DETAIL: Font = Font::regular(10.5);

/// Width of the coloured bar at the left.
const BAR: f64 = 5.0;
/// From the left edge to the text, and from the text to the right edge.
const INSET: (f64, f64) = (13.0, 10.0);
const HEIGHT: f64 = 44.0;
/// Narrowest and widest box.
const WIDTH: (f64, f64) = (104.0, 240.0);
/// The name of a stage has no second line to go on in.
const STAGE_WIDTH: (f64, f64) = (104.0, 320.0);
/// Ops have longer names.
const OP_WIDTH: (f64, f64) = (150.0, 290.0);

/// Side of a step's square, and the way to the next.
const SQUARE: (f64, f64) = (8.0, 10.5);
/// More squares than this are told by a number.
const MOST_SQUARES: usize = 16;
/// Room for that number.
const MORE: f64 = 30.0;

/// The pill that marks the target.
const PILL: Size = Size {
    width: 44.0,
    height: 14.0,
};
/// What it takes of the line of the name.
const PILL_ROOM: f64 = PILL.width + 8.0;

/// The size of a node's box.
pub(super) fn measure(node: &Node, is_target: bool) -> Size {
    let (least, most) = widths(node);
    let pill = if is_target { PILL_ROOM } else { 0.0 };
    let room = most - INSET.0 - INSET.1 - pill;
    let title = title_font(node).width(&title(node, room)) + pill;
    let below = match squares(node) {
        0 => DETAIL.width(&node.detail),
        shown => {
            let more = if node.steps().count() > shown {
                MORE
            } else {
                0.0
            };
            shown as f64 * SQUARE.1 + more
        }
    };
    let width = title.max(below).ceil() + INSET.0 + INSET.1;
    Size {
        width: width.clamp(least, most),
        height: HEIGHT,
    }
}

fn is_op(node: &Node) -> bool {
    node.kind != NodeKind::Stage && !node.kind.is_source()
}

fn widths(node: &Node) -> (f64, f64) {
    match node.kind {
        NodeKind::Stage => STAGE_WIDTH,
        kind if kind.is_source() => WIDTH,
        _ => OP_WIDTH,
    }
}

fn title_font(node: &Node) -> Font {
    if is_op(node) { OP } else { STAGE }
}

/// The title of a node. That of an op leaves out flags if it is wider than there is room: they would hide what it does.
fn title(node: &Node, room: f64) -> Cow<'_, str> {
    let short = match is_op(node) && title_font(node).width(&node.title) > room {
        true => without_flags(&node.title),
        false => None,
    };
    short.map_or(Cow::Borrowed(node.title.as_str()), Cow::Owned)
}

/// `RUN --mount=type=cache,target=/root make` as `RUN … make`.
fn without_flags(title: &str) -> Option<String> {
    let (instruction, _) = title.split_once(" --")?;
    let name = instruction.strip_prefix("LINK ").unwrap_or(instruction);
    let mut rest = title.strip_prefix(instruction)?.trim_start();
    while rest.starts_with("--") {
        let (_, after) = rest.split_once(' ')?;
        rest = after;
    }
    (!name.contains(' ')).then(|| format!("{instruction} … {rest}"))
}

/// How many squares a node has.
fn squares(node: &Node) -> usize {
    node.steps().count().min(MOST_SQUARES)
}

/// What of the picture a node's look depends on.
#[derive(Clone, Copy)]
pub(super) struct Look {
    pub is_target: bool,
    pub level: Level,
}

/// Draws a node into its box.
pub(super) fn draw(node: &Node, rect: &Rect, look: Look, out: &mut String) {
    let Look { is_target, level } = look;
    let (x, y) = (rect.at.x, rect.at.y);
    let Size { width, height } = rect.size;
    let kind = node.kind.as_str();
    let mut class = String::from("n");
    if node.critical {
        class.push_str(" crit");
    }
    if !node.needed {
        class.push_str(" dim");
    }
    let shape = |class: &str| {
        format!(
            "<rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"6\"/>",
            Px(x),
            Px(y),
            Px(width),
            Px(height)
        )
    };
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        "<g class=\"{class}\"><title>{}</title>{}{}",
        Text(&tooltip(node, is_target, level)),
        shape("paper"),
        shape(&format!("box k-{kind}")),
    );
    let _ = write!(
        out,
        "<rect class=\"k-{kind}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"2\"/>",
        Px(x + 3.0),
        Px(y + 6.0),
        Px(BAR - 1.5),
        Px(height - 12.0),
    );
    let room = width - INSET.0 - INSET.1;
    let font = title_font(node);
    let class = if is_op(node) { "o" } else { "t" };
    let left = x + INSET.0;
    let mut line = |class: &str, down: f64, text: &str| {
        let _ = write!(
            out,
            "<text class=\"{class}\" x=\"{}\" y=\"{}\">{}</text>",
            Px(left),
            Px(y + down),
            Text(text)
        );
    };
    let names = match node.kind.is_source() {
        true => font.wrap_ends(&node.title, room),
        false => {
            let pill = if is_target { PILL_ROOM } else { 0.0 };
            let room = room - pill;
            vec![font.fit(&title(node, room), room)]
        }
    };
    // A name that takes two lines is more than its kind, which the colour tells as well.
    match (names.as_slice(), squares(node)) {
        ([first, second, ..], _) => {
            line(class, 18.0, first);
            line(class, 34.0, second);
        }
        (names, shown) => {
            line(class, 19.0, names.first().map_or("", String::as_str));
            match shown {
                0 => line("d", 34.0, &DETAIL.fit(&node.detail, room)),
                shown => steps(node, shown, (left, y + 27.0, room), out),
            }
        }
    }
    if is_target {
        pill(x + width - PILL.width - 7.0, y + 7.5, out);
    }
    out.push_str("</g>\n");
}

/// The steps of a stage, as far as there is room.
fn steps(node: &Node, most: usize, (left, top, room): (f64, f64, f64), out: &mut String) {
    let fitting = |room: f64| whole(room / SQUARE.1);
    let all = node.steps().count();
    let shown = match all > most.min(fitting(room + 2.0)) {
        true => fitting(room - MORE).min(most),
        false => most,
    };
    for (place, kind) in node.steps().take(shown).enumerate() {
        let _ = write!(
            out,
            "<rect class=\"s k-{}\" x=\"{}\" y=\"{}\" width=\"{side}\" height=\"{side}\" rx=\"1.5\"/>",
            kind.as_str(),
            Px(left + place as f64 * SQUARE.1),
            Px(top),
            side = Px(SQUARE.0),
        );
    }
    if all > shown {
        let _ = write!(
            out,
            "<text class=\"d\" x=\"{}\" y=\"{}\">+{}</text>",
            Px(left + shown as f64 * SQUARE.1 + 1.0),
            Px(top + 7.5),
            all - shown
        );
    }
}

fn pill(x: f64, y: f64, out: &mut String) {
    let _ = write!(
        out,
        "<rect class=\"pill\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"7\"/>\
         <text text-anchor=\"middle\" x=\"{}\" y=\"{}\">target</text>",
        Px(x),
        Px(y),
        Px(PILL.width),
        Px(PILL.height),
        Px(x + PILL.width / 2.0),
        Px(y + 10.2),
    );
}

fn tooltip(node: &Node, is_target: bool, level: Level) -> String {
    let mut text = node.tooltip.clone();
    let marks = [
        (is_target, "the target"),
        (node.critical, "on the critical path"),
        (!node.needed, "not needed by the target"),
    ];
    for (_, words) in marks.iter().filter(|(is, _)| *is) {
        text.push('\n');
        text.push_str(words);
    }
    if let (Level::Ops, Some(stage)) = (level, &node.stage) {
        let _ = write!(text, "\nstage {stage}");
    }
    text
}
