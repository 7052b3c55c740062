//! What a script leaves out of the simulated Telegram: methods, and texts of refusals.

use std::path::{Path, PathBuf};

use super::play::Play;

/// Refusals that the script leaves out.
const LEFT_OUT: &[&str] = &[
    // The end of a session, which a door does not let through.
    "logged out",
    // A door is near its programs: it may take what Telegram's own servers refuse.
    "bad webhook: an https url must be provided for webhook",
    // Nothing leads there: the id would have to be forged, the connection to break.
    "wrong file_id or the file is temporarily unavailable",
    "request body can't be read",
];

fn sources(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

fn simulation() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../telegram/src")
}

/// Methods that the simulation has and the script never calls, but for those that end a session.
#[must_use]
pub fn methods_left_out(play: &Play) -> Vec<String> {
    let table = std::fs::read_to_string(simulation().join("api/mod.rs")).unwrap_or_default();
    let table = table.split("match method {").nth(1).unwrap_or_default();
    let table = table.split("absent::answer").next().unwrap_or_default();
    let arms = table.lines().filter_map(|l| Some(l.split("=>").next()?.trim()));
    let names = arms.flat_map(|a| a.split('"').skip(1).step_by(2));
    names
        .filter(|n| !["logout", "close"].contains(n))
        .filter(|n| n.bytes().all(|b| b.is_ascii_lowercase()))
        .filter(|n| !play.methods.iter().any(|m| m == n))
        .map(str::to_owned)
        .collect()
}

/// Refusals in the simulation's source that the script never met.
#[must_use]
pub fn errors_left_out(play: &Play) -> Vec<String> {
    let met: Vec<String> = play.record.errors.iter().map(|e| e.to_lowercase()).collect();
    let mut files = Vec::new();
    for part in ["api", "world", "updates", "server", "text"] {
        sources(&simulation().join(part), &mut files);
    }
    let mut out = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        for start in [
            "ApiError::bad(",
            "ApiError::forbidden(",
            "ApiError::conflict(",
            "cannot(",
        ] {
            for part in text.split(start).skip(1) {
                let part = part.trim_start().trim_start_matches("format!(").trim_start();
                let Some(literal) = part.strip_prefix('"') else {
                    continue;
                };
                // Up to the first thing that is filled in.
                let end = literal.find(['"', '{', '\\']).unwrap_or(0);
                let words = literal.get(..end).unwrap_or_default().trim_end().to_lowercase();
                let known = met.iter().any(|m| m.contains(&words));
                if words.len() > 3 && !known && !LEFT_OUT.contains(&words.as_str()) {
                    out.push(format!("{}: {words}", file.file_name().unwrap_or_default().display()));
                }
            }
        }
    }
    out.sort();
    out.dedup();
    out
}
