//! Quick replies: `/say NAME` sends, a reply with `/say NAME` saves, `/say` lists, `/say del NAME` deletes.

mod list;
mod names;
mod request;
mod say;
mod settings;
#[cfg(test)]
mod tests;

use switchboard_plugin::prelude::*;

use settings::Settings;

struct QuickReplies;

impl Plugin for QuickReplies {
    fn describe() -> Description {
        let say = CommandSpec::new("say", "Sends a quick reply; as a reply to a message, saves it")
            .usage("[NAME [fwd] | del NAME]");
        about!().command(say).settings::<Settings>()
    }

    fn command(host: &impl Host, call: Invocation) -> Reply {
        say::command(host, &call)
    }

    fn press(host: &impl Host, event: PressEvent) -> Result<Answer, Error> {
        list::press(host, &event)
    }
}

export!(QuickReplies: command, press);
