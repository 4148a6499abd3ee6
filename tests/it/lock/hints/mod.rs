//! Every hint is followed: make the finding, do what its hint says, and the finding is gone.
//!
//! Commands are taken out of hints as they stand, between backticks, and given to a shell. Each of several ways out is
//! tried from the beginning.

mod builds;
mod checks;
mod files;

use std::collections::BTreeSet;

use dockerfile_llb::internals::lock::file::FileErrorKind;
use dockerfile_llb::internals::lock::verify::FindingKind;

use super::Dir;
use super::world::World;

/// What is told, and what to do about it.
#[derive(Clone, Debug)]
struct Told {
    code: String,
    subject: String,
    message: String,
    hint: String,
}

impl Told {
    fn is(&self, other: &Told) -> bool {
        (&self.code, &self.subject, &self.message) == (&other.code, &other.subject, &other.message)
    }
}

/// What a person does to the files.
type Change = dyn Fn(&Dir, &World);

/// One finding in the making.
struct Case<'c> {
    name: &'c str,
    /// Its code.
    code: &'c str,
    /// Makes everything that the finding needs.
    make: &'c Change,
    /// Looks for findings.
    ask: &'c dyn Fn(&Dir, &World) -> Vec<Told>,
    /// Words of the hint, each with what a person puts in its place.
    fill: &'c [(&'c str, &'c str)],
    /// What the hint says to do to the files, before its commands.
    edit: Option<&'c Change>,
}

/// A case whose hint is commands alone.
fn case<'c>(
    name: &'c str,
    code: &'c str,
    make: &'c Change,
    ask: &'c dyn Fn(&Dir, &World) -> Vec<Told>,
) -> Case<'c> {
    Case {
        name,
        code,
        make,
        ask,
        fill: &[],
        edit: None,
    }
}

impl Case<'_> {
    /// Makes the finding in a directory of its own.
    fn found(&self, world: &World) -> (Dir, Told) {
        let dir = Dir::new();
        (self.make)(&dir, world);
        let all = (self.ask)(&dir, world);
        let told = all.iter().find(|told| told.code == self.code);
        let told = told.unwrap_or_else(|| panic!("{}: no {}: {all:?}", self.name, self.code));
        (dir, told.clone())
    }

    fn follow(&self, world: &World) {
        let (_, told) = self.found(world);
        let mut ways = ways(&told.hint);
        if self.edit.is_some() && ways.is_empty() {
            ways.push(Vec::new());
        }
        assert!(!ways.is_empty(), "{}: no command: {told:?}", self.name);
        for way in ways {
            let (dir, told) = self.found(world);
            if let Some(edit) = self.edit {
                edit(&dir, world);
            }
            for command in &way {
                let fill =
                    |command: String, (word, with): &(&str, &str)| command.replace(word, with);
                let command = self.fill.iter().fold(command.clone(), fill);
                run(&dir, &command)
                    .unwrap_or_else(|said| panic!("{}: {command}: {said}\n{told:?}", self.name));
            }
            self.is_gone(&dir, world, &told, &way.join("; "));
        }
    }

    fn is_gone(&self, dir: &Dir, world: &World, told: &Told, by: &str) {
        let left = (self.ask)(dir, world);
        assert!(
            !left.iter().any(|other| other.is(told)),
            "{}: still there after {by}: {told:?}",
            self.name
        );
    }
}

/// Runs a command as a person does who has `rdf`.
fn run(dir: &Dir, command: &str) -> Result<(), String> {
    let programs = std::path::Path::new(env!("CARGO_BIN_EXE_rdf"))
        .parent()
        .unwrap();
    let path = format!(
        "{}:{}",
        programs.display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let mut shell = dir.command_of("sh");
    let output = shell
        .args(["-c", command])
        .env("PATH", path)
        .output()
        .unwrap();
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

/// The ways out that a hint names, each a list of commands. "Or" divides ways, "then" goes on with all of them, and so
/// does the next finding of several in one text.
fn ways(hint: &str) -> Vec<Vec<String>> {
    let mut ways: Vec<Vec<String>> = Vec::new();
    // How many of the ways begin with the finding in hand.
    let mut before = vec![Vec::new()];
    let mut parts = hint.split('`');
    let mut between = parts.next().unwrap_or_default().to_owned();
    while let (Some(command), Some(after)) = (parts.next(), parts.next()) {
        if ["rdf ", "git ", "rm ", "mv "]
            .iter()
            .any(|start| command.starts_with(start))
        {
            let command = command.to_owned();
            if between.contains(')') && !ways.is_empty() {
                before = std::mem::take(&mut ways);
            }
            if between.contains("then") && !ways.is_empty() {
                ways.iter_mut().for_each(|way| way.push(command.clone()));
            } else {
                ways.extend(
                    before
                        .iter()
                        .map(|way| [way.clone(), vec![command.clone()]].concat()),
                );
            }
            between.clear();
        }
        between.push_str(after);
    }
    ways
}

#[test]
fn commands_are_read_as_people_read_them() {
    let read = |hint: &str| {
        ways(hint)
            .into_iter()
            .map(|way| way.join("; "))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        read("run `rdf a`, or `rdf b` for others"),
        ["rdf a", "rdf b"]
    );
    assert_eq!(
        read("keep either with `git a` or `git b`, then run `rdf c`"),
        ["git a; rdf c", "git b; rdf c"]
    );
    assert_eq!(
        read("`x` is wrong (run `rdf a`); `y` is (run `rdf b`, or `rdf c`; or not)"),
        ["rdf a; rdf b", "rdf a; rdf c"]
    );
    assert_eq!(read("take `the flag` out"), Vec::<String>::new());
}

#[test]
fn every_kind_of_finding_has_a_hint_that_leads_out() {
    let mut covered: BTreeSet<String> = BTreeSet::new();
    let world = World::start();
    let mut failed = Vec::new();
    let mut follow = |cases: &[Case<'_>]| {
        for case in cases {
            covered.insert(case.code.to_owned());
            let follow = std::panic::AssertUnwindSafe(|| case.follow(&world));
            // The others are tried as well; what went wrong is on stderr.
            if std::panic::catch_unwind(follow).is_err() {
                failed.push(case.name.to_owned());
            }
        }
    };
    checks::all(&mut follow);
    files::all(&mut follow);
    builds::all(&mut follow);
    assert_eq!(failed, Vec::<String>::new(), "hints that lead nowhere");
    let kinds = FindingKind::ALL.iter().map(|kind| kind.code());
    let kinds = kinds.chain(FileErrorKind::ALL.iter().map(|kind| kind.code()));
    let missing: Vec<_> = kinds.filter(|code| !covered.contains(*code)).collect();
    assert_eq!(missing, Vec::<&str>::new(), "kinds without a case");
}
