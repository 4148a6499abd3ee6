//! Items as text: signatures without bodies, docs and what is private.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::punctuated::Punctuated;
use syn::{Attribute, Fields, File, ImplItem, Item, ItemImpl, TraitItem, Visibility, parse_quote};

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

/// An implementation: what is public of an inherent one, the head of one of a trait.
pub fn implementation(it: &ItemImpl) -> Option<String> {
    let mut it = it.clone();
    keep(&mut it.attrs);
    if it.trait_.is_some() {
        it.items.retain(|item| matches!(item, ImplItem::Type(_)));
    } else {
        it.items.retain(|item| match item {
            ImplItem::Const(it) => matches!(it.vis, Visibility::Public(_)),
            ImplItem::Fn(it) => matches!(it.vis, Visibility::Public(_)),
            _ => false,
        });
        if it.items.is_empty() {
            return None;
        }
    }
    for item in &mut it.items {
        match item {
            ImplItem::Const(it) => keep(&mut it.attrs),
            ImplItem::Fn(it) => {
                keep(&mut it.attrs);
                it.block.stmts.clear();
            }
            ImplItem::Type(it) => keep(&mut it.attrs),
            _ => {}
        }
    }
    Some(text(Item::Impl(it)))
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
        ["cfg", "derive", "non_exhaustive", "deprecated", "repr"]
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
