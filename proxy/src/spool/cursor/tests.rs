use super::*;

fn position(n: u64) -> Position {
    Position { settled: n + 2, acked: n, attempted: n + 1 }
}

#[test]
fn the_newest_whole_slot_counts() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cursor");
    let (mut cursor, none) = Cursor::open(&path).unwrap();
    assert_eq!(none, None);
    for n in 1..=5 {
        cursor.write(position(n)).unwrap();
        assert_eq!(Cursor::open(&path).unwrap().1, Some(position(n)));
    }
    // Turn 5 went to the second slot: torn, the one before it counts.
    cursor.file.write_all_at(b"?", SLOT + 9).unwrap();
    assert_eq!(Cursor::open(&path).unwrap().1, Some(position(4)));
    cursor.file.write_all_at(b"?", 3).unwrap();
    assert_eq!(Cursor::open(&path).unwrap().1, None);
}

#[test]
fn a_durable_write_survives_damage_to_either_slot() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cursor");
    for damaged in [0, SLOT] {
        let mut cursor = Cursor::open(&path).unwrap().0;
        cursor.write_durably(position(7)).unwrap();
        cursor.file.write_all_at(b"?", damaged + 20).unwrap();
        assert_eq!(Cursor::open(&path).unwrap().1, Some(position(7)));
    }
}
