// One bubble: who, what it answers, its content, text, buttons, reactions, and what can be done with it.
import { alertBox, attempt, el, icon, iconButton, menu, toast } from "./dom.js";
import { BARE, WIDE, content, spans } from "./kinds.js";
import { avatar, colorOf, exactTime, jumbo, rich, serviceWords, summary, time } from "./format.js";

const REACTIONS = ["👍", "❤", "🔥", "😁", "🎉", "🙏", "👎"];

/**
 * An item is a message or an album: `{ key, messages, first, last }` (first and last of a row by one sender).
 * The view: `{ me, group, get(id), act(what, body), pane, reply(message), edit(message), jump(id), answered(id) }`.
 */
export function bubble(item, view) {
  const [head] = item.messages;
  if (head.service) return el("div.service", { "data-key": item.key }, el("span", {}, ...[serviceWords(head)].flat()));
  const mine = head.from === view.me;
  const captioned = item.messages.find((message) => message.text) ?? head;
  const album = item.messages.length > 1;
  const bare = BARE.has(head.kind) || (head.kind === "text" && jumbo(head.text) && !head.reply_to);
  const wide = !bare && (WIDE.has(head.kind) || (album && head.kind === "photo"));
  const shape = ["bubble", bare && "bare", wide && "wide", head.text.startsWith("/ ") && view.group && !head.from_bot && "note"].filter(Boolean).join(".");

  const named = view.group && !mine && item.first && !bare;
  const body = el(`div.${shape}`, {},
    named ? el(`div.name.${colorOf(head.from)}-text`, {}, head.from_name, head.from_bot ? el("span.tag", {}, "bot") : null) : null,
    head.forward_from ? el("div.forward", {}, "Forwarded from ", el("b", {}, head.forward_from)) : null,
    quote(head, view),
    album ? grid(item.messages, view) : content(head, view.act),
    words(captioned, bare),
    meta(item, captioned, mine, view));
  const place = ["location", "venue"].includes(head.kind);
  if (wide && !place && !captioned.text && !head.reactions.length) body.classList.add("over");
  if (head.kind === "video" && !album) body.classList.add("film-over");
  const buttons = head.buttons ? keyboard(head, view) : null;
  const column = el("div.column", {}, body, buttons);
  reactions(item, view, body);

  const actions = () => itemMenu(item, captioned, mine, view);
  const tools = el("div.tools", {},
    iconButton("reply", "Reply", () => view.reply(head), "", { tabIndex: -1 }),
    iconButton("more", `Actions for the message of ${head.from_name}`, (event) => menu(actions(), event.currentTarget, "Message"), "", { tabIndex: -1 }));
  const row = el(`div.row${mine ? ".mine" : ""}${item.last ? ".last" : ""}${item.first ? ".first" : ""}`, {
    role: "article", tabIndex: -1, "aria-label": `${head.from_name}, ${time(head.date)}: ${summary(captioned)}`, "data-key": item.key, "data-id": head.message_id,
    onclick: (event) => { if (matchMedia("(hover: none)").matches && !event.target.closest("button, a, video, audio, .spoiler")) menu(actions(), { x: event.clientX, y: event.clientY }, "Message"); },
    ondblclick: (event) => { if (!event.target.closest("button, a, video, audio")) { getSelection()?.empty(); view.reply(head); } },
    oncontextmenu: (event) => { if (!getSelection()?.toString()) { event.preventDefault(); menu(actions(), { x: event.clientX, y: event.clientY }, "Message"); } },
  }, view.group && !mine ? (item.last ? avatar(head.from, head.from_name) : el("span.avatar.empty")) : null, column, tools);
  return row;
}

function words(message, bare) {
  if (!message.text) return null;
  return el(bare && message.kind === "text" ? "div.text.jumbo" : "div.text", { dir: "auto" }, rich(message.text, message.entities));
}

function quote(message, view) {
  if (!message.reply_to && !message.external_reply) return null;
  const target = message.reply_to ? view.get(message.reply_to) : null;
  if (target?.service) return null;
  const name = target?.from_name ?? (message.external_reply ? "Another chat" : "Deleted message");
  const text = message.quote ?? (target ? summary(target) : message.external_reply?.text ?? "");
  const thumb = target?.media?.kind === "photo" ? content(target, view.act).querySelector("img") : null;
  return el(`button.quote.${colorOf(target?.from ?? 0)}-text`, { type: "button", onclick: () => target && view.jump(target.message_id), "aria-label": `In reply to ${name}: ${text}` },
    thumb, el("span.quote-words", {}, el("b", {}, name), el("span", {}, text)));
}

