use proptest::prelude::*;

use super::*;
use crate::encode;

/// An answer as the kernel writes it: header, code, header of the refused message, attributes.
fn message(sequence: u32, code: i32, flags: u16, attributes: &[u8]) -> Vec<u8> {
    let length = 36 + attributes.len() as u32;
    let mut bytes = Vec::new();
    bytes.extend(length.to_ne_bytes());
    bytes.extend(2u16.to_ne_bytes());
    bytes.extend(flags.to_ne_bytes());
    bytes.extend(sequence.to_ne_bytes());
    bytes.extend(0u32.to_ne_bytes());
    bytes.extend(code.to_ne_bytes());
    bytes.extend(20u32.to_ne_bytes());
    bytes.extend([0; 12]);
    bytes.extend(attributes);
    bytes
}

fn all_fine(batch: &Batch) -> Vec<Answer> {
    (1..=batch.steps.len() as u32).map(|sequence| Answer { sequence, code: 0, detail: None }).collect()
}

#[test]
fn a_datagram_may_hold_several_answers_and_a_reason() {
    let reason = [8, 0, 1, 0, b'n', b'o', b'!', 0];
    let mut datagram = message(4, 0, 0x100, &[]);
    datagram.extend(message(5, -2, 0x300, &reason));
    let expected = [
        Answer { sequence: 4, code: 0, detail: None },
        Answer { sequence: 5, code: -2, detail: Some("no!".to_owned()) },
    ];
    assert_eq!(answers(&datagram), expected);
}

#[test]
fn a_transaction_counts_as_applied_only_when_each_of_its_messages_was_answered() {
    let batch = encode::remove();
    let mut received = all_fine(&batch);
    assert!(judge(&batch, &received).is_ok());
    // Begin and end need no answer; kernels before 6.10 give none.
    received.remove(0);
    received.pop();
    assert!(judge(&batch, &received).is_ok());
    received.pop();
    assert!(matches!(judge(&batch, &received), Err(KernelError::Silent(1))));
}

#[test]
fn refusals_are_told_by_what_they_refuse() {
    let batch = encode::remove();
    let refused = |sequence, code| {
        let mut received = all_fine(&batch);
        received.push(Answer { sequence, code, detail: Some("why".to_owned()) });
        judge(&batch, &received).unwrap_err()
    };
    assert!(matches!(refused(1, -1), KernelError::Denied));
    assert!(matches!(refused(1, -95), KernelError::Absent(_)));
    let text = refused(2, -2).to_string();
    assert!(
        text.contains("adding the table agentguard") && text.contains("No such file") && text.contains("why"),
        "{text}"
    );
}

#[test]
fn answers_to_others_are_not_ours() {
    let batch = encode::remove();
    let mut received = all_fine(&batch);
    received.push(Answer { sequence: 77, code: -1, detail: None });
    assert!(judge(&batch, &received).is_ok());
}

proptest! {
    #[test]
    fn no_datagram_upsets_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..200), length in 0u32..300) {
        let mut datagram = message(9, -1, 0x200, &bytes);
        datagram[..4].copy_from_slice(&length.to_ne_bytes());
        answers(&datagram);
        answers(&bytes);
    }
}
