//! Columns that are more than numbers and texts: words of closed sets, and JSON.

use std::collections::BTreeMap;
use std::error::Error as StdError;

use rusqlite::types::Type;
use rusqlite::{Error, Result, Row};
use serde_json::Value;

/// A word of a closed set.
pub fn word<T>(row: &Row<'_>, column: usize, read: impl FnOnce(&str) -> Option<T>) -> Result<T> {
    let word = row.get_ref(column)?.as_str()?;
    read(word).ok_or_else(|| strange(column, format!("unknown word {word:?}").into()))
}

pub fn strings(row: &Row<'_>, column: usize) -> Result<Vec<String>> {
    serde_json::from_str(row.get_ref(column)?.as_str()?).map_err(|error| strange(column, error.into()))
}

pub fn numbers(row: &Row<'_>, column: usize) -> Result<Vec<i64>> {
    serde_json::from_str(row.get_ref(column)?.as_str()?).map_err(|error| strange(column, error.into()))
}

/// An object of strings, by name.
pub fn pairs(row: &Row<'_>, column: usize) -> Result<Vec<(String, String)>> {
    let map: BTreeMap<String, String> =
        serde_json::from_str(row.get_ref(column)?.as_str()?).map_err(|error| strange(column, error.into()))?;
    Ok(map.into_iter().collect())
}

pub fn of_strings(list: &[String]) -> String {
    Value::from(list).to_string()
}

pub fn of_numbers(list: &[i64]) -> String {
    Value::from(list).to_string()
}

pub fn of_pairs(list: &[(String, String)]) -> String {
    Value::Object(
        list.iter()
            .map(|(name, value)| (name.clone(), value.as_str().into()))
            .collect(),
    )
    .to_string()
}

fn strange(column: usize, source: Box<dyn StdError + Send + Sync>) -> Error {
    Error::FromSqlConversionFailure(column, Type::Text, source)
}
