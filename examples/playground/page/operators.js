// The right side: the operators' group with its topics, and the choice of which operator to be.
import { sim } from "./api.js";
import { Composer } from "./composer.js";
import { attempt, el, icon, iconButton, menu } from "./dom.js";
import { avatar, colorOf, statusOf, summary, time, titled, unmarked } from "./format.js";
import { Feed } from "./store.js";
import { Thread } from "./thread.js";

const GENERAL = 1;
/** Colours that were chosen; the one that Telegram gives by itself is varied here. */
const ICONS = { 16766590: "yellow", 13338331: "violet", 9367192: "green", 16749490: "rose", 16478047: "red" };

export class OperatorsPane {
  constructor(stage) {
    this.stage = stage;
    this.topics = [];
    this.seen = new Map();
    this.chips = el("div.chips", { role: "group", "aria-label": "Which operator you are" });
    this.list = el("nav.topics", { "aria-label": "Topics" });
    this.title = el("div.chat-title");
    this.icon = el("span");
    this.thread = new Thread({ label: "Messages of the topic", empty: "Nothing here yet." });
    this.composer = new Composer({
      label: "Message as the operator", placeholder: "Answer the customer…",
      context: () => this.feed && this.open && { act: (what, body) => this.feed.act(what, body), extra: { thread: this.open }, pane: this.node },
    });
    this.composer.lastOwn = () => this.feed.list(this.open).findLast((message) => message.from === this.feed.user && message.kind === "text");
    this.hints = el("div.hints", { role: "group", "aria-label": "Commands to try" });
    this.node = el("section.pane.operators", { id: "operators", "aria-label": "The operators' side" },
      el("header.who", {}, el("span.who-label", {}, "You are"), this.chips),
      el("div.split", {},
        el("div.side", {}, el("header.chat-head", {}, avatar(stage.group.id, stage.group.name), el("div.chat-title", {}, el("b", {}, stage.group.name), el("small", {}, "forum group"))), this.list),
        el("div.main", {}, el("header.chat-head", {}, iconButton("back", "Back to the topics", () => this.showList(), ".back"), this.icon, this.title, iconButton("more", "Topic menu", (event) => this.menu(event.currentTarget))),
          this.thread.node, this.hints, this.composer.node)));
    document.addEventListener("jump", ({ detail }) => this.jump(detail.message));
  }

  async be(operator) {
    this.feed?.stop();
    this.current = operator;
    this.composer.reset();
    const feed = new Feed(operator.id, this.stage.group.id);
    this.feed = feed;
    this.drawChips();
    await attempt(() => feed.start(), this.node);
    if (this.feed !== feed) return;
    feed.addEventListener("change", ({ detail }) => this.changed(feed, detail));
    await this.refreshTopics();
    if (!this.topics.some((topic) => topic.thread === this.open)) this.open = this.first();
    this.show(this.open, { keep: true });
  }

  /** The first look opens the dialog in which most has happened. */
  first() {
    const most = [...this.topics].filter((topic) => topic.thread !== GENERAL).sort((a, b) => b.messages - a.messages)[0];
    return most?.thread ?? GENERAL;
  }

  async refreshTopics() {
    const { user, chat } = this.feed;
    this.topics = await sim(`groups/${chat}/topics?user=${user}`).catch(() => this.topics);
    this.drawTopics();
  }

  changed(feed, { kind, event }) {
    if (feed !== this.feed || kind === "action") return;
    if (kind === "topic" || kind === "topic_deleted" || kind === "all" || (kind === "message" && !this.topics.some((topic) => topic.thread === (event.message?.thread ?? GENERAL)))) {
      clearTimeout(this.refreshing);
      this.refreshing = setTimeout(() => this.refreshTopics().then(() => this.afterTopics()), 60);
    }
    this.queued ??= requestAnimationFrame(() => {
      this.queued = undefined;
      this.thread.draw(this.feed.list(this.open));
      this.markSeen();
      this.drawTopics();
    });
  }

  /** A deleted topic is left; the one that the host makes in its place is followed to. */
  afterTopics() {
    const open = this.topics.find((topic) => topic.thread === this.open);
    if (open) {
      this.openName = unmarked(open.name);
      return this.drawHead();
    }
    const heir = this.topics.find((topic) => topic.thread !== GENERAL && unmarked(topic.name) === this.openName);
    if (heir) return this.show(heir.thread, { keep: true });
    this.title.replaceChildren(el("b", {}, this.openName ?? "Topic"), el("small", {}, "deleted; when the customer writes again, the host makes a new one"));
    return undefined;
  }

  markSeen() {
    const last = this.feed.list(this.open).at(-1)?.message_id ?? 0;
    this.seen.set(`${this.current.id} ${this.open}`, last);
  }

  show(thread, { keep = false } = {}) {
    if (!keep && thread !== this.open) this.composer.reset();
    this.open = thread;
    if (!keep) this.node.classList.add("in-topic");
    const { feed } = this;
    this.thread.open({
      me: feed.user, group: true, pane: this.node, get: (id) => feed.get(id), act: (what, body) => feed.act(what, body),
      reply: (message) => this.composer.reply(message), edit: (message) => this.composer.edit(message),
    }, feed.list(thread));
    this.markSeen();
    this.afterTopics();
    this.drawTopics();
    if (!keep) this.composer.focus();
  }

  showList() {
    this.node.classList.remove("in-topic");
  }

