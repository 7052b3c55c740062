//! The key file: what seals tokens, and keys for other purposes that are derived from it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use switchboard_store::SealKey;
use switchboard_telegram::Token;

use crate::config::webhook::WebhookKeys;

/// What a derived key is for. Keys of different purposes say nothing of each other.
#[derive(Debug, Clone, Copy)]
pub enum Purpose {
    /// Signs requests of the command line to the running host.
    LocalApi,
    /// Seals compiled plugins on disk.
    CompiledPlugins,
}

/// The keys of one key file.
pub struct Secrets {
    seal: Arc<SealKey>,
    file: PathBuf,
    /// The file's own bytes: every key is derived from all of them.
    material: Vec<u8>,
}

impl Secrets {
    /// Reads the key file, or makes one where there is none.
    pub fn load_or_create(path: &Path) -> anyhow::Result<Self> {
        Self::with(SealKey::load_or_create(path)?, path)
    }

    /// Reads an existing key file.
    pub fn load(path: &Path) -> anyhow::Result<Self> {
        Self::with(SealKey::load(path)?, path)
    }

    fn with(seal: SealKey, path: &Path) -> anyhow::Result<Self> {
        let material = std::fs::read(path).with_context(|| format!("cannot read the key file {}", path.display()))?;
        Ok(Self {
            seal: Arc::new(seal),
            file: path.to_owned(),
            material,
        })
    }

    pub fn derive(&self, purpose: Purpose) -> anyhow::Result<[u8; 32]> {
        let label: &[u8] = match purpose {
            Purpose::LocalApi => b"switchboard|local api|1",
            Purpose::CompiledPlugins => b"switchboard|compiled plugins|1",
        };
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.material).context("the key file cannot be used as a key")?;
        mac.update(label);
        Ok(mac.finalize().into_bytes().into())
    }

    /// What seals other things of a connection in the database.
    pub fn seal_key(&self) -> Arc<SealKey> {
        Arc::clone(&self.seal)
    }

    /// Seals a connection's token, and what is known of its program's webhook, for their place in the database.
    pub fn seal_kept(&self, connection: &str, token: &Token, webhook: &WebhookKeys) -> anyhow::Result<Vec<u8>> {
        let plain = match webhook.is_empty() {
            true => token.expose().as_bytes().to_vec(),
            false => serde_json::to_vec(&Kept {
                token: token.expose(),
                webhook: webhook.clone(),
            })?,
        };
        Ok(self.seal.seal(&place_of(connection), &plain))
    }

    /// Opens what [`Secrets::seal_kept`] sealed.
    pub fn open_kept(&self, connection: &str, sealed: &[u8]) -> anyhow::Result<(Token, WebhookKeys)> {
        const DAMAGED: &str = "the stored token is damaged";
        let plain = self.seal.open(&place_of(connection), sealed)?;
        let text = std::str::from_utf8(&plain).context(DAMAGED)?;
        if !text.starts_with('{') {
            return Ok((Token::new(text)?, WebhookKeys::default()));
        }
        // The error's own text could quote what is kept.
        let kept: Kept<'_> = serde_json::from_str(text).map_err(|_| anyhow::anyhow!(DAMAGED))?;
        Ok((Token::new(kept.token)?, kept.webhook))
    }

    /// Opens a connection's sealed token.
    pub fn open_token(&self, connection: &str, sealed: &[u8]) -> anyhow::Result<Token> {
        Ok(self.open_kept(connection, sealed)?.0)
    }
}

/// What is sealed where a webhook is known; without one it is the token alone.
#[derive(Serialize, Deserialize)]
struct Kept<'a> {
    token: &'a str,
    webhook: WebhookKeys,
}

/// A sealed token opens nowhere but at its own connection.
fn place_of(connection: &str) -> String {
    format!("connection|token|{connection}")
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secrets")
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::webhook::Secret;

    const TOKEN: &str = "42:AAabcdefghijklmnopqrstuvwxyz0123456";

    #[test]
    fn a_token_opens_at_its_own_connection_only() {
        let folder = tempfile::tempdir().unwrap();
        let secrets = Secrets::load_or_create(&folder.path().join("key")).unwrap();
        let none = WebhookKeys::default();
        let sealed = secrets.seal_kept("a", &Token::new(TOKEN).unwrap(), &none).unwrap();
        assert_eq!(secrets.open_token("a", &sealed).unwrap().expose(), TOKEN);
        let error = format!("{:#}", secrets.open_token("b", &sealed).unwrap_err());
        assert!(error.contains("sealed for another place") && !error.contains("AAabc"));
        assert!(!format!("{secrets:?}").contains("AAabc"));
    }

    #[test]
    fn a_webhook_is_kept_beside_the_token() {
        let folder = tempfile::tempdir().unwrap();
        let secrets = Secrets::load_or_create(&folder.path().join("key")).unwrap();
        let webhook = WebhookKeys {
            url: Some("https://bot.example/hook".into()),
            secret: Some(Secret::Is("s-1".into())),
            ip: Some([127, 0, 0, 1].into()),
        };
        let token = Token::new(TOKEN).unwrap();
        let sealed = secrets.seal_kept("a", &token, &webhook).unwrap();
        let (again, kept) = secrets.open_kept("a", &sealed).unwrap();
        assert_eq!((again.expose(), &kept), (TOKEN, &webhook));
        assert!(!format!("{kept:?}").contains("s-1") && !format!("{kept:?}").contains("hook\""));
        let without = WebhookKeys {
            secret: Some(Secret::None),
            ..WebhookKeys::default()
        };
        let sealed = secrets.seal_kept("a", &token, &without).unwrap();
        assert_eq!(secrets.open_kept("a", &sealed).unwrap().1, without);
    }

    #[test]
    fn purposes_and_files_have_different_keys() {
        let folder = tempfile::tempdir().unwrap();
        let one = Secrets::load_or_create(&folder.path().join("one")).unwrap();
        let again = Secrets::load(&folder.path().join("one")).unwrap();
        let two = Secrets::load_or_create(&folder.path().join("two")).unwrap();
        let local = one.derive(Purpose::LocalApi).unwrap();
        assert_eq!(local, again.derive(Purpose::LocalApi).unwrap());
        assert_ne!(local, one.derive(Purpose::CompiledPlugins).unwrap());
        assert_ne!(local, two.derive(Purpose::LocalApi).unwrap());
    }
}
