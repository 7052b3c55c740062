// The list of messages of a chat or topic: drawn anew where something changed, scrolled as a messenger does.
import { el, iconButton } from "./dom.js";
import { day, dayKey } from "./format.js";
import { bubble } from "./message.js";

/** Messages by one sender within this time stand together. */
const TOGETHER_S = 300;
/** So many items are drawn at first; earlier ones on request. */
const STEP = 150;
/** Closer to the end than this, new messages are followed. */
const NEAR_PX = 120;

export class Thread {
  constructor({ label, empty }) {
    this.rows = new Map();
    this.shown = STEP;
    this.unseen = 0;
    this.empty = empty;
    this.inner = el("div.messages");
    this.box = el("div.scroll", { tabIndex: 0, role: "log", "aria-label": label, onscroll: () => this.scrolled(), onkeydown: (event) => this.key(event) }, this.inner);
    this.downButton = iconButton("down", "To the latest message", () => this.toEnd(true), ".down");
    this.node = el("div.thread", {}, this.box, this.downButton);
    this.downButton.hidden = true;
    // Pictures and the like grow after they were drawn.
    const grown = new ResizeObserver(() => this.following && this.toEnd());
    grown.observe(this.inner);
    grown.observe(this.box);
    this.following = true;
    this.height = 0;
  }

  /** Another chat or topic: starts at its end. */
  open(view, list) {
    this.rows.clear();
    this.inner.replaceChildren();
    this.shown = STEP;
    this.view = view;
    this.following = true;
    this.draw(list, true);
    this.toEnd();
  }

  get nearEnd() {
    return this.box.scrollHeight - this.box.scrollTop - this.box.clientHeight < NEAR_PX;
  }

  scrolled() {
    const { scrollHeight, clientHeight } = this.box;
    const grew = this.height !== scrollHeight + clientHeight;
    this.height = scrollHeight + clientHeight;
    // Not the person moved but the content under them.
    if (grew && this.following) return this.toEnd();
    this.following = this.nearEnd;
    this.downButton.hidden = this.following;
    if (this.following) this.unseen = 0;
    this.downButton.dataset.count = this.unseen || "";
  }

  toEnd(smooth) {
    this.box.scrollTo({ top: this.box.scrollHeight, behavior: smooth ? "smooth" : "instant" });
  }

  draw(list, whole = false) {
    const view = { ...this.view, jump: (id) => this.jump(id), answered: answered(list, this.view.me) };
    const all = items(list);
    const part = all.slice(-this.shown);
    const wanted = [];
    if (part.length < all.length) {
      wanted.push(this.row("earlier", String(all.length), () => el("button.plain.earlier", { type: "button", onclick: () => { this.shown += STEP; this.draw(list); } }, "Show earlier messages")));
    }
    if (!all.length) wanted.push(this.row("empty", this.empty, () => el("div.nothing", {}, el("span", {}, this.empty))));
    const fresh = new Set();
    for (const item of part) {
      if (item.day) wanted.push(this.row(`day ${item.day}`, item.dayName, () => el("div.service.day", {}, el("span", {}, item.dayName))));
      const targets = item.messages.map((message) => message.reply_to && view.get(message.reply_to)).filter(Boolean);
      const mine = item.messages[0].from === view.me;
      const state = JSON.stringify([item, targets.map((it) => [it.text, it.kind]), mine && view.answered(item.messages.at(-1).message_id)]);
      if (!this.rows.has(item.key)) fresh.add(item.key);
      wanted.push(this.row(item.key, state, () => bubble(item, view)));
    }
    this.place(wanted);
    if (whole) return;
    for (const item of part.filter((it) => fresh.has(it.key))) {
      this.rows.get(item.key).node.classList.add("arrives");
      if (item.messages[0].from === view.me) this.following = true;
      else if (!this.following) this.unseen += 1;
    }
    if (this.following) this.toEnd();
    this.scrolled();
  }

  row(key, state, make) {
    const known = this.rows.get(key);
    if (known?.state === state) return known;
    const playing = known?.node.querySelector(".playing, video") ? [...known.node.querySelectorAll("video")].some((film) => !film.paused && !film.loop) : false;
    if (playing) return known;
    const made = { key, state, node: make() };
    known?.node.replaceWith(made.node);
    this.rows.set(key, made);
    return made;
  }

  /** Puts the rows in their order, moving only what is not in its place. */
  place(wanted) {
    const keep = new Set(wanted.map((row) => row.key));
    for (const [key, row] of this.rows) {
      if (!keep.has(key)) {
        row.node.remove();
        this.rows.delete(key);
      }
    }
    let next = this.inner.firstChild;
    for (const { node } of wanted) {
      if (node === next) next = next.nextSibling;
      else this.inner.insertBefore(node, next);
    }
  }

  /** Arrows go from message to message; Enter opens the menu of one, R answers it. */
  key(event) {
    const here = event.target.closest(".row");
    if (event.target !== this.box && event.target !== here) return;
    const rows = [...this.inner.querySelectorAll(".row")];
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const tools = here?.querySelectorAll(".tools .round");
    if (step) (here ? rows[rows.indexOf(here) + step] : rows.at(-1))?.focus();
    else if (tools && event.key === "Enter") tools[1].click();
    else if (tools && event.key === "r" && !event.ctrlKey && !event.metaKey) tools[0].click();
    else return;
    event.preventDefault();
  }

  jump(id) {
    const row = [...this.rows.values()].find(({ node }) => node.dataset?.key?.split(" ").includes(String(id)));
    if (!row) return false;
    row.node.scrollIntoView({ block: "center", behavior: "smooth" });
    row.node.classList.add("found");
    setTimeout(() => row.node.classList.remove("found"), 1600);
    return true;
  }
}

/** Whether somebody else has written after a message: then it was certainly read. */
function answered(list, me) {
  const latest = list.findLast((message) => message.from !== me && !message.service)?.message_id ?? 0;
  return (id) => id < latest;
}

/** Messages as items: albums together, rows by one sender marked, the first of each day with its name. */
function items(list) {
  const made = [];
  for (const message of list) {
    const before = made.at(-1);
    if (message.media_group && before?.group === message.media_group && before.messages.length < 10) {
      before.messages.push(message);
      before.key += ` ${message.message_id}`;
    } else {
      made.push({ key: String(message.message_id), group: message.media_group, messages: [message] });
    }
  }
  made.forEach((item, at) => {
    const [head] = item.messages;
    const before = made[at - 1]?.messages[0];
    const after = made[at + 1]?.messages[0];
    const joined = (a, b) => a && b && !a.service && !b.service && a.from === b.from && Math.abs(a.date - b.date) < TOGETHER_S && dayKey(a.date) === dayKey(b.date);
    item.first = !joined(before, head);
    item.last = !joined(head, after);
    if (!before || dayKey(before.date) !== dayKey(head.date)) {
      item.day = dayKey(head.date);
      item.dayName = day(head.date);
    }
  });
  return made;
}
