//! Sealing of tokens and secrets: XChaCha20-Poly1305 under a key file.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write as _};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chacha20poly1305::aead::{Aead, Generate, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

/// The first byte of a sealed value.
const FORMAT: u8 = 1;
const NONCE: usize = 24;
const SECRET: usize = 32;
/// A key id is a short word; its length must fit one byte of the header.
const MAX_ID: usize = 32;
const HEADER: &str = "# Switchboard's key file: it opens the bot tokens in the database. Keep it secret and keep a copy.\n\
                      # One key a line, `id base64`. The first one seals; the others only open what they sealed.\n";

/// The keys of one key file. The first seals; all of them open, so a new key is put on top and the old one kept.
pub struct SealKey {
    keys: Vec<NamedKey>,
    path: PathBuf,
}

struct NamedKey {
    id: String,
    secret: Zeroizing<[u8; SECRET]>,
}

/// What can go wrong with a key file or a sealed value. Never carries key or plain text.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    #[error("cannot read the key file {path}")]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("cannot create the key file {path}")]
    Create {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the key file {path} can be read by others (mode {mode:03o}); run: chmod 600 {path}")]
    Exposed { path: PathBuf, mode: u32 },
    #[error("the key file {path} is not understood: {why}")]
    Malformed { path: PathBuf, why: String },
    #[error("{context} was sealed with key {wanted}, but the key file {path} holds {known}")]
    WrongKey {
        context: String,
        wanted: String,
        known: String,
        path: PathBuf,
    },
    #[error(
        "the sealed {context} does not open with key {id} of {path}: it was changed, or it was sealed for another place"
    )]
    Damaged { context: String, id: String, path: PathBuf },
    #[error("the sealed {context} is cut short or not a sealed value")]
    NotSealed { context: String },
}

impl SealKey {
    /// Reads the key file, or makes one with a fresh random key, readable by its owner only.
    pub fn load_or_create(path: impl AsRef<Path>) -> Result<Self, SealError> {
        let path = path.as_ref();
        match Self::load(path) {
            Err(SealError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                create(path).map_err(|source| SealError::Create {
                    path: path.to_owned(),
                    source,
                })?;
                Self::load(path)
            }
            other => other,
        }
    }

    /// Reads an existing key file.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, SealError> {
        let path = path.as_ref();
        let failed = |source| SealError::Read {
            path: path.to_owned(),
            source,
        };
        let mut file = File::open(path).map_err(failed)?;
        let mode = file.metadata().map_err(failed)?.mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(SealError::Exposed {
                path: path.to_owned(),
                mode,
            });
        }
        let mut text = Zeroizing::new(String::new());
        file.read_to_string(&mut text).map_err(failed)?;
        let keys = parse(&text).map_err(|why| SealError::Malformed {
            path: path.to_owned(),
            why,
        })?;
        Ok(Self {
            keys,
            path: path.to_owned(),
        })
    }

    /// A key that lives in memory only: for tests and trials.
    pub fn ephemeral() -> Self {
        Self {
            keys: vec![NamedKey::fresh()],
            path: PathBuf::from("(memory)"),
        }
    }

    /// The id of the key that seals.
    pub fn id(&self) -> &str {
        &self.keys[0].id
    }

    /// Seals `plain` for one place. `context` names it (`table|column|row`); the value opens nowhere else.
    pub fn seal(&self, context: &str, plain: &[u8]) -> Vec<u8> {
        let key = &self.keys[0];
        let mut sealed = Vec::with_capacity(2 + key.id.len() + NONCE + plain.len() + 16);
        sealed.push(FORMAT);
        sealed.push(key.id.len() as u8);
        sealed.extend_from_slice(key.id.as_bytes());
        let aad = bound(&sealed, context);
        let nonce = XNonce::generate();
        let secret = key.cipher().encrypt(&nonce, Payload { msg: plain, aad: &aad });
        sealed.extend_from_slice(&nonce);
        // Encryption fails for more than 256 GiB only, which a slice of ours never is.
        sealed.extend_from_slice(&secret.unwrap_or_default());
        sealed
    }

    /// Opens what [`SealKey::seal`] gave for the same context.
    pub fn open(&self, context: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let short = || SealError::NotSealed {
            context: context.to_owned(),
        };
        let [FORMAT, length, rest @ ..] = sealed else {
            return Err(short());
        };
        let (id, rest) = rest.split_at_checked(usize::from(*length)).ok_or_else(short)?;
        let (nonce, secret) = rest.split_at_checked(NONCE).ok_or_else(short)?;
        let nonce = XNonce::try_from(nonce).map_err(|_| short())?;
        let id = std::str::from_utf8(id).map_err(|_| short())?;
        let Some(key) = self.keys.iter().find(|key| key.id == id) else {
            return Err(SealError::WrongKey {
                context: context.to_owned(),
                wanted: id.escape_debug().to_string(),
                known: self
                    .keys
                    .iter()
                    .map(|key| key.id.as_str())
                    .collect::<Vec<_>>()
                    .join(", "),
                path: self.path.clone(),
            });
        };
        let aad = bound(&sealed[..2 + id.len()], context);
        key.cipher()
            .decrypt(&nonce, Payload { msg: secret, aad: &aad })
            .map(Zeroizing::new)
            .map_err(|_| SealError::Damaged {
                context: context.to_owned(),
                id: id.to_owned(),
                path: self.path.clone(),
            })
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealKey")
            .field("id", &self.id())
            .finish_non_exhaustive()
    }
}

