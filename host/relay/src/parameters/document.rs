//! The parameters' page, PARAMETERS.md, drawn from the table.

use std::fmt::Write as _;

use super::{Availability, Parameters, TABLE};

const HEAD: &str = "# Parameters of a connection

<!-- Drawn from the table in src/parameters/table.rs. To write it anew: SWITCHBOARD_WRITE_DOCS=1 cargo test -p switchboard-relay parameters -->

They stand under `[connection.parameters]` of a connections file; what is not given keeps its default.
`switchboard connection show NAME` prints those of a connection.

- Truth values are `true` and `false`; `\"TRUE\"`, `\"FALSE\"`, `\"ON\"` and `\"OFF\"` will do.
- Numbers may be written as texts: `\"48\"` is `48`.
- Lists are lists of numbers, or one text with commas: `[1, 2]`, `\"1, 2\"`.
- `\"OFF\"` (also `\"NONE\"`, `\".\"` or `false`) switches off what can be switched off and empties lists. Letter case does not matter.

| name | takes | default | what it does | example | since |
| --- | --- | --- | --- | --- | --- |
";

const LATER: &str = "
## Not available in this version

These names are known from other systems. A connection that gives one of them is refused, with the words of the last column.

| name | what it does | in this version |
| --- | --- | --- |
";

/// The text of PARAMETERS.md.
#[must_use]
pub fn document() -> String {
    let defaults = Parameters::default();
    let (mut here, mut later) = (String::from(HEAD), String::from(LATER));
    for parameter in TABLE {
        // Writing to a string cannot fail.
        let _ = match &parameter.availability {
            Availability::Here {
                since,
                kind,
                example,
                show,
                ..
            } => {
                let mut name = format!("`{}`", parameter.name);
                for alias in parameter.aliases {
                    let _ = write!(name, " (also `{alias}`)");
                }
                writeln!(
                    here,
                    "| {name} | {kind} | `{}` | {} | `{} = {example}` | {since} |",
                    show(&defaults),
                    parameter.help,
                    parameter.name,
                )
            }
            Availability::Later { instead } => {
                writeln!(later, "| `{}` | {} | {instead} |", parameter.name, parameter.help)
            }
        };
    }
    here + &later
}
