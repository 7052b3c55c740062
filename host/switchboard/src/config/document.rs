//! A TOML file whose every key and value knows its line, so that every complaint can name it.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{ConfigError, Place};
use super::nearest::hint;

#[derive(Debug, Clone)]
pub struct Table {
    /// In the order of the file.
    pub entries: Vec<Entry>,
}

#[derive(Debug, Clone)]
pub struct Entry {
    pub key: String,
    pub place: Place,
    pub value: Value,
}

#[derive(Debug, Clone)]
pub enum Value {
    Text(String),
    Integer(i64),
    Float(f64),
    Truth(bool),
    Time(String),
    List(Vec<(Place, Value)>),
    Table(Table),
}

struct Source<'a> {
    file: Arc<str>,
    text: &'a str,
}

/// Reads a TOML file.
pub fn read(path: &Path) -> Result<Table, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
        path: path.to_owned(),
        source,
    })?;
    parse(&path.display().to_string(), &text)
}

/// Reads TOML text; `file` names it in complaints.
pub fn parse(file: &str, text: &str) -> Result<Table, ConfigError> {
    let source = Source {
        file: file.into(),
        text,
    };
    // The error's own text would repeat the line, and the line may hold a token: only its message is taken.
    let table = DeTable::parse(text).map_err(|error| {
        let span = error.span().unwrap_or_default();
        let hint = if source.is_bare(span.start) {
            "; a text stands in quotation marks"
        } else {
            ""
        };
        let what = error.message().replace('\n', ", ");
        source.place(&span).wrong(format!("this is not TOML: {what}{hint}"))
    })?;
    source.table(table.get_ref())
}

impl Source<'_> {
    fn place(&self, span: &Range<usize>) -> Place {
        let before = self.text.as_bytes().iter().take(span.start);
        Place::Line {
            file: Arc::clone(&self.file),
            line: 1 + before.filter(|byte| **byte == b'\n').count(),
        }
    }

    /// Whether a value without quotation marks stands in this line.
    fn is_bare(&self, at: usize) -> bool {
        let begin = self
            .text
            .get(..at)
            .and_then(|before| before.rfind('\n'))
            .map_or(0, |end| end + 1);
        let line = self
            .text
            .get(begin..)
            .and_then(|rest| rest.lines().next())
            .unwrap_or_default();
        line.split_once('=')
            .is_some_and(|(_, value)| value.trim_start().starts_with(|c: char| c.is_ascii_alphanumeric()))
    }

    fn table(&self, table: &DeTable<'_>) -> Result<Table, ConfigError> {
        let mut keys: Vec<_> = table.iter().collect();
        keys.sort_by_key(|(key, _)| key.span().start);
        let entries = keys.into_iter().map(|(key, value)| {
            Ok(Entry {
                key: key.get_ref().to_string(),
                place: self.place(&key.span()),
                value: self.value(value)?,
            })
        });
        Ok(Table {
            entries: entries.collect::<Result<_, ConfigError>>()?,
        })
    }

    fn value(&self, value: &Spanned<DeValue<'_>>) -> Result<Value, ConfigError> {
        let too_large = || self.place(&value.span()).wrong("a number that does not fit 64 bits");
        Ok(match value.get_ref() {
            DeValue::String(text) => Value::Text(text.to_string()),
            DeValue::Integer(number) => {
                let number = i64::from_str_radix(number.as_str(), number.radix());
                Value::Integer(number.map_err(|_| too_large())?)
            }
            DeValue::Float(number) => Value::Float(number.as_str().parse().map_err(|_| too_large())?),
            DeValue::Boolean(truth) => Value::Truth(*truth),
            DeValue::Datetime(time) => Value::Time(time.to_string()),
            DeValue::Array(items) => {
                let items = items
                    .iter()
                    .map(|item| Ok((self.place(&item.span()), self.value(item)?)));
                Value::List(items.collect::<Result<_, ConfigError>>()?)
            }
            DeValue::Table(table) => Value::Table(self.table(table)?),
        })
    }
}

impl Table {
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// Complains about the first key that is not among the known ones. `inside` names the table, empty for the file's own.
    pub fn only(&self, known: &[&str], inside: &str) -> Result<(), ConfigError> {
        match self.entries.iter().find(|entry| !known.contains(&entry.key.as_str())) {
            None => Ok(()),
            Some(entry) => {
                let scope = match inside {
                    "" => String::new(),
                    inside => format!(" in [{inside}]"),
                };
                let hint = hint(&entry.key, known);
                Err(entry.place.wrong(format!("unknown key {:?}{scope}{hint}", entry.key)))
            }
        }
    }
}

impl Entry {
    pub fn text(&self) -> Result<&str, ConfigError> {
        match &self.value {
            Value::Text(text) => Ok(text),
            other => Err(self.takes("a text", other)),
        }
    }

    pub fn integer(&self) -> Result<i64, ConfigError> {
        match &self.value {
            Value::Integer(number) => Ok(*number),
            other => Err(self.takes("a whole number", other)),
        }
    }

    pub fn list(&self) -> Result<&[(Place, Value)], ConfigError> {
        match &self.value {
            Value::List(items) => Ok(items),
            other => Err(self.takes("a list", other)),
        }
    }

    pub fn table(&self) -> Result<&Table, ConfigError> {
        match &self.value {
            Value::Table(table) => Ok(table),
            other => Err(self.takes("a table", other)),
        }
    }

    pub fn takes(&self, wanted: &str, found: &Value) -> ConfigError {
        self.place
            .wrong(format!("{} takes {wanted}, not {}", self.key, found.kind()))
    }
}

impl Value {
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Integer(_) | Self::Float(_) => "a number",
            Self::Truth(_) => "a truth value",
            Self::Time(_) => "a date or time",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }

    pub fn json(&self) -> serde_json::Value {
        match self {
            Self::Text(text) | Self::Time(text) => text.as_str().into(),
            Self::Integer(number) => (*number).into(),
            Self::Float(number) => (*number).into(),
            Self::Truth(truth) => (*truth).into(),
            Self::List(items) => items.iter().map(|(_, item)| item.json()).collect(),
            Self::Table(table) => table
                .entries
                .iter()
                .map(|entry| (entry.key.clone(), entry.value.json()))
                .collect(),
        }
    }
}
