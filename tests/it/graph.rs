//! Pictures of builds: geometry over the corpus, and what the forms look like.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use dockerfile_llb::compile::{
    Answer, Answers, Compiled, ImageAnswer, ImageMeta, Lowered, MainContext, Need, Options, Source,
};
use dockerfile_llb::frontend::ClientOptions;
use dockerfile_llb::image::{ImageConfig, Platform};
use dockerfile_llb::internals::graph;
use dockerfile_llb::internals::graph::layout::{Direction, Layout, Piece, Point, Rect};
use dockerfile_llb::internals::graph::metrics::Font;
use dockerfile_llb::internals::graph::{Format, Graph};
use dockerfile_llb::llb::{SourceMap, State};

/// Files of the corpus of which there is a picture; the others are rejected.
const DRAWN: usize = 135;

/// Least distance of two boxes.
const APART: f64 = 10.0;

use crate::snapshot;

#[cfg(feature = "cli")]
mod page;
mod readable;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn options(bytes: &[u8]) -> Options {
    with!(
        Options::default(),
        main_context = MainContext::Local {
            name: "context".to_owned(),
            session_id: Some("s".to_owned()),
            ignore_file: None,
        },
        source_map = Some(SourceMap::new("Dockerfile", "Dockerfile", bytes))
    )
}

/// Every image is there and plain.
fn answer(need: &Need) -> Answer {
    match need {
        Need::Image(need) => {
            let mut config = ImageConfig::empty(&Platform::new("linux", "amd64"));
            config.rootfs.diff_ids = Some(vec![format!("sha256:{}", "0".repeat(64))]);
            Answer::Image(Ok(ImageAnswer::Found(ImageMeta {
                reference: need.reference.clone(),
                digest: None,
                config: config.to_json().into_bytes().into(),
            })))
        }
        Need::Input { .. } => Answer::Input(Ok(Some(State::scratch()))),
        Need::SourceTime { .. } => Answer::Time(Ok(None)),
        _ => Answer::File(Ok(None)),
    }
}

fn compile(source: &Source, options: &Options, answers: &mut Answers) -> Compiled {
    source.complete(options, answers, answer)
}

/// Both graphs of a Dockerfile; none if it is rejected.
fn graphs(bytes: &[u8]) -> Option<[Graph; 2]> {
    let source = Source::new(bytes);
    let options = options(bytes);
    let mut answers = Answers::new();
    let target: Lowered = compile(&source, &options, &mut answers).result.ok()?;
    let shape = dockerfile_llb::internals::shape(&source, &options, &answers).ok()?;
    let every = with!(options, all_stages = true);
    let all = compile(&source, &every, &mut answers).result.ok();
    let ops = graph::ops("Dockerfile", &shape, &target, all.as_ref()).ok()?;
    Some([graph::stages("Dockerfile", &shape), ops])
}

fn dockerfiles() -> Vec<PathBuf> {
    let mut dirs = vec![root().join("testdata/corpus/files")];
    dirs.extend(std::env::var_os("RDF_CORPUS").map(|dir| PathBuf::from(dir).join("files")));
    let mut found = Vec::new();
    for dir in dirs {
        let entries = fs::read_dir(&dir).unwrap();
        found.extend(entries.map(|entry| entry.unwrap().path()));
    }
    found.sort();
    found
}

