//! The runtime: one engine, one pool of instances, and the way from a file to a loaded plugin.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use wasmtime::Engine;
use wasmtime::component::{Component, Linker};

use crate::cache::{Cache, CacheKey, TrustedCode};
use crate::compile::{Compiler, compile};
use crate::contract::CAPABILITIES;
use crate::digest::Digest;
use crate::engine::{Pool, compatibility, engine};
use crate::error::{GrantError, LoadError, RuntimeError};
use crate::glue;
use crate::inspect::admit;
use crate::limits::Limits;
use crate::link::{Grants, Linked};
use crate::plugin::Plugin;
use crate::state::State;
use crate::ticker::Ticker;

/// How the runtime is set up.
#[derive(Debug, Clone)]
pub struct RuntimeOptions {
    /// Where compiled plugins are kept; `None` compiles at every start.
    pub cache_dir: Option<PathBuf>,
    /// Seals what is kept there.
    pub cache_key: CacheKey,
    pub compiler: Compiler,
    /// Wall-clock time that a compilation may take. Default 120 s.
    pub compile_timeout: Duration,
    /// Bytes that a component may have. Default 4 MiB; plugins that carry a script engine need up to 24 MiB.
    pub file_limit: u64,
    /// Instances that may live at once; a call waits for a free one. Default 64.
    pub instances: u32,
    /// Bytes that a memory may have under any [`Limits`]. Default 64 MiB. Costs address space only.
    pub max_memory: usize,
    /// Limits of `describe` when a plugin is loaded.
    pub load_limits: Limits,
}

impl RuntimeOptions {
    /// Default limits; where to compile and what to seal with has no default.
    pub fn new(compiler: Compiler, cache_dir: Option<PathBuf>, cache_key: CacheKey) -> Self {
        Self {
            cache_dir,
            cache_key,
            compiler,
            compile_timeout: Duration::from_secs(120),
            file_limit: 4 << 20,
            instances: 64,
            max_memory: 64 << 20,
            load_limits: Limits::scripted(),
        }
    }
}

/// Loads plugins and links them. Cheap to clone; one a process is enough.
#[derive(Clone)]
pub struct Runtime {
    shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub engine: Engine,
    pub ticker: Ticker,
    pub slots: Slots,
    options: RuntimeOptions,
    cache: Option<Cache>,
    /// Every capability, for `describe`.
    everything: Linker<State>,
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime")
            .field("options", &self.shared.options)
            .finish_non_exhaustive()
    }
}

impl Runtime {
    /// Sets up the engine and its pool.
    ///
    /// # Errors
    /// Where the platform cannot run WebAssembly, no thread can be started or the cache's folder cannot be made.
    pub fn new(options: RuntimeOptions) -> Result<Self, RuntimeError> {
        let failed = |error: wasmtime::Error| RuntimeError::Engine(error.to_string());
        let slots = Pool::Slots {
            instances: options.instances,
            memory: options.max_memory,
        };
        let engine = engine(slots).or_else(|error| {
            tracing::warn!(%error, "no address space for a pool of plugin instances: each call maps its own memory");
            engine(Pool::None)
        });
        let engine = engine.map_err(failed)?;
        let ticker = Ticker::start(&engine).map_err(RuntimeError::Thread)?;
        let cache = match &options.cache_dir {
            None => None,
            Some(path) => {
                let cache = Cache::open(path.clone(), options.cache_key.clone(), compatibility(&engine));
                Some(cache.map_err(|source| RuntimeError::Cache {
                    path: path.clone(),
                    source,
                })?)
            }
        };
        let mut everything = Linker::new(&engine);
        for capability in CAPABILITIES {
            glue::link(&mut everything, capability.name).map_err(failed)?;
        }
        let slots = Slots {
            free: Mutex::new(options.instances),
            freed: Condvar::new(),
        };
        Ok(Self {
            shared: Arc::new(Shared {
                engine,
                ticker,
                slots,
                options,
                cache,
                everything,
            }),
        })
    }

    /// Loads a plugin from a file. The file is read once; it may change afterwards.
    ///
    /// Blocks while compiling: not to be called where messages are handled.
    ///
    /// # Errors
    /// One line each; see [`LoadError`].
    pub fn load(&self, path: &Path) -> Result<Arc<Plugin>, LoadError> {
        let limit = self.shared.options.file_limit;
        let size = std::fs::metadata(path).map_err(LoadError::Read)?.len();
        if size > limit {
            return Err(LoadError::TooLarge { size, limit });
        }
        let bytes = std::fs::read(path).map_err(LoadError::Read)?;
        let source = path
            .file_name()
            .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        self.load_bytes(&source, &bytes)
    }

