//! Accounts, sessions and credentials on both databases.

use std::sync::Arc;
use std::time::{Duration, Instant};

use agentguard_telemetry::Secret;
use serde_json::json;

use super::{
    Identity, IdentityError, Known, NewApiKey, NewBinding, NewUser, Permission, Permissions, Principal,
    UserChange,
};
use crate::audit::{Query, State};
use crate::config::Access;
use crate::http::{Caller, Origin};
use crate::store::records::Records;
use crate::testing::both;

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const SECRET: &str = "a bootstrap secret";
const PASSWORD: &str = "correct horse battery";

fn access() -> Access {
    Access {
        accounts: true,
        bootstrap: Some(Secret::new(SECRET)),
        jwt_key: Some(Secret::new("a signing key of more than thirty-two bytes")),
        audit_key: Some(Secret::new("an encryption key of 32 letters!")),
        ..Access::default()
    }
}

async fn identity(records: &Records) -> Identity {
    Identity::open(records.clone(), Some(&Secret::new(TOKEN)), &access()).await.unwrap().0
}

fn origin() -> Origin {
    Origin { address: Some([10, 0, 0, 7].into()), request_id: "r-1".to_owned() }
}

/// Whoever holds the cookie, with a permission.
async fn by_cookie(identity: &Identity, cookie: &str, permission: Permission) -> Option<Caller> {
    let known = identity.session(cookie).await.unwrap()?;
    Caller::with(Arc::new(known), origin(), permission, true)
}

/// The first account, as who manages others.
async fn owner(identity: &Identity) -> Caller {
    let session = identity.bootstrap(SECRET, "Root", PASSWORD, &origin()).await.unwrap();
    by_cookie(identity, &session.cookie, Permission::UsersManage).await.unwrap()
}

fn role(role: &str, content: bool, namespaces: &[&str]) -> NewBinding {
    let namespaces = (!namespaces.is_empty()).then(|| namespaces.iter().map(|&n| n.to_owned()).collect());
    NewBinding { role: role.to_owned(), content, namespaces }
}

fn new_user(name: &str, bindings: Vec<NewBinding>) -> NewUser {
    NewUser { name: name.to_owned(), password: PASSWORD.to_owned(), bindings }
}

/// The actions in the log, oldest first; the chain holds.
async fn log(identity: &Identity) -> Vec<String> {
    let report = identity.audit().verify(None, Instant::now() + Duration::from_secs(30)).await.unwrap();
    assert_eq!(report.state, State::Intact, "{report:?}");
    let query = Query { limit: 1000, ..Query::default() };
    let page = identity.audit().page("default", &query).await.unwrap();
    page.items.iter().rev().map(|e| format!("{} {} {}", e.actor, e.action, e.outcome)).collect()
}

#[tokio::test]
async fn the_first_account_needs_the_secret_which_works_once() {
    for (_dir, records) in both().await {
        let without = Access { bootstrap: None, ..access() };
        let (_, made) = Identity::open(records.clone(), None, &without).await.unwrap();
        let made = made.unwrap();
        let (identity, again) = Identity::open(records.clone(), None, &without).await.unwrap();
        let again = again.unwrap();
        assert_ne!(made.expose(), again.expose(), "each start shows its own");
        assert!(identity.awaits_first().await.unwrap());
        for wrong in ["", "guess", made.expose()] {
            let refused = identity.bootstrap(wrong, "root", PASSWORD, &origin()).await.err().unwrap();
            assert!(matches!(refused, IdentityError::Credentials), "{refused}");
        }
        let weak = identity.bootstrap(again.expose(), "root", "short", &origin()).await.err().unwrap();
        assert!(matches!(weak, IdentityError::Invalid { field: "password", .. }), "{weak}");
        let session = identity.bootstrap(again.expose(), "Root", PASSWORD, &origin()).await.unwrap();
        let known = identity.session(&session.cookie).await.unwrap().unwrap();
        assert_eq!(known.principal.name(), "root");
        assert!(known.grants[0].permissions.has(Permission::ContentRead));
        assert!(!identity.awaits_first().await.unwrap());
        let spent = identity.bootstrap(again.expose(), "eve", PASSWORD, &origin()).await.err().unwrap();
        assert!(matches!(spent, IdentityError::Conflict(_)), "{spent}");
        let (identity, none) = Identity::open(records.clone(), None, &access()).await.unwrap();
        assert!(none.is_none());
        assert!(identity.bootstrap(SECRET, "eve", PASSWORD, &origin()).await.is_err());
    }
}

