//! Every path of `/say`, natively.

use switchboard_plugin::test::{Effect, TestHost};
use switchboard_plugin::words::{code, place};
use switchboard_plugin::{prelude::*, words};

use crate::QuickReplies;
use crate::settings::{Editors, Settings};

/// A host, a dialog, and a run of commands in its topic.
struct Stage {
    host: TestHost,
    dialog: Dialog,
}

impl Stage {
    fn new() -> Self {
        let host = TestHost::new();
        let dialog = host.with_dialog(7);
        Self { host, dialog }
    }

    /// With texts saved under these names.
    fn with(names: &[&str]) -> Self {
        let stage = Self::new();
        for (id, name) in (100..).zip(names) {
            let message = Message::in_topic(id, &format!("The text of {name}"));
            stage.host.add_message(Some(7), &message);
            stage.host.templates().save(name, &message.ref_, Some(7)).unwrap();
        }
        stage.host.take_effects();
        stage
    }

    fn run(&self, call: Invocation) -> Reply {
        self.host.turn(|host| QuickReplies::command(host, call))
    }

    fn topic(&self, text: &str) -> Reply {
        self.run(Invocation::in_topic(&self.dialog, text))
    }

    fn reply(&self, text: &str, to: &Message) -> Reply {
        self.host.add_message(Some(7), to);
        self.run(Invocation::in_topic(&self.dialog, text).replying_to(to))
    }

    fn press(&self, value: &str) -> Result<Answer, Error> {
        let event = PressEvent::in_topic(&self.dialog, value);
        self.host.turn(|host| QuickReplies::press(host, event))
    }

    fn sent(&self, name: &str, forward: bool) {
        let effect = Effect::TemplateSent {
            name: name.to_owned(),
            dialog: 7,
            forward,
        };
        assert_eq!(self.host.take_effects(), [effect]);
    }
}

fn text(reply: Reply) -> String {
    reply.unwrap().expect("there is an answer").text.text
}

fn failure(reply: Reply) -> String {
    reply.unwrap_err().message
}

fn buttons(content: &Content) -> Vec<Vec<&str>> {
    content
        .buttons
        .iter()
        .map(|row| row.iter().map(|it| it.text.as_str()).collect())
        .collect()
}

#[test]
fn a_name_must_send_without_an_answer() {
    let stage = Stage::with(&["price"]);
    assert_eq!(stage.topic("/say price"), nothing());
    stage.sent("price", false);
    assert_eq!(stage.topic("/say  PRICE "), nothing());
    stage.sent("price", false);
}

#[test]
fn fwd_must_send_as_a_forward() {
    let stage = Stage::with(&["price"]);
    for command in ["/say price fwd", "/say price FWD", "/say price forward"] {
        assert_eq!(stage.topic(command), nothing());
        stage.sent("price", true);
    }
    assert!(failure(stage.topic("/say fwd")).contains("/say NAME fwd"));
}

#[test]
fn an_unknown_name_must_name_its_neighbours() {
    let stage = Stage::with(&["price", "hello"]);
    let error = stage.topic("/say prise").unwrap_err();
    assert_eq!(error.message, "There is no quick reply prise. Did you mean price?");
    assert_eq!(error.code, code::NOT_FOUND);
    assert_eq!(
        failure(stage.topic("/say refund")),
        "There is no quick reply refund. /say lists all."
    );
    let empty = Stage::new();
    assert!(failure(empty.topic("/say price")).contains("None is saved yet"));
    assert_eq!(stage.host.effects(), []);
}

#[test]
fn names_of_several_words_must_get_a_hint() {
    let stage = Stage::with(&["price"]);
    assert!(failure(stage.topic("/say price list")).contains("/say price-list"));
    let message = Message::in_topic(5, "x");
    assert!(failure(stage.reply("/say price list", &message)).contains("/say price-list"));
}

#[test]
fn general_must_not_send() {
    let stage = Stage::with(&["price"]);
    let error = failure(stage.run(Invocation::in_general("/say price")));
    assert!(error.contains("topic of a customer"), "{error}");
    assert_eq!(stage.host.effects(), []);
}

#[test]
fn a_reply_must_save() {
    let stage = Stage::new();
    let answer = text(stage.reply("/say price", &Message::in_topic(5, "Our price list")));
    assert_eq!(answer, "Saved price: “Our price list”.\nSend it with /say price.");
    assert_eq!(
        stage.host.effects(),
        [Effect::TemplateSaved {
            name: "price".to_owned()
        }]
    );
    assert_eq!(stage.topic("/say price"), nothing());
}