    /// Loads a plugin from memory; `source` says where it is from, for logs.
    ///
    /// # Errors
    /// One line each; see [`LoadError`].
    pub fn load_bytes(&self, source: &str, bytes: &[u8]) -> Result<Arc<Plugin>, LoadError> {
        let limit = self.shared.options.file_limit;
        let size = bytes.len() as u64;
        if size > limit {
            return Err(LoadError::TooLarge { size, limit });
        }
        let inspection = admit(bytes)?;
        let component = self.component(&inspection.digest, bytes)?;
        let pre = self
            .shared
            .everything
            .instantiate_pre(&component)
            .map_err(|error| shape(&error))?;
        let linked = Linked::new(Arc::clone(&self.shared), &inspection, pre).map_err(|error| shape(&error))?;
        let description = linked.introduce(&self.shared.options.load_limits)?;
        Plugin::new(source, inspection, description, component).map(Arc::new)
    }

    /// Links a plugin with what it was granted and nothing else.
    ///
    /// # Errors
    /// Where it imports something that was not granted.
    pub fn link(&self, plugin: &Arc<Plugin>, grants: &Grants) -> Result<Linked, GrantError> {
        let failed = |error: wasmtime::Error| GrantError::Link(error.root_cause().to_string());
        let mut linker = Linker::new(&self.shared.engine);
        for permission in plugin.permissions() {
            if !grants.allow(&permission.interface) {
                let words = format!("it would {}", permission.words().join(", "));
                return Err(GrantError::NotGranted {
                    interface: permission.interface.clone(),
                    words,
                });
            }
            glue::link(&mut linker, &permission.interface).map_err(failed)?;
        }
        let pre = linker.instantiate_pre(plugin.component()).map_err(failed)?;
        Linked::new(Arc::clone(&self.shared), plugin.inspection(), pre).map_err(failed)
    }

    fn component(&self, digest: &Digest, bytes: &[u8]) -> Result<Component, LoadError> {
        let shared = &*self.shared;
        if let Some(code) = shared.cache.as_ref().and_then(|cache| cache.get(digest)) {
            match admit_code(&shared.engine, &code) {
                Ok(component) => return Ok(component),
                Err(error) => {
                    tracing::warn!(%digest, %error, "compiled plugin is not usable: compiling it again")
                }
            }
        }
        let code = compile(&shared.options.compiler, bytes, shared.options.compile_timeout)?;
        let component =
            admit_code(&shared.engine, &code).map_err(|error| LoadError::Compile(error.root_cause().to_string()))?;
        if let Some(cache) = &shared.cache
            && let Err(error) = cache.put(digest, &code)
        {
            // Only the next start is slower for it.
            tracing::warn!(%digest, %error, "compiled plugin could not be kept");
        }
        Ok(component)
    }
}

fn shape(error: &wasmtime::Error) -> LoadError {
    LoadError::Shape {
        detail: format!("{error:#}").lines().next().unwrap_or_default().to_owned(),
    }
}

#[expect(
    unsafe_code,
    reason = "loading machine code is unsafe by nature; the type says that it is our own"
)]
fn admit_code(engine: &Engine, code: &TrustedCode) -> wasmtime::Result<Component> {
    // SAFETY: `TrustedCode` comes from our own compiler, either just now or from a file whose keyed MAC over these very
    // bytes held; wasmtime itself checks that its version and settings are this engine's.
    unsafe { Component::deserialize(engine, &code.0) }
}

/// Counts the pool's instances, so that a call waits for a free one instead of failing.
pub(crate) struct Slots {
    free: Mutex<u32>,
    freed: Condvar,
}

/// One instance of the pool, until dropped.
pub(crate) struct Slot<'a>(&'a Slots);

impl Slots {
    pub fn take(&self) -> Slot<'_> {
        let mut free = self.free.lock();
        while *free == 0 {
            self.freed.wait(&mut free);
        }
        *free -= 1;
        Slot(self)
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        *self.0.free.lock() += 1;
        self.0.freed.notify_one();
    }
}
