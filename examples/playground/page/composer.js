// Where one writes: text, replies, edits, files, and a ready sample of every kind.
import { base64 } from "./api.js";
import { attempt, el, icon, iconButton, menu } from "./dom.js";
import { summary, typed } from "./format.js";

const SAMPLES = [
  ["image", "Photo", { kind: "photo", file: "machine.jpg", caption: "A photo" }],
  ["album", "Album of four", { album: ["machine.jpg", "parts.jpg", "gasket.jpg", "beans.jpg"], caption: "An album" }],
  ["film", "Video", { kind: "video", file: "brewing.mp4", attributes: { width: 480, height: 270, duration: 3 } }],
  ["lens", "Video message", { kind: "video_note", file: "hello.mp4", attributes: { length: 240, duration: 3 } }],
  ["mic", "Voice message", { kind: "voice", file: "note.ogg", attributes: { duration: 3 } }],
  ["note", "Music", { kind: "audio", file: "tune.mp3", attributes: { duration: 4, title: "Kettle song", performer: "Bean & Brew" } }],
  ["loop", "GIF", { kind: "animation", file: "steam.gif" }],
  ["file", "File", { kind: "document", file: "invoice.pdf" }],
  ["smile", "Sticker", { kind: "sticker", file: "cup.webp", emoji: "☕" }],
  ["place", "Location", { kind: "location", latitude: 52.5297, longitude: 13.3973 }],
  ["person", "Contact", { kind: "contact", first_name: "Nadia", last_name: "Roth", phone_number: "4930555012" }],
  ["poll", "Poll", { kind: "poll", question: "How do you take your coffee?", options: ["Black", "With milk", "I prefer tea"] }],
  ["dice", "Dice", { kind: "dice", emoji: "🎲" }],
];
/** Larger ones than this the simulated Telegram would refuse. */
const MOST_BYTES = 50 << 20;

/** Fields of a sample or a chosen file, with its bytes. */
async function loaded({ file, album, caption, ...fields }) {
  const bytes = async (name) => base64(await (await fetch(`/samples/${name}`)).blob());
  if (album) {
    const media = await Promise.all(album.map(bytes));
    return { media_group: media.map((data, at) => ({ kind: "photo", media: data, file_name: album[at], caption: at ? undefined : caption })) };
  }
  return file ? { ...fields, caption, media: await bytes(file), file_name: file } : fields;
}

function kindOf(file) {
  const [family, form] = file.type.split("/");
  if (family === "image") return form === "gif" ? "animation" : form === "svg+xml" ? "document" : "photo";
  return family === "video" || family === "audio" ? family : "document";
}

export class Composer {
  /** `context()`: `{ act, extra, pane }` or nothing while nothing is open. */
  constructor({ label, placeholder, context }) {
    this.context = context;
    this.placeholder = placeholder;
    this.input = el("textarea", {
      rows: 1, placeholder, "aria-label": label, enterKeyHint: "send", autocomplete: "off",
      oninput: () => this.grow(),
      onkeydown: (event) => this.key(event),
      onpaste: (event) => this.pasted(event),
    });
    this.picker = el("input", { type: "file", multiple: true, hidden: true, tabIndex: -1, "aria-hidden": "true", onchange: () => this.files([...this.picker.files]) });
    this.bar = el("div.reply-bar", { hidden: true });
    this.keys = el("div.reply-keys", { hidden: true });
    this.clip = iconButton("clip", "Attach", (event) => this.attach(event.currentTarget));
    this.sendButton = iconButton("send", "Send", () => this.send(), ".send");
    this.node = el("div.composer", {}, this.bar, el("div.composer-row", {}, this.clip, this.input, this.sendButton), this.keys, this.picker);
  }

  focus() {
    if (matchMedia("(hover: hover)").matches) this.input.focus({ preventScroll: true });
  }

  set(text) {
    this.input.value = text;
    this.grow();
    this.input.focus();
  }

  /** Another chat: what was begun is dropped. */
  reset() {
    this.release();
    this.input.value = "";
    this.grow();
  }

  grow() {
    this.input.style.height = "auto";
    // While it is hidden it has no height of its own.
    this.input.style.height = this.input.scrollHeight ? `${Math.min(this.input.scrollHeight, 160)}px` : "";
    this.sendButton.classList.toggle("ready", Boolean(this.input.value.trim()));
  }

