//! Loading the facts of a group.

use sqlx::{Row, SqliteConnection};
use switchboard_store::plan::{CellFact, DeliveryHead, Facts, Footprint};
use switchboard_store::{Cell, DeliveryState, Result};

use crate::fault::{corrupt, database};
use crate::many::Many;

// The cross join makes SQLite look each asked row up by its key.
const CONNECTIONS: Many = Many {
    head: "SELECT id FROM connection WHERE id IN (VALUES",
    width: 1,
    tail: ")",
};
const UPDATES: Many = Many {
    head: "WITH asked (c, i) AS (VALUES",
    width: 2,
    tail: ") SELECT c, i FROM asked CROSS JOIN known_update ON connection = c AND id = i",
};
const CONTACTS: Many = Many {
    head: "WITH asked (c, k) AS (VALUES",
    width: 2,
    tail: ") SELECT c, k, version FROM asked CROSS JOIN contact ON connection = c AND chat = k",
};
const DIALOGS: Many = Many {
    head: "WITH asked (c, k) AS (VALUES",
    width: 2,
    tail: ") SELECT c, k, version FROM asked CROSS JOIN dialog ON connection = c AND chat = k",
};
const ENTRIES: Many = Many {
    head: "WITH asked (c, p, k) AS (VALUES",
    width: 3,
    tail: ") SELECT c, p, k, version, expires FROM asked CROSS JOIN plugin_entry ON connection = c AND plugin = p AND key = k",
};
const TEMPLATES: Many = Many {
    head: "WITH asked (c, k) AS (VALUES",
    width: 2,
    tail: ") SELECT c, k, version FROM asked CROSS JOIN template ON connection = c AND key = k",
};
const TIMERS: Many = Many {
    head: "WITH asked (c, p, k) AS (VALUES",
    width: 3,
    tail: ") SELECT c, p, k, version FROM asked CROSS JOIN timer ON connection = c AND plugin = p AND key = k",
};
const DELIVERIES: Many = Many {
    head: "WITH asked (c, i) AS (VALUES",
    width: 2,
    tail: ") SELECT c, i, d.state, coalesce(a.number, 0), coalesce(a.started_at, 0), a.delivery IS NOT NULL AND a.outcome IS NULL \
           FROM asked CROSS JOIN delivery d ON d.connection = c AND d.id = i LEFT JOIN attempt a ON a.connection = c AND a.delivery = i",
};

pub async fn facts(db: &mut SqliteConnection, asked: Footprint) -> Result<Facts> {
    let mut facts = Facts::default();
    read(db, asked, &mut facts)
        .await
        .map_err(database)
        .and_then(|strange| match strange {
            Some(word) => Err(corrupt("a delivery's state", &word)),
            None => Ok(facts),
        })
}

/// Gives a delivery state that is none.
async fn read(
    db: &mut SqliteConnection,
    asked: Footprint,
    facts: &mut Facts,
) -> sqlx::Result<Option<String>> {
    for row in CONNECTIONS
        .fetch(db, asked.connections, |row, id| {
            row.put(id);
        })
        .await?
    {
        facts.connections.insert(row.try_get(0)?);
    }
    for row in UPDATES
        .fetch(db, asked.updates, |row, (c, i)| {
            row.put(c).put(i);
        })
        .await?
    {
        facts.updates.insert((row.try_get(0)?, row.try_get(1)?));
    }
    for row in CONTACTS
        .fetch(db, asked.contacts, |row, (c, k)| {
            row.put(c).put(k);
        })
        .await?
    {
        facts.cells.insert(
            (row.try_get(0)?, Cell::Contact(row.try_get(1)?)),
            lasting(row.try_get(2)?),
        );
    }
    for row in DIALOGS
        .fetch(db, asked.dialogs, |row, (c, k)| {
            row.put(c).put(k);
        })
        .await?
    {
        facts.cells.insert(
            (row.try_get(0)?, Cell::Dialog(row.try_get(1)?)),
            lasting(row.try_get(2)?),
        );
    }
    for row in ENTRIES
        .fetch(db, asked.entries, |row, (c, p, k)| {
            row.put(c).put(p).put(k);
        })
        .await?
    {
        let cell = Cell::Plugin {
            plugin: row.try_get(1)?,
            key: row.try_get(2)?,
        };
        facts.cells.insert(
            (row.try_get(0)?, cell),
            CellFact {
                version: row.try_get(3)?,
                expires: row.try_get(4)?,
            },
        );
    }
    for row in TEMPLATES
        .fetch(db, asked.templates, |row, (c, k)| {
            row.put(c).put(k);
        })
        .await?
    {
        facts.cells.insert(
            (row.try_get(0)?, Cell::Template(row.try_get(1)?)),
            lasting(row.try_get(2)?),
        );
    }
    for row in TIMERS
        .fetch(db, asked.timers, |row, (c, p, k)| {
            row.put(c).put(p).put(k);
        })
        .await?
    {
        let cell = Cell::Timer {
            plugin: row.try_get(1)?,
            key: row.try_get(2)?,
        };
        facts
            .cells
            .insert((row.try_get(0)?, cell), lasting(row.try_get(3)?));
    }
    for row in DELIVERIES
        .fetch(db, asked.deliveries, |row, (c, i)| {
            row.put(c).put(i);
        })
        .await?
    {
        let word: &str = row.try_get(2)?;
        let state = if row.try_get(5)? {
            Some(DeliveryState::Open)
        } else {
            DeliveryState::from_word(word)
        };
        let Some(state) = state else {
            return Ok(Some(word.to_owned()));
        };
        let head = DeliveryHead {
            state,
            attempt: row.try_get(3)?,
            started_at: row.try_get(4)?,
        };
        facts
            .deliveries
            .insert((row.try_get(0)?, row.try_get(1)?), head);
    }
    Ok(None)
}

fn lasting(version: i64) -> CellFact {
    CellFact {
        version,
        expires: None,
    }
}
