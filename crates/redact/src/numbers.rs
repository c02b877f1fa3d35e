//! Check digits.

/// Digits of the shortest and the longest card number (ISO/IEC 7812-1 allows up to 19).
const CARD: std::ops::RangeInclusive<usize> = 13..=19;
/// Groups in which cards are written.
const GROUPS: [&[usize]; 5] = [&[4, 4, 4, 4], &[4, 4, 4, 4, 3], &[4, 6, 5], &[4, 6, 4], &[4, 4, 4, 1]];
/// Characters of the shortest and the longest IBAN (ISO 13616-1, registry release 99: Norway 15, Russia 33, at most 34).
const IBAN: std::ops::RangeInclusive<usize> = 15..=34;

/// Whether the text, digits with single spaces or hyphens between, is the number of a payment card: one of the networks' first digits, a
/// length that it has, groups as cards are written, and the check digit of ISO/IEC 7812-1 (Luhn).
pub(crate) fn is_card(text: &[u8]) -> bool {
    // 2 to 6 are the first digits of the networks; most numbers end here.
    if !matches!(text.first(), Some(b'2'..=b'6')) {
        return false;
    }
    let digits: Vec<u8> = text.iter().filter(|byte| byte.is_ascii_digit()).map(|byte| byte - b'0').collect();
    if !CARD.contains(&digits.len()) {
        return false;
    }
    let mut separators = text.iter().filter(|byte| !byte.is_ascii_digit());
    if let Some(first) = separators.next() {
        let groups = || text.split(|byte| byte == first).map(<[u8]>::len);
        let known = GROUPS.iter().any(|known| groups().eq(known.iter().copied()));
        if separators.any(|other| other != first) || !known {
            return false;
        }
    }
    is_issued(&digits) && luhn(&digits)
}

/// Whether a network issues numbers that begin so and are so long.
fn is_issued(digits: &[u8]) -> bool {
    let first = |count: usize| digits[..count].iter().fold(0_u32, |sum, digit| sum * 10 + u32::from(*digit));
    match digits.len() {
        13 => first(1) == 4,
        14 => matches!(first(3), 300..=305 | 309) || matches!(first(2), 36 | 38 | 39),
        15 => matches!(first(2), 34 | 37),
        16 => {
            matches!(first(1), 4 | 6) || matches!(first(2), 50..=59 | 35) || matches!(first(4), 2221..=2720)
        }
        _ => matches!(first(1), 4 | 6) || matches!(first(2), 35 | 50 | 56..=59),
    }
}

fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match u32::from(*digit) * (1 + place as u32 % 2) {
            doubled @ 10.. => doubled - 9,
            digit => digit,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Whether the text, single spaces aside, is an IBAN by its check digits (ISO 7064, MOD 97-10).
pub(crate) fn is_iban(text: &[u8]) -> bool {
    let signs: Vec<u8> = text.iter().copied().filter(|byte| *byte != b' ').collect();
    if !IBAN.contains(&signs.len()) {
        return false;
    }
    let rest = signs[4..].iter().chain(&signs[..4]).try_fold(0_u32, |rest, sign| match sign {
        b'0'..=b'9' => Some((rest * 10 + u32::from(sign - b'0')) % 97),
        b'A'..=b'Z' => Some((rest * 100 + u32::from(sign - b'A') + 10) % 97),
        _ => None,
    });
    rest == Some(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_networks_test_numbers_are_cards() {
        for card in [
            "4111111111111111",
            "4111 1111 1111 1111",
            "5500-0055-5555-5559",
            "378282246310005",
            "3782 822463 10005",
            "6011000990139424",
            "30569309025904",
            "3530111333300000",
            "2223003122003222",
            "4222222222222",
            "6304000000000000",
        ] {
            assert!(is_card(card.as_bytes()), "{card}");
        }
    }

    #[test]
    fn other_numbers_are_not() {
        for number in [
            "4111111111111112",    // check digit
            "1767225600000000",    // a time in microseconds
            "4111 11111111 1111",  // groups
            "4111-1111 1111-1111", // separators
            "0000000000000000",
            "411111111111",
        ] {
            assert!(!is_card(number.as_bytes()), "{number}");
        }
    }

    #[test]
    fn ibans_by_their_check_digits() {
        for iban in ["GB82 WEST 1234 5698 7654 32", "DE89370400440532013000", "NO9386011117947"] {
            assert!(is_iban(iban.as_bytes()), "{iban}");
        }
        assert!(!is_iban(b"GB82 WEST 1234 5698 7654 33"));
        assert!(!is_iban(b"GB82"));
    }
}
