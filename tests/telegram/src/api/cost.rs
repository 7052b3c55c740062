//! Which calls Telegram counts as messages, and how many.

use super::params::Params;

/// How many messages a call costs; 0 for calls that no flood limit touches.
pub fn of(method: &str, params: &Params, batch_counts_each: bool) -> usize {
    match method {
        "copymessages" | "forwardmessages" => {
            let n = params
                .json("message_ids")
                .ok()
                .flatten()
                .and_then(|v| v.as_array().map(Vec::len));
            if batch_counts_each { n.unwrap_or(1).max(1) } else { 1 }
        }
        "sendmediagroup" => {
            let n = params
                .json("media")
                .ok()
                .flatten()
                .and_then(|v| v.as_array().map(Vec::len));
            if batch_counts_each { n.unwrap_or(1).max(1) } else { 1 }
        }
        "sendchataction" | "sendmessagedraft" => 0,
        "copymessage" | "forwardmessage" | "stoppoll" | "pinchatmessage" => 1,
        // Each of these posts a service message.
        "createforumtopic"
        | "editforumtopic"
        | "closeforumtopic"
        | "reopenforumtopic"
        | "editgeneralforumtopic"
        | "closegeneralforumtopic"
        | "reopengeneralforumtopic"
        | "hidegeneralforumtopic"
        | "unhidegeneralforumtopic" => 1,
        m if m.starts_with("send") || m.starts_with("editmessage") || m == "stopmessagelivelocation" => 1,
        _ => 0,
    }
}
