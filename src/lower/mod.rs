//! Turns planned stages into LLB and an image config, instruction by instruction.

pub mod outline;
