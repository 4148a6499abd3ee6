//! The library's source as modules with items, and what a path in one of them names.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use quote::ToTokens as _;
use syn::{Attribute, Item, UseTree, Visibility};

/// All modules, the root first.
pub struct Library {
    pub modules: Vec<Module>,
}

/// A module.
pub struct Module {
    /// Names from the root on, without the crate's.
    pub path: Vec<String>,
    pub parent: usize,
    pub is_public: bool,
    /// `#[cfg]`s of the module itself.
    pub cfgs: Vec<Attribute>,
    pub items: Vec<Item>,
    pub children: BTreeMap<String, usize>,
}

/// What a path leads to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    Module(usize),
    /// Module and name.
    Item(usize, String),
}

/// A use declaration, one name of it.
pub struct Use {
    pub path: Vec<String>,
    /// `None` for all names.
    pub name: Option<String>,
    pub is_public: bool,
}

/// More hops from one use to the next would be a circle.
const MAX_HOPS: usize = 16;

impl Library {
    /// The library below `src`.
    pub fn read(src: &Path) -> Self {
        let load = |path: &[String]| {
            let below = path.iter().fold(src.to_owned(), |at, name| at.join(name));
            let candidates = match path {
                [] => vec![src.join("lib.rs")],
                _ => vec![below.with_extension("rs"), below.join("mod.rs")],
            };
            let found = candidates
                .iter()
                .find_map(|path| fs::read_to_string(path).ok());
            found.unwrap_or_else(|| panic!("no file for {path:?}"))
        };
        Library::load(&load)
    }

    /// A library of modules by path, such as `a::b`.
    pub fn of(files: &[(&str, &str)]) -> Self {
        let load = |path: &[String]| {
            let path = path.join("::");
            let found = files.iter().find(|(name, _)| *name == path);
            found.unwrap_or_else(|| panic!("no {path}")).1.to_owned()
        };
        Library::load(&load)
    }

    fn load(load: &dyn Fn(&[String]) -> String) -> Self {
        let mut library = Library {
            modules: Vec::new(),
        };
        let file = syn::parse_file(&load(&[])).unwrap();
        library.add(Vec::new(), 0, true, Vec::new(), file.items, load);
        library
    }

    fn add(
        &mut self,
        path: Vec<String>,
        parent: usize,
        is_public: bool,
        cfgs: Vec<Attribute>,
        items: Vec<Item>,
        load: &dyn Fn(&[String]) -> String,
    ) -> usize {
        let index = self.modules.len();
        self.modules.push(Module {
            path: path.clone(),
            parent,
            is_public,
            cfgs,
            items: Vec::new(),
            children: BTreeMap::new(),
        });
        let mut own = Vec::new();
        for item in items {
            let Item::Mod(module) = item else {
                own.push(item);
                continue;
            };
            if is_test(&module.attrs) {
                continue;
            }
            let mut inner = path.clone();
            inner.push(module.ident.to_string());
            let items = match module.content {
                Some((_, items)) => items,
                None => {
                    let file = syn::parse_file(&load(&inner));
                    file.unwrap_or_else(|error| panic!("{inner:?}: {error}"))
                        .items
                }
            };
            let is_public =
                matches!(module.vis, Visibility::Public(_)) && !is_hidden(&module.attrs);
            let cfgs = cfgs_of(&module.attrs);
            let child = self.add(inner, index, is_public, cfgs, items, load);
            self.modules[index]
                .children
                .insert(module.ident.to_string(), child);
        }
        self.modules[index].items = own;
        index
    }

    /// What `path`, written in `module`, names; `None` if it is not of this library.
    pub fn resolve(&self, module: usize, path: &[String]) -> Option<Target> {
        self.follow(module, path, 0)
    }

    fn follow(&self, module: usize, path: &[String], hops: usize) -> Option<Target> {
        if hops > MAX_HOPS {
            return None;
        }
        let mut at = Target::Module(module);
        for (index, name) in path.iter().enumerate() {
            let Target::Module(here) = at else {
                return None;
            };
            at = match (name.as_str(), index) {
                ("crate", 0) => Target::Module(0),
                ("self", 0) => Target::Module(here),
                ("super", _) => Target::Module(self.modules[here].parent),
                _ => self.named(here, name, hops)?,
            };
        }
        Some(at)
    }