#[tokio::test]
async fn people_sign_in_and_out_and_sessions_outlive_a_restart() {
    for (_dir, records) in both().await {
        let first = identity(&records).await;
        owner(&first).await;
        let here = first.sign_in("ROOT", PASSWORD, &origin()).await.unwrap();
        let there = first.sign_in("root", PASSWORD, &origin()).await.unwrap();
        let stored = records.fetch("SELECT id FROM session", &[]).await.unwrap();
        assert!(stored.iter().all(|row| !here.cookie.as_bytes().starts_with(&row.bytes(0).unwrap())));
        // Another process on the same database.
        let second = identity(&records).await;
        let caller = by_cookie(&second, &here.cookie, Permission::UsersManage).await.unwrap();
        second.sign_out(&caller, Some(&here.cookie), false).await.unwrap();
        assert!(first.session(&here.cookie).await.unwrap().is_none());
        let caller = by_cookie(&first, &there.cookie, Permission::UsersManage).await.unwrap();
        first.sign_out(&caller, Some(&there.cookie), true).await.unwrap();
        let left = records.fetch("SELECT 1 FROM session", &[]).await.unwrap();
        assert!(left.is_empty(), "the one of the bootstrap, too");
        assert!(
            first.session("").await.unwrap().is_none() && first.session("guess").await.unwrap().is_none()
        );
        let log = log(&first).await;
        assert_eq!(log.iter().filter(|e| e.contains("session.begin done")).count(), 2, "{log:?}");
        assert!(log.iter().any(|e| e.contains("session.end_all done")), "{log:?}");
    }
}

#[tokio::test]
async fn a_wrong_password_says_the_same_as_no_account_and_five_of_them_lock() {
    for (_dir, records) in both().await {
        let identity = identity(&records).await;
        owner(&identity).await;
        for name in ["root", "nobody", "not a name at all"] {
            let refused = identity.sign_in(name, "wrong horse battery", &origin()).await.err().unwrap();
            assert_eq!(refused.to_string(), "name or password is wrong", "{name}");
        }
        for _ in 0..4 {
            assert!(identity.sign_in("root", "wrong horse battery", &origin()).await.is_err());
        }
        let locked = identity.sign_in("root", PASSWORD, &origin()).await.err().unwrap();
        assert!(matches!(locked, IdentityError::Locked { seconds: 1..=31 }), "{locked}");
        let log = log(&identity).await;
        assert_eq!(log.iter().filter(|e| *e == "nobody session.begin refused").count(), 7, "{log:?}");
    }
}

#[tokio::test]
async fn a_new_password_ends_all_other_sessions_and_a_switched_off_account_all() {
    for (_dir, records) in both().await {
        let identity = identity(&records).await;
        let root = owner(&identity).await;
        let ada = identity
            .create_user(&root, &new_user("ada", vec![role("analyst", true, &["shop"])]))
            .await
            .unwrap();
        let old = identity.sign_in("ada", PASSWORD, &origin()).await.unwrap();
        let me = by_cookie(&identity, &old.cookie, Permission::VerdictsRead).await.unwrap();
        assert!(me.may(Permission::ContentRead, "shop") && !me.may(Permission::ContentRead, "bank"));
        assert!(identity.change_password(&me, "wrong horse battery", "a new set of words").await.is_err());
        let new = identity.change_password(&me, PASSWORD, "a new set of words").await.unwrap();
        assert!(identity.session(&old.cookie).await.unwrap().is_none());
        assert!(identity.session(&new.cookie).await.unwrap().is_some());
        assert!(identity.sign_in("ada", PASSWORD, &origin()).await.is_err());
        let off = UserChange { disabled: Some(true), password: None };
        assert!(identity.change_user(&root, &ada.id, &off).await.unwrap().disabled);
        assert!(identity.session(&new.cookie).await.unwrap().is_none());
        let refused = identity.sign_in("ada", "a new set of words", &origin()).await.err().unwrap();
        assert!(matches!(refused, IdentityError::Credentials), "{refused}");
    }
}

