//! Pictures as a README shows them: on a page of limited width, with names that can be read.

use super::*;

/// Width of a README on a forge.
const PAGE: f64 = 830.0;

fn stages_of(text: &str) -> Graph {
    let [stages, _] = graphs(text.as_bytes()).unwrap();
    stages
}

fn svg(graph: &Graph) -> String {
    graph.print(Format::Svg, None).unwrap()
}

/// Width of the picture.
fn width(svg: &str) -> f64 {
    number(svg.lines().next().unwrap(), "width")
}

/// Stages of a repository with many services: each is built, tested and packed on its own.
fn services(count: usize) -> String {
    let mut text = String::from("FROM golang AS go\nCOPY . .\nFROM alpine AS runtime\n");
    for service in 0..count {
        text += &format!(
            "FROM go AS build-{service}\nRUN make s{service}\nFROM go AS test-{service}\n\
             COPY --from=build-{service} /o /o\nRUN check\nFROM runtime AS service-{service}\n\
             COPY --from=build-{service} /o /o\n"
        );
    }
    text += "FROM runtime\n";
    for service in 0..count {
        text += &format!("COPY --from=service-{service} /o /o\n");
    }
    text
}

#[test]
fn text_keeps_nine_tenths_of_its_size_or_nearly_on_a_page() {
    let mut texts: Vec<(String, String)> = dockerfiles()
        .iter()
        .filter_map(|path| {
            let name = path.file_name()?.to_string_lossy().into_owned();
            Some((name, String::from_utf8(fs::read(path).ok()?).ok()?))
        })
        .collect();
    for count in [3, 8, 20, 33, 60, 263] {
        texts.push((format!("{count} stages"), many_stages(count)));
        texts.push((format!("{count} services"), services(count / 3)));
    }
    let mut small = Vec::new();
    let mut seen = 0;
    for (name, text) in &texts {
        let Some([stages, _]) = graphs(text.as_bytes()) else {
            continue;
        };
        seen += 1;
        let shown = PAGE / width(&svg(&stages));
        // Fifty thin lines side by side take room, too.
        let least = if stages.nodes.len() > 100 { 0.6 } else { 0.8 };
        if shown < least {
            small.push(format!("{name}: {shown:.2}"));
        }
    }
    assert!(seen > DRAWN, "{seen} pictures");
    assert!(small.is_empty(), "{}", small.join("\n"));
}

#[test]
fn what_nothing_connects_stays_near() {
    let text: String = (0..12)
        .map(|stage| format!("FROM image{stage} AS s{stage}\nRUN make\n"))
        .collect();
    let layout = stages_of(&text).layout(None);
    let area = layout.size.width * layout.size.height;
    let boxes = layout.boxes.iter();
    let filled: f64 = boxes.map(|it| it.size.width * it.size.height).sum();
    assert!(filled / area > 0.3, "{filled} of {area}: {:?}", layout.size);
}

#[test]
fn the_direction_is_the_one_that_is_asked_for() {
    let graph = stages_of(&services(4));
    for (direction, rank, flow) in [
        (Direction::Right, "rankdir=LR", "flowchart LR\n"),
        (Direction::Down, "rankdir=TB", "flowchart TD\n"),
    ] {
        assert_eq!(graph.layout(Some(direction)).direction, direction);
        let dot = graph.print(Format::Dot, Some(direction)).unwrap();
        assert!(dot.contains(rank), "{dot}");
        let mermaid = graph.print(Format::Mermaid, Some(direction)).unwrap();
        assert!(mermaid.starts_with(flow), "{mermaid}");
        let problems: Vec<_> = overlaps(&graph.layout(Some(direction)))
            .into_iter()
            .collect();
        assert!(problems.is_empty(), "{}", problems.join("\n"));
    }
}

#[test]
fn a_reference_goes_on_in_the_second_line() {
    let svg = svg(&stages_of(
        "FROM registry.example/team/service:2026.1-slim AS a\nRUN make\n",
    ));
    for part in ["registry.example/team/", "service:2026.1-slim"] {
        assert!(svg.contains(part), "{part}: {svg}");
    }
    let labels = svg.split("</title>").skip(2);
    assert!(labels.into_iter().all(|label| !label.contains('…')));
    // One that takes three lines keeps both ends.
    let text = format!(
        "FROM registry.example/{}end:1\nRUN make\n",
        "long-name/".repeat(9)
    );
    let svg = self::svg(&stages_of(&text));
    assert!(
        svg.contains(">registry.example/") && svg.contains("/end:1</text>"),
        "{svg}"
    );
}