    /// What a name stands for in a module.
    fn named(&self, module: usize, name: &str, hops: usize) -> Option<Target> {
        let here = &self.modules[module];
        if let Some(child) = here.children.get(name) {
            return Some(Target::Module(*child));
        }
        if here
            .items
            .iter()
            .any(|item| name_of(item).as_deref() == Some(name))
        {
            return Some(Target::Item(module, name.to_owned()));
        }
        here.uses().into_iter().find_map(|it| match &it.name {
            Some(alias) if alias == name => self.follow(module, &it.path, hops + 1),
            Some(_) => None,
            None => {
                let Some(Target::Module(other)) = self.follow(module, &it.path, hops + 1) else {
                    return None;
                };
                (other != module).then(|| self.named(other, name, hops + 1))?
            }
        })
    }

    pub fn item(&self, module: usize, name: &str) -> Option<&Item> {
        let mut items = self.modules[module].items.iter();
        items.find(|item| name_of(item).as_deref() == Some(name))
    }
}

impl Module {
    /// Its use declarations, name by name.
    pub fn uses(&self) -> Vec<Use> {
        let mut uses = Vec::new();
        for item in &self.items {
            if let Item::Use(it) = item
                && !is_test(&it.attrs)
            {
                let is_public = matches!(it.vis, Visibility::Public(_));
                flatten(&it.tree, &mut Vec::new(), is_public, &mut uses);
            }
        }
        uses
    }
}

fn flatten(tree: &UseTree, path: &mut Vec<String>, is_public: bool, uses: &mut Vec<Use>) {
    let mut add = |path: &[String], last: Option<String>, name: Option<String>| {
        let path = path.iter().cloned().chain(last.filter(|it| it != "self"));
        uses.push(Use {
            path: path.collect(),
            name,
            is_public,
        });
    };
    match tree {
        UseTree::Path(it) => {
            path.push(it.ident.to_string());
            flatten(&it.tree, path, is_public, uses);
            path.pop();
        }
        UseTree::Name(it) if it.ident == "self" => add(path, None, path.last().cloned()),
        UseTree::Name(it) => add(path, Some(it.ident.to_string()), Some(it.ident.to_string())),
        UseTree::Rename(it) => add(
            path,
            Some(it.ident.to_string()),
            Some(it.rename.to_string()),
        ),
        UseTree::Glob(_) => add(path, None, None),
        UseTree::Group(it) => {
            for tree in &it.items {
                flatten(tree, path, is_public, uses);
            }
        }
    }
}

/// The name that an item defines.
pub fn name_of(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(it) => &it.ident,
        Item::Enum(it) => &it.ident,
        Item::Fn(it) => &it.sig.ident,
        Item::Static(it) => &it.ident,
        Item::Struct(it) => &it.ident,
        Item::Trait(it) => &it.ident,
        Item::Type(it) => &it.ident,
        Item::Union(it) => &it.ident,
        _ => return None,
    };
    Some(ident.to_string())
}

/// `#[cfg(test)]`
pub fn is_test(attrs: &[Attribute]) -> bool {
    let cfgs = cfgs_of(attrs);
    let mut lists = cfgs.iter().filter_map(|it| it.meta.require_list().ok());
    lists.any(|list| list.tokens.to_string() == "test")
}

/// `#[doc(hidden)]`
pub fn is_hidden(attrs: &[Attribute]) -> bool {
    let is_hidden = |it: &Attribute| it.to_token_stream().to_string().contains("doc (hidden)");
    attrs.iter().any(is_hidden)
}

pub fn cfgs_of(attrs: &[Attribute]) -> Vec<Attribute> {
    attrs
        .iter()
        .filter(|it| it.path().is_ident("cfg"))
        .cloned()
        .collect()
}