  key(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.send();
    } else if (event.key === "Escape" && !this.bar.hidden) {
      this.cancel();
    } else if (event.key === "ArrowUp" && !this.input.value && this.lastOwn) {
      const message = this.lastOwn();
      if (message) {
        event.preventDefault();
        this.edit(message);
      }
    }
  }

  pasted(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    this.files(files);
  }

  hint(words, name, text) {
    this.bar.replaceChildren(icon(words === "Edit" ? "edit" : "reply"), el("span.quote-words", {}, el("b", {}, words === "Edit" ? "Edit message" : `Reply to ${name}`), el("span", {}, text)), iconButton("close", "Cancel", () => this.cancel()));
    this.bar.hidden = false;
    this.input.focus();
  }

  reply(message) {
    this.release();
    this.replyTo = message.message_id;
    this.hint("Reply", message.from_name, summary(message));
  }

  edit(message) {
    this.release();
    this.editing = message;
    this.hint("Edit", "", summary(message));
    this.set(message.text);
    this.input.setSelectionRange(message.text.length, message.text.length);
  }

  cancel() {
    const wasEdit = this.editing;
    this.release();
    if (wasEdit) {
      this.input.value = "";
      this.grow();
    }
  }

  release() {
    this.replyTo = undefined;
    this.editing = undefined;
    this.bar.hidden = true;
  }

  async send() {
    const source = this.input.value.trim();
    const context = this.context();
    if (!source || !context) return;
    const styled = typed(source);
    const { editing, replyTo } = this;
    this.release();
    this.input.value = "";
    this.grow();
    const work = editing
      ? () => context.act("edit", { message: editing.message_id, ...styled })
      : () => context.act("send", { ...context.extra, ...styled, reply_to: replyTo });
    if (await attempt(async () => (await work()) ?? true, context.pane) === undefined) this.set(source);
  }

  async sendFields(fields) {
    const context = this.context();
    if (!context) return;
    const replyTo = this.replyTo;
    this.release();
    await attempt(async () => context.act("send", { ...context.extra, ...(await loaded(fields)), reply_to: replyTo }), context.pane);
    this.focus();
  }

  attach(button) {
    const items = SAMPLES.map(([mark, label, fields]) => ({ icon: mark, label, run: () => this.sendFields(fields) }));
    menu([{ icon: "file", label: "Choose files…", run: () => this.picker.click() }, el("div.menu-title", { role: "presentation" }, "Or a ready sample"), ...items], button, "Attach");
  }

  async files(list) {
    const context = this.context();
    this.picker.value = "";
    if (!context || !list.length) return;
    const caption = this.input.value.trim() || undefined;
    const replyTo = this.replyTo;
    const sent = await attempt(async () => {
      if (list.length > 10) throw new Error("At most ten files at once.");
      const big = list.find((file) => file.size > MOST_BYTES);
      if (big) throw new Error(`${big.name} is larger than 50 MB.`);
      const media = await Promise.all(list.map(async (file) => ({ kind: kindOf(file), media: await base64(file), file_name: file.name, mime: file.type || undefined })));
      media[0].caption = caption;
      const together = media.length > 1 && (media.every((it) => ["photo", "video"].includes(it.kind)) || new Set(media.map((it) => it.kind)).size === 1 && ["audio", "document"].includes(media[0].kind));
      if (together) return context.act("send", { ...context.extra, media_group: media, reply_to: replyTo });
      for (const one of media) await context.act("send", { ...context.extra, ...one, reply_to: replyTo });
      return true;
    }, context.pane);
    if (sent) this.reset();
  }

  /** The keyboard that a bot left below the input. */
  keyboard(markup) {
    const rows = markup?.keyboard;
    this.keys.hidden = !rows;
    this.input.placeholder = markup?.input_field_placeholder ?? this.placeholder;
    if (!rows) return;
    this.keys.replaceChildren(...rows.map((row) => el("div.key-row", {}, row.map((key) => {
      const text = typeof key === "string" ? key : key.text;
      return el("button.key", { type: "button", onclick: () => attempt(() => this.context().act("send", { ...this.context().extra, text })) }, text);
    }))));
  }
}
