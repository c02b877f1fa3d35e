//! What may be done, `resource:verb`, and sets of it.

use crate::names::Named;

/// One thing that somebody may be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Permission {
    /// Verdicts and sums over them, without what was said.
    VerdictsRead,
    /// What was said: prompts, answers, evidence.
    ContentRead,
    /// Verdicts as they come.
    TailRead,
    /// The proxies and their ledgers.
    SidecarsRead,
    /// Policies and their versions.
    PolicyRead,
    /// Drafts of policies.
    PolicyWrite,
    /// Which policy the sidecars run.
    PolicyPublish,
    /// The switch that stops all interference with traffic.
    KillswitchUse,
    /// Accounts and their roles.
    UsersManage,
    /// API keys.
    KeysManage,
    /// Who did what.
    AuditRead,
    /// Retention, erasure and the like.
    SettingsManage,
    /// What sidecars send.
    IngestWrite,
}

impl Permission {
    /// Whether it cannot be had for some namespaces only, because what it allows reaches beyond them.
    pub(crate) fn whole_tenant(self) -> bool {
        !matches!(
            self,
            Self::VerdictsRead
                | Self::ContentRead
                | Self::TailRead
                | Self::SidecarsRead
                | Self::PolicyRead
                | Self::IngestWrite
        )
    }

    const fn bit(self) -> u32 {
        1 << self as u8
    }
}

impl Named for Permission {
    const ALL: &'static [Self] = &[
        Self::VerdictsRead,
        Self::ContentRead,
        Self::TailRead,
        Self::SidecarsRead,
        Self::PolicyRead,
        Self::PolicyWrite,
        Self::PolicyPublish,
        Self::KillswitchUse,
        Self::UsersManage,
        Self::KeysManage,
        Self::AuditRead,
        Self::SettingsManage,
        Self::IngestWrite,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::VerdictsRead => "verdicts:read",
            Self::ContentRead => "content:read",
            Self::TailRead => "tail:read",
            Self::SidecarsRead => "sidecars:read",
            Self::PolicyRead => "policy:read",
            Self::PolicyWrite => "policy:write",
            Self::PolicyPublish => "policy:publish",
            Self::KillswitchUse => "killswitch:use",
            Self::UsersManage => "users:manage",
            Self::KeysManage => "keys:manage",
            Self::AuditRead => "audit:read",
            Self::SettingsManage => "settings:manage",
            Self::IngestWrite => "ingest:write",
        }
    }
}

/// A set of permissions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Permissions(u32);

impl Permissions {
    /// None.
    pub(crate) const NONE: Self = Self(0);
    /// Every one.
    pub(crate) const ALL: Self = Self::of(Permission::ALL);

    /// These.
    pub(crate) const fn of(some: &[Permission]) -> Self {
        let (mut bits, mut i) = (0, 0);
        while i < some.len() {
            bits |= some[i].bit();
            i += 1;
        }
        Self(bits)
    }

    /// Whether it is one of them.
    pub(crate) fn has(self, permission: Permission) -> bool {
        self.0 & permission.bit() != 0
    }

    /// Those in both.
    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// These and one more.
    #[must_use]
    pub(crate) fn with(self, permission: Permission) -> Self {
        Self(self.0 | permission.bit())
    }

    /// Whether there is none.
    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// One after the other.
    pub(crate) fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |&p| self.has(p))
    }

    /// Their names.
    pub(crate) fn names(self) -> Vec<String> {
        self.iter().map(|p| p.name().to_owned()).collect()
    }

    /// As the database keeps them: names with spaces between.
    pub(crate) fn to_text(self) -> String {
        self.names().join(" ")
    }

    /// Back from [`Self::to_text`]. A name that this version does not know gives nothing.
    pub(crate) fn from_text(text: &str) -> Self {
        text.split(' ').filter_map(Permission::named).fold(Self::NONE, Self::with)
    }
}
