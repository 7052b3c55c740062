-- The bot's own program behind the front door, and dialogs that an operator has taken over from it.

ALTER TABLE dialog ADD COLUMN taken_over INTEGER;
ALTER TABLE dialog ADD COLUMN takeover_ends INTEGER;
CREATE INDEX dialog_by_takeover_end ON dialog (connection, takeover_ends) WHERE takeover_ends IS NOT NULL;

-- Updates that wait for the bot's program; a row goes once the program has it.
CREATE TABLE bot_update (
    connection INTEGER NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    position   INTEGER NOT NULL,
    update_id  INTEGER NOT NULL,
    chat       INTEGER,
    at         INTEGER NOT NULL,
    held       INTEGER NOT NULL,
    body       TEXT NOT NULL,
    PRIMARY KEY (connection, position)
) STRICT, WITHOUT ROWID;
-- A program that is down for a day leaves many wide rows: what is too old is found without reading them.
CREATE INDEX bot_update_by_age ON bot_update (at);

-- Calls of the bot's program that no turn has handled yet.
CREATE TABLE intercepted (
    connection INTEGER NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    seq        INTEGER NOT NULL,
    chat       INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    body       TEXT NOT NULL,
    PRIMARY KEY (connection, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE gateway (
    connection INTEGER PRIMARY KEY REFERENCES connection (id) ON DELETE CASCADE,
    state      BLOB NOT NULL,
    mark       INTEGER NOT NULL,
    marked_at  INTEGER NOT NULL
) STRICT;