#[test]
fn media_and_albums_must_be_saved_whole() {
    let stage = Stage::new();
    let voice = Message {
        kind: "voice".to_owned(),
        ..Message::in_topic(5, "")
    };
    assert!(text(stage.reply("/say v", &voice)).starts_with("Saved v: voice."));
    let part = |id, caption| Message {
        kind: "photo".to_owned(),
        album: Some("a".to_owned()),
        at: stage.host.now(),
        ..Message::in_topic(id, caption)
    };
    stage.host.add_message(Some(7), &part(6, ""));
    stage.host.add_message(Some(7), &part(7, "Rooms"));
    assert!(text(stage.reply("/say rooms", &part(8, ""))).contains(": album of 3 “Rooms”."));
    assert_eq!(stage.host.template("rooms").unwrap().size, 3);
}

#[test]
fn an_old_album_must_tell_what_to_do() {
    let stage = Stage::new();
    let message = Message {
        album: Some("a".to_owned()),
        ..Message::in_topic(5, "")
    };
    assert!(failure(stage.reply("/say rooms", &message)).contains("24 hours"));
}

#[test]
fn general_must_save_but_no_albums() {
    let stage = Stage::new();
    let message = Message::in_general(5, "Hello");
    stage.host.add_message(None, &message);
    let call = Invocation::in_general("/say hello").replying_to(&message);
    assert!(text(stage.run(call)).starts_with("Saved hello: “Hello”."));
    let album = Message {
        album: Some("a".to_owned()),
        ..message
    };
    let call = Invocation::in_general("/say album").replying_to(&album);
    assert!(failure(stage.run(call)).contains("cannot be saved from General"));
}

#[test]
fn saving_again_must_tell_what_was_replaced() {
    let stage = Stage::with(&["Price"]);
    let answer = text(stage.reply("/say price", &Message::in_topic(5, "New")));
    assert!(
        answer.starts_with("Replaced price: “New” (it was “The text of Price”)."),
        "{answer}"
    );
}

#[test]
fn commands_must_not_be_saved() {
    let stage = Stage::new();
    let error = failure(stage.reply("/say price", &Message::in_topic(5, "/close")));
    assert!(error.contains("is a command"), "{error}");
    assert_eq!(stage.host.template("price"), None);
    assert!(stage.reply("/say note", &Message::in_topic(6, "/ a note")).is_ok());
}

#[test]
fn a_reply_must_have_a_name_that_does() {
    let stage = Stage::new();
    let message = Message::in_topic(5, "x");
    assert!(failure(stage.reply("/say", &message)).contains("Under which name?"));
    assert!(failure(stage.reply("/say del", &message)).contains("Which one?"));
    assert!(failure(stage.reply("/say price fwd", &message)).contains("without replying"));
    assert!(failure(stage.reply("/say /price", &message)).contains("slash"));
    let long = format!("/say {}", "n".repeat(65));
    assert!(failure(stage.reply(&long, &message)).contains("too long"));
    assert_eq!(stage.host.effects(), []);
}

#[test]
fn del_must_delete() {
    let stage = Stage::with(&["price"]);
    assert_eq!(
        text(stage.topic("/say del price")),
        "Deleted price: “The text of price”."
    );
    assert_eq!(stage.host.template("price"), None);
    assert!(failure(stage.topic("/say del price")).contains("no quick reply price"));
    assert!(failure(stage.topic("/say del")).contains("/say del NAME"));
}

#[test]
fn del_must_mean_delete_even_in_a_reply() {
    let stage = Stage::with(&["price"]);
    assert!(text(stage.reply("/say del price", &Message::in_topic(5, "x"))).starts_with("Deleted"));
}

#[test]
fn only_admins_may_edit_where_it_is_set_so() {
    let stage = Stage::with(&["price"]);
    stage.host.set_settings(&Settings {
        editors: Editors::Admins,
    });
    assert!(failure(stage.topic("/say del price")).contains("Only admins"));
    let message = Message::in_topic(5, "x");
    assert!(failure(stage.reply("/say price", &message)).contains("Only admins"));
    assert_eq!(stage.topic("/say price"), nothing());
    let call = Invocation {
        admin: true,
        ..Invocation::in_topic(&stage.dialog, "/say del price")
    };
    assert!(stage.run(call).is_ok());
}

#[test]
fn an_empty_list_must_say_how_to_begin() {
    let answer = text(Stage::new().topic("/say"));
    assert!(
        answer.contains("No quick replies yet") && answer.contains("/say NAME"),
        "{answer}"
    );
}

