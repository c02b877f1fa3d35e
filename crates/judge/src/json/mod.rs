//! Reading JSON for its places: which key and value stands where. Forgiving (Python's quotes and constants, trailing commas),
//! incremental, bounded in depth; never builds a tree.

mod reader;
mod walk;

pub(crate) use reader::{Reader, Scalar, Token};
pub(crate) use walk::{Leaf, Step, find_block, leaves};

#[cfg(test)]
mod tests;
