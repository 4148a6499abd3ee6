//! Everything that reads a text or bytes of its own: references, URLs, patterns, JSON, lockfiles, ….

use std::fs;

use dockerfile_llb::image::{Digest, ImageConfig, Platform, Reference, Timestamp};
use dockerfile_llb::internals::diagnostic::suggest::{Case, suggest};
use dockerfile_llb::internals::expand::settings::{Escapes, Quotes, Unset};
use dockerfile_llb::internals::expander;
use dockerfile_llb::internals::go::{csv, json, number, path, quote, text, time, units, url, utf8};
use dockerfile_llb::internals::ignore::{PatternMatcher, read_patterns};
use dockerfile_llb::internals::limits::MAX_EXPANSION_BYTES;
use dockerfile_llb::internals::lint::Config;
use dockerfile_llb::internals::llb::dump;
use dockerfile_llb::internals::lock;
use dockerfile_llb::internals::remote;
use dockerfile_llb::internals::syntax::heredoc::parse_heredoc;
use dockerfile_llb::llb::{Definition, EnvList, State};
use dockerfile_llb::source::{Escape, LineRange};
use dockerfile_llb::syntax::{self, ArgumentError, DirectiveKind};

use super::mutate::{Random, WORDS};
use super::{files, testdata};

/// A lockfile to start from.
pub const LOCK: &str = include_str!("seed.lock");

/// Texts of every kind.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = WORDS.iter().map(|word| word.as_bytes().to_vec()).collect();
    for example in [
        "type=cache,target=/a,id=b,sharing=locked,from=c,source=d,mode=0755,uid=1,gid=2,size=10m",
        "type=secret,id=x,env=Y,required=true,\"target=/a,b\"",
        "${A:-${B:+\"c $D\"}}\\$e'f'${G##*/}${H/x/y}",
        "linux/arm64/v8,windows(10.0.17763)/amd64",
        "ghcr.io/a/b-c/d.e__f:v1.2@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "https://user:pass@host:8080/a/b.git?ref=main&subdir=x&checksum=abc#refs/tags/v1:sub/dir",
        "ssh://git@host:22/~user/repo.git#:dir",
        "git@github.com:moby/buildkit.git#v0.1",
        "oci-layout://store@sha256:0123",
        "**/*.go\n!vendor/**\n/a[!x-z]?\\*\n# c\n",
        "skip=all;error=true;experimental=X,Y",
        "1h30m0.5s",
        "10GiB",
        "nofile=1024:2048",
        "a,\"b\"\"c\",d",
        "2024-05-06T07:08:09.123456789+02:00",
        "//comment\n{\"syntax\": \"docker/dockerfile:1\"}",
        LOCK,
    ] {
        seeds.push(example.as_bytes().to_vec());
    }
    for path in files(&testdata().join("conformance/cases")) {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let length = path.metadata().map_or(0, |data| data.len());
        if length < 8192 && (name.ends_with(".pb") || name.ends_with(".json")) {
            seeds.push(fs::read(path).unwrap());
        }
    }
    for file in super::dockerfiles() {
        seeds.extend(file.split(|byte| *byte == b'\n').map(<[u8]>::to_vec));
    }
    seeds
}

/// Reads `input` as everything there is.
pub fn check(input: &[u8], _: &[Vec<u8>], random: &mut Random) {
    let text = String::from_utf8_lossy(input);
    syntax_of(input, &text);
    expansion(input);
    names(&text);
    places(&text);
    patterns(input);
    go_rules(input, &text, random);
    documents(input);
}

fn syntax_of(input: &[u8], text: &str) {
    syntax::detect_syntax(input);
    for kind in [
        DirectiveKind::Syntax,
        DirectiveKind::Check,
        DirectiveKind::Escape,
    ] {
        syntax::parse_directive(kind, input);
    }
    parse_heredoc(text);
    syntax::chomp_heredoc(input);
    let _ = syntax::parse_trigger(input, LineRange::line(1));
    let _ = syntax::parse_mount(text, |value| Ok::<_, ArgumentError>(value.to_owned()));
    let _ = Config::parse(text);
}

