//! Compiled plugins on disk: each under its component's hash and the engine's compatibility, sealed with a keyed MAC.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::digest::Digest;

/// Bytes of the MAC, which stands before the code.
const SEAL: usize = 32;
/// Compiled code larger than this is not even read.
const LARGEST: u64 = 512 << 20;

/// The key that seals compiled code. Who has it can make the host run any code, so it never leaves the process.
#[derive(Clone)]
pub struct CacheKey([u8; 32]);

impl CacheKey {
    /// From 32 secret bytes, derived from the host's key file for this purpose alone.
    pub fn new(key: [u8; 32]) -> Self {
        Self(key)
    }
}

impl std::fmt::Debug for CacheKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CacheKey(…)")
    }
}

/// Machine code that this host compiled: fresh from its compiler, or read back with a seal that holds.
pub(crate) struct TrustedCode(pub(crate) Vec<u8>);

/// A folder of compiled plugins.
#[derive(Debug)]
pub(crate) struct Cache {
    dir: PathBuf,
    key: CacheKey,
    compatibility: [u8; 32],
}

impl Cache {
    /// Makes the folder where there is none, for this user alone.
    pub fn open(dir: PathBuf, key: CacheKey, compatibility: [u8; 32]) -> io::Result<Self> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&dir)?;
        Ok(Self {
            dir,
            key,
            compatibility,
        })
    }

    /// The code of a component; `None` where there is none, or none whose seal holds.
    pub fn get(&self, digest: &Digest) -> Option<TrustedCode> {
        let path = self.path(digest);
        let mut file = File::open(&path).ok()?;
        if file.metadata().ok()?.len() > LARGEST {
            return None;
        }
        let mut seal = [0; SEAL];
        let mut code = Vec::new();
        file.read_exact(&mut seal).ok()?;
        file.read_to_end(&mut code).ok()?;
        // Checked and used from the same bytes in memory: a file that changes afterwards changes nothing.
        if self.mac(digest, &code).verify_slice(&seal).is_err() {
            tracing::warn!(file = %path.display(), "compiled plugin was changed or sealed with another key: compiling it again");
            return None;
        }
        Some(TrustedCode(code))
    }

    /// Keeps code for the next start. Readers see the old file or the whole new one.
    pub fn put(&self, digest: &Digest, code: &TrustedCode) -> io::Result<()> {
        let path = self.path(digest);
        let unfinished = path.with_extension(format!("{}.part", std::process::id()));
        let written = (|| {
            let mut file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&unfinished)?;
            file.write_all(&self.mac(digest, &code.0).finalize().into_bytes())?;
            file.write_all(&code.0)?;
            fs::rename(&unfinished, &path)
        })();
        if written.is_err() {
            // Nothing depends on it; the next write truncates it.
            let _ = fs::remove_file(&unfinished);
        }
        written
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        let compatibility: String = self.compatibility[..8]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        self.dir.join(format!("{digest}-{compatibility}.cwasm"))
    }

    fn mac(&self, digest: &Digest, code: &[u8]) -> Hmac<Sha256> {
        #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.key.0).expect("any length is a key");
        mac.update(b"switchboard compiled plugin 1\0");
        mac.update(digest.as_bytes());
        mac.update(&self.compatibility);
        mac.update(code);
        mac
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn cache(dir: &std::path::Path, key: u8, compatibility: u8) -> Cache {
        Cache::open(dir.to_owned(), CacheKey::new([key; 32]), [compatibility; 32]).unwrap()
    }

    #[test]
    fn code_comes_back_for_its_component_key_and_engine_only() {
        let dir = tempfile::tempdir().unwrap();
        let (one, other) = (Digest::of(b"one"), Digest::of(b"other"));
        let ours = cache(dir.path(), 1, 1);
        ours.put(&one, &TrustedCode(b"code".to_vec())).unwrap();
        assert_eq!(ours.get(&one).unwrap().0, b"code");
        assert!(ours.get(&other).is_none());
        assert!(cache(dir.path(), 2, 1).get(&one).is_none(), "another key");
        assert!(cache(dir.path(), 1, 2).get(&one).is_none(), "another engine");
        fs::copy(ours.path(&one), ours.path(&other)).unwrap();
        assert!(ours.get(&other).is_none(), "under another name");
    }

    #[test]
    fn changed_code_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let digest = Digest::of(b"one");
        let cache = cache(dir.path(), 7, 1);
        cache.put(&digest, &TrustedCode(b"code".to_vec())).unwrap();
        let path = cache.path(&digest);
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        for position in [0, SEAL, SEAL + 3] {
            let mut bytes = fs::read(&path).unwrap();
            bytes[position] ^= 1;
            fs::write(&path, &bytes).unwrap();
            assert!(cache.get(&digest).is_none(), "byte {position} changed");
            bytes[position] ^= 1;
            fs::write(&path, &bytes).unwrap();
        }
        fs::write(&path, b"short").unwrap();
        assert!(cache.get(&digest).is_none());
        assert!(!format!("{cache:?}").contains("7, 7"), "a key must not be printed");
    }
}
