//! `switchboard connection`: apply, list, show, remove.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::bail;
use clap::Subcommand;
use switchboard_store::Store;
use switchboard_telegram::Api;

use crate::access::Access;
use crate::apply::{Applied, Bench, Outcome};
use crate::config::Config;
use crate::config::connections::{self, Wanted};
use crate::plugins::PluginFolder;
use crate::print;
use crate::secrets::Secrets;
use crate::show;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Creates or changes connections from a TOML file; all of them or, if anything is wrong, none
    Apply {
        /// The connections file
        file: PathBuf,
    },
    /// Lists the connections and how they are doing
    List,
    /// Shows a connection in the form of a connections file, without its token
    Show { name: String },
    /// Stops and removes a connection with everything that the database holds of it
    Remove { name: String },
}

pub async fn run(command: Command, config: &Config) -> anyhow::Result<()> {
    match command {
        Command::Apply { file } => apply(&file, config).await,
        Command::List => list(config).await,
        Command::Show { name } => show(&name, config).await,
        Command::Remove { name } => remove(&name, config).await,
    }
}

async fn apply(file: &Path, config: &Config) -> anyhow::Result<()> {
    let wanted = connections::read(file, |name| std::env::var(name).ok())?;
    let secrets = Secrets::load_or_create(&config.key_file)?;
    let access = Access::open(config).await?;
    let applied = match &access {
        Access::Host(host) => host.apply(&wanted, &secrets).await,
        Access::Store(store) => apply_to_store(wanted, config, &secrets, store).await,
    };
    access.close().await;
    for one in applied? {
        print::line(&format!("{}: {}", one.name, one.outcome.word()));
        for warning in one.warnings {
            print::line(&format!("  warning: {warning}"));
        }
    }
    Ok(())
}

async fn apply_to_store(
    wanted: Vec<Wanted>,
    config: &Config,
    secrets: &Secrets,
    store: &Arc<dyn Store>,
) -> anyhow::Result<Vec<Applied>> {
    let api = Api::new(&config.telegram_api)?;
    let plugins = Arc::new(PluginFolder::open(config, secrets)?);
    let bench = Bench {
        api: &api,
        plugins: &plugins,
        secrets,
    };
    let planned = bench.plan(wanted, &store.connections().await?).await?;
    let mut applied = Vec::with_capacity(planned.len());
    for one in planned {
        if one.applied.outcome != Outcome::Unchanged {
            store.put_connection(&one.row).await?;
        }
        applied.push(one.applied);
    }
    Ok(applied)
}

async fn list(config: &Config) -> anyhow::Result<()> {
    let rows = match Access::open_existing(config).await? {
        None => Vec::new(),
        Some(access) => {
            let rows = access.connections().await;
            access.close().await;
            rows?
        }
    };
    print::line(&show::table(&rows));
    Ok(())
}

async fn show(name: &str, config: &Config) -> anyhow::Result<()> {
    let Some(access) = Access::open_existing(config).await? else {
        bail!("there is no connection {name:?}: there is no database yet");
    };
    let rows = access.connections().await;
    access.close().await;
    let rows = rows?;
    match rows.iter().find(|(row, _)| row.name == name) {
        Some((row, status)) => print::text(&show::connection(row, status)?),
        None => bail!(unknown(name, rows.iter().map(|(row, _)| row.name.as_str()))),
    }
    Ok(())
}

async fn remove(name: &str, config: &Config) -> anyhow::Result<()> {
    let Some(access) = Access::open_existing(config).await? else {
        bail!("there is no connection {name:?}: there is no database yet");
    };
    let rows = access.connections().await?;
    // A name of another shape would not pass the local API's path.
    if !rows.iter().any(|(row, _)| row.name == name) {
        access.close().await;
        bail!(unknown(name, rows.iter().map(|(row, _)| row.name.as_str())));
    }
    let removed = access.remove(name).await;
    access.close().await;
    removed?;
    print::line(&format!("{name}: removed"));
    Ok(())
}

fn unknown<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.collect();
    match known.as_slice() {
        [] => format!("there is no connection {name:?}, and no other"),
        names => format!("there is no connection {name:?}; there are {}", names.join(", ")),
    }
}
