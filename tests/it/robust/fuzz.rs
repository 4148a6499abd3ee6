//! Fuzz targets: one for each thing that reads what others wrote. `scripts/fuzz` runs them.
//!
//! Seeds are lists in `seeds/`, divided by lines of `---`, and what testdata has of the kind. A finding goes into the
//! list of its target, so that every run begins with it.

use std::fs;

use dockerfile_llb::image::ImageConfig;
use dockerfile_llb::internals::llb::dump;
use dockerfile_llb::llb::{Definition, State};
use dockerfile_llb::syntax::{self, ArgumentError};

use super::mutate::Random;
use super::{
    STACK, check_places, dockerfile, dockerfiles, files, on_small_stack, root, run, testdata, texts,
};

/// A list of seeds.
fn seeds(name: &str) -> Vec<Vec<u8>> {
    let path = root().join("tests/it/robust/seeds");
    let text = fs::read_to_string(path.join(name)).unwrap();
    let seeds: Vec<Vec<u8>> = text
        .split("\n---\n")
        .map(|seed| seed.as_bytes().to_vec())
        .collect();
    assert!(seeds.len() > 5, "few seeds in {name}");
    seeds
}

/// Every seed as it is, then changes of them.
fn target(name: &'static str, seeds: Vec<Vec<u8>>, check: fn(&[u8], &[Vec<u8>], &mut Random)) {
    on_small_stack(STACK, move || {
        for (number, seed) in seeds.iter().enumerate() {
            check(seed, &seeds, &mut Random::new(number as u64));
        }
        run(name, &seeds, check);
    });
}

#[test]
fn lines() {
    target("lines", dockerfiles(), |input, _, _| {
        check_places(input, &syntax::parse(input));
    });
}

#[test]
fn words() {
    target("words", seeds("words"), |input, _, _| {
        texts::expansion(input);
    });
}

#[test]
fn json() {
    target("json", seeds("json"), |input, seeds, random| {
        for keyword in ["CMD ", "SHELL ", "COPY ", "HEALTHCHECK CMD "] {
            let text = [b"FROM scratch\n", keyword.as_bytes(), input].concat();
            dockerfile(&text, seeds, random);
        }
        texts::documents(input);
    });
}

#[test]
fn flags() {
    target("flags", seeds("flags"), |input, seeds, random| {
        for (keyword, rest) in [
            ("RUN ", " true\n"),
            ("COPY ", " a b\n"),
            ("ADD ", " a b\n"),
            ("HEALTHCHECK ", " CMD a\n"),
        ] {
            let head = b"FROM alpine AS base\nRUN true\nFROM base\n".as_slice();
            let text = [head, keyword.as_bytes(), input, rest.as_bytes()].concat();
            dockerfile(&text, seeds, random);
        }
    });
}

#[test]
fn mounts() {
    target("mounts", seeds("mounts"), |input, seeds, random| {
        let text = String::from_utf8_lossy(input);
        let _ = syntax::parse_mount(&text, |value| Ok::<_, ArgumentError>(value.to_owned()));
        let run = format!("FROM alpine AS base\nRUN true\nFROM base\nRUN --mount={text} true\n");
        dockerfile(run.as_bytes(), seeds, random);
    });
}

#[test]
fn patterns() {
    target("patterns", seeds("patterns"), |input, _, _| {
        texts::patterns(input)
    });
}

#[test]
fn locks() {
    let mut locks = vec![texts::LOCK.as_bytes().to_vec()];
    for path in files(&testdata()) {
        if path
            .extension()
            .is_some_and(|extension| extension == "lock")
        {
            locks.push(fs::read(path).unwrap());
        }
    }
    locks.extend(seeds("locks"));
    target("locks", locks, |input, _, _| texts::documents(input));
}

#[test]
fn protobuf() {
    let recorded = files(&testdata().join("conformance/cases"));
    let recorded = recorded
        .iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "pb"))
        .map(|path| fs::read(path).unwrap())
        .filter(|bytes| bytes.len() < 16 << 10);
    let recorded: Vec<_> = recorded.collect();
    assert!(recorded.len() > 100, "seeds are missing");
    target("protobuf", recorded, |input, _, _| {
        let Ok(definition) = Definition::decode(input) else {
            return;
        };
        let encoded = definition.encode();
        let again = Definition::decode(&encoded).expect("what was written can be read");
        assert_eq!(again.encode(), encoded);
        let _ = dump::text(&definition);
        let _ = dump::json(&definition);
        let _ = dump::convertllb(&definition);
        let _ = definition.sources();
        if let Ok(state) = State::from_definition(&definition) {
            let _ = state.marshal(&Default::default());
        }
    });
}

#[test]
fn image_configs() {
    target("image_configs", seeds("image-configs"), |input, _, _| {
        if let Ok(config) = ImageConfig::from_json(input) {
            let json = config.to_json();
            let again = ImageConfig::from_json(json.as_bytes()).map(|again| again.to_json());
            assert_eq!(again, Ok(json));
        }
    });
}

/// The first byte says which method's answer the others are.
#[cfg(all(feature = "testing", feature = "frontend"))]
#[test]
fn replies() {
    target(
        "replies",
        crate::gateway_hostile::honest_replies(),
        |input, _, _| {
            if let Some((method, reply)) = input.split_first() {
                crate::gateway_hostile::reply(*method, reply);
            }
        },
    );
}
