//! `switchboard connection`: apply, list, show, check, remove.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::bail;
use clap::Subcommand;
use switchboard_store::Store;
use switchboard_telegram::Api;

use crate::access::Access;
use crate::apply::{Applied, Bench, Outcome};
use crate::check;
use crate::config::Config;
use crate::config::connections::{self, Wanted};
use crate::moving;
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
    /// Says what stands in a connection's way, and what to do about it; fails where something is wrong
    Check { name: String },
    /// Stops and removes a connection with everything that the database holds of it; gives back the webhook of the bot's own program
    Remove {
        name: String,
        /// Removes it even where updates wait for the bot's program, or its webhook cannot be given back
        #[arg(long)]
        force: bool,
    },
}

/// Whether nothing is wrong.
pub async fn run(command: Command, config: &Config) -> anyhow::Result<bool> {
    match command {
        Command::Apply { file } => apply(&file, config).await?,
        Command::List => list(config).await?,
        Command::Show { name } => show(&name, config).await?,
        Command::Check { name } => return check::one(&name, config).await,
        Command::Remove { name, force } => remove(&name, force, config).await?,
    }
    Ok(true)
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
        store,
        door: config.gateway_listen.is_some(),
    };
    let planned = bench.plan(wanted, &store.connections().await?).await?;
    let mut applied = Vec::with_capacity(planned.len());
    for mut one in planned {
        if let Some(left) = one.leaves {
            let left = moving::left_behind(store.as_ref(), left).await?;
            one.applied.warnings.extend(left);
        }
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
        Some((row, status)) => {
            // Without the key file all the rest can be shown.
            let secrets = Secrets::load(&config.key_file).ok();
            let kept = secrets.and_then(|secrets| secrets.open_kept(&row.name, &row.token).ok());
            let webhook = kept.map(|(_, webhook)| webhook);
            print::text(&show::connection(row, status, webhook.as_ref())?);
        }
        None => bail!(unknown(name, rows.iter().map(|(row, _)| row.name.as_str()))),
    }
    Ok(())
}

async fn remove(name: &str, force: bool, config: &Config) -> anyhow::Result<()> {
    let Some(access) = Access::open_existing(config).await? else {
        bail!("there is no connection {name:?}: there is no database yet");
    };
    let rows = access.connections().await?;
    // A name of another shape would not pass the local API's path.
    if !rows.iter().any(|(row, _)| row.name == name) {
        access.close().await;
        bail!(unknown(name, rows.iter().map(|(row, _)| row.name.as_str())));
    }
    let gone = access.remove(name, force, config).await;
    access.close().await;
    let gone = gone?;
    print::line(&format!("{name}: removed"));
    for line in gone.told {
        print::line(&format!("  {line}"));
    }
    Ok(())
}

/// There is no connection of this name.
pub fn unknown<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.collect();
    match known.as_slice() {
        [] => format!("there is no connection {name:?}, and no other"),
        names => format!("there is no connection {name:?}; there are {}", names.join(", ")),
    }
}