#[test]
fn pictures_of_the_corpus_have_no_overlaps() {
    let mut wrong = Vec::new();
    let mut drawn = 0;
    for path in dockerfiles() {
        let bytes = fs::read(&path).unwrap();
        let Some(graphs) = graphs(&bytes) else {
            continue;
        };
        drawn += 1;
        for graph in graphs {
            for problem in problems(&graph) {
                wrong.push(format!(
                    "{} {}: {problem}",
                    path.display(),
                    graph.level.as_str()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(drawn >= DRAWN, "{drawn} pictures");
}

#[test]
fn pictures_of_many_stages_have_no_overlaps() {
    let text = many_stages(263);
    for graph in graphs(text.as_bytes()).unwrap() {
        assert_eq!(problems(&graph), [] as [String; 0]);
    }
    let [stages, _] = graphs(text.as_bytes()).unwrap();
    assert_eq!(
        stages
            .nodes
            .iter()
            .filter(|node| !node.kind.is_source())
            .count(),
        263
    );
}

/// A file as distributions have it: packages that are fetched, built on others, and packed.
fn many_stages(count: usize) -> String {
    let mut text = String::from(
        "FROM alpine AS base\nRUN apk add gcc\nFROM base AS fetch\nRUN apk add curl\n",
    );
    let mut stages = 2;
    let mut package: usize = 0;
    while stages + 3 < count {
        text += &format!("FROM fetch AS p{package}-src\nRUN curl -O p{package}\n");
        text += &format!("FROM base AS p{package}-build\nCOPY --from=p{package}-src / /\n");
        for earlier in [package / 2, package * 2 / 3, package.saturating_sub(3)] {
            if earlier < package {
                text += &format!("COPY --from=p{earlier} / /\n");
            }
        }
        text += &format!("RUN --mount=from=fetch,target=/f make p{package}\n");
        text += &format!("FROM scratch AS p{package}\nCOPY --from=p{package}-build /out /\n");
        stages += 3;
        package += 1;
    }
    while stages + 1 < count {
        text += &format!("FROM base AS check{stages}\nRUN true\n");
        stages += 1;
    }
    text += "FROM base AS release\n";
    for package in (0..package).step_by(4) {
        text += &format!("COPY --from=p{package} / /\n");
    }
    text
}

/// Everything that is wrong with a picture.
fn problems(graph: &Graph) -> Vec<String> {
    let layout = graph.layout(None);
    let mut found = overlaps(&layout);
    found.extend(detached(&layout));
    found.extend(crossed_boxes(&layout));
    found.extend(missing_edges(graph, &layout));
    let svg = graph.print(Format::Svg, None).unwrap();
    found.extend(wide_labels(&svg));
    found.extend(malformed(&svg));
    if graph.print(Format::Svg, None).unwrap() != svg {
        found.push("two pictures of one graph differ".to_owned());
    }
    found
}

fn overlaps(layout: &Layout) -> Vec<String> {
    let mut found = Vec::new();
    for (index, a) in layout.boxes.iter().enumerate() {
        for (other, b) in layout.boxes.iter().enumerate().skip(index + 1) {
            let apart = |a: f64, a_size: f64, b: f64, b_size: f64| {
                a + a_size + APART <= b + 0.01 || b + b_size + APART <= a + 0.01
            };
            let across = apart(a.at.x, a.size.width, b.at.x, b.size.width);
            let along = apart(a.at.y, a.size.height, b.at.y, b.size.height);
            if !across && !along {
                found.push(format!("boxes {index} and {other} overlap: {a:?} {b:?}"));
            }
        }
        let inside = a.at.x >= -0.01
            && a.at.y >= -0.01
            && a.at.x + a.size.width <= layout.size.width + 0.01
            && a.at.y + a.size.height <= layout.size.height + 0.01;
        if !inside {
            found.push(format!("box {index} sticks out: {a:?}"));
        }
    }
    found
}

/// Ends of edges that are not on the side of their box.
fn detached(layout: &Layout) -> Vec<String> {
    // Edges leave at the far side along the flow and arrive at the near one.
    let on = |rect: &Rect, point: Point, begins: bool| {
        let far = |length: f64| if begins { length } else { 0.0 };
        let (side, at, from, length, along) = match layout.direction {
            Direction::Right => {
                let side = rect.at.x + far(rect.size.width);
                (side, point.x, rect.at.y, rect.size.height, point.y)
            }
            Direction::Down => {
                let side = rect.at.y + far(rect.size.height);
                (side, point.y, rect.at.x, rect.size.width, point.x)
            }
        };
        (side - at).abs() < 0.01 && from < along && along < from + length
    };
    let mut found = Vec::new();
    for piece in &layout.pieces {
        let [start, .., end] = piece.points;
        let bad = piece
            .from
            .is_some_and(|node| !on(&layout.boxes[node], start, true))
            || piece
                .to
                .is_some_and(|node| !on(&layout.boxes[node], end, false));
        if bad {
            found.push(format!("an edge does not meet its box: {piece:?}"));
        }
    }
    found
}

fn at(piece: &Piece, t: f64) -> Point {
    let [a, b, c, d] = piece.points;
    let mix = |a: f64, b: f64, c: f64, d: f64| {
        let u = 1.0 - t;
        u * u * u * a + 3.0 * u * u * t * b + 3.0 * u * t * t * c + t * t * t * d
    };
    Point {
        x: mix(a.x, b.x, c.x, d.x),
        y: mix(a.y, b.y, c.y, d.y),
    }
}

/// Edges that lead through a box.
fn crossed_boxes(layout: &Layout) -> Vec<String> {
    let mut found = Vec::new();
    for piece in &layout.pieces {
        let inside = |rect: &Rect, point: Point| {
            point.x > rect.at.x + 0.5
                && point.x < rect.at.x + rect.size.width - 0.5
                && point.y > rect.at.y + 0.5
                && point.y < rect.at.y + rect.size.height - 0.5
        };
        for step in 0..=12 {
            let point = at(piece, f64::from(step) / 12.0);
            if let Some(index) = layout.boxes.iter().position(|rect| inside(rect, point)) {
                found.push(format!("an edge leads through box {index}: {piece:?}"));
                break;
            }
        }
    }
    found
}

/// Edges of the graph that cannot be followed in the picture.
fn missing_edges(graph: &Graph, layout: &Layout) -> Vec<String> {
    let key = |point: Point| {
        (
            (point.x * 10.0).round() as i64,
            (point.y * 10.0).round() as i64,
        )
    };
    let mut found = Vec::new();
    for (index, edge) in graph.edges.iter().enumerate() {
        if layout.stubs.contains(&index) {
            continue;
        }
        let of_bundle = |piece: &&Piece| {
            piece.bundle.kind == edge.kind
                && match piece.bundle.begins {
                    true => piece.bundle.node == edge.from,
                    false => piece.bundle.node == edge.to,
                }
        };
        let pieces: Vec<&Piece> = layout.pieces.iter().filter(of_bundle).collect();
        let starts = pieces.iter().filter(|piece| piece.from == Some(edge.from));
        let mut open: Vec<&Piece> = starts.copied().collect();
        let mut seen = BTreeSet::new();
        let mut reached = false;
        while let Some(piece) = open.pop() {
            reached |= piece.to == Some(edge.to);
            let end = key(piece.points[3]);
            if seen.insert((key(piece.points[0]), end)) {
                open.extend(pieces.iter().filter(|next| key(next.points[0]) == end));
            }
        }
        if !reached {
            found.push(format!("edge {edge:?} is not drawn"));
        }
    }
    found
}

/// The value of an attribute as a number.
fn number(tag: &str, name: &str) -> f64 {
    let start = format!(" {name}=\"");
    let rest = tag
        .split_once(&start)
        .unwrap_or_else(|| panic!("{name} in {tag}"))
        .1;
    rest.split('"').next().unwrap().parse().unwrap()
}

/// Labels that do not fit into their boxes.
fn wide_labels(svg: &str) -> Vec<String> {
    let mut found = Vec::new();
    for node in svg.split("<g class=\"n").skip(1) {
        let node = node.split("</g>").next().unwrap();
        if !node.contains("<title>") {
            continue;
        }
        let paper = node.split("<rect class=\"paper\"").nth(1).unwrap();
        let paper = format!("<rect{}", paper.split("/>").next().unwrap());
        let (left, width) = (number(&paper, "x"), number(&paper, "width"));
        for text in node.split("<text ").skip(1) {
            let (tag, rest) = text.split_once('>').unwrap();
            let label = rest.split("</text>").next().unwrap();
            let label = label
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&quot;", "\"")
                .replace("&amp;", "&");
            let font = match tag.split('"').nth(1).unwrap() {
                "t" => Font::bold(12.5),
                "o" => Font::regular(12.0),
                "d" => Font::regular(10.5),
                _ => Font::bold(9.5),
            };
            let tag = format!(" {tag}");
            let centred = tag.contains("middle");
            let wide = font.width(&label);
            let start = number(&tag, "x") - if centred { wide / 2.0 } else { 0.0 };
            if start < left || start + wide > left + width + 0.1 {
                found.push(format!("`{label}` does not fit: {tag}"));
            }
        }
        for square in node.split("<rect class=\"s k-").skip(1) {
            let tag = format!(" {}", square.split("/>").next().unwrap());
            if number(&tag, "x") + number(&tag, "width") > left + width {
                found.push(format!("a square is outside of its box: {tag}"));
            }
        }
    }
    found
}

/// Tags that are not closed in order.
fn malformed(svg: &str) -> Vec<String> {
    let mut open: Vec<&str> = Vec::new();
    for tag in svg.split('<').skip(1) {
        let tag = tag.split('>').next().unwrap();
        if let Some(name) = tag.strip_prefix('/') {
            if open.pop() != Some(name) {
                return vec![format!("</{name}> closes nothing")];
            }
        } else if !tag.ends_with('/') {
            open.push(tag.split(' ').next().unwrap());
        }
    }
    open.iter()
        .map(|name| format!("<{name}> stays open"))
        .collect()
}

/// A case of testdata/graph: a Dockerfile, and its graphs in all forms.
fn check(file: &Path) {
    let dir = file.parent().unwrap();
    for graph in graphs(&fs::read(file).unwrap()).unwrap() {
        for format in [Format::Svg, Format::Dot, Format::Mermaid, Format::Json] {
            let printed = graph.print(format, None).unwrap();
            let (level, form) = (graph.level.as_str(), format.as_str());
            match format {
                // A file by itself is one to look at.
                Format::Svg => snapshot::bytes(dir, level, form, printed.into_bytes()),
                _ => snapshot::text(dir, &format!("{level}-{form}"), &printed),
            }
        }
    }
}

#[test]
fn graphs_look_as_their_snapshots_show() {
    assert_eq!(snapshot::each("graph", "/Dockerfile", check), 2);
}

#[test]
fn the_target_decides_what_is_needed() {
    let text = "FROM alpine AS a\nRUN 1\nFROM a AS b\nRUN 2\nFROM busybox AS c\nRUN 3\n\
                FROM scratch AS d\nCOPY --from=b /x /\nRUN --mount=from=c,target=/m 4\nFROM b AS e\nRUN 5\n";
    let source = Source::new(text.as_bytes());
    let options = with!(
        options(text.as_bytes()),
        client = ClientOptions {
            target: "d".to_owned(),
            ..ClientOptions::default()
        }
    );
    let mut answers = Answers::new();
    compile(&source, &options, &mut answers).result.unwrap();
    let graph = graph::stages(
        "Dockerfile",
        &dockerfile_llb::internals::shape(&source, &options, &answers).unwrap(),
    );
    let of = |of: &dyn Fn(&graph::Node) -> bool| {
        let nodes = graph.nodes.iter().filter(|node| of(node));
        nodes.map(|node| node.title.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(of(&|node| !node.needed), ["e"]);
    assert_eq!(of(&|node| node.critical), ["alpine:latest", "a", "b", "d"]);
    // alpine, RUN 1, RUN 2, COPY, RUN 4
    assert_eq!(graph.path_steps, 5);
    let kinds: BTreeMap<&str, usize> =
        graph.edges.iter().fold(BTreeMap::new(), |mut kinds, edge| {
            *kinds.entry(edge.kind.as_str()).or_default() += 1;
            kinds
        });
    assert_eq!(
        kinds,
        BTreeMap::from([("from", 4), ("copy", 1), ("mount", 1)])
    );
}

#[test]
fn ten_thousand_ops_are_drawn() {
    let mut text = String::from("FROM alpine\n");
    for step in 0..5_000 {
        text += &format!("COPY f{step} /\nRUN {step}\n");
    }
    let [_, ops] = graphs(text.as_bytes()).unwrap();
    assert_eq!(ops.nodes.len(), 10_002);
    let start = std::time::Instant::now();
    let svg = ops.print(Format::Svg, None).unwrap();
    println!("10,002 ops: {} bytes in {:?}", svg.len(), start.elapsed());
    assert_eq!(malformed(&svg), [] as [String; 0]);
    assert!(svg.len() < 20 << 20, "{} bytes", svg.len());
}

/// Says how long pictures take: `cargo test --release … how_long -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn how_long_it_takes() {
    let wide: String = (0..5_000)
        .map(|stage| format!("FROM alpine AS s{stage}\nRUN {stage}\n"))
        .chain(["FROM scratch\n".to_owned()])
        .chain((0..4_999).map(|stage| format!("COPY --from=s{stage} / /\n")))
        .collect();
    let chain: String = ["FROM alpine\n".to_owned()]
        .into_iter()
        .chain((0..5_000).map(|step| format!("COPY f{step} /\nRUN {step}\n")))
        .collect();
    for (name, text) in [
        ("263 stages", many_stages(263)),
        ("wide", wide),
        ("chain", chain),
    ] {
        let start = std::time::Instant::now();
        let graphs = graphs(text.as_bytes()).unwrap();
        println!("{name}: compiled in {:?}", start.elapsed());
        for graph in graphs {
            let start = std::time::Instant::now();
            let svg = graph.print(Format::Svg, None).unwrap();
            let (level, nodes) = (graph.level.as_str(), graph.nodes.len());
            println!(
                "{name}: {nodes} {level}: {} bytes in {:?}",
                svg.len(),
                start.elapsed()
            );
        }
    }
}
