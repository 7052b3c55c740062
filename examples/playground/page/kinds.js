// How each kind of content looks: pictures, films, sounds, files, places, polls.
import { fileUrl } from "./api.js";
import { attempt, el, icon, viewPicture } from "./dom.js";
import { avatar, bytes, seconds } from "./format.js";

const url = (message) => fileUrl(message.media.url);

function photo(message) {
  const label = message.text || `Photo from ${message.from_name}`;
  const open = (event) => { event.stopPropagation(); viewPicture(url(message), label); };
  const spoiler = message.fields.has_media_spoiler;
  const picture = el("button.photo", { type: "button", "aria-label": `Open: ${label}`, onclick: open },
    el("img", { src: url(message), alt: "", loading: "lazy", draggable: false, ...size(message) }));
  if (spoiler) veil(picture);
  return picture;
}

/** The place that a picture will take, so that nothing jumps when it comes. */
function size(message) {
  const { width, height } = message.media.attributes;
  return width > 40 && height > 40 ? { width, height } : {};
}

function veil(node) {
  node.classList.add("veiled");
  node.addEventListener("click", (event) => {
    if (!node.classList.contains("veiled")) return;
    event.stopImmediatePropagation();
    node.classList.remove("veiled");
  }, { capture: true });
}

function video(message) {
  return el("video.film", { src: url(message), controls: true, preload: "metadata", playsInline: true, "aria-label": "Video", ...size(message) });
}

function animation(message) {
  if (message.media.mime.startsWith("image/")) {
    return el("span.film-box", {}, el("img.film", { src: url(message), alt: "GIF", loading: "lazy" }), el("span.badge", {}, "GIF"));
  }
  return el("span.film-box", {}, el("video.film", { src: url(message), loop: true, muted: true, autoplay: true, playsInline: true, "aria-label": "GIF" }), el("span.badge", {}, "GIF"));
}

function round(message) {
  const film = el("video", { src: url(message), loop: true, muted: true, playsInline: true, preload: "metadata" });
  const toggle = () => (film.paused ? film.play() : film.pause());
  const box = el("button.round-video", { type: "button", "aria-label": "Video message: play or pause", onclick: toggle }, film, icon("play"));
  film.onplay = () => box.classList.add("playing");
  film.onpause = () => box.classList.remove("playing");
  return box;
}

const BARS = 38;
/** A made-up waveform, the same for the same file. */
function waveform(seed) {
  let state = [...seed].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) >>> 0, 7);
  return Array.from({ length: BARS }, (_, at) => {
    state = (state * 1664525 + 1013904223) >>> 0;
    const swell = 0.45 + 0.55 * Math.abs(Math.sin(at / 3.1));
    return 3 + Math.round((state / 2 ** 32) * 17 * swell);
  });
}

function sound(message, voice) {
  const player = new Audio();
  player.preload = "none";
  player.src = url(message);
  const length = message.media.attributes.duration ?? 0;
  const clock = el("span.sound-time", {}, seconds(length));
  const bars = voice ? el("span.bars", { "aria-hidden": "true" }, waveform(message.media.unique_id).map((height) => {
    const bar = el("i");
    bar.style.height = `${height}px`;
    return bar;
  })) : null;
  const button = el("button.play", { type: "button", "aria-label": voice ? "Play the voice message" : "Play", onclick: () => (player.paused ? player.play().catch(() => {}) : player.pause()) }, icon("play"));
  const draw = () => {
    button.replaceChildren(icon(player.paused ? "play" : "pause"));
    const share = player.currentTime / (player.duration || length || 1);
    bars?.querySelectorAll("i").forEach((bar, at) => bar.classList.toggle("past", at / BARS < share && !player.ended));
    clock.textContent = seconds(player.paused || player.ended ? player.duration || length : player.currentTime);
  };
  for (const name of ["play", "pause", "timeupdate", "ended", "loadedmetadata"]) player.addEventListener(name, draw);
  const { title, performer } = message.media.attributes;
  const words = voice ? bars : el("span.sound-name", {}, title ?? message.media.file_name ?? "Music", performer ? el("small", {}, performer) : null);
  return el("div.sound", {}, button, el("div.sound-body", {}, words, clock));
}

