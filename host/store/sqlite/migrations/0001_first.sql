-- The first schema. Times are milliseconds since 1970; words for closed sets are lower case; JSON is kept as text.
-- Tables that are read by their key only are WITHOUT ROWID: one tree to write instead of two.

CREATE TABLE connection (
    -- AUTOINCREMENT: a removed connection's number never comes back, so a late write of it is fenced.
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    name             TEXT NOT NULL UNIQUE,
    bot              INTEGER NOT NULL,
    token            BLOB NOT NULL,
    configured_group INTEGER NOT NULL,
    config           TEXT NOT NULL
) STRICT;

-- What changes with traffic, apart from the wide row above.
CREATE TABLE connection_state (
    connection    INTEGER PRIMARY KEY REFERENCES connection (id) ON DELETE CASCADE,
    group_id      INTEGER NOT NULL,
    cursor        INTEGER NOT NULL DEFAULT 0,
    last_delivery INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE known_update (
    connection INTEGER NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    id         INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    PRIMARY KEY (connection, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE contact (
    connection INTEGER NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    chat       INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    first_name TEXT NOT NULL,
    last_name  TEXT NOT NULL,
    username   TEXT COLLATE NOCASE,
    language   TEXT,
    blocked    INTEGER NOT NULL,
    start      TEXT,
    tags       TEXT NOT NULL,
    properties TEXT NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen  INTEGER NOT NULL,
    PRIMARY KEY (connection, chat)
) STRICT, WITHOUT ROWID;
CREATE INDEX contact_by_username ON contact (connection, username) WHERE username IS NOT NULL;

CREATE TABLE dialog (
    connection    INTEGER NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    chat          INTEGER NOT NULL,
    version       INTEGER NOT NULL,
    status        TEXT NOT NULL CHECK (status IN ('waiting', 'answered', 'closed')),
    topic         INTEGER,
    title         TEXT,
    topic_closed  INTEGER NOT NULL,
    generation    INTEGER NOT NULL,
    created       INTEGER NOT NULL,
    last_activity INTEGER NOT NULL,
    welcomed      INTEGER,
    PRIMARY KEY (connection, chat)
) STRICT, WITHOUT ROWID;
CREATE INDEX dialog_by_topic ON dialog (connection, topic) WHERE topic IS NOT NULL;
CREATE INDEX dialog_answered ON dialog (connection, last_activity) WHERE status = 'answered';

-- Many to many: one message can have two twins (a repeated copy), and one twin can stand for several messages (joined texts).
CREATE TABLE mirror (
    connection       INTEGER NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    chat             INTEGER NOT NULL,
    customer_message INTEGER NOT NULL,
    group_message    INTEGER NOT NULL,
    topic            INTEGER NOT NULL,
    direction        TEXT NOT NULL CHECK (direction IN ('incoming', 'outgoing', 'intercepted')),
    kind             TEXT NOT NULL,
    delivery         INTEGER NOT NULL,
    at               INTEGER NOT NULL,
    PRIMARY KEY (connection, chat, customer_message, group_message)
) STRICT, WITHOUT ROWID;
CREATE INDEX mirror_by_group_message ON mirror (connection, group_message);

CREATE TABLE album_part (
    connection INTEGER NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    place      TEXT NOT NULL CHECK (place IN ('customer', 'topic', 'general')),
    chat       INTEGER NOT NULL,
    message    INTEGER NOT NULL,
    album      TEXT NOT NULL,
    at         INTEGER NOT NULL,
    content    TEXT NOT NULL,
    PRIMARY KEY (connection, place, chat, message)
) STRICT, WITHOUT ROWID;
CREATE INDEX album_part_by_album ON album_part (connection, place, album);

-- The outbox. A delivery is open while its attempt has no outcome; so a claim writes the small row below and not this one.
CREATE TABLE delivery (
    connection INTEGER NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    id         INTEGER NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('ready', 'asking', 'refused')),
    lane       TEXT NOT NULL,
    chat       INTEGER,
    not_before INTEGER NOT NULL,
    created    INTEGER NOT NULL,
    op         TEXT NOT NULL,
    PRIMARY KEY (connection, id)
) STRICT, WITHOUT ROWID;

-- The last attempt of a delivery; `number` is the fencing number.
CREATE TABLE attempt (
    connection INTEGER NOT NULL,
    delivery   INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    outcome    TEXT,
    PRIMARY KEY (connection, delivery),
    FOREIGN KEY (connection, delivery) REFERENCES delivery (connection, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE plugin_entry (
    connection INTEGER NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    plugin     TEXT NOT NULL,
    key        TEXT NOT NULL,
    version    INTEGER NOT NULL,
    expires    INTEGER,
    value      BLOB NOT NULL,
    PRIMARY KEY (connection, plugin, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX plugin_entry_by_expiry ON plugin_entry (expires) WHERE expires IS NOT NULL;

-- Kept by the triggers below, so that a plugin's size is known without reading what it stored.
CREATE TABLE plugin_usage (
    connection INTEGER NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    plugin     TEXT NOT NULL,
    keys       INTEGER NOT NULL,
    bytes      INTEGER NOT NULL,
    PRIMARY KEY (connection, plugin)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER plugin_entry_added AFTER INSERT ON plugin_entry BEGIN
    INSERT INTO plugin_usage (connection, plugin, keys, bytes)
    VALUES (new.connection, new.plugin, 1, octet_length(new.key) + octet_length(new.value))
    ON CONFLICT DO UPDATE SET keys = keys + 1, bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER plugin_entry_changed AFTER UPDATE OF value ON plugin_entry BEGIN
    UPDATE plugin_usage SET bytes = bytes + octet_length(new.value) - octet_length(old.value)
    WHERE connection = new.connection AND plugin = new.plugin;
END;
CREATE TRIGGER plugin_entry_removed AFTER DELETE ON plugin_entry BEGIN
    UPDATE plugin_usage SET keys = keys - 1, bytes = bytes - octet_length(old.key) - octet_length(old.value)
    WHERE connection = old.connection AND plugin = old.plugin;
END;

-- `key` is the name in lower case.
CREATE TABLE template (
    connection      INTEGER NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    key             TEXT NOT NULL,
    version         INTEGER NOT NULL,
    name            TEXT NOT NULL,
    kind            TEXT NOT NULL,
    preview         TEXT NOT NULL,
    source_chat     INTEGER NOT NULL,
    source_topic    INTEGER,
    source_messages TEXT NOT NULL,
    saved           INTEGER NOT NULL,
    contents        TEXT NOT NULL,
    PRIMARY KEY (connection, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE timer (
    connection INTEGER NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    plugin     TEXT NOT NULL,
    key        TEXT NOT NULL,
    version    INTEGER NOT NULL,
    due        INTEGER NOT NULL,
    dialog     INTEGER,
    payload    TEXT NOT NULL,
    PRIMARY KEY (connection, plugin, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX timer_by_due ON timer (connection, due);

CREATE TABLE notice (
    connection INTEGER NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    key        TEXT NOT NULL,
    at         INTEGER NOT NULL,
    PRIMARY KEY (connection, key)
) STRICT, WITHOUT ROWID;
