//! The Bot API: method names to the functions that do what Telegram does.

mod absent;
pub mod album;
pub mod chats;
pub mod commands;
pub mod copy;
pub mod cost;
pub mod delete;
pub mod edit;
pub mod files;
pub mod games;
pub mod inline;
pub mod markup;
pub mod me;
pub mod media;
pub mod members;
pub mod params;
pub mod payments;
pub mod pins;
pub mod polls;
pub mod send;
pub mod stickers;
pub mod target;
pub mod topics;
pub mod webhooks;

use serde_json::Value;

use crate::error::ApiError;
use crate::options::Uploads;
use crate::world::{Id, World};
use params::Params;

pub type Answer = Result<Value, ApiError>;

/// One call of one bot, with all that a method needs.
#[derive(Debug)]
pub struct Call<'a> {
    pub world: &'a mut World,
    pub bot: Id,
    pub params: Params,
    pub uploads: Uploads,
    /// `description` of a successful answer (webhook methods have one).
    pub description: Option<&'static str>,
}

impl<'a> Call<'a> {
    pub fn new(world: &'a mut World, bot: Id, params: Params, uploads: Uploads) -> Self {
        Self {
            world,
            bot,
            params,
            uploads,
            description: None,
        }
    }

    /// Runs a method given by its lower-case name.
    pub fn run(&mut self, method: &str) -> Answer {
        match method {
            "getme"
            | "logout"
            | "close"
            | "getmyname"
            | "setmyname"
            | "getmydescription"
            | "setmydescription"
            | "getmyshortdescription"
            | "setmyshortdescription"
            | "setchatmenubutton"
            | "getchatmenubutton"
            | "setmydefaultadministratorrights"
            | "getmydefaultadministratorrights"
            | "getmystarbalance" => self.me(method),
            "getmycommands" | "setmycommands" | "deletemycommands" => self.commands(method),
            "sendmessage" => self.send_message(),
            "sendlocation" | "sendvenue" | "sendcontact" | "senddice" | "sendchecklist" => self.send_plain(method),
            "sendgame" => self.send_game(),
            "setgamescore" => self.set_game_score(),
            "getgamehighscores" => self.get_game_high_scores(),
            "sendinvoice" => self.send_invoice(),
            "createinvoicelink" => self.invoice_link(),
            "sendchataction" => self.send_chat_action(),
            "sendmessagedraft" => self.send_draft(),
            "sendpoll" => self.send_poll(),
            "stoppoll" => self.stop_poll(),
            "sendphoto" | "sendvideo" | "sendanimation" | "sendaudio" | "sendvoice" | "sendvideonote"
            | "senddocument" | "sendsticker" => self.send_media(method),
            "sendpaidmedia" => self.send_paid_media(),
            "sendmediagroup" => self.send_media_group(),
            "copymessage" => self.copy_message(),
            "copymessages" => self.copy_messages(false),
            "forwardmessage" => self.forward_message(),
            "forwardmessages" => self.copy_messages(true),
            "editmessagetext" => self.edit_text(),
            "editmessagecaption" => self.edit_caption(),
            "editmessagemedia" => self.edit_media(),
            "editmessagereplymarkup" => self.edit_markup(),
            "editmessagelivelocation" => self.edit_location(false),
            "stopmessagelivelocation" => self.edit_location(true),
            "deletemessage" => self.delete_message(),
            "deletemessages" => self.delete_messages(),
            "setmessagereaction" => self.set_reaction(),
            "pinchatmessage" => self.pin(),
            "unpinchatmessage" => self.unpin(),
            "unpinallchatmessages" => self.unpin_all(),
            "unpinallforumtopicmessages" => self.unpin_all_in_topic(),
            "unpinallgeneralforumtopicmessages" => self.unpin_all_in_general(),
            "answercallbackquery" => self.answer_callback(),
            "answerinlinequery" => self.answer_inline_query(),
            "answershippingquery" => self.answer_shipping(),
            "answerprecheckoutquery" => self.answer_pre_checkout(),
            "answerwebappquery" => Err(ApiError::bad(
                "query is too old and response timeout expired or query ID is invalid",
            )),
            "createforumtopic" => self.create_topic(),
            "editforumtopic" => self.edit_topic(),
            "closeforumtopic" => self.close_topic(true),
            "reopenforumtopic" => self.close_topic(false),
            "deleteforumtopic" => self.delete_topic(),
            "editgeneralforumtopic" => self.edit_general(),
            "closegeneralforumtopic" => self.close_general(true),
            "reopengeneralforumtopic" => self.close_general(false),
            "hidegeneralforumtopic" => self.hide_general(true),
            "unhidegeneralforumtopic" => self.hide_general(false),
            "getforumtopiciconstickers" => Ok(stickers::topic_icons()),
            "getcustomemojistickers" | "getstickerset" | "uploadstickerfile" => self.stickers(method),
            "getfile" => self.get_file(),
            "getuserprofilephotos" => self.profile_photos(),
            "getchat" => self.get_chat(),
            "getchatmember" => self.get_chat_member(),
            "getchatadministrators" => self.get_chat_administrators(),
            "getchatmembercount" | "getchatmemberscount" => self.get_chat_member_count(),
            "leavechat" => self.leave_chat(),
            "banchatmember" | "kickchatmember" => self.ban(true),
            "unbanchatmember" => self.ban(false),
            "restrictchatmember" => self.restrict(),
            "promotechatmember" => self.promote(),
            "setchatpermissions" => self.set_permissions(),
            "setchattitle" | "setchatdescription" => self.set_chat_text(method),
            "exportchatinvitelink" | "createchatinvitelink" => self.chat_invite_link(method),
            _ => Err(absent::answer(method)),
        }
    }

    /// A required text parameter, in the server's words when it is missing.
    pub fn required(&self, name: &str) -> Result<String, ApiError> {
        self.params
            .text(name)
            .filter(|s| !s.is_empty())
            .ok_or_else(|| ApiError::bad(format!("Parameter \"{name}\" is required")))
    }
}
