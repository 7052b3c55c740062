//! `store`: the plugin's own durable values.

use serde::{Serialize, de::DeserializeOwned};

use crate::{Error, Host, capability::Page, limits};

/// Durable key-value store, private to this plugin on this connection. Writes commit with the turn; reads see the
/// turn's own writes, and a value that another turn changed meanwhile makes the host run this turn again.
///
/// Keys have at most [`limits::KEY`] bytes, values [`limits::VALUE`].
#[derive(Debug)]
pub struct Store<'a, H>(pub(crate) &'a H);

impl<H: Host> Store<'_, H> {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        self.0.store_get(key)
    }

    /// The value of a key as a text.
    pub fn text(&self, key: &str) -> Result<Option<String>, Error> {
        self.get(key)?
            .map(String::from_utf8)
            .transpose()
            .map_err(|_| Error::invalid(format!("The value of {key} is no text.")))
    }

    /// The value of a key, read as JSON.
    pub fn json<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Error> {
        Ok(self.get(key)?.map(|value| serde_json::from_slice(&value)).transpose()?)
    }

    /// Sets a value.
    pub fn set(&self, key: &str, value: impl AsRef<[u8]>) -> Result<(), Error> {
        self.0.store_set(key, value.as_ref(), None)
    }

    /// Sets a value that is gone after so many seconds.
    pub fn set_for(&self, seconds: u64, key: &str, value: impl AsRef<[u8]>) -> Result<(), Error> {
        self.0.store_set(key, value.as_ref(), Some(seconds))
    }

    /// Sets a value, written as JSON.
    pub fn set_json<T: Serialize>(&self, key: &str, value: &T) -> Result<(), Error> {
        self.set(key, serde_json::to_vec(value)?)
    }

    /// Takes a value away; tells whether there was one.
    pub fn delete(&self, key: &str) -> Result<bool, Error> {
        self.0.store_delete(key)
    }

    /// Adds to a number kept as decimal text (missing counts as 0) and gives the sum.
    pub fn add(&self, key: &str, delta: i64) -> Result<i64, Error> {
        self.0.store_add(key, delta)
    }

    /// A page of at most `limit` entries in the order of the keys' bytes.
    pub fn entries(&self, prefix: &str, after: Option<&str>, limit: u32) -> Result<Page<(String, Vec<u8>)>, Error> {
        self.0.store_entries(prefix, after, limit.min(limits::ENTRIES))
    }
}
