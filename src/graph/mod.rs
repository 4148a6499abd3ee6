//! Pictures of a build: which stages and ops there are, what reads what, what a target needs.
//!
//! ```text
//! Shape (the plan from afar) -> stages ─┐
//! Definition (all stages)    -> ops ────┴-> Graph -> layout -> svg
//!                                                 -> dot, mermaid, json, page
//! ```
//! The layout is our own: layers, crossings, coordinates and curves, in floating point that is rounded
//! before it is printed, so that equal graphs give equal bytes.

mod dot;
mod json;
pub mod layout;
mod mermaid;
pub mod metrics;
pub mod model;
mod ops;
#[cfg(feature = "cli")]
mod page;
mod path;
mod stages;
mod svg;

pub use layout::Direction;
pub use model::{Edge, EdgeKind, Graph, Node, NodeInstruction, NodeKind};
pub use ops::ops;
pub use stages::stages;

use crate::limits::MAX_DRAWN_NODES;

/// `value` without its fraction; none below zero.
fn whole(value: f64) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "out of range becomes the nearest that is in it"
    )]
    let whole = value as usize;
    whole
}

/// What the nodes of a graph are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Level {
    /// Stages of the file, and what they take from outside.
    #[default]
    Stages,
    /// Ops, as a daemon executes them.
    Ops,
}

impl Level {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Stages => "stages",
            Level::Ops => "ops",
        }
    }

    /// The level called `word`.
    pub fn parse(word: &str) -> Option<Self> {
        [Level::Stages, Level::Ops]
            .into_iter()
            .find(|level| level.as_str() == word)
    }
}

/// Forms of a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Drawn.
    #[default]
    Svg,
    /// The language of Graphviz.
    Dot,
    /// The language of Mermaid, which many forges draw.
    Mermaid,
    /// Nodes and edges as data.
    Json,
}

impl Format {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Format::Svg => "svg",
            Format::Dot => "dot",
            Format::Mermaid => "mermaid",
            Format::Json => "json",
        }
    }

    /// The form called `word`.
    pub fn parse(word: &str) -> Option<Self> {
        [Format::Svg, Format::Dot, Format::Mermaid, Format::Json]
            .into_iter()
            .find(|format| format.as_str() == word)
    }
}

impl Graph {
    /// The graph in the form asked for, in the direction asked for, if any; ends with a newline. Data has no direction.
    ///
    /// # Errors
    /// When there are more nodes than can be drawn; the other forms take any number.
    pub fn print(&self, format: Format, direction: Option<Direction>) -> Result<String, TooLarge> {
        match format {
            Format::Svg if self.nodes.len() > MAX_DRAWN_NODES => Err(TooLarge(self.nodes.len())),
            Format::Svg => Ok(svg::draw(self, direction)),
            Format::Dot => Ok(dot::print(self, direction)),
            Format::Mermaid => Ok(mermaid::print(self, direction)),
            Format::Json => Ok(format!("{:#}\n", self.to_json())),
        }
    }
}

/// A graph with more nodes than anyone could look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the graph has {0} nodes, more than the {MAX_DRAWN_NODES} that are drawn: ask for stages, or for dot, mermaid or json"
)]
pub struct TooLarge(pub usize);