pub fn expansion(input: &[u8]) {
    let env: EnvList = [("A", "a b"), ("B", ""), ("C", "$A"), ("Ä", "x"), ("1", "y")]
        .into_iter()
        .collect();
    for escape in [Escape::Backslash, Escape::Backtick] {
        for quotes in [Quotes::default(), Quotes::Keep] {
            for escapes in [Escapes::default(), Escapes::Keep] {
                for unset in [Unset::default(), Unset::Keep] {
                    let expander = expander(escape, quotes, escapes, unset);
                    if let Ok(expanded) = expander.expand_word(input, &env) {
                        assert!(expanded.text.len() <= MAX_EXPANSION_BYTES.max(3 * input.len()));
                    }
                    if let Ok(expanded) = expander.expand_words(input, &env) {
                        assert!(expanded.words.iter().all(|word| !word.is_empty()));
                    }
                }
            }
        }
    }
}

fn names(text: &str) {
    let host = Platform::new("linux", "amd64");
    if let Ok(platform) = Platform::parse(text, &host) {
        let normalized = platform.normalized();
        assert_eq!(normalized, normalized.normalized(), "{text:?}");
        platform.format_all();
    }
    let read = [Reference::parse(text), Reference::parse_normalized(text)];
    for reference in read.into_iter().flatten() {
        let shown = reference.to_string();
        assert_eq!(
            Reference::parse(&shown).map(|again| again.to_string()),
            Ok(shown)
        );
        reference.familiar_string();
        let _ = reference.trim_named();
    }
    let _ = Digest::parse(text);
    let _ = suggest(text, WORDS, Case::Insensitive);
}

fn places(text: &str) {
    remote::parse_git_ref(text);
    if let Some(Ok(git)) = remote::detect_git_context(text) {
        let _ = format!("{git:?}");
    }
    let _ = remote::GitUrl::parse(text);
    remote::is_http_context(text);
    remote::is_http_source(text);
    remote::http_filename(text);
    let _ = remote::parse_oci_layout(text);
    if let Ok(url) = url::Url::parse(text) {
        let _ = (url.path(), url.fragment(), url.query());
        let _ = url::Url::parse(&url.to_string()).map(|url| url.without_query_and_fragment());
    }
}

pub fn patterns(input: &[u8]) {
    let Ok(patterns) = read_patterns(input) else {
        return;
    };
    let Ok(matcher) = PatternMatcher::new(&patterns) else {
        return;
    };
    let long = "a/".repeat(200);
    for path in [
        "a",
        "a/b/c.go",
        "vendor/x",
        "README.md",
        "",
        "/",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaab",
        &long,
    ] {
        let _ = matcher.matches_or_parent_matches(path);
    }
}

fn go_rules(input: &[u8], text: &str, random: &mut Random) {
    let clean = path::clean(text).into_owned();
    assert_eq!(path::clean(&clean), clean, "{text:?}");
    path::join(&[text, random.pick(WORDS), text]);
    let _ = (path::base(text), path::dir(text), path::is_abs(text));
    quote::quote(input);
    quote::quote_slice(&[input, b"x"]);
    json::string(input);
    utf8::to_valid(input);
    assert!(text::equal_fold(text, text));
    let _ = (
        text::to_lower(text),
        text::to_upper(text),
        text::trim_space(text),
    );
    let _ = csv::fields(text);
    let _ = time::parse_duration(text);
    let _ = units::ram_in_bytes(text);
    let _ = units::parse_ulimit(text);
    let _ = number::parse_bool(text);
    let _ = number::atoi(text);
    let _ = number::parse_float(text);
    for (base, bits) in [(0, 64), (8, 32), (10, 16), (16, 8)] {
        let _ = number::parse_int(text, base, bits);
        let _ = number::parse_uint(text, base, bits);
    }
}

pub fn documents(input: &[u8]) {
    let _ = Timestamp::parse(input);
    if let Ok(config) = ImageConfig::from_json(input) {
        let json = config.to_json();
        let again = ImageConfig::from_json(json.as_bytes()).map(|again| again.to_json());
        assert_eq!(again, Ok(json));
    }
    if let Ok(lock) = lock::file::read(input) {
        let printed = lock::file::print(&lock);
        assert_eq!(
            lock::file::read(printed.as_bytes()).map(|again| lock::file::print(&again)),
            Ok(printed)
        );
        lock::export::source_policy(&lock, &Default::default());
        lock::export::bake(&lock);
        lock::export::build_context_flags(&lock);
    }
    if let Ok(definition) = Definition::decode(input) {
        let _ = dump::text(&definition);
        let _ = dump::json(&definition);
        if let Ok(state) = State::from_definition(&definition) {
            let _ = state.marshal(&Default::default());
        }
    }
}
