//! The smallest plugin: `/hello` greets the operator in the topic.
use switchboard_plugin::prelude::*;

struct Hello;

impl Plugin for Hello {
    fn describe() -> Description {
        about!().command(CommandSpec::new("hello", "Greets you"))
    }

    fn command(_: &impl Host, call: Invocation) -> Reply {
        answer(format!("Hello, {}!", call.operator.name))
    }
}

export!(Hello: command);
#[cfg(test)]
mod tests;
