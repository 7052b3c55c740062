// Text as people see it: entities, times, names, colours, and the marks that people type.
import { el } from "./dom.js";

const COLORS = 7;
export const colorOf = (id) => `c${Math.abs(id) % COLORS}`;

export function initials(name) {
  const words = name.replace(/[^\p{L}\p{N}\s]/gu, " ").trim().split(/\s+/);
  return words.slice(0, 2).map((word) => [...word][0] ?? "").join("").toUpperCase() || "•";
}

export const avatar = (id, name, more = "") => el(`span.avatar.${colorOf(id)}${more}`, { "aria-hidden": "true" }, initials(name));

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const dayName = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long" });
export const time = (seconds) => clock.format(seconds * 1000);
export const exactTime = (seconds) => exact.format(seconds * 1000);
export const dayKey = (seconds) => new Date(seconds * 1000).toDateString();
export const day = (seconds) => (dayKey(seconds) === new Date().toDateString() ? "Today" : dayName.format(seconds * 1000));

export function bytes(size) {
  if (size < 1024) return `${size} B`;
  return size < 1 << 20 ? `${(size / 1024).toFixed(1)} KB` : `${(size / (1 << 20)).toFixed(1)} MB`;
}

export const seconds = (total) => `${Math.floor(total / 60)}:${String(Math.floor(total % 60)).padStart(2, "0")}`;

const SIMPLE = { bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code", blockquote: "blockquote", expandable_blockquote: "blockquote" };

function link(href, children) {
  // A link to a message of this group leads there on this page.
  const inside = /^(?:https?:\/\/|tg:\/\/)t\.me\/c\/(\d+)\/(?:(\d+)\/)?(\d+)/.exec(href);
  if (inside) {
    const detail = { message: Number(inside[3]) };
    const go = (event) => { event.preventDefault(); document.dispatchEvent(new CustomEvent("jump", { detail })); };
    return el("a", { href: "#", title: href, onclick: go }, ...children);
  }
  const safe = /^(https?|mailto|tel):/i.test(href) ? href : undefined;
  return safe ? el("a", { href: safe, target: "_blank", rel: "noopener noreferrer", title: safe }, ...children) : el("span.link", {}, ...children);
}

function wrap(entity, text, children) {
  const simple = SIMPLE[entity.type];
  if (simple) return el(simple, {}, ...children);
  switch (entity.type) {
    case "spoiler": {
      const show = () => node.classList.add("shown");
      const onkeydown = (event) => (event.key === "Enter" || event.key === " ") && (event.preventDefault(), show());
      const node = el("span.spoiler", { role: "button", tabIndex: 0, title: "Hidden text: click to show", onclick: show, onkeydown }, ...children);
      return node;
    }
    case "pre": return el("pre", { title: entity.language }, el("code", {}, ...children));
    case "text_link": return link(entity.url, children);
    case "url": return link(/^\w+:/.test(text) ? text : `https://${text}`, children);
    case "email": return link(`mailto:${text}`, children);
    case "phone_number": return link(`tel:${text}`, children);
    case "mention": case "hashtag": case "cashtag": case "bot_command": case "text_mention": return el("span.link", {}, ...children);
    default: return el("span", {}, ...children);
  }
}

/** Text with entities (UTF-16 offsets, as JavaScript counts) as nodes. */
export function rich(text, entities = []) {
  const sorted = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  const build = (from, to, list) => {
    const nodes = [];
    let at = from;
    while (list.length) {
      const entity = list.shift();
      const start = Math.max(entity.offset, at);
      const end = Math.min(entity.offset + entity.length, to);
      if (start >= end) continue;
      if (start > at) nodes.push(text.slice(at, start));
      const inner = [];
      while (list.length && list[0].offset < end) inner.push(list.shift());
      nodes.push(wrap(entity, text.slice(start, end), build(start, end, inner)));
      at = end;
    }
    if (at < to) nodes.push(text.slice(at, to));
    return nodes;
  };
  return build(0, text.length, sorted);
}

const MARKS = [["**", "bold"], ["__", "italic"], ["~~", "strikethrough"], ["||", "spoiler"], ["`", "code"]];

/** What Telegram's apps do while one types: **bold**, __italic__, ~~struck~~, ||hidden|| and `code` become entities. */
export function typed(source) {
  let text = "";
  const entities = [];
  for (let at = 0; at < source.length;) {
    const found = MARKS.find(([mark]) => source.startsWith(mark, at));
    const end = found ? source.indexOf(found[0], at + found[0].length + 1) : -1;
    if (end > 0 && !/\s/.test(source[at + found[0].length])) {
      const inner = source.slice(at + found[0].length, end);
      entities.push({ type: found[1], offset: text.length, length: inner.length });
      text += inner;
      at = end + found[0].length;
    } else {
      text += source[at++];
    }
  }
  return entities.length ? { text, entities } : { text: source };
}

const ONLY_EMOJI = /^(?:\p{Extended_Pictographic}(?:\uFE0F|\u200D\p{Extended_Pictographic}|[\u{1F3FB}-\u{1F3FF}])*){1,3}$/u;
export const jumbo = (text) => ONLY_EMOJI.test(text);

const KINDS = {
  photo: "Photo", video: "Video", animation: "GIF", audio: "Music", voice: "Voice message", video_note: "Video message",
  document: "File", sticker: "Sticker", location: "Location", venue: "Place", contact: "Contact", poll: "Poll", dice: "Dice",
};

/** One line that stands for a message in lists and quotes. */
export function summary(message) {
  if (!message) return "";
  if (message.service) return [serviceWords(message)].flat().map((part) => part.textContent ?? part).join("");
  const kind = KINDS[message.kind] ?? message.kind.replaceAll("_", " ");
  const own = message.poll?.question ?? message.fields?.venue?.title ?? message.media?.file_name;
  if (message.kind === "text") return message.text.replace(/\s+/g, " ");
  const shown = message.text || (["document", "audio", "poll", "venue"].includes(message.kind) ? own : "");
  return shown ? `${kind}: ${shown.replace(/\s+/g, " ")}` : kind;
}

/** The marks that the host puts before a topic's title. */
const MARKS_OF_STATUS = { "🟪": "waiting", "🟨": "answered", "⬛": "closed" };
export const statusOf = (title) => MARKS_OF_STATUS[[...title][0]];
export const unmarked = (title) => (statusOf(title) ? [...title].slice(1).join("").trim() : title);

/** A title with its mark drawn, since not every machine has a font for it. */
export function titled(title) {
  const status = statusOf(title);
  return status ? [el(`span.mark.${status}`, { role: "img", "aria-label": status, title: status }), unmarked(title)] : [title];
}

/** The grey line that a service message is. */
export function serviceWords(message) {
  const who = message.from_name;
  const value = message.fields?.[message.kind];
  switch (message.kind) {
    case "forum_topic_created": return [`${who} created the topic “`, ...titled(value?.name ?? ""), "”"];
    case "forum_topic_edited": return value?.name ? [`${who} changed the title to “`, ...titled(value.name), "”"] : `${who} changed the topic's icon`;
    case "forum_topic_closed": return `${who} closed the topic`;
    case "forum_topic_reopened": return `${who} reopened the topic`;
    case "pinned_message": return `${who} pinned a message`;
    case "supergroup_chat_created": case "group_chat_created": return `${who} created the group`;
    case "new_chat_members": return `${(value ?? []).map((user) => user.first_name).join(", ") || who} joined the group`;
    case "left_chat_member": return `${value?.first_name ?? who} left the group`;
    default: return `${who}: ${message.kind.replaceAll("_", " ")}`;
  }
}
