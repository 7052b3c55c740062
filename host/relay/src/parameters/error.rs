//! What can be wrong with given parameters, each in one clear line.

/// A set of parameters that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParameterError {
    #[error("unknown parameter {name}{}", meant(*nearest))]
    Unknown {
        name: String,
        nearest: Option<&'static str>,
    },
    #[error("{name} is not available in this version: {instead}")]
    Later { name: &'static str, instead: &'static str },
    #[error("{first} and {second} are the same parameter; give one of them")]
    Twice { first: String, second: String },
    #[error("{name} takes {rule}, not {given}; for example {name} = {example}")]
    Value {
        name: &'static str,
        rule: String,
        given: String,
        example: &'static str,
    },
}

fn meant(nearest: Option<&str>) -> String {
    match nearest {
        Some(name) => format!("; did you mean {name}?"),
        None => "; host/relay/PARAMETERS.md lists the known ones".to_owned(),
    }
}
