//! Password hashes (argon2id), made and checked on a bounded number of threads: a flood of sign-ins cannot take all
//! cores or more than 19 MiB a core.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use tokio::sync::Semaphore;

use crate::http::error::{GatewayError, Refusal};
use crate::limits;
use crate::randomness::Randomness;

/// What OWASP recommends for argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const SALT_BYTES: usize = 16;

/// Takes the place of the hash of a user that does not exist or may not sign in: the same work for every outcome.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Makes and checks password hashes.
#[derive(Debug)]
pub struct Passwords {
    /// One permit a core; it moves into the blocking task, so that a client that hangs up frees nothing early.
    cores: Arc<Semaphore>,
    /// Places to wait for a core.
    places: Semaphore,
    hashes: AtomicU64,
}

impl Default for Passwords {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
        Self::on_cores(cores)
    }
}

impl Passwords {
    fn on_cores(cores: usize) -> Self {
        Self {
            cores: Arc::new(Semaphore::new(cores)),
            places: Semaphore::new(limits::SIGN_INS_WAITING_MAX),
            hashes: AtomicU64::new(0),
        }
    }

    /// Hashes computed since the start.
    pub fn hashes(&self) -> u64 {
        self.hashes.load(Ordering::Relaxed)
    }

    /// The hash of a new password, as a PHC string.
    ///
    /// # Errors
    /// [`GatewayError::Unavailable`] when too many wait already.
    pub async fn hash(&self, password: &str, randomness: &Randomness) -> Result<String, Refusal> {
        let (password, salt) = (password.to_owned(), randomness.bytes::<SALT_BYTES>());
        let hash = self.on_a_core(move || hash(&password, &salt)).await?;
        hash.map_err(|error| anyhow::anyhow!("a password cannot be hashed: {error}").into())
    }

    /// Whether `password` is the one behind `hash`. Without a hash, and for an empty password, the work is the same
    /// and the answer no.
    ///
    /// # Errors
    /// [`GatewayError::Unavailable`] when too many wait already.
    pub async fn verify(&self, password: &str, hash: Option<Arc<str>>) -> Result<bool, Refusal> {
        let password = password.to_owned();
        self.on_a_core(move || {
            let known = hash.is_some() && !password.is_empty();
            let hash = hash.as_deref().unwrap_or(NOBODY);
            verify(&password, hash) && known
        })
        .await
    }

    async fn on_a_core<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let place = self.places.try_acquire().map_err(|_| GatewayError::Unavailable)?;
        let core = self.cores.clone().acquire_owned().await.map_err(|_| GatewayError::Unavailable)?;
        drop(place);
        self.hashes.fetch_add(1, Ordering::Relaxed);
        let task = tokio::task::spawn_blocking(move || {
            let _core = core;
            work()
        });
        task.await.map_err(|error| Refusal::Internal(error.into()))
    }
}

fn argon2id() -> Argon2<'static> {
    let params =
        Params::new(MEMORY_KIB, PASSES, LANES, None).expect("the recommended figures are within bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash(password: &str, salt: &[u8]) -> Result<String, argon2::password_hash::Error> {
    Ok(argon2id().hash_password_with_salt(password.as_bytes(), salt)?.to_string())
}

/// Verifies with the figures that the hash names, so that hashes of older figures stay good.
fn verify(password: &str, hash: &str) -> bool {
    let parsed = PasswordHash::new(hash);
    parsed.is_ok_and(|hash| argon2id().verify_password(password.as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows that only the right password passes, that nobody, an empty password and a wrong one cost one hash each,
    /// and that the stand-in costs what a real hash costs.
    #[tokio::test]
    async fn every_outcome_costs_one_hash() {
        let passwords = Passwords::on_cores(1);
        let hashed: Arc<str> = passwords.hash("right", &Randomness::seeded(1)).await.expect("hashes").into();
        let figures = |hash: &str| hash.rsplitn(3, '$').nth(2).map(str::to_owned);
        assert_eq!(figures(&hashed), figures(NOBODY));
        assert!(PasswordHash::new(NOBODY).is_ok());
        let cases = [
            ("right", Some(hashed.clone()), true),
            ("wrong", Some(hashed.clone()), false),
            ("", Some(hashed), false),
            ("right", None, false),
            ("", None, false),
        ];
        for (password, hash, expected) in cases {
            let before = passwords.hashes();
            let known = hash.is_some();
            assert_eq!(
                passwords.verify(password, hash).await.expect("verifies"),
                expected,
                "{password} {known}"
            );
            assert_eq!(passwords.hashes(), before + 1);
        }
        let empty: Arc<str> = hash("", &[1; SALT_BYTES]).expect("hashes").into();
        assert!(
            !passwords.verify("", Some(empty)).await.expect("verifies"),
            "an empty password never signs in"
        );
    }

    /// Shows that with every core taken and the queue full the next sign-in is told to come back, that a waiter that
    /// gives up leaves its place, and that a core is not free while its abandoned work still runs.
    #[tokio::test]
    async fn the_queue_is_bounded() {
        let passwords = Arc::new(Passwords::on_cores(1));
        let (release, blocked) = std::sync::mpsc::channel::<()>();
        let worker = passwords.clone();
        let running = tokio::spawn(async move { worker.on_a_core(move || blocked.recv().is_ok()).await });
        while passwords.hashes() == 0 {
            tokio::task::yield_now().await;
        }
        let wait = || {
            let waiter = passwords.clone();
            tokio::spawn(async move { waiter.on_a_core(|| ()).await })
        };
        let waiting: Vec<_> = (0..limits::SIGN_INS_WAITING_MAX).map(|_| wait()).collect();
        while passwords.places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let refused = passwords.verify("x", None).await;
        assert!(matches!(refused, Err(Refusal::Gateway(GatewayError::Unavailable))));
        // The client of the running one hangs up: its core stays taken, the waiters stay waiting.
        running.abort();
        assert!(running.await.is_err_and(|error| error.is_cancelled()));
        assert_eq!((passwords.cores.available_permits(), passwords.hashes()), (0, 1));
        // A waiter hangs up: its place is free.
        waiting[0].abort();
        while passwords.places.available_permits() == 0 {
            tokio::task::yield_now().await;
        }
        release.send(()).expect("the abandoned work still runs");
        for waiter in waiting.into_iter().skip(1) {
            waiter.await.expect("runs").expect("passes");
        }
    }
}
