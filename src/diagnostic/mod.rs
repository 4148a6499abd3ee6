//! Problems in what a user wrote, and how they are told.

pub mod suggest;
