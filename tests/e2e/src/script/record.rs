//! What a script got, in an order and a form in which two runs can be compared byte for byte.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::raw::Response;

/// Headers of an answer that belong to it; the others are the connection's.
const HEADERS: [&str; 5] = [
    "content-type",
    "retry-after",
    "content-range",
    "accept-ranges",
    "content-disposition",
];
/// Values that a world gives out at random (or by a count that hidden traffic raises): named by first appearance.
const NAMED: [&str; 15] = [
    "update_id",
    "file_id",
    "file_unique_id",
    "file_path",
    "media_group_id",
    "media_group",
    "persistent_id",
    "poll_id",
    "inline_message_id",
    "callback_query_id",
    "inline_query_id",
    "pre_checkout_query_id",
    "shipping_query_id",
    "telegram_payment_charge_id",
    "provider_payment_charge_id",
];
/// Differences shown of a comparison.
const SHOWN: usize = 12;

/// One thing that happened, named by what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub what: String,
    pub got: String,
}

#[derive(Debug, Default)]
pub struct Record {
    pub entries: Vec<Entry>,
    /// Texts that differ between runs and what stands for them.
    aliases: Vec<(String, String)>,
    /// By key: the values in the order in which they came.
    names: HashMap<String, Vec<String>>,
    /// Descriptions of errors, as they came.
    pub errors: Vec<String>,
}

impl Record {
    /// From now on `text` is written as `alias`.
    pub fn alias(&mut self, text: &str, alias: &str) {
        self.aliases.push((text.to_owned(), alias.to_owned()));
    }

    pub fn note(&mut self, what: impl Into<String>, got: impl Into<String>) {
        let got = got.into();
        let what = self.normal(&what.into());
        let got = self.normal(&got);
        self.entries.push(Entry { what, got });
    }

    pub fn answer(&mut self, what: impl Into<String>, r: &Response) {
        let mut got = format!("{}\n", r.status);
        for name in HEADERS {
            if let Some(v) = r.header(name) {
                let _ = writeln!(got, "{name}: {v}");
            }
        }
        match std::str::from_utf8(&r.body) {
            Ok(text) => got.push_str(text),
            Err(_) => {
                let _ = write!(got, "{} bytes, sum {:x}", r.body.len(), sum(&r.body));
            }
        }
        if let Some(d) = description(&r.body) {
            self.errors.push(d);
        }
        self.note(what, got);
    }

    /// Dates as 0, random values by their first appearance.
    fn normal(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        for (from, to) in &self.aliases {
            text = text.replace(from, to);
        }
        for head in ["$invoice", "option_persistent_ids\":["] {
            text = without_rest(&text, head);
        }
        let mut out = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(i) = rest.find("\":") {
            let (before, after) = rest.split_at(i + 2);
            out.push_str(before);
            rest = after;
            let key = before.trim_end_matches("\":");
            let key = key.rsplit('"').next().unwrap_or_default();
            if key.ends_with("date") {
                let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
                if digits > 8 {
                    out.push('0');
                    rest = rest.split_at(digits).1;
                }
                continue;
            }
            let value = value(rest);
            // Offsets are update ids, or near one; dice fall as they fall.
            let thrown = key == "value" && value.len() < 3;
            if thrown || (key == "offset" && value.trim_matches('"').len() >= 9) {
                let _ = write!(out, "<{key}>");
                rest = rest.split_at(value.len()).1;
                continue;
            }
            let random = key == "id" && value.trim_matches('"').len() >= 16;
            if (random || NAMED.contains(&key)) && !value.is_empty() {
                let seen = self.names.entry(key.to_owned()).or_default();
                let n = seen.iter().position(|v| v == value).unwrap_or_else(|| {
                    seen.push(value.to_owned());
                    seen.len() - 1
                });
                let _ = write!(out, "<{key} {n}>");
                rest = rest.split_at(value.len()).1;
            }
        }
        out.push_str(rest);
        out
    }

    /// `None` when both runs went alike, else the differences.
    #[must_use]
    pub fn differences(&self, other: &Record) -> Option<String> {
        let mut out = String::new();
        let mut found = 0;
        for i in 0..self.entries.len().max(other.entries.len()) {
            let (a, b) = (self.entries.get(i), other.entries.get(i));
            if a == b {
                continue;
            }
            found += 1;
            if found <= SHOWN {
                let nothing = Entry {
                    what: "nothing".to_owned(),
                    got: String::new(),
                };
                let (a, b) = (a.unwrap_or(&nothing), b.unwrap_or(&nothing));
                let what = match a.what == b.what {
                    true => a.what.clone(),
                    false => format!("{}\n  other: {}", a.what, b.what),
                };
                let (one, two) = apart(&a.got, &b.got);
                let _ = writeln!(out, "step {i}: {what}\n    one:   {one}\n    other: {two}");
            }
        }
        (found > 0).then(|| format!("{found} of {} steps differ\n{out}", self.entries.len()))
    }
}

/// Without what follows each `head` up to the end of its string or list.
fn without_rest(text: &str, head: &str) -> String {
    let mut parts = text.split(head);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(if head.ends_with('[') { ']' } else { '"' });
        out.push_str(head);
        out.push_str(part.get(end.unwrap_or(0)..).unwrap_or_default());
    }
    out
}

/// The JSON string or number at the beginning.
fn value(text: &str) -> &str {
    let end = match text.strip_prefix('"') {
        Some(t) => t.find('"').map_or(text.len(), |i| i + 2),
        None => text
            .find(|c: char| !c.is_ascii_digit() && c != '-')
            .unwrap_or(text.len()),
    };
    text.get(..end).unwrap_or_default()
}

fn description(body: &[u8]) -> Option<String> {
    let v: serde_json::Value = serde_json::from_slice(body).ok()?;
    if v["ok"] != false {
        return None;
    }
    v["description"].as_str().map(str::to_owned)
}

/// Both texts around the first place where they differ.
fn apart(one: &str, other: &str) -> (String, String) {
    let same = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    let from = same.saturating_sub(150);
    let cut = |text: &str| {
        let piece: String = text.chars().skip(from).take(500).collect();
        let head = if from > 0 { "… " } else { "" };
        format!("{head}{} ({} bytes)", piece.replace('\n', " | "), text.len())
    };
    (cut(one), cut(other))
}

/// FNV-1a, enough to tell two bodies apart.
fn sum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |h, b| {
        (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(texts: &[&str]) -> Record {
        let mut r = Record::default();
        for t in texts {
            r.note("a step", *t);
        }
        r
    }

    #[test]
    fn only_what_is_random_is_left_out() {
        let one = record(&[
            r#"{"date":1700000001,"update_id":5,"message_id":7}"#,
            r#"{"update_id":5}"#,
        ]);
        let holes = record(&[
            r#"{"date":1700000002,"update_id":9,"message_id":7}"#,
            r#"{"update_id":9}"#,
        ]);
        assert_eq!(one.differences(&holes), None);
        let repeated = record(&[
            r#"{"date":1700000002,"update_id":9,"message_id":7}"#,
            r#"{"update_id":10}"#,
        ]);
        assert!(
            one.differences(&repeated).is_some(),
            "another update is not the same again"
        );
        let moved = record(&[
            r#"{"date":1700000002,"update_id":9,"message_id":8}"#,
            r#"{"update_id":9}"#,
        ]);
        assert!(one.differences(&moved).is_some(), "message ids count");
        assert!(one.differences(&record(&[])).is_some());
    }
}
