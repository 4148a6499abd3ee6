//! Items as text: signatures without bodies, docs and what is private.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::punctuated::Punctuated;
use syn::{
    Attribute, Fields, File, ImplItem, Item, ItemImpl, TraitItem, Type, Visibility, parse_quote,
};

/// A field that stands for those that are private.
const PRIVATE: &str = "__private";

/// The text of an item under a name.
pub fn item(item: &Item, name: &str) -> String {
    let mut item = item.clone();
    let ident = syn::Ident::new(name, proc_macro2::Span::call_site());
    match &mut item {
        Item::Const(it) => {
            keep(&mut it.attrs);
            it.ident = ident;
        }
        Item::Static(it) => {
            keep(&mut it.attrs);
            it.ident = ident;
        }
        Item::Type(it) => {
            keep(&mut it.attrs);
            it.ident = ident;
        }
        Item::Fn(it) => {
            keep(&mut it.attrs);
            it.sig.ident = ident;
            it.block.stmts.clear();
        }
        Item::Struct(it) => {
            keep(&mut it.attrs);
            it.ident = ident;
            hide(&mut it.fields);
        }
        Item::Enum(it) => {
            keep(&mut it.attrs);
            it.ident = ident;
            for variant in &mut it.variants {
                keep(&mut variant.attrs);
                for field in variant.fields.iter_mut() {
                    keep(&mut field.attrs);
                }
            }
        }
        Item::Trait(it) => {
            keep(&mut it.attrs);
            it.ident = ident;
            for inner in &mut it.items {
                trait_item(inner);
            }
        }
        _ => {}
    }
    text(item)
}

fn trait_item(item: &mut TraitItem) {
    match item {
        TraitItem::Fn(it) => {
            keep(&mut it.attrs);
            it.default = None;
            it.semi_token = Some(Default::default());
        }
        TraitItem::Const(it) => keep(&mut it.attrs),
        TraitItem::Type(it) => keep(&mut it.attrs),
        _ => {}
    }
}

/// What is implemented for a type. In how many blocks it stands, and whether a trait is derived or written out, is not
/// part of the interface.
#[derive(Default)]
pub struct Impls {
    /// Inherent ones, by their heads.
    inherent: BTreeMap<String, ItemImpl>,
    /// Names of traits.
    traits: BTreeSet<String>,
    /// Traits with parameters or items of their own.
    whole: BTreeSet<String>,
}

impl Impls {
    /// Takes what is public of an inherent one, the head of one of a trait.
    pub fn add(&mut self, it: &ItemImpl) {
        let mut it = it.clone();
        keep(&mut it.attrs);
        let Some((_, path, _)) = &it.trait_ else {
            return self.add_inherent(it);
        };
        let name = trait_name(path);
        it.items.retain(|item| matches!(item, ImplItem::Type(_)));
        let is_reference = matches!(*it.self_ty, Type::Reference(_));
        if it.items.is_empty()
            && it.generics.params.is_empty()
            && it.attrs.is_empty()
            && !is_reference
        {
            self.traits.insert(name);
            return;
        }
        for item in &mut it.items {
            if let ImplItem::Type(it) = item {
                keep(&mut it.attrs);
            }
        }
        self.whole.insert(text(Item::Impl(it)));
    }

    fn add_inherent(&mut self, mut it: ItemImpl) {
        it.items.retain(|item| match item {
            ImplItem::Const(it) => matches!(it.vis, Visibility::Public(_)),
            ImplItem::Fn(it) => matches!(it.vis, Visibility::Public(_)),
            _ => false,
        });
        for item in &mut it.items {
            match item {
                ImplItem::Const(it) => keep(&mut it.attrs),
                ImplItem::Fn(it) => {
                    keep(&mut it.attrs);
                    it.block.stmts.clear();
                }
                _ => {}
            }
        }
        if it.items.is_empty() {
            return;
        }
        let items = std::mem::take(&mut it.items);
        let head = it.to_token_stream().to_string();
        self.inherent.entry(head).or_insert(it).items.extend(items);
    }

    /// The text for a type under a name, which derives some as well.
    pub fn text(&self, name: &str, derived: BTreeSet<String>) -> String {
        let inherent = self.inherent.values().cloned();
        let mut out: String = inherent.map(|it| text(Item::Impl(it))).collect();
        let traits: Vec<_> = derived.union(&self.traits).map(String::as_str).collect();
        if !traits.is_empty() {
            out.push_str(&format!("impl {} for {name};\n", traits.join(" + ")));
        }
        out.extend(self.whole.iter().map(String::as_str));
        out
    }
}

