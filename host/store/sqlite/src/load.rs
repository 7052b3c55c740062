//! Loading the facts of a group: one look-up by key for each thing asked.

use rusqlite::{Connection as Db, OptionalExtension, Params, Result, Statement, params};
use switchboard_store::plan::{CellFact, DeliveryHead, Facts, Footprint};
use switchboard_store::{Cell, DeliveryState};

use crate::column::word;

const CONNECTION: &str = "SELECT 1 FROM connection WHERE id = ?";
const UPDATE: &str = "SELECT 1 FROM known_update WHERE connection = ? AND id = ?";
const CONTACT: &str = "SELECT version, NULL FROM contact WHERE connection = ? AND chat = ?";
const DIALOG: &str = "SELECT version, NULL FROM dialog WHERE connection = ? AND chat = ?";
const ENTRY: &str = "SELECT version, expires FROM plugin_entry WHERE connection = ? AND plugin = ? AND key = ?";
const TEMPLATE: &str = "SELECT version, NULL FROM template WHERE connection = ? AND key = ?";
const TIMER: &str = "SELECT version, NULL FROM timer WHERE connection = ? AND plugin = ? AND key = ?";
const DELIVERY: &str = "SELECT d.state, coalesce(a.number, 0), coalesce(a.started_at, 0), a.delivery IS NOT NULL AND a.outcome IS NULL \
                        FROM delivery d LEFT JOIN attempt a ON a.connection = d.connection AND a.delivery = d.id \
                        WHERE d.connection = ? AND d.id = ?";

pub fn facts(db: &Db, asked: &Footprint) -> Result<Facts> {
    let mut facts = Facts::default();
    let mut connection = db.prepare_cached(CONNECTION)?;
    for id in &asked.connections {
        if connection.exists([id])? {
            facts.connections.insert(*id);
        }
    }
    let mut update = db.prepare_cached(UPDATE)?;
    for key in &asked.updates {
        if update.exists([key.0, key.1])? {
            facts.updates.insert(*key);
        }
    }
    let mut delivery = db.prepare_cached(DELIVERY)?;
    for key in &asked.deliveries {
        let head = delivery.query_row([key.0, key.1], |row| {
            let open: bool = row.get(3)?;
            let state = if open {
                DeliveryState::Open
            } else {
                word(row, 0, DeliveryState::from_word)?
            };
            Ok(DeliveryHead {
                state,
                attempt: row.get(1)?,
                started_at: row.get(2)?,
            })
        });
        if let Some(head) = head.optional()? {
            facts.deliveries.insert(*key, head);
        }
    }
    cells(db, asked, &mut facts)?;
    Ok(facts)
}

fn cells(db: &Db, asked: &Footprint, facts: &mut Facts) -> Result<()> {
    let mut contact = db.prepare_cached(CONTACT)?;
    for (connection, chat) in &asked.contacts {
        if let Some(fact) = version(&mut contact, params![connection, chat])? {
            facts.cells.insert((*connection, Cell::Contact(*chat)), fact);
        }
    }
    let mut dialog = db.prepare_cached(DIALOG)?;
    for (connection, chat) in &asked.dialogs {
        if let Some(fact) = version(&mut dialog, params![connection, chat])? {
            facts.cells.insert((*connection, Cell::Dialog(*chat)), fact);
        }
    }
    let mut entry = db.prepare_cached(ENTRY)?;
    for (connection, plugin, key) in &asked.entries {
        if let Some(fact) = version(&mut entry, params![connection, plugin, key])? {
            let cell = Cell::Plugin {
                plugin: plugin.clone(),
                key: key.clone(),
            };
            facts.cells.insert((*connection, cell), fact);
        }
    }
    let mut template = db.prepare_cached(TEMPLATE)?;
    for (connection, name) in &asked.templates {
        if let Some(fact) = version(&mut template, params![connection, name])? {
            facts.cells.insert((*connection, Cell::Template(name.clone())), fact);
        }
    }
    let mut timer = db.prepare_cached(TIMER)?;
    for (connection, plugin, key) in &asked.timers {
        if let Some(fact) = version(&mut timer, params![connection, plugin, key])? {
            let cell = Cell::Timer {
                plugin: plugin.clone(),
                key: key.clone(),
            };
            facts.cells.insert((*connection, cell), fact);
        }
    }
    Ok(())
}

fn version(look: &mut Statement<'_>, key: impl Params) -> Result<Option<CellFact>> {
    look.query_row(key, |row| {
        Ok(CellFact {
            version: row.get(0)?,
            expires: row.get(1)?,
        })
    })
    .optional()
}