impl NamedKey {
    fn fresh() -> Self {
        let secret = Zeroizing::new(<[u8; SECRET]>::generate());
        let id = <[u8; 4]>::generate().iter().map(|byte| format!("{byte:02x}")).collect();
        Self { id, secret }
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(<&Key>::from(&*self.secret))
    }
}

/// What a sealed value is bound to: its header and its place.
fn bound(header: &[u8], context: &str) -> Vec<u8> {
    [header, context.as_bytes()].concat()
}

fn parse(text: &str) -> Result<Vec<NamedKey>, String> {
    let mut keys: Vec<NamedKey> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let number = number + 1;
        let (id, secret) = line
            .split_once(char::is_whitespace)
            .ok_or_else(|| format!("line {number} is not `id base64`"))?;
        if id.len() > MAX_ID || !id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
            return Err(format!(
                "the key id in line {number} is not a word of at most {MAX_ID} letters, digits, - or _"
            ));
        }
        let bytes = BASE64
            .decode(secret.trim())
            .map(Zeroizing::new)
            .map_err(|_| format!("the key in line {number} is not base64"))?;
        let secret: [u8; SECRET] = bytes
            .as_slice()
            .try_into()
            .map_err(|_| format!("the key in line {number} has {} bytes, not {SECRET}", bytes.len()))?;
        if keys.iter().any(|key| key.id == id) {
            return Err(format!("the key id {id} stands there twice"));
        }
        keys.push(NamedKey {
            id: id.to_owned(),
            secret: Zeroizing::new(secret),
        });
    }
    if keys.is_empty() {
        Err("it holds no key".to_owned())
    } else {
        Ok(keys)
    }
}

/// Writes a fresh key file. The name appears only once the whole file is on disk, and an existing file is left alone.
fn create(path: &Path) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let key = NamedKey::fresh();
    let text = Zeroizing::new(format!(
        "{HEADER}{} {}\n",
        key.id,
        Zeroizing::new(BASE64.encode(key.secret.as_slice())).as_str()
    ));
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{}.new", key.id));
    let draft = PathBuf::from(draft);
    let written = (|| {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&draft)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        match std::fs::hard_link(&draft, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            other => other,
        }
    })();
    let _ = std::fs::remove_file(&draft);
    written?;
    File::open(folder)?.sync_all()
}
