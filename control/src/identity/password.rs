//! Passwords: argon2id, off the workers that answer requests, a few at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use tokio::sync::Semaphore;

use super::IdentityError;

/// OWASP's password storage cheat sheet: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
/// Hashes computed at once, each with 19 MiB and a core.
const AT_ONCE: usize = 2;
/// Those that may wait for that; more are sent away.
const WAITING: usize = 32;
/// Characters, at least. Length is what counts (NIST SP 800-63B, 5.1.1.2).
const SHORTEST: usize = 12;
/// Bytes, at most: hashing more is somebody else's idea.
const LONGEST: usize = 256;

/// Hashes and checks passwords.
#[derive(Clone)]
pub(super) struct Passwords {
    turns: Arc<Semaphore>,
    here: Arc<AtomicUsize>,
    /// Of a password that nobody has: checked where there is no account, so that its lack takes as long.
    nobody: Arc<str>,
}

impl Passwords {
    /// Takes as long as one password: it makes the hash that nobody has.
    pub(super) fn new() -> Result<Self, IdentityError> {
        let nobody = hashed(&super::secrets::random())?;
        Ok(Self { turns: Arc::new(Semaphore::new(AT_ONCE)), here: Arc::default(), nobody: nobody.into() })
    }

    /// The hash to store.
    pub(super) async fn hash(&self, password: &str) -> Result<String, IdentityError> {
        let password = password.to_owned();
        self.turn(move || hashed(&password)).await?
    }

    /// Whether it is the password. Without a stored hash it never is, and takes as long.
    pub(super) async fn is(&self, password: &str, stored: Option<&str>) -> Result<bool, IdentityError> {
        let password = password.to_owned();
        let phc = stored.unwrap_or(&self.nobody).to_owned();
        let right = self.turn(move || verified(&password, &phc)).await?;
        Ok(right && stored.is_some())
    }

    async fn turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, IdentityError> {
        let _here = Here::enter(&self.here)?;
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| IdentityError::Busy)?;
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        done.await.map_err(|_| IdentityError::Busy)
    }
}

/// A place among those that wait or are served.
struct Here(Arc<AtomicUsize>);

impl Here {
    fn enter(here: &Arc<AtomicUsize>) -> Result<Self, IdentityError> {
        let before = here.fetch_add(1, Ordering::Relaxed);
        // Given back on every way out.
        let place = Self(Arc::clone(here));
        if before >= AT_ONCE + WAITING { Err(IdentityError::Busy) } else { Ok(place) }
    }
}

impl Drop for Here {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn argon2() -> Result<Argon2<'static>, IdentityError> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(|_| IdentityError::Hash)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hashed(password: &str) -> Result<String, IdentityError> {
    let hash = argon2()?.hash_password(password.as_bytes()).map_err(|_| IdentityError::Hash)?;
    Ok(hash.to_string())
}

fn verified(password: &str, phc: &str) -> bool {
    let (Ok(hash), Ok(argon2)) = (PasswordHash::new(phc), argon2()) else { return false };
    argon2.verify_password(password.as_bytes(), &hash).is_ok()
}

/// What is wrong with a new password, in words that do not show it.
pub(super) fn check(password: &str, name: &str) -> Result<(), IdentityError> {
    let wrong = |what: &str| Err(IdentityError::invalid("password", what));
    if password.chars().count() < SHORTEST {
        return wrong("must have at least 12 characters");
    }
    if password.len() > LONGEST {
        return wrong("must have at most 256 bytes");
    }
    let lower = password.to_lowercase();
    if name.len() >= 4 && lower.contains(name) && password.len() < name.len() + SHORTEST {
        return wrong("must not be the name with a little around it");
    }
    let mut letters: Vec<char> = lower.chars().collect();
    letters.sort_unstable();
    letters.dedup();
    if letters.len() < 5 {
        return wrong("repeats few characters; take other words");
    }
    Ok(())
}

#[cfg(test)]
mod tests;
