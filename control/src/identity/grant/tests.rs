use super::{Grant, covers, scope};
use crate::identity::{Permission, Permissions, Role};
use crate::names::Named;
use crate::store::scope::{Namespaces, Scope};

fn only(names: &[&str]) -> Namespaces {
    Namespaces::Only(names.iter().map(|&n| n.to_owned()).collect())
}

fn role(role: Role, namespaces: Namespaces) -> Grant {
    Grant { permissions: role.permissions(true), namespaces }
}

/// Written out by hand: whoever changes a role changes this, too.
#[test]
fn roles_allow_what_they_are_for() {
    let matrix = [
        (
            Role::Owner,
            "verdicts:read tail:read sidecars:read policy:read policy:write policy:publish killswitch:use users:manage keys:manage audit:read settings:manage",
        ),
        (
            Role::Operator,
            "verdicts:read tail:read sidecars:read policy:read policy:write policy:publish killswitch:use",
        ),
        (Role::Analyst, "verdicts:read tail:read sidecars:read policy:read"),
        (Role::Viewer, "verdicts:read sidecars:read policy:read"),
        (Role::Auditor, "verdicts:read sidecars:read policy:read audit:read"),
    ];
    assert_eq!(matrix.map(|(role, _)| role).as_slice(), Role::ALL);
    for (role, names) in matrix {
        assert_eq!(role.permissions(false).to_text(), names, "{}", role.name());
        let with = role.permissions(true);
        assert_eq!(with.has(Permission::ContentRead), role.may_read_content());
        assert_eq!(with.and(role.permissions(false)), role.permissions(false));
    }
    assert!(!Role::Viewer.may_read_content() && !Role::Auditor.may_read_content());
}

#[test]
fn permissions_come_back_from_their_names() {
    for &permission in Permission::ALL {
        let one = Permissions::NONE.with(permission);
        assert_eq!(Permissions::from_text(&one.to_text()), one);
        assert!(Permissions::ALL.has(permission));
    }
    assert_eq!(Permissions::from_text(&Permissions::ALL.to_text()), Permissions::ALL);
    assert_eq!(
        Permissions::from_text("verdicts:read root:all"),
        Permissions::NONE.with(Permission::VerdictsRead)
    );
}

#[test]
fn each_permission_reaches_as_far_as_the_grants_that_hold_it() {
    let grants = [role(Role::Analyst, only(&["a", "b"])), role(Role::Operator, only(&["c"]))];
    let of = |permission| scope("t", &grants, permission);
    let within = |names: &[&str]| Some(Scope::within("t", names.iter().map(|&n| n.to_owned()).collect()));
    assert_eq!(of(Permission::VerdictsRead), within(&["a", "b", "c"]));
    // What reaches beyond a namespace is not to be had in one.
    assert_eq!(of(Permission::PolicyPublish), None);
    assert_eq!(of(Permission::UsersManage), None);
    let all = [role(Role::Viewer, Namespaces::All), role(Role::Analyst, only(&["a"]))];
    assert_eq!(scope("t", &all, Permission::VerdictsRead), Some(Scope::tenant("t")));
    assert_eq!(scope("t", &all, Permission::TailRead), within(&["a"]));
    assert_eq!(scope("t", &[role(Role::Owner, only(&[]))], Permission::VerdictsRead), None, "of nothing");
}

#[test]
fn nobody_gives_more_than_they_have() {
    let owner = [role(Role::Owner, Namespaces::All)];
    let shop = [role(Role::Owner, only(&["shop"]))];
    let want = |permissions: &[Permission], namespaces| Grant {
        permissions: Permissions::of(permissions),
        namespaces,
    };
    assert!(covers("t", &owner, &role(Role::Operator, Namespaces::All)));
    assert!(covers("t", &owner, &role(Role::Owner, only(&["x"]))));
    assert!(!covers("t", &owner, &want(&[Permission::IngestWrite], Namespaces::All)), "no role has it");
    assert!(covers("t", &shop, &want(&[Permission::VerdictsRead], only(&["shop"]))));
    assert!(!covers("t", &shop, &want(&[Permission::VerdictsRead], only(&["shop", "bank"]))));
    assert!(!covers("t", &shop, &want(&[Permission::VerdictsRead], Namespaces::All)));
    assert!(!covers("t", &shop, &want(&[Permission::UsersManage], only(&["shop"]))));
}

#[test]
fn two_grants_together_allow_what_both_do() {
    let one = role(Role::Analyst, only(&["a", "b"]));
    let other = Grant { permissions: Permissions::ALL, namespaces: only(&["b", "c"]) };
    assert_eq!(one.and(&other), role(Role::Analyst, only(&["b"])));
    assert_eq!(one.and(&Grant::everywhere(Permissions::NONE)).permissions, Permissions::NONE);
}