  jump(id) {
    const message = this.feed?.get(id);
    if (!message) return;
    const thread = message.thread ?? GENERAL;
    if (thread !== this.open) this.show(thread);
    requestAnimationFrame(() => this.thread.jump(id));
  }

  topicIcon(topic) {
    if (topic.thread === GENERAL) return el("span.topic-icon.general", { "aria-hidden": "true" }, "#");
    const letter = [...topic.name.replace(/[^\p{L}\p{N}]/gu, "")][0] ?? "•";
    return el(`span.topic-icon.${ICONS[topic.icon_color] ?? colorOf(topic.thread)}`, { "aria-hidden": "true" }, letter.toUpperCase());
  }

  drawHead() {
    const topic = this.topics.find((it) => it.thread === this.open);
    if (!topic) return;
    const fresh = this.topicIcon(topic);
    this.icon.replaceWith(fresh);
    this.icon = fresh;
    const mark = statusOf(topic.name);
    const kind = topic.thread === GENERAL ? "the operators' own room: nothing here is sent to customers" : [mark, topic.closed && "topic closed"].filter(Boolean).join(", ") || "topic";
    this.title.replaceChildren(el("b", {}, ...titled(topic.name)), el("small", {}, kind));
    const general = topic.thread === GENERAL;
    this.composer.placeholder = general ? "Write in General…" : "Answer the customer…";
    this.composer.input.placeholder = this.composer.placeholder;
    const topicTries = this.stage.beside ? ["/takeover", "/release", "/say warranty", "/ a note", "/info", "/close", "/help"] : ["/say", "/say warranty", "/ a note", "/info", "/hold", "/close", "/help"];
    const tries = general ? ["/say", "/info", "/help"] : topicTries;
    this.hints.replaceChildren(...tries.map((text) => el("button.hint", { type: "button", onclick: () => this.composer.set(text) }, text)));
  }

  /** Messages of others since the latest of an operator, or since one looked. */
  unread(topic, list) {
    if (topic.thread === this.open) return 0;
    const seen = this.seen.get(`${this.current.id} ${topic.thread}`);
    const operators = new Set(this.stage.operators.map((operator) => operator.id));
    const from = seen ?? list.findLast((message) => operators.has(message.from))?.message_id ?? 0;
    if (topic.thread === GENERAL && seen === undefined) return 0;
    return list.filter((message) => message.message_id > from && message.from !== this.current.id && !message.service && !this.answersCommand(message)).length;
  }

  /** What the host says to a command is no news of the customer. */
  answersCommand(message) {
    return message.from_bot && this.feed.get(message.reply_to)?.text.startsWith("/");
  }

  drawTopics() {
    const rows = this.topics.map((topic) => {
      const list = this.feed.list(topic.thread);
      const last = list.findLast((message) => !message.service) ?? list.at(-1);
      return { topic, last, count: this.unread(topic, list) };
    });
    rows.sort((a, b) => (b.topic.thread === GENERAL) - (a.topic.thread === GENERAL) || (b.last?.message_id ?? 0) - (a.last?.message_id ?? 0));
    const state = JSON.stringify([rows.map(({ topic, last, count }) => [topic.thread, topic.name, topic.closed, last?.message_id, last?.text, count]), this.open]);
    if (state === this.drawn) return;
    this.drawn = state;
    const focused = document.activeElement?.dataset?.thread;
    this.list.replaceChildren(...rows.map((row) => this.topicRow(row)));
    if (focused) this.list.querySelector(`[data-thread="${focused}"]`)?.focus();
  }

  topicRow({ topic, last, count }) {
    const on = topic.thread === this.open;
    return el(on ? "button.topic.on" : "button.topic", {
      type: "button", "data-thread": topic.thread, "aria-current": on ? "true" : undefined,
      "aria-label": `${unmarked(topic.name)}, ${statusOf(topic.name) ?? "topic"}${count ? `, ${count} new` : ""}`, onclick: () => this.show(topic.thread),
    }, this.topicIcon(topic), el("span.topic-words", {},
      el("span.topic-line", {}, el("b", {}, ...titled(topic.name)), last ? el("time", {}, time(last.date)) : null),
      el("span.topic-line", {}, el("span.preview", {}, last && !last.from_bot && !last.service ? el("i", {}, `${last.from === this.current.id ? "You" : last.from_name.split(" ")[0]}: `) : null, summary(last)), count ? el("span.count", {}, String(count)) : topic.closed ? icon("check") : null)));
  }

  menu(button) {
    const topic = this.topics.find((it) => it.thread === this.open);
    if (!topic || topic.thread === GENERAL) return menu([{ label: "Commands: /help", icon: "bolt", run: () => this.composer.set("/help") }], button, "General");
    const run = (what) => () => attempt(() => this.feed.act(`topics/${what}`, { group: this.feed.chat, thread: topic.thread }), this.node);
    return menu([
      { label: topic.closed ? "Reopen the topic" : "Close the topic", icon: "check", run: run(topic.closed ? "reopen" : "close") },
      { label: "Delete the topic (the host heals it)", icon: "trash", bad: true, run: run("delete") },
    ], button, "Topic");
  }

  drawChips() {
    this.chips.replaceChildren(...this.stage.operators.map((operator) => {
      const on = operator.id === this.current.id;
      return el(on ? "button.chip.on" : "button.chip", { type: "button", "aria-pressed": String(on), onclick: () => this.be(operator) }, avatar(operator.id, operator.name, ".small"), el("span.chip-name", {}, operator.name.split(" ")[0]));
    }));
  }
}
