//! What of the source other crates can name, and under which path.

use std::collections::{BTreeMap, BTreeSet};

use syn::{Item, Type, Visibility};

use super::print;
use super::source::{Library, Target, is_hidden, is_test, name_of};

/// The name that paths begin with.
const CRATE: &str = "dockerfile_llb";

/// A module's part of the listing: for each name, its text.
type Section = BTreeSet<(String, String)>;

struct Exporter<'l> {
    library: &'l Library,
    /// Implementations by what they are for.
    impls: BTreeMap<(usize, String), print::Impls>,
    /// Where an item was listed first.
    listed: BTreeMap<(usize, String), String>,
    /// Everything that is listed, once that is known.
    names: Option<BTreeSet<(usize, String)>>,
}

/// The listing of a library.
pub fn listing(library: &Library) -> String {
    // An implementation of a trait, or for a type, that others cannot name is none of theirs.
    let (_, listed) = listing_without(library, None);
    listing_without(library, Some(listed.into_keys().collect())).0
}

type Listed = BTreeMap<(usize, String), String>;

fn listing_without(
    library: &Library,
    names: Option<BTreeSet<(usize, String)>>,
) -> (String, Listed) {
    let mut exporter = Exporter {
        library,
        impls: BTreeMap::new(),
        listed: BTreeMap::new(),
        names,
    };
    exporter.collect_impls();
    let mut sections = Vec::new();
    // breadth first: what is there twice is listed where its path is short
    let mut open = vec![(0, CRATE.to_owned(), Vec::new())];
    let mut next = 0;
    while let Some((module, path, cfgs)) = open.get(next).cloned() {
        next += 1;
        let mut section = Section::new();
        exporter.module(module, &path, &mut section, &mut BTreeSet::new());
        sections.push((path.clone(), cfgs.clone(), section));
        for (name, child) in &library.modules[module].children {
            let inner = &library.modules[*child];
            if inner.is_public {
                let mut cfgs: Vec<String> = cfgs.clone();
                cfgs.extend(inner.cfgs.iter().map(print::cfg));
                open.push((*child, format!("{path}::{name}"), cfgs));
            }
        }
    }
    sections.sort();
    let mut out = String::new();
    for (path, cfgs, section) in sections.iter().filter(|(_, _, it)| !it.is_empty()) {
        let with = match cfgs.is_empty() {
            true => String::new(),
            false => format!("   [{}]", cfgs.join(", ")),
        };
        let texts: String = section.iter().map(|(_, text)| text.as_str()).collect();
        out.push_str(&format!("## {path}{with}\n\n{texts}\n"));
    }
    (format!("{}\n", out.trim_end()), exporter.listed)
}