#[test]
fn flags_of_an_op_hide_no_command() {
    let flags = "--mount=type=cache,target=/root/.cache,id=builds --mount=type=bind,target=/src";
    let text = format!(
        "FROM a AS build\nRUN {flags} make test\nRUN {flags} make bench\nRUN --network=none make all\n\
         RUN make an-unusually-long-name-of-a-thing-to-make --jobs 8\n\
         FROM scratch\nCOPY --link --chown=1000:1000 --from=build /usr/local/share/thing /usr/local/share/\n"
    );
    let [_, ops] = graphs(text.as_bytes()).unwrap();
    let svg = svg(&ops);
    for label in [
        ">RUN … make test<",
        ">RUN … make bench<",
        ">RUN --network=none make all<",
        ">RUN make an-unusually-long-name-of-a-",
        ">COPY … /usr/local/share/thing ",
    ] {
        assert!(svg.contains(label), "{label}: {svg}");
    }
    assert_eq!(problems(&ops), [] as [String; 0]);
}

#[test]
fn the_header_is_never_cut() {
    let name =
        "a-name-of-a-file-that-is-longer-than-any-picture-is-wide-and-still-has-an-end.Dockerfile";
    let target = "an-unusually-long-name-of-a-stage-that-is-the-target-of-the-build";
    let text = format!("FROM a AS other\nRUN make\nFROM a AS {target}\nRUN check\n");
    let source = Source::new(text.as_bytes());
    let options = options(text.as_bytes());
    let mut answers = Answers::new();
    compile(&source, &options, &mut answers).result.unwrap();
    let graph = graph::stages(
        name,
        &dockerfile_llb::internals::shape(&source, &options, &answers).unwrap(),
    );
    let svg = svg(&graph);
    let head = svg.split_once("<g transform").unwrap().1;
    let head = head.split_once("</g>").unwrap().0;
    assert!(!head.contains('…'), "{head}");
    let texts = head.split("<text").skip(1);
    let texts: Vec<&str> = texts
        .map(|text| text.split_once('>').unwrap().1.split_once('<').unwrap().0)
        .collect();
    let joined = texts.concat();
    assert!(joined.contains(name), "{joined}");
    assert!(joined.contains(target), "{joined}");
}

#[test]
fn only_what_is_needed_is_there_when_that_is_asked_for() {
    let text = "FROM a AS a\nRUN 1\nFROM b AS b\nRUN 2\nFROM a AS c\nCOPY --from=b / /\nFROM alpine\nRUN 3\n";
    let graph = stages_of(text);
    let target = graph.target.map(|target| graph.nodes[target].title.clone());
    let needed = graph.clone().needed_only();
    let titles: Vec<&str> = needed.nodes.iter().map(|it| it.title.as_str()).collect();
    assert_eq!(titles, ["alpine:latest", "stage-3"]);
    assert!(needed.nodes.iter().all(|node| node.needed));
    assert_eq!(
        needed
            .target
            .map(|target| needed.nodes[target].title.clone()),
        target
    );
    assert_eq!(problems(&needed), [] as [String; 0]);
}

#[test]
fn mermaid_tells_kinds_of_edges_on_the_critical_path() {
    let text = "FROM a AS a\nRUN 1\nFROM b AS b\nRUN --mount=from=a,target=/a 2\n\
                FROM scratch\nCOPY --from=b / /\n";
    let mermaid = stages_of(text).print(Format::Mermaid, None).unwrap();
    assert!(mermaid.contains("-.->|mount|"), "{mermaid}");
    assert!(!mermaid.contains("==>"), "{mermaid}");
    let critical = mermaid.lines().find(|line| line.contains("linkStyle"));
    let arrows = mermaid.lines().filter(|line| line.contains("->")).count();
    let numbers = critical.unwrap().split_whitespace().nth(1).unwrap();
    assert!(
        numbers
            .split(',')
            .all(|it| it.parse::<usize>().unwrap() < arrows)
    );
    assert_eq!(numbers.split(',').count(), 3, "{mermaid}");
}

#[test]
fn addresses_are_shown_without_variables() {
    let text = "ARG HOST=a.example\nFROM scratch AS a\nARG HOST\nARG VERSION=1.2\n\
                ADD https://$HOST/x-$VERSION.tar /\nADD $VERSION /\nARG REPO=https://a.example/r.git\n\
                ADD $REPO#v$VERSION /src\nFROM scratch\nADD https://a.example/plain /\n";
    let source = Source::new(text.as_bytes());
    let options = with!(options(text.as_bytes()), all_stages = true);
    let mut answers = Answers::new();
    let all = compile(&source, &options, &mut answers).result.unwrap();
    let mut shape = dockerfile_llb::internals::shape(&source, &options, &answers).unwrap();
    assert!(shape.has_variables());
    dockerfile_llb::internals::expand(&mut shape, &all);
    let graph = graph::stages("Dockerfile", &shape);
    let titles: Vec<&str> = graph
        .nodes
        .iter()
        .filter(|node| node.kind.is_source())
        .map(|node| node.title.as_str())
        .collect();
    let expected = [
        "https://a.example/x-1.2.tar",
        "build context",
        "https://a.example/r.git#v1.2",
        "https://a.example/plain",
    ];
    assert_eq!(titles, expected);
}
