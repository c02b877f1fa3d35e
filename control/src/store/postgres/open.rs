//! Connections, migrations, and the number of this replica.

use std::time::Duration;

use agentguard_telemetry::Secret;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, Executor, PgConnection, PgPool};

use crate::store::StoreError;

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// A connection that nobody needed for so long is closed.
const IDLE: Duration = Duration::from_secs(300);
/// Connections that commit: the one that does, and one to begin the next when the first has broken.
const WRITES: u32 = 2;
/// Replicas that have rows of their own in the rollups; more share them.
const SLOTS: i64 = 64;
/// First half of the advisory locks on slots.
const SLOT_LOCK: i32 = 0x6167_0001;

/// Where a commit's events are put before they are taken over. Emptied with each commit.
const STAGING: &str = "CREATE TEMP TABLE IF NOT EXISTS staging (n BIGINT NOT NULL, ts BIGINT NOT NULL, tenant BIGINT NOT NULL, \
                       shape BIGINT NOT NULL, inst BIGINT NOT NULL, seq BIGINT NOT NULL, risk DOUBLE PRECISION NOT NULL, \
                       flagged BOOLEAN NOT NULL, id UUID NOT NULL, words TEXT NOT NULL, body TEXT NOT NULL, content TEXT) \
                       ON COMMIT DELETE ROWS";
/// An acknowledgement says that it is durable, whatever the server's setting.
const DURABLE: &str = "SELECT set_config('synchronous_commit', 'on', false) \
                       WHERE current_setting('synchronous_commit') = 'off'";

/// How the database is reached and used.
pub(crate) struct Settings {
    /// `postgres://user:password@host:port/database?sslmode=…`.
    pub(crate) url: Secret,
    /// Taken when the address holds none.
    pub(crate) password: Option<Secret>,
    /// Connections for questions; [`WRITES`] and one more come on top.
    pub(crate) connections: u32,
    /// No statement may take longer.
    pub(crate) statement_time: Duration,
    /// Days that are kept and so have partitions of their own.
    pub(crate) keep: Option<Duration>,
    /// Dead letters kept.
    pub(crate) dead_letters: u64,
}

impl Settings {
    /// Searches and counts at once: dashboards must not wait for them.
    pub(super) fn scans(&self) -> usize {
        (self.connections as usize * 3 / 4).max(1)
    }

    fn options(&self) -> Result<PgConnectOptions, StoreError> {
        // The error of the parser is left out: it may quote what it could not read.
        let mut options: PgConnectOptions = self.url.expose().parse().map_err(|_| StoreError::Url)?;
        if let Some(password) = self.password.as_ref().filter(|_| !holds_password(self.url.expose())) {
            options = options.password(password.expose());
        }
        let milliseconds = self.statement_time.as_millis().to_string();
        Ok(options.application_name("agentguard-control").options([("statement_timeout", milliseconds)]))
    }
}

/// Whether an address has a password before its `@` (RFC 3986, 3.2.1) or among its parameters.
fn holds_password(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
    user.contains(':') || rest.contains("?password=") || rest.contains("&password=")
}

/// Connections for questions, and those that commit.
pub(super) async fn pools(settings: &Settings) -> Result<(PgPool, PgPool), StoreError> {
    let options = settings.options()?;
    let pool = |most: u32| {
        PgPoolOptions::new().max_connections(most).idle_timeout(IDLE).acquire_timeout(Duration::from_secs(10))
    };
    tracing::info!(
        host = options.get_host(),
        database = options.get_database(),
        "verdicts lie in PostgreSQL"
    );
    let questions = pool(settings.connections.max(2)).connect_with(options.clone()).await?;
    let writes = pool(WRITES).after_connect(|conn, _| {
        Box::pin(async move {
            conn.execute(STAGING).await?;
            conn.execute(DURABLE).await?;
            Ok(())
        })
    });
    Ok((questions, writes.connect_with(options).await?))
}

/// Brings the schema up to date; of several replicas that start at once, one does, and the others wait for it.
pub(super) async fn migrate(pool: &PgPool) -> Result<(), StoreError> {
    // A step may take longer than a question, and so may waiting for the replica that does it.
    let mut conn = pool.acquire().await?.detach();
    conn.execute("SET statement_timeout = 0").await?;
    MIGRATIONS.run(&mut conn).await?;
    Ok(conn.close().await?)
}

/// A number that no other living replica has, and the connection that keeps it.
pub(super) async fn slot(pool: &PgPool) -> Result<(i64, PgConnection), StoreError> {
    let mut conn = pool.acquire().await?.detach();
    for slot in 0..SLOTS {
        let free: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock($1, $2)")
            .bind(SLOT_LOCK)
            .bind(slot as i32)
            .fetch_one(&mut conn)
            .await?;
        if free {
            return Ok((slot, conn));
        }
    }
    Ok((0, conn))
}

#[cfg(test)]
mod tests {
    use super::holds_password;

    #[test]
    fn a_password_is_seen_where_one_may_stand() {
        for url in ["postgres://u:p@h/d", "postgres://u:@h/d", "postgres://h/d?sslmode=disable&password=p"] {
            assert!(holds_password(url), "{url}");
        }
        for url in ["postgres://u@h:5432/d", "postgres://h:5432/d?x=a:b@c", "postgres:///d"] {
            assert!(!holds_password(url), "{url}");
        }
    }
}
