//! The command: send, save and delete.

use switchboard_plugin::prelude::*;
use switchboard_plugin::words::{code, place};

use crate::request::Request;
use crate::settings::{Editors, Settings};
use crate::{list, names};

/// So many are looked through for near names and for buttons; templates have no other bound here.
pub const MOST: usize = 1_000;

pub fn command(host: &impl Host, call: &Invocation) -> Reply {
    match Request::of(call)? {
        Request::List => list::command(host, call),
        Request::Send { name, forward } => send(host, call, name, forward),
        Request::Save { name } => save(host, call, name),
        Request::Delete { name } => delete(host, call, name),
    }
}

/// The topic shows what was sent, so there is no answer to write.
fn send(host: &impl Host, call: &Invocation, name: &str, forward: bool) -> Reply {
    let Some(dialog) = call.dialog_id() else {
        return Err(Error::refused(
            "Quick replies are sent from the topic of a customer. Here you can save them (as a reply) and list them.",
        ));
    };
    let result = if forward {
        host.templates().forward(name, dialog)
    } else {
        host.templates().send(name, dialog)
    };
    match result {
        Err(error) if error.is(code::NOT_FOUND) => Err(unknown(host, name)),
        result => result.and_then(|()| nothing()),
    }
}

fn save(host: &impl Host, call: &Invocation, name: &str) -> Reply {
    let Some(source) = &call.reply else {
        return nothing();
    };
    may_edit(host, call)?;
    names::check(name)?;
    if is_command(source) {
        return Err(Error::invalid(
            "That message is a command. Reply to the message that the customer is to get.",
        ));
    }
    if source.album.is_some() && source.ref_.place == place::GENERAL {
        return Err(Error::refused(
            "An album cannot be saved from General. Send it in the topic of a customer and reply to it there.",
        ));
    }
    let before = host.templates().get(name)?;
    let saved = host.templates().save(name, &source.ref_, call.dialog_id())?;
    let (done, was) = match &before {
        Some(before) => ("Replaced ", format!(" (it was {})", list::summary(before))),
        None => ("Saved ", String::new()),
    };
    let text = StyledText::new().plain(done).code(&saved.name);
    let text = text.plain(&format!(": {}{was}.\nSend it with ", list::summary(&saved)));
    answer(text.code(&format!("/say {}", saved.name)).plain("."))
}

fn delete(host: &impl Host, call: &Invocation, name: &str) -> Reply {
    may_edit(host, call)?;
    let Some(was) = host.templates().get(name)? else {
        return Err(unknown(host, name));
    };
    host.templates().delete(name)?;
    let text = StyledText::new().plain("Deleted ").code(&was.name);
    answer(text.plain(&format!(": {}.", list::summary(&was))))
}

fn may_edit(host: &impl Host, call: &Invocation) -> Result<(), Error> {
    let settings: Settings = host.settings()?;
    if settings.editors == Editors::Admins && !call.admin {
        return Err(Error::refused("Only admins may change quick replies here."));
    }
    Ok(())
}

/// A command of the group or of this host, not a text that happens to begin with a slash.
fn is_command(message: &Message) -> bool {
    message
        .text
        .strip_prefix('/')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()))
        && message.attachments.is_empty()
}

fn unknown(host: &impl Host, name: &str) -> Error {
    let all = match host.templates().all("", MOST) {
        Ok(all) => all,
        Err(error) => return error,
    };
    let near = names::nearest(name, &all);
    let hint = match near.as_slice() {
        [] if all.is_empty() => "None is saved yet: reply to a message with /say NAME.".to_owned(),
        [] => "/say lists all.".to_owned(),
        [one] => format!("Did you mean {one}?"),
        [first, rest @ ..] => format!("Did you mean {first} or {}?", rest.join(" or ")),
    };
    Error::not_found(format!("There is no quick reply {name}. {hint}"))
}