#[test]
fn the_list_must_show_previews_links_and_buttons() {
    let content = Stage::with(&["price", "hours", "hello"])
        .topic("/say")
        .unwrap()
        .unwrap();
    let text = &content.text;
    assert!(
        text.text.starts_with("Quick replies: 3\n• hello “The text of hello”"),
        "{}",
        text.text
    );
    assert!(text.text.contains("/say del NAME"));
    let link = text.entities.iter().find(|entity| entity.kind == "text_link").unwrap();
    let (from, to) = (link.offset as usize, (link.offset + link.length) as usize);
    assert_eq!(&text.text[from..to], "“The text of hello”");
    assert_eq!(link.value.as_deref(), Some("https://t.me/c/1/102"));
    assert_eq!(buttons(&content), [vec!["hello", "hours"], vec!["price"]]);
}

#[test]
fn general_must_list_without_send_buttons() {
    let stage = Stage::with(&["price"]);
    let content = stage.run(Invocation::in_general("/say")).unwrap().unwrap();
    assert!(content.text.text.contains("price"));
    assert!(content.buttons.is_empty());
}

#[test]
fn a_press_must_send_that_reply() {
    let stage = Stage::with(&["price", "Часы-работы-и-адреса-всех-наших-отделений"]);
    let content = stage.topic("/say").unwrap().unwrap();
    for button in content.buttons.iter().flatten() {
        assert!(button.value.len() <= switchboard_plugin::limits::BUTTON_VALUE);
        assert!(
            stage
                .press(&button.value)
                .unwrap()
                .toast
                .unwrap()
                .starts_with("Sending")
        );
    }
    let sent: Vec<_> = stage.host.take_effects();
    assert_eq!(sent.len(), 2);
    assert!(sent.iter().all(|it| matches!(
        it,
        Effect::TemplateSent {
            dialog: 7,
            forward: false,
            ..
        }
    )));
}

#[test]
fn pages_must_turn_and_hold_every_reply() {
    let names: Vec<String> = (0..19).map(|n| format!("reply-{n:02}")).collect();
    let stage = Stage::with(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let mut page = stage.topic("/say").unwrap().unwrap();
    let mut seen = Vec::new();
    for number in 1.. {
        assert!(
            page.text.text.contains(&format!("19, page {number} of 3")),
            "{}",
            page.text.text
        );
        let all = page.buttons.iter().flatten();
        seen.extend(
            all.clone()
                .filter(|it| it.value.starts_with('s'))
                .map(|it| it.text.clone()),
        );
        let Some(more) = all.clone().find(|it| it.text == "More ›") else {
            break;
        };
        page = stage.press(&more.value).unwrap().edit.unwrap();
        assert!(page.buttons.iter().flatten().any(|it| it.text == "‹ Back"));
    }
    assert_eq!(seen, names);
    assert_eq!(stage.host.effects(), []);
}

#[test]
fn a_press_on_an_old_list_must_be_safe() {
    let stage = Stage::with(&["price", "hello"]);
    let old = stage.topic("/say").unwrap().unwrap();
    stage.topic("/say del price").unwrap();
    stage.host.take_effects();
    let button = old.buttons.iter().flatten().find(|it| it.text == "price").unwrap();
    let answer = stage.press(&button.value).unwrap();
    assert_eq!(answer.toast.as_deref(), Some("This quick reply was deleted."));
    assert_eq!(buttons(&answer.edit.unwrap()), [vec!["hello"]]);
    assert!(stage.press("p99").unwrap().edit.is_some());
    assert!(stage.press("nonsense").unwrap_err().is(code::INVALID));
    assert_eq!(stage.host.effects(), []);
}

#[test]
fn general_must_turn_pages_but_not_send() {
    let names: Vec<String> = (0..9).map(|n| format!("reply-{n}")).collect();
    let stage = Stage::with(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let press = |value: &str| QuickReplies::press(&stage.host, PressEvent::in_general(value));
    let page = press("p1").unwrap().edit.unwrap();
    assert_eq!(buttons(&page), [vec!["‹ Back"]]);
    let key = crate::names::key("reply-0");
    assert!(press(&format!("s{key}")).unwrap_err().is(code::REFUSED));
}

#[test]
fn the_longest_page_must_fit_a_message() {
    let names: Vec<String> = (0..100).map(|n| format!("{n:02}{}", "Ж".repeat(62))).collect();
    let stage = Stage::with(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let content = stage.topic("/say").unwrap().unwrap();
    assert!(stage.host.dialogs().note(7, content).is_ok());
}

#[test]
fn the_description_must_draw_help_and_form() {
    let about = QuickReplies::describe();
    assert_eq!(about.name, "quick-replies");
    assert_eq!(about.commands[0].places, [place::TOPIC, place::GENERAL]);
    assert_eq!(about.phase, words::phase::ENRICH);
    assert!(about.settings_schema.unwrap().contains("\"editors\""));
}
