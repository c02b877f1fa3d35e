//! Words: how text becomes tokens that can be compared. Knows nothing of evidence or claims.

pub(crate) mod chars;
pub(crate) mod hash;
pub(crate) mod lexicon;
pub(crate) mod pieces;
pub(crate) mod set;
pub(crate) mod stem;
pub(crate) mod table;
pub(crate) mod token;

pub(crate) use lexicon::Class;
pub(crate) use token::{Shape, Token, tokenize};
