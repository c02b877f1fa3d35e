//! Examples of accounts, keys and the log.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use utoipa::openapi::HttpMethod;

use super::audit::Verify;
use super::auth::{Bootstrap, Done, Me, MyGrant, PasswordChange, SignIn, SignOut};
use super::users::RoleInfo;
use crate::api::examples::value;
use crate::audit::{Anchor, AuditEntry, AuditPage, Report, State};
use crate::identity::{ApiKey, Binding, NewApiKey, NewBinding, NewUser, Role, Signed, User, UserChange};

const TS: i64 = 1_764_000_000_000_000;
const ID: &str = "0a1b2c3d4e5f607182";
const MAC: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/// Path, method, request and answer of every operation.
pub(crate) fn all() -> Vec<(&'static str, HttpMethod, Option<Value>, Value)> {
    use HttpMethod::{Delete, Get, Patch, Post};
    let sign_in = SignIn { name: "ada".to_owned(), password: "correct horse battery".to_owned() };
    let bootstrap =
        Bootstrap { secret: MAC.to_owned(), name: sign_in.name.clone(), password: sign_in.password.clone() };
    let password =
        PasswordChange { current: sign_in.password.clone(), new: "staple of another kind".to_owned() };
    let change = UserChange { password: None, disabled: Some(true) };
    let verify = Verify { anchor: Some(anchor()) };
    vec![
        ("/api/v1/auth/login", Post, Some(value(&sign_in)), value(&me())),
        ("/api/v1/auth/bootstrap", Post, Some(value(&bootstrap)), value(&me())),
        (
            "/api/v1/auth/logout",
            Post,
            Some(value(&SignOut { everywhere: true })),
            value(&Done { done: true }),
        ),
        ("/api/v1/auth/me", Get, None, value(&me())),
        ("/api/v1/auth/password", Post, Some(value(&password)), value(&me())),
        ("/api/v1/auth/token", Post, None, value(&signed())),
        ("/api/v1/roles", Get, None, value(&RoleInfo::all())),
        ("/api/v1/users", Get, None, value(&[user()])),
        ("/api/v1/users", Post, Some(value(&new_user())), value(&user())),
        ("/api/v1/users/{id}", Get, None, value(&user())),
        ("/api/v1/users/{id}", Patch, Some(value(&change)), value(&User { disabled: true, ..user() })),
        ("/api/v1/users/{id}", Delete, None, value(&user())),
        ("/api/v1/users/{id}/bindings", Post, Some(value(&new_binding())), value(&binding())),
        ("/api/v1/users/{id}/bindings/{binding}", Delete, None, value(&binding())),
        ("/api/v1/api-keys", Get, None, value(&[key()])),
        ("/api/v1/api-keys", Post, Some(value(&new_key())), value(&shown_key())),
        ("/api/v1/api-keys/{id}", Delete, None, value(&ApiKey { revoked: Some(TS), ..key() })),
        ("/api/v1/audit", Get, None, value(&AuditPage { items: vec![entry()], next: Some(41) })),
        ("/api/v1/audit/verify", Post, Some(value(&verify)), value(&report())),
    ]
}

fn shop() -> Option<BTreeSet<String>> {
    Some(["shop".to_owned()].into())
}

fn me() -> Me {
    let permissions = Role::Analyst.permissions(true).names();
    Me {
        kind: "user".to_owned(),
        id: format!("user/{ID}"),
        name: "ada".to_owned(),
        tenant: "default".to_owned(),
        permissions: permissions.clone(),
        grants: vec![MyGrant { permissions, namespaces: shop() }],
        csrf_token: Some(MAC.to_owned()),
    }
}

fn signed() -> Signed {
    Signed { token: "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c2VyLzBhMWIifQ.c2lnbmF0dXJl".to_owned(), expires: TS }
}

fn new_binding() -> NewBinding {
    NewBinding { role: "analyst".to_owned(), content: true, namespaces: shop() }
}

fn binding() -> Binding {
    Binding {
        id: "5f60718293a4b5c6d7".to_owned(),
        role: "analyst".to_owned(),
        content: true,
        namespaces: shop(),
    }
}

fn new_user() -> NewUser {
    let password = "a first password to change".to_owned();
    NewUser { name: "ada".to_owned(), password, bindings: vec![new_binding()] }
}

fn user() -> User {
    User {
        id: ID.to_owned(),
        name: "ada".to_owned(),
        disabled: false,
        created: TS,
        signed_in: Some(TS),
        bindings: vec![binding()],
        tenant: String::new(),
    }
}

fn new_key() -> NewApiKey {
    let permissions = vec!["verdicts:read".to_owned()];
    NewApiKey { name: "weekly report".to_owned(), permissions, namespaces: shop(), expires: Some(TS) }
}

fn key() -> ApiKey {
    ApiKey {
        id: "18293a4b5c6d7e8f90".to_owned(),
        name: "weekly report".to_owned(),
        user: Some(ID.to_owned()),
        permissions: vec!["verdicts:read".to_owned()],
        namespaces: shop(),
        created: TS,
        expires: Some(TS),
        used: Some(TS),
        revoked: None,
        key: None,
    }
}

fn shown_key() -> ApiKey {
    ApiKey { used: None, key: Some(format!("agk_18293a4b5c6d7e8f90_{MAC}")), ..key() }
}

fn anchor() -> Anchor {
    Anchor { seq: 42, mac: MAC.to_owned() }
}

fn entry() -> AuditEntry {
    AuditEntry {
        seq: 42,
        at: TS,
        actor: format!("user/{ID}"),
        address: "10.0.0.7".to_owned(),
        request_id: "01993a2b-8000-7000-8000-000000000001".to_owned(),
        action: "api_key.create".to_owned(),
        object: "api_key/18293a4b5c6d7e8f90".to_owned(),
        outcome: "done".to_owned(),
        detail: json!({ "name": "weekly report", "permissions": ["verdicts:read"] }),
        mac: MAC.to_owned(),
    }
}

fn report() -> Report {
    Report {
        state: State::Intact,
        entries: 42,
        without_key: 0,
        unknown_key: 0,
        breaks: Vec::new(),
        complete: true,
        head: anchor(),
    }
}
