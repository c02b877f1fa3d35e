//! Policies and their versions.

use agentguard_api::policies::{
    NewPolicy, NewVersion, PolicyDetail, PolicyDiff, PolicyProblem, PolicySummary, PolicyVersion, Validation,
    VersionSummary,
};
use agentguard_policy::{Policy, Problems};
use sha2::{Digest, Sha256};
use similar::{ChangeTag, TextDiff};

use super::{LOCK, Policies, Refusal, number, stored};
use crate::clock;
use crate::store::records::{Row, Tx, Value};

/// Bytes of a text.
const YAML: usize = 64 << 10;
/// Bytes of a note or reason.
pub(super) const NOTE: usize = 1000;
/// Policies of a tenant: all that are published travel in one bundle.
const POLICIES: i64 = 100;
/// Versions of a policy.
const VERSIONS: u64 = 10_000;
/// Versions shown with a policy, the newest.
const SHOWN: i64 = 200;
/// As long as a Kubernetes label.
const NAME: usize = 63;
/// Paths of the API that would be taken for a policy's.
const RESERVED: [&str; 3] = ["validate", "simulate", "supersede"];

const COLUMNS: &str = "SELECT version, revision, sha256, author, note, created FROM policy_versions \
    WHERE tenant = $1 AND name = $2 ORDER BY version DESC LIMIT $3";

impl Policies {
    /// Every policy of a tenant, by name.
    pub(crate) async fn list(&self, tenant: &str) -> Result<Vec<PolicySummary>, Refusal> {
        let sql = "SELECT p.name, p.created, p.author, \
            (SELECT MAX(v.version) FROM policy_versions v WHERE v.tenant = p.tenant AND v.name = p.name) \
            FROM policies p WHERE p.tenant = $1 AND p.deleted = 0 ORDER BY p.name";
        let mut published = self.published(tenant).await?;
        let rows = self.records.fetch(sql, &[tenant.into()]).await?;
        rows.iter().map(|row| summary(row, |name| published.remove(name))).collect()
    }

    /// One policy, its versions and what was done with it.
    pub(crate) async fn detail(&self, tenant: &str, name: &str) -> Result<PolicyDetail, Refusal> {
        let found = self.list(tenant).await?.into_iter().find(|policy| policy.name == name);
        let summary = found.ok_or(Refusal::NotFound("policy"))?;
        let rows = self.records.fetch(COLUMNS, &[tenant.into(), name.into(), SHOWN.into()]).await?;
        let versions = rows.iter().map(version).collect::<Result<_, _>>()?;
        Ok(PolicyDetail { summary, versions, history: self.history(tenant, name).await? })
    }

    /// One version with its text; 0: the newest.
    pub(crate) async fn version(
        &self,
        tenant: &str,
        name: &str,
        number: u64,
    ) -> Result<PolicyVersion, Refusal> {
        let sql = "SELECT version, revision, sha256, author, note, created, yaml FROM policy_versions \
            WHERE tenant = $1 AND name = $2 AND (version = $3 OR $3 = 0) ORDER BY version DESC LIMIT 1";
        // PostgreSQL takes no text with NUL in it, not even to say that it is not there.
        if !is_label(name) {
            return Err(Refusal::NotFound("policy"));
        }
        let values = [tenant.into(), name.into(), stored(number).into()];
        let row = self.records.first(sql, &values).await?.ok_or(Refusal::NotFound("version"))?;
        Ok(PolicyVersion { name: name.to_owned(), summary: version(&row)?, yaml: row.text(6)? })
    }

    /// Makes a policy with its first version. The name of one that was deleted goes on with that one's numbers.
    pub(crate) async fn create(
        &self,
        tenant: &str,
        new: &NewPolicy,
        author: &str,
    ) -> Result<PolicyVersion, Refusal> {
        check_name(&new.name)?;
        let policy = check(&new.yaml, &new.note)?;
        let now = clock::now();
        let mut tx = self.records.begin(LOCK).await?;
        let many = "SELECT COUNT(*) FROM policies WHERE tenant = $1 AND deleted = 0";
        let count = tx.first(many, &[tenant.into()]).await?.map_or(Ok(0), |row| row.int(0))?;
        if count >= POLICIES {
            return Err(Refusal::Conflict(format!("a tenant has at most {POLICIES} policies; delete one")));
        }
        let key = [Value::from(tenant), new.name.as_str().into()];
        let there = "SELECT deleted FROM policies WHERE tenant = $1 AND name = $2";
        let by = [tenant.into(), new.name.as_str().into(), now.into(), author.into()];
        match tx.first(there, &key).await?.map(|row| row.flag(0)).transpose()? {
            Some(false) => {
                return Err(Refusal::Conflict(format!("there is a policy {:?} already", new.name)));
            }
            Some(true) => {
                let revive = "UPDATE policies SET deleted = 0, created = $3, author = $4 WHERE tenant = $1 AND name = $2";
                tx.execute(revive, &by).await?;
            }
            None => {
                let insert = "INSERT INTO policies (tenant, name, created, author) VALUES ($1, $2, $3, $4)";
                tx.execute(insert, &by).await?;
            }
        }
        let version = Version { name: &new.name, yaml: &new.yaml, note: &new.note, policy: &policy, author };
        let number = newest(&mut tx, tenant, &new.name).await? + 1;
        let made = version.insert(&mut tx, tenant, number, now).await?;
        tx.commit().await?;
        Ok(made)
    }

