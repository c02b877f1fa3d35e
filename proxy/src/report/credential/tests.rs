//! Tokens in files that change, go, and hold what no token is.

use super::*;

const OFTEN: Duration = Duration::ZERO;
const NEVER: Duration = Duration::from_secs(3600);

async fn current(credential: &Credential) -> String {
    credential.current().await.map(|token| token.expose().to_owned()).unwrap_or_default()
}

#[tokio::test]
async fn a_file_that_changes_is_read_again_when_it_has_grown_old() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    std::fs::write(&path, "first\n").unwrap();
    let token = Token::File(path.clone());
    let often = Credential::new(Some(&token), OFTEN).unwrap();
    let never = Credential::new(Some(&token), NEVER).unwrap();
    assert_eq!((current(&often).await, current(&never).await), ("first".to_owned(), "first".to_owned()));
    std::fs::write(&path, "second\n").unwrap();
    assert_eq!((current(&often).await, current(&never).await), ("second".to_owned(), "first".to_owned()));
    // Whatever its age, it is read when the control plane refuses it.
    let used = Secret::from("first".to_owned());
    assert!(never.renewed(Some(&used)).await);
    assert_eq!(current(&never).await, "second");
    let used = Secret::from("second".to_owned());
    assert!(!never.renewed(Some(&used)).await, "it is still the same");
}

#[tokio::test]
async fn what_cannot_be_read_leaves_the_token_that_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    std::fs::write(&path, "known").unwrap();
    let credential = Credential::new(Some(&Token::File(path.clone())), OFTEN).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(current(&credential).await, "known");
    for nonsense in [&b""[..], b" \n", b"two words", b"\xff\xfe", &[b'x'; 70_000]] {
        std::fs::write(&path, nonsense).unwrap();
        assert_eq!(current(&credential).await, "known");
    }
    std::fs::write(&path, "new").unwrap();
    assert_eq!(current(&credential).await, "new");
}

#[tokio::test]
async fn a_token_that_is_given_stays_and_a_bad_file_is_told_at_the_start() {
    let given = Token::Given(Secret::from("given".to_owned()));
    let credential = Credential::new(Some(&given), OFTEN).unwrap();
    assert_eq!(current(&credential).await, "given");
    assert!(!credential.renewed(Some(&Secret::from("given".to_owned()))).await);
    assert_eq!(current(&Credential::new(None, OFTEN).unwrap()).await, "");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    std::fs::write(&path, "a secret of\ntwo lines").unwrap();
    let (told, why) = Credential::new(Some(&Token::File(path.clone())), OFTEN).unwrap_err();
    assert!(told == path && !why.contains("secret of"), "{why}");
    assert!(Credential::new(Some(&Token::File(folder.path().join("none"))), OFTEN).is_err());
}
