use super::{AT_ONCE, Passwords, WAITING, check};
use crate::identity::IdentityError;

#[tokio::test]
async fn passwords_are_kept_as_argon2id_with_a_salt_of_their_own() {
    let passwords = Passwords::new().unwrap();
    let one = passwords.hash("correct horse battery").await.unwrap();
    let other = passwords.hash("correct horse battery").await.unwrap();
    assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
    assert_ne!(one, other);
    assert!(passwords.is("correct horse battery", Some(&one)).await.unwrap());
    assert!(!passwords.is("correct horse batterx", Some(&one)).await.unwrap());
    assert!(!passwords.is("correct horse battery", None).await.unwrap());
    assert!(!passwords.is("correct horse battery", Some("not a hash")).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_can_wait_are_sent_away_and_the_others_are_served() {
    let passwords = Passwords::new().unwrap();
    let crowd = AT_ONCE + WAITING + 10;
    let tries: Vec<_> = (0..crowd)
        .map(|_| {
            let passwords = passwords.clone();
            tokio::spawn(async move { passwords.is("whatever it is", None).await })
        })
        .collect();
    let mut busy = 0;
    for one in tries {
        match one.await.unwrap() {
            Ok(right) => assert!(!right),
            Err(IdentityError::Busy) => busy += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert!((1..=10).contains(&busy), "{busy}");
    assert!(passwords.is("whatever it is", None).await.is_ok(), "there is room again");
}

#[test]
fn weak_passwords_are_refused() {
    for weak in
        ["short", "elevenchars", "ada-lovelace1", "aaaaaaaaaaaaaaaa", &"x".repeat(300), "abababababababab"]
    {
        assert!(check(weak, "ada-lovelace").is_err(), "{weak}");
    }
    check("correct horse battery", "ada").unwrap();
    check("zwölf Zeichen", "ada").unwrap();
}
