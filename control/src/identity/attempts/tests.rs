use super::{ACCOUNT, ADDRESS, FIRST, FORGET, LONGEST, Subject, begin, right, wait};
use crate::identity::IdentityError;
use crate::store::records::Records;
use crate::testing::{DAY0, both};

async fn attempt(records: &Records, name: &str, address: &str, now: i64) -> Result<(), i64> {
    let subjects = [Subject::account(name), Subject::address(Some(address.parse().unwrap()))];
    match begin(records, &subjects, now).await {
        Ok(()) => Ok(()),
        Err(IdentityError::Locked { seconds }) => Err(seconds),
        Err(other) => panic!("{other}"),
    }
}

async fn right_for(records: &Records, name: &str, address: &str) {
    let mut tx = records.begin("sign-in").await.unwrap();
    right(&mut tx, &[Subject::account(name), Subject::address(Some(address.parse().unwrap()))])
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn an_account_waits_longer_each_time_and_starts_anew_after_the_right_password() {
    for (_dir, records) in both().await {
        let mut now = DAY0;
        for _ in 0..ACCOUNT {
            attempt(&records, "ada", "10.0.0.1", now).await.unwrap();
        }
        assert_eq!(attempt(&records, "ada", "10.0.0.2", now).await, Err(31), "from anywhere");
        attempt(&records, "bob", "10.0.0.2", now).await.unwrap();
        now += FIRST;
        attempt(&records, "ada", "10.0.0.2", now).await.unwrap();
        assert_eq!(attempt(&records, "ada", "10.0.0.2", now).await, Err(61));
        now += 2 * FIRST;
        attempt(&records, "ada", "10.0.0.2", now).await.unwrap();
        right_for(&records, "ada", "10.0.0.2").await;
        for _ in 0..ACCOUNT {
            attempt(&records, "ada", "10.0.0.3", now).await.unwrap();
        }
        assert!(attempt(&records, "ada", "10.0.0.3", now).await.is_err());
        attempt(&records, "ada", "10.0.0.3", now + FORGET + 1).await.unwrap();
    }
}

#[tokio::test]
async fn an_address_waits_whatever_names_it_tries() {
    for (_dir, records) in both().await {
        for n in 0..ADDRESS {
            attempt(&records, &format!("guess{n}"), "2001:db8::1", DAY0).await.unwrap();
        }
        assert_eq!(attempt(&records, "ada", "2001:db8::ffff", DAY0).await, Err(31), "the same network");
        attempt(&records, "ada", "2001:db8:0:1::1", DAY0).await.unwrap();
        // What was refused for the address did not count for the account.
        let row =
            records.first("SELECT count FROM sign_in_attempts WHERE subject = 'account ada'", &[]).await;
        assert_eq!(row.unwrap().unwrap().int(0).unwrap(), 1);
        right_for(&records, "guess3", "2001:db8::1").await;
        attempt(&records, "carol", "2001:db8::1", DAY0).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_are_many_all_the_same() {
    for (_dir, records) in both().await {
        let tries: Vec<_> = (0..20)
            .map(|n| {
                let records = records.clone();
                tokio::spawn(
                    async move { attempt(&records, "ada", &format!("10.0.1.{n}"), DAY0).await.is_ok() },
                )
            })
            .collect();
        let mut through = 0;
        for one in tries {
            through += i64::from(one.await.unwrap());
        }
        assert_eq!(through, ACCOUNT);
    }
}

#[test]
fn waits_double_and_end_somewhere() {
    assert_eq!([wait(0), wait(1), wait(2)], [FIRST, 2 * FIRST, 4 * FIRST]);
    assert_eq!(wait(1000), LONGEST);
}