    /// Adds a version.
    pub(crate) async fn add(
        &self,
        tenant: &str,
        name: &str,
        new: &NewVersion,
        author: &str,
    ) -> Result<PolicyVersion, Refusal> {
        let policy = check(&new.yaml, &new.note)?;
        let mut tx = self.records.begin(LOCK).await?;
        exists(&mut tx, tenant, name).await?;
        let newest = newest(&mut tx, tenant, name).await?;
        if let Some(seen) = new.after.filter(|seen| *seen != newest) {
            let what = format!("version {newest} was added after version {seen}; look at it first");
            return Err(Refusal::Conflict(what));
        }
        if newest >= VERSIONS {
            return Err(Refusal::Conflict(format!("a policy has at most {VERSIONS} versions")));
        }
        let version = Version { name, yaml: &new.yaml, note: &new.note, policy: &policy, author };
        let made = version.insert(&mut tx, tenant, newest + 1, clock::now()).await?;
        tx.commit().await?;
        Ok(made)
    }

    /// Takes a policy off the list. Only when nothing of it is published.
    pub(crate) async fn delete(&self, tenant: &str, name: &str) -> Result<(), Refusal> {
        let mut tx = self.records.begin(LOCK).await?;
        exists(&mut tx, tenant, name).await?;
        let key = [Value::from(tenant), name.into()];
        let published = "SELECT name FROM policy_published WHERE tenant = $1 AND name = $2";
        if tx.first(published, &key).await?.is_some() {
            return Err(Refusal::Conflict(format!("{name:?} is published; withdraw it first")));
        }
        tx.execute("UPDATE policies SET deleted = 1 WHERE tenant = $1 AND name = $2", &key).await?;
        tx.commit().await?;
        Ok(())
    }

    /// What changed from one version to another.
    pub(crate) async fn diff(
        &self,
        tenant: &str,
        name: &str,
        from: u64,
        to: u64,
    ) -> Result<PolicyDiff, Refusal> {
        let (before, after) =
            (self.version(tenant, name, from).await?, self.version(tenant, name, to).await?);
        Ok(compare(&before, &after))
    }
}

fn compare(before: &PolicyVersion, after: &PolicyVersion) -> PolicyDiff {
    let diff = TextDiff::from_lines(&before.yaml, &after.yaml);
    let count = |tag| diff.iter_all_changes().filter(|change| change.tag() == tag).count() as u64;
    let header = |of: &PolicyVersion| format!("{}/{}", of.name, of.summary.version);
    PolicyDiff {
        from: before.summary.version,
        to: after.summary.version,
        added: count(ChangeTag::Insert),
        removed: count(ChangeTag::Delete),
        same_meaning: before.summary.revision == after.summary.revision,
        diff: diff.unified_diff().header(&header(before), &header(after)).to_string(),
    }
}

/// What is wrong with a text.
pub(crate) fn validate(yaml: &str) -> Validation {
    match parse(yaml) {
        Ok(policy) => Validation { valid: true, revision: Some(policy.revision), problems: Vec::new() },
        Err(wrong) => {
            let problem = |problem: &agentguard_policy::Problem| PolicyProblem {
                line: problem.mark.line,
                column: problem.mark.column,
                key: problem.key.clone(),
                message: problem.to_string(),
            };
            let problems = wrong.problems.iter().map(problem).collect();
            Validation { valid: false, revision: None, problems }
        }
    }
}

