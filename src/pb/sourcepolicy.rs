//! Messages of `moby.buildkit.v1.sourcepolicy`: rules that allow, deny or convert sources.

use std::collections::BTreeMap;

/// A list of rules.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Policy {
    /// Version of the format, 1 so far.
    #[prost(int64, tag = "1")]
    pub version: i64,
    /// Rules, tried in order.
    #[prost(message, repeated, tag = "2")]
    pub rules: Vec<Rule>,
}

/// What to do when a source matches.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Rule {
    /// The action.
    #[prost(enumeration = "PolicyAction", tag = "1")]
    pub action: i32,
    /// Which sources it is about.
    #[prost(message, optional, tag = "2")]
    pub selector: Option<Selector>,
    /// How `CONVERT` rewrites the source.
    #[prost(message, optional, tag = "3")]
    pub updates: Option<Update>,
}

/// The new form of a converted source.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Update {
    /// New identifier.
    #[prost(string, tag = "1")]
    pub identifier: String,
    /// Attributes to set.
    #[prost(btree_map = "string, string", tag = "2")]
    pub attrs: BTreeMap<String, String>,
}

/// Selects sources.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Selector {
    /// Identifier, read as `match_type` says.
    #[prost(string, tag = "1")]
    pub identifier: String,
    /// Exact, wildcard or regular expression.
    #[prost(enumeration = "MatchType", tag = "2")]
    pub match_type: i32,
    /// Further conditions on the attributes.
    #[prost(message, repeated, tag = "3")]
    pub constraints: Vec<AttrConstraint>,
}

/// A condition on one attribute.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct AttrConstraint {
    /// Name of the attribute.
    #[prost(string, tag = "1")]
    pub key: String,
    /// Value to compare with.
    #[prost(string, tag = "2")]
    pub value: String,
    /// How to compare.
    #[prost(enumeration = "AttrMatch", tag = "3")]
    pub condition: i32,
}

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum PolicyAction {
    /// The source may be used.
    Allow = 0,
    /// The source may not be used.
    Deny = 1,
    /// The source is rewritten.
    Convert = 2,
}

/// How an attribute is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum AttrMatch {
    /// Same text.
    Equal = 0,
    /// Different text.
    NotEqual = 1,
    /// Regular expression.
    Matches = 2,
}

/// How an identifier is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum MatchType {
    /// `*` stands for any text.
    Wildcard = 0,
    /// Same text.
    Exact = 1,
    /// Regular expression.
    Regex = 2,
}
