//! Roles: names for sets of permissions that people have.

use super::permission::{Permission, Permissions};
use crate::names::Named;

/// What somebody is here for. Reading content is given apart, with any role that looks at verdicts for a living.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Role {
    /// Answers for it all.
    Owner,
    /// Runs it: policies and the kill switch.
    Operator,
    /// Looks into verdicts.
    Analyst,
    /// Looks at sums and single verdicts, never at what was said.
    Viewer,
    /// Looks at who did what, never at what was said.
    Auditor,
}

const LOOKS: Permissions =
    Permissions::of(&[Permission::VerdictsRead, Permission::SidecarsRead, Permission::PolicyRead]);

impl Role {
    /// What it allows. `content`: reading content, too, where the role can have it.
    pub(crate) fn permissions(self, content: bool) -> Permissions {
        use Permission as P;
        let base = match self {
            Self::Owner => Permissions::of(&[
                P::VerdictsRead,
                P::TailRead,
                P::SidecarsRead,
                P::PolicyRead,
                P::PolicyWrite,
                P::PolicyPublish,
                P::KillswitchUse,
                P::UsersManage,
                P::KeysManage,
                P::AuditRead,
                P::SettingsManage,
            ]),
            Self::Operator => {
                LOOKS.with(P::TailRead).with(P::PolicyWrite).with(P::PolicyPublish).with(P::KillswitchUse)
            }
            Self::Analyst => LOOKS.with(P::TailRead),
            Self::Viewer => LOOKS,
            Self::Auditor => LOOKS.with(P::AuditRead),
        };
        if content && self.may_read_content() { base.with(P::ContentRead) } else { base }
    }

    /// Whether reading content can be given with it.
    pub(crate) fn may_read_content(self) -> bool {
        matches!(self, Self::Owner | Self::Operator | Self::Analyst)
    }
}

impl Named for Role {
    const ALL: &'static [Self] = &[Self::Owner, Self::Operator, Self::Analyst, Self::Viewer, Self::Auditor];

    fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Operator => "operator",
            Self::Analyst => "analyst",
            Self::Viewer => "viewer",
            Self::Auditor => "auditor",
        }
    }
}