/// Names of the traits that an item derives.
pub fn derives(item: &Item) -> BTreeSet<String> {
    let attrs = match item {
        Item::Struct(it) => &it.attrs,
        Item::Enum(it) => &it.attrs,
        _ => return BTreeSet::new(),
    };
    let derives = attrs.iter().filter(|it| it.path().is_ident("derive"));
    let paths = derives.flat_map(|it| {
        it.parse_args_with(Punctuated::<syn::Path, syn::Token![,]>::parse_terminated)
            .unwrap()
    });
    paths.map(|path| trait_name(&path)).collect()
}

/// The last segment of a path: `Display` of `fmt::Display`.
fn trait_name(path: &syn::Path) -> String {
    let last = path.segments.last().unwrap();
    last.to_token_stream().to_string().replace(' ', "")
}

/// A call of a macro that defines items: all it is given.
pub fn macro_call(item: &Item) -> Option<String> {
    let Item::Macro(it) = item else { return None };
    if it.ident.is_some() || it.mac.path.is_ident("thread_local") {
        return None;
    }
    let name = it.mac.path.to_token_stream().to_string().replace(' ', "");
    let mut text = format!("{name}! {{\n");
    tokens_in_lines(it.mac.tokens.clone(), 1, &mut text);
    Some(format!("{text}}}\n"))
}

/// Tokens without docs; each item and each brace on a line of its own.
fn tokens_in_lines(tokens: TokenStream, depth: usize, text: &mut String) {
    let indent = "    ".repeat(depth);
    let mut line = String::new();
    let mut end = |line: &mut String| {
        if !line.is_empty() {
            text.push_str(&format!("{indent}{line}\n"));
            line.clear();
        }
    };
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let shown = token.to_string();
        // `#[doc = …]`
        let is_doc = |next: &TokenTree| next.to_string().starts_with("[doc");
        if shown == "#" && tokens.next_if(is_doc).is_some() {
            continue;
        }
        let is_end = matches!(shown.as_str(), ";" | ",");
        if !line.is_empty() && !is_end {
            line.push(' ');
        }
        match token {
            TokenTree::Group(group) if has_docs(&group) => {
                let mut inner = String::new();
                tokens_in_lines(group.stream(), depth + 1, &mut inner);
                line.push_str(&format!("{{\n{inner}{indent}}}"));
                end(&mut line);
            }
            _ => line.push_str(&shown),
        }
        if is_end {
            end(&mut line);
        }
    }
    end(&mut line);
}

fn has_docs(group: &Group) -> bool {
    group.delimiter() == Delimiter::Brace && group.to_string().contains("# [doc")
}

/// A name of another crate.
pub fn foreign(path: &[String], name: &str) -> String {
    let path = path.join("::");
    match path.rsplit("::").next() == Some(name) {
        true => format!("pub use {path};\n"),
        false if name == "*" => format!("pub use {path}::*;\n"),
        false => format!("pub use {path} as {name};\n"),
    }
}

/// The condition of a `#[cfg]`.
pub fn cfg(attribute: &Attribute) -> String {
    let list = attribute.meta.require_list().unwrap();
    list.tokens.to_string().replace(" (", "(")
}

/// Of attributes, those that others can notice.
fn keep(attrs: &mut Vec<Attribute>) {
    attrs.retain(|it| {
        ["cfg", "non_exhaustive", "deprecated", "repr"]
            .iter()
            .any(|name| it.path().is_ident(name))
    });
}

fn hide(fields: &mut Fields) {
    for field in fields.iter_mut() {
        keep(&mut field.attrs);
    }
    let is_public = |field: &syn::Field| matches!(field.vis, Visibility::Public(_));
    match fields {
        Fields::Named(it) if !it.named.iter().all(is_public) => {
            let public = it.named.iter().filter(|field| is_public(field)).cloned();
            let mut public: Punctuated<_, _> = public.collect();
            let private = syn::Ident::new(PRIVATE, proc_macro2::Span::call_site());
            let private: syn::FieldsNamed = parse_quote!({ #private: () });
            public.extend(private.named);
            it.named = public;
        }
        Fields::Unnamed(it) => {
            for field in it.unnamed.iter_mut().filter(|field| !is_public(field)) {
                field.ty = parse_quote!(_);
            }
        }
        _ => {}
    }
}

fn text(item: Item) -> String {
    let file = File {
        shebang: None,
        attrs: Vec::new(),
        items: vec![item],
    };
    let text = prettyplease::unparse(&file);
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let lines = lines.map(|line| match line.strip_suffix(" {}") {
        Some(head) => format!("{head};\n"),
        None if line.trim_start().starts_with(PRIVATE) => "    // private fields\n".to_owned(),
        None => format!("{line}\n"),
    });
    lines.collect()
}