impl Exporter<'_> {
    /// Everything public in a module, also what it takes over from others.
    fn module(
        &mut self,
        module: usize,
        path: &str,
        section: &mut Section,
        seen: &mut BTreeSet<usize>,
    ) {
        if !seen.insert(module) {
            return;
        }
        let library = self.library;
        let here = &library.modules[module];
        for item in &here.items {
            if let Some(text) = print::macro_call(item) {
                section.insert((String::new(), text));
            }
            if let Some(name) = name_of(item).filter(|_| is_public(item)) {
                self.item(module, &name, &name, path, section);
            }
        }
        for it in here.uses().into_iter().filter(|it| it.is_public) {
            match (library.resolve(module, &it.path), it.name) {
                (Some(Target::Module(other)), None) => self.module(other, path, section, seen),
                (Some(Target::Item(other, name)), Some(alias)) => {
                    self.item(other, &name, &alias, path, section);
                }
                // a module under another name is listed there, if it is public at all
                (Some(Target::Module(other)), Some(alias)) => {
                    let text = format!(
                        "pub use {} as {alias};\n",
                        library.modules[other].path.join("::")
                    );
                    section.insert((alias, text));
                }
                (_, name) => {
                    let name = name.unwrap_or_else(|| "*".to_owned());
                    let text = print::foreign(&it.path, &name);
                    section.insert((String::new(), text));
                    self.made_by_macros(module, &it.path, section);
                }
            }
        }
    }

    /// What cannot be found where it should be is made by a macro there.
    fn made_by_macros(&self, module: usize, path: &[String], section: &mut Section) {
        let home = path.split_last().map(|(_, home)| home);
        let home = home.filter(|home| !home.is_empty());
        if let Some(Target::Module(home)) = home.and_then(|it| self.library.resolve(module, it)) {
            let calls = self.library.modules[home].items.iter();
            section.extend(
                calls
                    .filter_map(print::macro_call)
                    .map(|it| (String::new(), it)),
            );
        }
    }

    fn item(&mut self, module: usize, name: &str, alias: &str, path: &str, section: &mut Section) {
        let key = (module, name.to_owned());
        let full = format!("{path}::{alias}");
        if let Some(first) = self.listed.get(&key).filter(|first| **first != full) {
            section.insert((String::new(), format!("pub use {first};\n")));
            return;
        }
        let Some(item) = self.library.item(module, name) else {
            return;
        };
        self.listed.insert(key.clone(), full);
        let mut text = print::item(item, alias);
        let derived = print::derives(item);
        match self.impls.get(&key) {
            Some(impls) => text.push_str(&impls.text(alias, derived)),
            None => text.push_str(&print::Impls::default().text(alias, derived)),
        }
        section.insert((alias.to_owned(), text));
    }

    fn collect_impls(&mut self) {
        for (index, module) in self.library.modules.iter().enumerate() {
            for item in &module.items {
                let Item::Impl(it) = item else { continue };
                if is_test(&it.attrs) {
                    continue;
                }
                let Some(Target::Item(home, name)) = self.target(index, &it.self_ty) else {
                    continue;
                };
                if let Some((_, path, _)) = &it.trait_
                    && (self.is_hidden_trait(index, path) || self.is_for_hidden(index, path))
                {
                    continue;
                }
                self.impls.entry((home, name)).or_default().add(it);
            }
        }
    }

    fn target(&self, module: usize, of: &Type) -> Option<Target> {
        match of {
            Type::Path(it) => self.library.resolve(module, &segments(&it.path)),
            Type::Reference(it) => self.target(module, &it.elem),
            _ => None,
        }
    }

    /// A trait of this library that is not public.
    fn is_hidden_trait(&self, module: usize, path: &syn::Path) -> bool {
        match self.library.resolve(module, &segments(path)) {
            Some(Target::Item(home, name)) => {
                let item = self.library.item(home, &name);
                item.is_some_and(|item| !is_public(item)) || self.is_unlisted(home, &name)
            }
            _ => false,
        }
    }

    /// A trait such as `From<T>` for a type of this library that is not listed.
    fn is_for_hidden(&self, module: usize, path: &syn::Path) -> bool {
        let arguments = path.segments.last().map(|it| &it.arguments);
        let Some(syn::PathArguments::AngleBracketed(list)) = arguments else {
            return false;
        };
        list.args.iter().any(|argument| match argument {
            syn::GenericArgument::Type(of) => match self.target(module, of) {
                Some(Target::Item(home, name)) => self.is_unlisted(home, &name),
                _ => false,
            },
            _ => false,
        })
    }

    fn is_unlisted(&self, home: usize, name: &str) -> bool {
        let names = self.names.as_ref();
        names.is_some_and(|names| !names.contains(&(home, name.to_owned())))
    }
}

fn segments(path: &syn::Path) -> Vec<String> {
    path.segments
        .iter()
        .map(|it| it.ident.to_string())
        .collect()
}

fn is_public(item: &Item) -> bool {
    let (vis, attrs) = match item {
        Item::Const(it) => (&it.vis, &it.attrs),
        Item::Enum(it) => (&it.vis, &it.attrs),
        Item::Fn(it) => (&it.vis, &it.attrs),
        Item::Static(it) => (&it.vis, &it.attrs),
        Item::Struct(it) => (&it.vis, &it.attrs),
        Item::Trait(it) => (&it.vis, &it.attrs),
        Item::Type(it) => (&it.vis, &it.attrs),
        Item::Union(it) => (&it.vis, &it.attrs),
        _ => return false,
    };
    matches!(vis, Visibility::Public(_)) && !is_test(attrs) && !is_hidden(attrs)
}