/// Reads a text; one that is too long is not read at all.
pub(crate) fn parse(yaml: &str) -> Result<Policy, Problems> {
    let wrong = if yaml.len() > YAML {
        Some(format!("longer than {YAML} bytes"))
    } else {
        yaml.contains('\0').then(|| "holds NUL, which no text does".to_owned())
    };
    if let Some(what) = wrong {
        let problem = agentguard_policy::Problem {
            mark: agentguard_policy::problem::Mark { line: 1, column: 1 },
            key: String::new(),
            what,
            allowed: None,
            hint: None,
        };
        return Err(Problems { origin: "policy".to_owned(), problems: vec![problem] });
    }
    Policy::parse("policy", yaml)
}

fn check(yaml: &str, note: &str) -> Result<Policy, Refusal> {
    check_note("note", note)?;
    parse(yaml).map_err(|wrong| Refusal::Invalid { field: "yaml", what: wrong.to_string() })
}

pub(super) fn check_note(field: &'static str, note: &str) -> Result<(), Refusal> {
    if note.len() > NOTE {
        return Err(Refusal::Invalid { field, what: format!("longer than {NOTE} bytes") });
    }
    if note.contains('\0') {
        return Err(Refusal::Invalid { field, what: "holds NUL, which no text does".to_owned() });
    }
    Ok(())
}

/// Lower-case letters, digits and dashes, as in a Kubernetes name (RFC 1123 label).
pub(super) fn is_label(name: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    name.len() <= NAME
        && edge(name.chars().next())
        && edge(name.chars().last())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn check_name(name: &str) -> Result<(), Refusal> {
    if is_label(name) && !RESERVED.contains(&name) {
        return Ok(());
    }
    let what = format!(
        "must be lower-case letters, digits and inner dashes, at most {NAME}, and none of {}",
        RESERVED.join(", ")
    );
    Err(Refusal::Invalid { field: "name", what })
}

pub(super) async fn exists(tx: &mut Tx, tenant: &str, name: &str) -> Result<(), Refusal> {
    if !is_label(name) {
        return Err(Refusal::NotFound("policy"));
    }
    let sql = "SELECT name FROM policies WHERE tenant = $1 AND name = $2 AND deleted = 0";
    tx.first(sql, &[tenant.into(), name.into()]).await?.map(|_| ()).ok_or(Refusal::NotFound("policy"))
}

/// The newest version's number; 0: there is none.
async fn newest(tx: &mut Tx, tenant: &str, name: &str) -> Result<u64, Refusal> {
    let sql = "SELECT MAX(version) FROM policy_versions WHERE tenant = $1 AND name = $2";
    let row = tx.first(sql, &[tenant.into(), name.into()]).await?;
    Ok(row.map(|row| row.maybe_int(0)).transpose()?.flatten().map_or(0, number))
}

/// A version that is to be stored.
struct Version<'a> {
    name: &'a str,
    yaml: &'a str,
    note: &'a str,
    policy: &'a Policy,
    author: &'a str,
}

impl Version<'_> {
    async fn insert(
        &self,
        tx: &mut Tx,
        tenant: &str,
        number: u64,
        now: i64,
    ) -> Result<PolicyVersion, Refusal> {
        let sha256: String = Sha256::digest(self.yaml).iter().map(|byte| format!("{byte:02x}")).collect();
        let sql = "INSERT INTO policy_versions \
            (tenant, name, version, yaml, revision, sha256, author, note, created) \
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let values = [
            tenant.into(),
            self.name.into(),
            stored(number).into(),
            self.yaml.into(),
            self.policy.revision.as_str().into(),
            sha256.as_str().into(),
            self.author.into(),
            self.note.into(),
            now.into(),
        ];
        tx.execute(sql, &values).await?;
        let summary = VersionSummary {
            version: number,
            revision: self.policy.revision.clone(),
            sha256,
            author: self.author.to_owned(),
            note: self.note.to_owned(),
            created: now,
        };
        Ok(PolicyVersion { name: self.name.to_owned(), summary, yaml: self.yaml.to_owned() })
    }
}

fn version(row: &Row) -> Result<VersionSummary, Refusal> {
    Ok(VersionSummary {
        version: number(row.int(0)?),
        revision: row.text(1)?,
        sha256: row.text(2)?,
        author: row.text(3)?,
        note: row.text(4)?,
        created: row.int(5)?,
    })
}

fn summary(
    row: &Row,
    published: impl FnOnce(&str) -> Option<agentguard_api::policies::Published>,
) -> Result<PolicySummary, Refusal> {
    let name = row.text(0)?;
    Ok(PolicySummary {
        created: row.int(1)?,
        author: row.text(2)?,
        latest: number(row.maybe_int(3)?.unwrap_or_default()),
        published: published(&name),
        name,
    })
}