function grid(messages, view) {
  const visual = messages.every((message) => ["photo", "video"].includes(message.kind));
  if (!visual) return el("div.stack", {}, messages.map((message) => content(message, view.act)));
  const widths = spans(messages.length);
  return el("div.album", {}, messages.map((message, at) => {
    const cell = el("div.cell", {}, content(message, view.act));
    cell.style.gridColumn = `span ${widths[at]}`;
    return cell;
  }));
}

function meta(item, captioned, mine, view) {
  const [head] = item.messages;
  const edited = item.messages.some((message) => message.edited);
  const pinned = item.messages.some((message) => message.pinned);
  const seen = mine && view.answered(item.messages.at(-1).message_id);
  return el("span.meta", { title: exactTime(head.date) + (captioned.edit_date ? `\nEdited: ${exactTime(captioned.edit_date)}` : "") },
    pinned ? icon("pin") : null, edited ? el("span", {}, "edited") : null, el("time", { dateTime: new Date(head.date * 1000).toISOString() }, time(head.date)), mine ? ticks(seen) : null);
}

function ticks(double) {
  const svg = icon("check");
  svg.classList.add("ticks");
  svg.setAttribute("viewBox", "0 0 30 24");
  svg.firstChild.setAttribute("d", double ? "M2 12.5l5.5 5.5L19 6M13 16.5l1.5 1.5L26 6" : "M6 12.5l5.5 5.5L23 6");
  return svg;
}

function keyboard(message, view) {
  return el("div.keys", {}, message.buttons.map((row, r) => el("div.key-row", {}, row.map((button, c) => {
    if (button.url) return el("a.key", { href: /^https?:/.test(button.url) ? button.url : "#", target: "_blank", rel: "noopener noreferrer" }, button.text, " ↗");
    return el("button.key", { type: "button", onclick: (event) => press(message, r, c, event.currentTarget, view) }, button.text);
  }))));
}

async function press(message, row, col, key, view) {
  key.classList.add("waiting");
  const result = await attempt(() => view.act("press", { message: message.message_id, row, col, wait_ms: 15000 }), view.pane);
  key.classList.remove("waiting");
  if (!result) return;
  if (!result.answered) toast("The bot has not answered the press yet.", { bad: true, pane: view.pane });
  else if (result.answer.text && result.answer.show_alert) alertBox(result.answer.text);
  else if (result.answer.text) toast(result.answer.text, { pane: view.pane });
}

/** Telegram writes the heart without the sign that makes it coloured. */
const shownEmoji = (emoji) => (emoji === "❤" ? "❤\uFE0F" : emoji);

function reactions(item, view, body) {
  const list = item.messages.flatMap((message) => message.reactions.map((reaction) => ({ ...reaction, message })));
  if (!list.length) return;
  const row = el("div.reactions", {}, list.map(({ emoji, count, mine, message }) => el(mine ? "button.reaction.mine" : "button.reaction", {
    type: "button", "aria-pressed": String(mine), "aria-label": `Reaction ${emoji}, ${count}`,
    onclick: () => react(message, emoji, view),
  }, shownEmoji(emoji), count > 1 ? el("span", {}, String(count)) : null)));
  const meta = body.querySelector(":scope > .meta");
  body.insertBefore(row, meta);
  if (!body.classList.contains("bare")) row.append(meta);
}

function react(message, emoji, view) {
  const mine = message.reactions.some((reaction) => reaction.mine && reaction.emoji === emoji);
  return attempt(() => view.act("react", { message: message.message_id, reactions: mine ? [] : [emoji] }), view.pane);
}

function itemMenu(item, captioned, mine, view) {
  const [head] = item.messages;
  const ids = item.messages.map((message) => message.message_id);
  const strip = el("div.menu-reactions", {}, REACTIONS.map((emoji) => el("button", { type: "button", role: "menuitem", "aria-label": `React with ${emoji}`, onclick: () => react(head, emoji, view) }, shownEmoji(emoji))));
  const editable = mine && !head.forward_from && (head.kind === "text" || ["photo", "video", "animation", "audio", "voice", "document"].includes(head.kind));
  return [
    strip,
    { label: "Reply", icon: "reply", run: () => view.reply(head) },
    editable && { label: "Edit", icon: "edit", run: () => view.edit(captioned) },
    captioned.text && { label: "Copy text", icon: "copy", run: () => attempt(() => navigator.clipboard.writeText(captioned.text)) },
    { label: head.pinned ? "Unpin" : "Pin", icon: "pin", run: () => attempt(() => view.act(head.pinned ? "unpin" : "pin", { message: head.message_id }), view.pane) },
    { label: "Delete", icon: "trash", bad: true, run: () => attempt(() => view.act("delete", { messages: ids }), view.pane) },
  ];
}
