use super::{Malformed, Trees};

/// A table of one tree over two inputs: `x0 <= 0.5 ? 1 : (x1 <= 2 ? -1 : 4)`, base 0.25.
fn table() -> Vec<u8> {
    let mut table = vec![2, 0, 1, 0];
    table.extend(0.25f32.to_le_bytes());
    for (input, right, value) in [(0, 2, 0.5f32), (255, 0, 1.0), (1, 2, 2.0), (255, 0, -1.0), (255, 0, 4.0)] {
        table.extend([input, right]);
        table.extend(value.to_le_bytes());
    }
    table
}

#[test]
fn walks_to_the_leaf() {
    let trees = Trees::read(&table(), 2).unwrap();
    for (inputs, sum) in
        [([0.5, 9.0], 1.25), ([0.6, 2.0], -0.75), ([0.6, 2.1], 4.25), ([f32::NAN, 0.0], -0.75)]
    {
        assert!((trees.sum(&inputs) - sum).abs() < 1e-6, "{inputs:?}");
    }
    assert!((trees.sum(&[]) - 1.25).abs() < 1e-6);
}

#[test]
fn a_broken_table_is_refused() {
    let whole = table();
    for length in 0..whole.len() {
        assert_eq!(Trees::read(&whole[..length], 2).unwrap_err(), Malformed::Ends(length), "{length}");
    }
    let with = |at: usize, byte: u8| {
        let mut table = table();
        table[at] = byte;
        Trees::read(&table, 2).unwrap_err()
    };
    // An input that is not there, a branch into the left one, one past the end, a leaf with a branch.
    assert_eq!(with(8, 7), Malformed::Node(0));
    assert_eq!(with(9, 1), Malformed::Node(2));
    assert_eq!(with(9, 200), Malformed::Node(2));
    assert_eq!(with(15, 3), Malformed::Node(1));
    assert_eq!(with(0, 3), Malformed::Inputs(3));
    let mut longer = table();
    longer.push(0);
    assert_eq!(Trees::read(&longer, 2).unwrap_err(), Malformed::More(1));
}
