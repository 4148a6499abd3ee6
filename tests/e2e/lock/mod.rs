//! Locks on a real engine: with `rdf` where it makes them, and by the engine alone.

mod attempts;
mod exported;
mod faults;
mod hermetic;
mod loading;
mod modes;
mod private;
mod proof;
mod recording;
mod world;
mod written;