#[tokio::test]
async fn nobody_gives_more_than_they_have_and_the_last_owner_stays() {
    for (_dir, records) in both().await {
        let identity = identity(&records).await;
        let root = owner(&identity).await;
        let id = root.known().account.clone().unwrap();
        let last = identity.delete_user(&root, &id).await.err().unwrap();
        assert!(last.to_string().contains("last owner"), "{last}");
        let off = UserChange { disabled: Some(true), password: None };
        assert!(identity.change_user(&root, &id, &off).await.is_err());
        let binding = identity.user(&root, &id).await.unwrap().bindings[0].id.clone();
        assert!(identity.unbind(&root, &id, &binding).await.is_err());
        // An owner who may not read content cannot make somebody who may, nor become one through them.
        let second =
            identity.create_user(&root, &new_user("second", vec![role("owner", false, &[])])).await.unwrap();
        let session = identity.sign_in("second", PASSWORD, &origin()).await.unwrap();
        let caller = by_cookie(&identity, &session.cookie, Permission::UsersManage).await.unwrap();
        for new in [role("owner", true, &[]), role("analyst", true, &["shop"])] {
            let refused = identity.bind(&caller, &second.id, &new).await.err().unwrap();
            assert!(matches!(refused, IdentityError::Beyond), "{refused}");
            assert!(identity.create_user(&caller, &new_user("third", vec![new])).await.is_err());
        }
        let reset = UserChange { password: Some("mine from now on".to_owned()), disabled: None };
        assert!(matches!(identity.change_user(&caller, &id, &reset).await, Err(IdentityError::Beyond)));
        assert!(matches!(identity.delete_user(&caller, &id).await, Err(IdentityError::Beyond)));
        for (new, field) in [
            (role("viewer", true, &[]), "content"),
            (role("king", false, &[]), "role"),
            (role("viewer", false, &["Not A Namespace"]), "namespaces"),
        ] {
            let refused = identity.bind(&root, &second.id, &new).await.err().unwrap();
            assert!(matches!(refused, IdentityError::Invalid { field: f, .. } if f == field), "{refused}");
        }
        let taken = identity.create_user(&root, &new_user("SECOND", vec![])).await.err().unwrap();
        assert_eq!(taken.to_string(), "this name is taken");
        identity.delete_user(&root, &second.id).await.unwrap();
        assert!(identity.session(&session.cookie).await.unwrap().is_none());
        let gone = identity.user(&root, &second.id).await.err().unwrap();
        assert!(matches!(gone, IdentityError::NotFound("user")), "{gone}");
        log(&identity).await;
    }
}

async fn permissions(identity: &Identity, bearer: &str) -> Option<Permissions> {
    let known = identity.bearer(bearer).await.unwrap()?;
    Some(
        known
            .grants
            .iter()
            .fold(Permissions::NONE, |all, g| g.permissions.iter().fold(all, Permissions::with)),
    )
}

fn key(permissions: &[&str], namespaces: &[&str], expires: Option<i64>) -> NewApiKey {
    let namespaces = (!namespaces.is_empty()).then(|| namespaces.iter().map(|&n| n.to_owned()).collect());
    let permissions = permissions.iter().map(|&p| p.to_owned()).collect();
    NewApiKey { name: "a key".to_owned(), permissions, namespaces, expires }
}

