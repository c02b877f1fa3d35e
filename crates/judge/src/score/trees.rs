//! Boosted trees as a table: read once, then walked without allocation.
//!
//! The table, made by `fit/export.py` from a LightGBM model, little-endian: inputs (u16), trees (u16), the sum that every walk begins
//! with (f32); then each tree's nodes, a node before its left and that before its right branch, six bytes each: the input (u8;
//! 255: a leaf), how many nodes further the right branch begins (u8; 0 for a leaf), and what the input must not exceed for the left
//! branch, or what the leaf adds (f32).

/// The input number of a leaf.
const LEAF: u8 = u8::MAX;
/// Bytes of the head and of a node.
const HEAD: usize = 8;
const NODE: usize = 6;

/// A node.
#[derive(Clone, Copy, Debug)]
struct Node {
    value: f32,
    input: u8,
    right: u8,
}

/// A sum of trees over a fixed number of inputs.
#[derive(Debug)]
pub(crate) struct Trees {
    base: f32,
    /// Where each tree begins.
    roots: Vec<u32>,
    nodes: Vec<Node>,
}

/// What is wrong with a table.
#[derive(Debug, PartialEq, thiserror::Error)]
pub(crate) enum Malformed {
    /// Made for other inputs than those it is given.
    #[error("the table of trees takes {0} inputs, not as many as there are; fit it again")]
    Inputs(usize),
    /// Cut off, or not a whole number of nodes.
    #[error("the table of trees ends at byte {0}, inside a tree or a node; fit it again")]
    Ends(usize),
    /// A branch or an input that is not there.
    #[error("node {0} of the table of trees names an input or a branch that is not there; fit it again")]
    Node(usize),
    /// Nodes that belong to no tree.
    #[error("the table of trees has {0} bytes after its last tree; fit it again")]
    More(usize),
}

impl Trees {
    /// Reads a table of trees over so many inputs.
    ///
    /// # Errors
    /// When it is not one.
    pub(crate) fn read(table: &[u8], inputs: usize) -> Result<Self, Malformed> {
        let (head, body) = table.split_at_checked(HEAD).ok_or(Malformed::Ends(table.len()))?;
        let count = |at: usize| usize::from(u16::from_le_bytes([head[at], head[at + 1]]));
        if count(0) != inputs {
            return Err(Malformed::Inputs(count(0)));
        }
        let trees = count(2);
        let base = f32::from_le_bytes([head[4], head[5], head[6], head[7]]);
        let mut nodes: Vec<Node> = body
            .chunks_exact(NODE)
            .map(|n| Node { value: f32::from_le_bytes([n[2], n[3], n[4], n[5]]), input: n[0], right: n[1] })
            .collect();
        let mut roots = Vec::with_capacity(trees);
        let mut at = 0;
        for _ in 0..trees {
            roots.push(u32::try_from(at).map_err(|_| Malformed::Node(at))?);
            at = tree(&nodes, inputs, at, table.len())?;
        }
        nodes.truncate(at);
        match body.len() - at * NODE {
            0 => Ok(Self { base, roots, nodes }),
            more => Err(Malformed::More(more)),
        }
    }

    /// The sum of all trees; inputs that are not given count as 0.
    pub(crate) fn sum(&self, inputs: &[f32]) -> f32 {
        self.base + self.roots.iter().map(|root| self.leaf(*root as usize, inputs)).sum::<f32>()
    }

    fn leaf(&self, root: usize, inputs: &[f32]) -> f32 {
        let mut at = root;
        loop {
            let node = self.nodes[at];
            if node.input == LEAF {
                return node.value;
            }
            let input = inputs.get(usize::from(node.input)).copied().unwrap_or(0.0);
            at += if input <= node.value { 1 } else { usize::from(node.right) };
        }
    }
}

/// Checks the tree that begins at node `at`; where the next one begins. Its branches must be exactly where its nodes say.
fn tree(nodes: &[Node], inputs: usize, mut at: usize, bytes: usize) -> Result<usize, Malformed> {
    // Where the right branches still to come must begin.
    let mut open: Vec<usize> = Vec::new();
    loop {
        let node = nodes.get(at).ok_or(Malformed::Ends(bytes))?;
        let leaf = node.input == LEAF;
        if !leaf && usize::from(node.input) >= inputs || leaf && node.right != 0 || !node.value.is_finite() {
            return Err(Malformed::Node(at));
        }
        if leaf {
            at += 1;
            match open.pop() {
                None => return Ok(at),
                Some(right) if right == at => {}
                Some(_) => return Err(Malformed::Node(at)),
            }
        } else {
            open.push(at + usize::from(node.right));
            at += 1;
        }
    }
}

#[cfg(test)]
mod tests;
