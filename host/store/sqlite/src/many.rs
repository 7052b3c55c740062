//! Many rows in one statement: the cost of a group is its rows, not its round trips to SQLite's thread.

use sqlx::error::BoxDynError;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments, AssertSqlSafe, Encode, Sqlite, SqliteConnection, Type};

/// A statement around a repeated part: `head (?, …), (?, …) tail`. All three are literals of this crate.
#[derive(Debug, Clone, Copy)]
pub struct Many {
    pub head: &'static str,
    /// Values of one row.
    pub width: usize,
    pub tail: &'static str,
}

/// The values of a statement under way.
#[derive(Default)]
pub struct Values {
    arguments: SqliteArguments,
    failed: Option<BoxDynError>,
}

impl Values {
    pub fn put<'t, T: Encode<'t, Sqlite> + Type<Sqlite>>(&mut self, value: T) -> &mut Self {
        if let Err(error) = self.arguments.add(value) {
            self.failed.get_or_insert(error);
        }
        self
    }
}

/// Statements come in these many sizes, powers of two, so that all of them stay prepared.
const MOST: usize = 64;

impl Many {
    fn text(&self, rows: usize) -> String {
        let row = format!("({})", vec!["?"; self.width].join(","));
        format!("{} {} {}", self.head, vec![row; rows].join(","), self.tail)
    }

    /// Runs the statement for all rows, in order.
    pub async fn execute<T>(
        self,
        connection: &mut SqliteConnection,
        rows: impl IntoIterator<Item = T, IntoIter: ExactSizeIterator>,
        mut bind: impl FnMut(&mut Values, T),
    ) -> sqlx::Result<u64> {
        let mut rows = rows.into_iter();
        let mut affected = 0;
        while let Some((text, values)) = self.next(&mut rows, &mut bind)? {
            affected += sqlx::query_with(AssertSqlSafe(text), values)
                .execute(&mut *connection)
                .await?
                .rows_affected();
        }
        Ok(affected)
    }

    /// Runs the query for all rows and gives what it finds.
    pub async fn fetch<T>(
        self,
        connection: &mut SqliteConnection,
        rows: impl IntoIterator<Item = T, IntoIter: ExactSizeIterator>,
        mut bind: impl FnMut(&mut Values, T),
    ) -> sqlx::Result<Vec<SqliteRow>> {
        let mut rows = rows.into_iter();
        let mut found = Vec::new();
        while let Some((text, values)) = self.next(&mut rows, &mut bind)? {
            found.append(
                &mut sqlx::query_with(AssertSqlSafe(text), values)
                    .fetch_all(&mut *connection)
                    .await?,
            );
        }
        Ok(found)
    }

    /// The next statement: the largest power of two of rows that are left.
    fn next<T>(
        &self,
        rows: &mut impl ExactSizeIterator<Item = T>,
        bind: &mut impl FnMut(&mut Values, T),
    ) -> sqlx::Result<Option<(String, SqliteArguments)>> {
        let Some(power) = rows.len().min(MOST).checked_ilog2() else {
            return Ok(None);
        };
        let count = 1 << power;
        let mut values = Values::default();
        values.arguments.reserve(count * self.width, 0);
        rows.take(count).for_each(|row| bind(&mut values, row));
        match values.failed {
            Some(error) => Err(sqlx::Error::Encode(error)),
            None => Ok(Some((self.text(count), values.arguments))),
        }
    }
}