#[tokio::test]
async fn keys_are_shown_once_and_never_allow_more_than_their_account() {
    for (_dir, records) in both().await {
        let identity = identity(&records).await;
        let root = owner(&identity).await;
        let made =
            identity.create_key(&root, &key(&["verdicts:read", "audit:read"], &[], None)).await.unwrap();
        let text = made.key.unwrap();
        assert!(text.starts_with("agk_") && identity.api_keys(&root).await.unwrap()[0].key.is_none());
        let has = permissions(&identity, &text).await.unwrap();
        assert_eq!(has, Permissions::of(&[Permission::VerdictsRead, Permission::AuditRead]));
        for wrong in [&text[..text.len() - 1], &format!("{text}0"), "agk_", "agk__", "agk_x_y"] {
            assert!(identity.bearer(wrong).await.unwrap().is_none(), "{wrong}");
        }
        // Roles have no ingest:write: not even an owner gives it; the one token does.
        let beyond = identity.create_key(&root, &key(&["ingest:write"], &[], None)).await.err().unwrap();
        assert!(matches!(beyond, IdentityError::Beyond), "{beyond}");
        let token = identity.bearer(TOKEN).await.unwrap().unwrap();
        let token = Caller::with(token, origin(), Permission::KeysManage, false).unwrap();
        identity.create_key(&token, &key(&["ingest:write"], &[], None)).await.unwrap();
        for (new, field) in [
            (key(&[], &[], None), "permissions"),
            (key(&["root:all"], &[], None), "permissions"),
            (key(&["audit:read"], &[], Some(1)), "expires"),
        ] {
            let refused = identity.create_key(&root, &new).await.err().unwrap();
            assert!(matches!(refused, IdentityError::Invalid { field: f, .. } if f == field), "{refused}");
        }
        // Its account loses what the key had: so does the key.
        let id = root.known().account.clone().unwrap();
        let second =
            identity.create_user(&root, &new_user("second", vec![role("owner", true, &[])])).await.unwrap();
        identity.bind(&root, &id, &role("viewer", false, &["shop"])).await.unwrap();
        let session = identity.sign_in("second", PASSWORD, &origin()).await.unwrap();
        let other = by_cookie(&identity, &session.cookie, Permission::UsersManage).await.unwrap();
        let owner =
            identity.user(&other, &id).await.unwrap().bindings.iter().find(|b| b.role == "owner").cloned();
        identity.unbind(&other, &id, &owner.unwrap().id).await.unwrap();
        let known = identity.bearer(&text).await.unwrap().unwrap();
        assert_eq!(
            permissions(&identity, &text).await.unwrap(),
            Permissions::of(&[Permission::VerdictsRead])
        );
        let scope = super::scope("default", &known.grants, Permission::VerdictsRead).unwrap();
        assert!(scope.shows("shop") && !scope.shows("bank"));
        identity.revoke_key(&other, &made.id).await.unwrap();
        assert!(identity.bearer(&text).await.unwrap().is_none());
        assert!(identity.api_keys(&other).await.unwrap().iter().any(|k| k.revoked.is_some()));
        let more = identity
            .create_key(&other, &key(&["verdicts:read"], &["shop"], None))
            .await
            .unwrap()
            .key
            .unwrap();
        assert!(identity.bearer(&more).await.unwrap().is_some());
        identity
            .change_user(&token, &second.id, &UserChange { disabled: Some(false), password: None })
            .await
            .unwrap();
        assert!(identity.bearer(&more).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn a_keys_last_use_is_written_down_once_a_minute() {
    for (_dir, records) in both().await {
        let identity = identity(&records).await;
        let root = owner(&identity).await;
        let text =
            identity.create_key(&root, &key(&["verdicts:read"], &[], None)).await.unwrap().key.unwrap();
        assert!(identity.bearer(&text).await.unwrap().is_some());
        let mut used = None;
        for _ in 0..100 {
            used = identity.api_keys(&root).await.unwrap()[0].used;
            if used.is_some() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let used = used.unwrap();
        identity.recent.clear();
        assert!(identity.bearer(&text).await.unwrap().is_some());
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(identity.api_keys(&root).await.unwrap()[0].used, Some(used));
        // A minute later.
        let before = used - 61_000_000;
        records.execute("UPDATE api_key SET used = $1", &[before.into()]).await.unwrap();
        identity.recent.clear();
        assert!(identity.bearer(&text).await.unwrap().is_some());
        for _ in 0..100 {
            if identity.api_keys(&root).await.unwrap()[0].used != Some(before) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(identity.api_keys(&root).await.unwrap()[0].used.unwrap() >= used);
    }
}

#[tokio::test]
async fn signed_tokens_are_worth_what_their_account_is() {
    for (_dir, records) in both().await {
        let identity = identity(&records).await;
        let root = owner(&identity).await;
        let signed = identity.sign(&root).await.unwrap();
        let known = identity.bearer(&signed.token).await.unwrap().unwrap();
        assert_eq!(known.principal, Principal::Signed { subject: root.principal().id() });
        assert!(permissions(&identity, &signed.token).await.unwrap().has(Permission::UsersManage));
        assert!(signed.expires > crate::clock::now() + 14 * 60_000_000);
        let by_token = Caller::with(known, origin(), Permission::UsersManage, false).unwrap();
        assert!(identity.sign(&by_token).await.is_err(), "no chain of them");
        // Another installation's key.
        let key = Some(Secret::new("another signing key of more than 32 bytes"));
        let other = Access { jwt_key: key, ..access() };
        let (other, _) = Identity::open(records.clone(), None, &other).await.unwrap();
        assert!(other.bearer(&signed.token).await.unwrap().is_none());
        let none = Access { jwt_key: None, ..access() };
        let (none, _) = Identity::open(records.clone(), None, &none).await.unwrap();
        assert!(none.bearer(&signed.token).await.unwrap().is_none() && none.sign(&root).await.is_err());
        records.execute("UPDATE account SET disabled = 1", &[]).await.unwrap();
        identity.recent.clear();
        assert!(identity.bearer(&signed.token).await.unwrap().is_none(), "its account is switched off");
    }
}

#[tokio::test]
async fn sessions_by_the_token_end_with_it() {
    for (_dir, records) in both().await {
        let token = |token: Option<&str>| token.map(Secret::new);
        let open = |token: Option<Secret>, records: Records| async move {
            Identity::open(records, token.as_ref(), &Access::default()).await.unwrap().0
        };
        let one = open(token(Some(TOKEN)), records.clone()).await;
        let session = one.sign_in_by_token(TOKEN, &origin()).await.unwrap();
        let known = one.session(&session.cookie).await.unwrap().unwrap();
        assert_eq!((known.principal, known.grants[0].permissions), (Principal::Token, Permissions::ALL));
        assert!(
            open(token(Some(TOKEN)), records.clone()).await.session(&session.cookie).await.unwrap().is_some()
        );
        let changed = open(token(Some("another token of some length")), records.clone()).await;
        assert!(changed.session(&session.cookie).await.unwrap().is_none());
        assert!(open(None, records.clone()).await.session(&session.cookie).await.unwrap().is_none());
        assert!(one.sign_in_by_token("wrong", &origin()).await.is_err());
        assert!(one.sign_in("root", PASSWORD, &origin()).await.is_err(), "no accounts here");
    }
}

#[tokio::test]
async fn sidecars_with_their_shared_key_may_only_report() {
    for (_dir, records) in both().await {
        let access = Access { sidecar_token: Some(Secret::new("a key for all sidecars")), ..access() };
        let (identity, _) = Identity::open(records.clone(), None, &access).await.unwrap();
        let has = permissions(&identity, "a key for all sidecars").await.unwrap();
        assert_eq!(has, Permissions::of(&[Permission::IngestWrite, Permission::PolicyRead]));
        assert!(identity.bearer(TOKEN).await.unwrap().is_none());
    }
}

/// What the log holds can be shown to auditors: neither passwords nor keys nor cookies.
#[tokio::test]
async fn nothing_secret_is_in_the_database_in_the_clear() {
    for (_dir, records) in both().await {
        let identity = identity(&records).await;
        let root = owner(&identity).await;
        let session = identity.sign_in("root", PASSWORD, &origin()).await.unwrap();
        let key = identity.create_key(&root, &key(&["verdicts:read"], &[], None)).await.unwrap().key.unwrap();
        let signed = identity.sign(&root).await.unwrap();
        let mut all = Vec::new();
        for sql in [
            "SELECT detail || object || actor FROM audit",
            "SELECT password || name FROM account",
            "SELECT name || permissions FROM api_key",
        ] {
            for row in records.fetch(sql, &[]).await.unwrap() {
                all.extend_from_slice(row.text(0).unwrap().as_bytes());
            }
        }
        for sql in ["SELECT id FROM session", "SELECT secret FROM api_key"] {
            for row in records.fetch(sql, &[]).await.unwrap() {
                all.extend(row.bytes(0).unwrap());
            }
        }
        let all = String::from_utf8_lossy(&all);
        let secret = key.rsplit_once('_').unwrap().1;
        for hidden in [PASSWORD, SECRET, TOKEN, secret, session.cookie.as_str(), signed.token.as_str()] {
            assert!(!all.contains(hidden));
        }
        let known = Known::local();
        assert!(!format!("{known:?} {:?}", json!(all)).contains(PASSWORD));
    }
}
