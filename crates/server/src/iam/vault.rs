//! The vault: secret keys are stored sealed under a master key that lives in a file of its own, not in the database.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, KeyInit, Nonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::randomness::Randomness;

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 12;
/// Bytes of a key file that are looked at; a proper one has 64 digits and a line end.
const FILE_BYTES_MAX: u64 = 128;

/// Seals and opens secret keys (ChaCha20-Poly1305, bound to the access key they belong to).
pub struct Vault {
    cipher: ChaCha20Poly1305,
    seal_key: [u8; KEY_BYTES],
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Vault")
    }
}

/// Why a sealed text does not open: the wrong master key, another access key's secret, or damage.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the sealed secret does not open")]
pub struct NotOpened;

impl Vault {
    /// A vault under this master key.
    pub fn with_key(master_key: [u8; KEY_BYTES]) -> Self {
        let mut mac = mac(&master_key);
        mac.update(b"records");
        Self {
            cipher: ChaCha20Poly1305::new(&Key::from(master_key)),
            seal_key: mac.finalize().into_bytes().into(),
        }
    }

    /// A vault under the master key of a file: 64 hexadecimal digits, readable by its owner alone. Without a file one
    /// is made.
    ///
    /// # Errors
    /// A file that others may read, one that holds no key, and those of the file system, each in a sentence.
    pub fn open(path: &Path, randomness: &Randomness) -> Result<Self> {
        let key = match File::open(path) {
            Ok(file) => read_key(file).with_context(|| format!("the master key {}", path.display()))?,
            Err(error) if error.kind() == ErrorKind::NotFound => make_key(path, randomness)
                .with_context(|| format!("cannot make the master key {}", path.display()))?,
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read the master key {}", path.display()));
            }
        };
        Ok(Self::with_key(key))
    }

    /// Seals the secret of an access key into text for the database.
    pub fn seal(&self, randomness: &Randomness, access_key: &str, secret: &str) -> String {
        let nonce = randomness.bytes::<NONCE_BYTES>();
        let payload = Payload { msg: secret.as_bytes(), aad: access_key.as_bytes() };
        let sealed = self
            .cipher
            .encrypt(&Nonce::from(nonce), payload)
            .expect("a secret key is far below the cipher's limit of 256 GB");
        STANDARD.encode([&nonce[..], &sealed].concat())
    }

    /// A proof, in hexadecimal digits, that whoever made it had the master key and these parts.
    pub fn proof(&self, parts: &[&[u8]]) -> String {
        let mut mac = mac(&self.seal_key);
        for part in parts {
            mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            mac.update(part);
        }
        hex::encode(mac.finalize().into_bytes())
    }

    /// Opens what [`Vault::seal`] made for the same access key.
    ///
    /// # Errors
    /// [`NotOpened`]
    pub fn open_sealed(&self, access_key: &str, sealed: &str) -> Result<Vec<u8>, NotOpened> {
        let bytes = STANDARD.decode(sealed).map_err(|_| NotOpened)?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>().ok_or(NotOpened)?;
        let payload = Payload { msg: sealed, aad: access_key.as_bytes() };
        self.cipher.decrypt(&Nonce::from(*nonce), payload).map_err(|_| NotOpened)
    }
}

fn mac(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes keys of any length")
}

fn read_key(file: File) -> Result<[u8; KEY_BYTES]> {
    // The open file is asked, not its path: nobody can swap it in between.
    let mode = file.metadata()?.mode() & 0o777;
    if mode & 0o077 != 0 {
        bail!("may be used by others (mode {mode:03o}): make it its owner's alone with chmod 600");
    }
    let mut text = String::new();
    file.take(FILE_BYTES_MAX).read_to_string(&mut text)?;
    let mut key = [0; KEY_BYTES];
    let read = hex::decode_to_slice(text.trim_ascii(), &mut key);
    ensure!(read.is_ok(), "is not one: 64 hexadecimal digits are expected");
    Ok(key)
}

fn make_key(path: &Path, randomness: &Randomness) -> Result<[u8; KEY_BYTES]> {
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory)?;
    }
    let key = randomness.bytes();
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    writeln!(file, "{}", hex::encode(key))?;
    // Secrets sealed under a key that a power cut took would be lost with it.
    file.sync_all()?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// Shows that a sealed secret opens for its own access key and master key only, and not when damaged.
    #[test]
    fn seals_for_one_key() {
        let (vault, randomness) = (Vault::with_key([1; 32]), Randomness::seeded(1));
        let sealed = vault.seal(&randomness, "AK", "secret");
        assert_eq!(vault.open_sealed("AK", &sealed), Ok(b"secret".to_vec()));
        assert_eq!(vault.open_sealed("AK2", &sealed), Err(NotOpened));
        assert_eq!(Vault::with_key([2; 32]).open_sealed("AK", &sealed), Err(NotOpened));
        assert_ne!(vault.seal(&randomness, "AK", "secret"), sealed, "every sealing has a nonce of its own");
        for damaged in ["", "!", &sealed[..8], &sealed[4..], &sealed.replace(&sealed[20..21], "_")] {
            assert_eq!(vault.open_sealed("AK", damaged), Err(NotOpened), "{damaged}");
        }
    }

    /// Shows that the key file is made on first start for its owner alone, used again afterwards, and refused once
    /// others may read it or it is damaged.
    #[test]
    fn keeps_its_key_in_a_file() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("new").join("master.key");
        let randomness = Randomness::seeded(1);
        let sealed = Vault::open(&path, &randomness).expect("makes a key").seal(&randomness, "AK", "secret");
        let permissions =
            |mode| std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).expect("chmod");
        assert_eq!(std::fs::metadata(&path).expect("a file").mode() & 0o777, 0o600);
        let again = Vault::open(&path, &randomness).expect("reads it again");
        assert_eq!(again.open_sealed("AK", &sealed), Ok(b"secret".to_vec()));
        permissions(0o640);
        let refusal = format!("{:#}", Vault::open(&path, &randomness).expect_err("others may read it"));
        assert!(
            refusal.ends_with("may be used by others (mode 640): make it its owner's alone with chmod 600"),
            "{refusal}"
        );
        permissions(0o600);
        std::fs::write(&path, "abc").expect("writes");
        let refusal = format!("{:#}", Vault::open(&path, &randomness).expect_err("no key"));
        assert!(refusal.ends_with("is not one: 64 hexadecimal digits are expected"), "{refusal}");
    }
}