function file(message) {
  const { file_name: name, size: length } = message.media;
  const end = (name ?? "").split(".").pop().slice(0, 4);
  return el("a.file", { href: url(message), download: name ?? "file", target: "_blank", rel: "noopener" },
    el("span.file-icon", { "aria-hidden": "true" }, end || icon("file")), el("span.file-words", {}, el("b", {}, name ?? "File"), el("small", {}, bytes(length))));
}

function sticker(message) {
  return el("img.sticker", { src: url(message), alt: `Sticker ${message.media.attributes.emoji ?? ""}`, loading: "lazy" });
}

function map(place, title, address) {
  const coordinates = `${place.latitude.toFixed(4)}, ${place.longitude.toFixed(4)}`;
  return el("div.place", {}, el("div.map", { role: "img", "aria-label": `Map at ${coordinates}` }, el("span.map-pin", { "aria-hidden": "true" })),
    title ? el("div.place-words", {}, el("b", {}, title), el("small", {}, address)) : el("div.place-words", {}, el("b", {}, place.live_period ? "Live location" : "Location"), el("small", {}, coordinates)));
}

function contact({ first_name: first, last_name: last, phone_number: phone }) {
  const name = [first, last].filter(Boolean).join(" ");
  return el("div.contact", {}, avatar(phone.length * 3 + first.length, name), el("span.file-words", {}, el("b", {}, name), el("small", {}, `+${phone.replace(/^\+/, "")}`)));
}

function poll(message, act) {
  const { question, options, mine, closed, anonymous, multiple, quiz } = message.poll;
  const total = options.reduce((sum, [, votes]) => sum + votes, 0);
  const voted = mine.length > 0;
  const vote = (at) => {
    const chosen = mine.includes(at) ? mine.filter((it) => it !== at) : multiple ? [...mine, at] : [at];
    attempt(() => act("vote", { message: message.message_id, options: chosen }));
  };
  return el("div.poll", {}, el("b", {}, question),
    el("small", {}, closed ? "Final results" : `${anonymous ? "Anonymous " : ""}${quiz ? "quiz" : "poll"}${multiple ? ", several answers" : ""}`),
    options.map(([text, votes], at) => {
      const share = total ? Math.round((votes / total) * 100) : 0;
      const bar = el("span.bar");
      bar.style.width = voted || closed ? `${Math.max(share, 2)}%` : "0";
      return el(mine.includes(at) ? "button.option.mine" : "button.option", { type: "button", disabled: closed, "aria-pressed": String(mine.includes(at)), onclick: () => vote(at) },
        el("span.option-share", {}, voted || closed ? `${share}%` : "○"), el("span.option-text", {}, text), bar);
    }),
    el("small.center", {}, total === 1 ? "1 vote" : `${total} votes`));
}

function dice({ emoji, value }) {
  return el("div.dice", { title: `${emoji}: ${value}` }, el("span", { "aria-hidden": "true" }, emoji), el("b", {}, String(value)));
}

function other(message) {
  return el("div.other", {}, el("b", {}, message.kind.replaceAll("_", " ")), el("small", {}, "a content that this page does not draw"));
}

/** The content above the text; nothing for a text. `act` acts as the viewer. */
export function content(message, act) {
  if (message.kind === "text") return null;
  if (message.poll) return poll(message, act);
  const { venue, location, contact: card, dice: thrown } = message.fields;
  if (venue) return map(venue.location, venue.title, venue.address);
  if (location) return map(location);
  if (card) return contact(card);
  if (thrown) return dice(thrown);
  switch (message.media?.kind) {
    case "photo": return photo(message);
    case "video": return video(message);
    case "animation": return animation(message);
    case "video_note": return round(message);
    case "audio": return sound(message, false);
    case "voice": return sound(message, true);
    case "document": return file(message);
    case "sticker": return sticker(message);
    default: return other(message);
  }
}

/** Contents that stand without a bubble. */
export const BARE = new Set(["sticker", "video_note", "dice"]);
/** Contents that fill the bubble to its edges. */
export const WIDE = new Set(["photo", "video", "animation", "location", "venue"]);

/** Rows of two or three, as messengers lay albums out; in sixths of the width. */
export function spans(count) {
  if (count === 3) return [6, 3, 3];
  const pairs = { 0: 0, 1: 2, 2: 1 }[count % 3];
  return Array.from({ length: count }, (_, at) => (at < pairs * 2 ? 3 : 2));
}
