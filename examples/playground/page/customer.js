// The left side: a customer's private chat with the bot, and the choice of which customer to be.
import { order, sim } from "./api.js";
import { Composer } from "./composer.js";
import { ask, attempt, el, icon, iconButton, menu, toast } from "./dom.js";
import { avatar } from "./format.js";
import { Feed } from "./store.js";
import { Thread } from "./thread.js";

/** Answers to customers that are not on the screen are looked for this often. */
const OTHERS_MS = 2500;
const TYPING_MS = 5000;

export class CustomerPane {
  constructor(stage) {
    this.stage = stage;
    this.customers = stage.customers;
    this.unread = new Map();
    this.chips = el("div.chips", { role: "group", "aria-label": "Which customer you are" });
    this.state = el("small", {}, "bot");
    this.blocked = el("div.blocked", { hidden: true }, el("button.plain", { type: "button", onclick: () => attempt(() => this.feed.act("unblock", { bot: stage.bot.id }), this.node) }, "Unblock the bot"));
    this.lamp = el("span.lamp", { "aria-hidden": "true" });
    this.program = el("small", { role: "status", "aria-live": "polite" });
    this.shopButton = el("button.plain.tonal.quiet", { type: "button", title: "The shop's own bot program. While it is stopped the operators go on; when it is started again it finds what it missed.", onclick: () => this.turn() });
    this.shop = el("div.program", { hidden: !stage.beside }, el("span.program-words", {}, this.lamp, this.program), this.shopButton);
    const empty = stage.beside ? "Talk to the shop's own bot as this customer, and see nothing of it at the right. /operator opens a topic there." : "Write to the bot as this customer: a topic opens on the operators' side.";
    this.thread = new Thread({ label: "Messages between the customer and the bot", empty });
    this.composer = new Composer({
      label: "Message as the customer", placeholder: "Write as the customer…",
      context: () => this.feed && { act: (what, body) => this.feed.act(what, body), extra: {}, pane: this.node },
    });
    this.composer.lastOwn = () => this.feed.list().findLast((message) => message.from === this.feed.user && message.kind === "text");
    this.node = el("section.pane.customer", { id: "customer", "aria-label": "The customer's side" },
      el("header.who", {}, el("span.who-label", {}, "You are"), this.chips,
        el("button.chip.new", { type: "button", onclick: () => this.add(), "aria-label": "New customer", title: "New customer" }, icon("plus"))),
      el("header.chat-head", {}, avatar(stage.bot.id, stage.bot.name), el("div.chat-title", {}, el("b", {}, stage.bot.name), this.state), this.shop, iconButton("more", "Chat menu", (event) => this.menu(event.currentTarget))),
      this.thread.node, this.blocked, this.composer.node);
    setInterval(() => this.lookAtOthers(), OTHERS_MS);
  }

  menu(button) {
    const bot = this.stage.bot.id;
    const blocked = this.feed?.info?.blocked;
    menu([
      { label: "Press Start", icon: "bolt", run: () => attempt(() => this.feed.act("start", { bot }), this.node) },
      { label: blocked ? "Unblock the bot" : "Block the bot", icon: "close", bad: !blocked, run: () => attempt(() => this.feed.act(blocked ? "unblock" : "block", { bot }), this.node) },
    ], button, "Chat");
  }

  /** The shop's own bot program, as the playground's keeper sees it. */
  showShop(shop) {
    if (!shop) return;
    const up = shop.phase !== "down";
    this.running = up || !shop.stopped;
    this.lamp.className = `lamp ${shop.phase}`;
    const words = { ready: "program runs", starting: "starts…", down: shop.stopped ? "stopped" : "died…" }[shop.phase];
    if (this.program.textContent !== words) this.program.textContent = words;
    const label = this.running ? "stop" : "start";
    if (this.shopButton.textContent !== label) {
      this.shopButton.textContent = label;
      this.shopButton.setAttribute("aria-label", `${label} the shop's bot program`);
    }
  }

  async turn() {
    const on = !this.running;
    this.shopButton.disabled = true;
    const done = await attempt(() => order("shop", { on }), this.node);
    this.shopButton.disabled = false;
    if (!done) return;
    toast(on ? "The bot's program is started. It finds what it missed." : "The bot's program is stopped. What customers write waits for it; operators go on.");
    document.dispatchEvent(new CustomEvent("look"));
  }

  async be(customer) {
    this.feed?.stop();
    this.unread.delete(customer.id);
    this.composer.reset();
    const feed = new Feed(customer.id, this.stage.bot.id);
    this.feed = feed;
    this.current = customer;
    this.drawChips();
    const view = {
      me: customer.id, group: false, pane: this.node, get: (id) => feed.get(id), act: (what, body) => feed.act(what, body),
      reply: (message) => this.composer.reply(message), edit: (message) => this.composer.edit(message),
    };
    await attempt(() => feed.start(), this.node);
    if (this.feed !== feed) return;
    this.thread.open(view, feed.list());
    this.drawInfo();
    feed.addEventListener("change", ({ detail }) => this.changed(feed, detail));
    feed.act("read", {}).catch(() => {});
  }

  changed(feed, { kind, event }) {
    if (feed !== this.feed) return;
    if (kind === "action") return this.typing(event);
    if (kind === "message" && event.message?.from !== feed.user) this.typing(null);
    this.drawInfo();
    this.queued ??= requestAnimationFrame(() => {
      this.queued = undefined;
      this.thread.draw(this.feed.list());
    });
    if (kind === "message") feed.refreshInfo().then(() => this.drawInfo());
  }

  typing(event) {
    clearTimeout(this.typingTimer);
    const action = event?.data?.action;
    this.state.textContent = action ? `${action.replaceAll("_", " ")}…` : "bot";
    if (action) this.typingTimer = setTimeout(() => this.typing(null), TYPING_MS);
  }

  drawInfo() {
    const blocked = Boolean(this.feed.info?.blocked);
    this.blocked.hidden = !blocked;
    this.composer.node.hidden = blocked;
    this.composer.keyboard(this.feed.info?.keyboard);
  }

  drawChips() {
    this.chips.replaceChildren(...this.customers.map((customer) => {
      const count = this.unread.get(customer.id);
      const on = customer.id === this.current?.id;
      return el(on ? "button.chip.on" : "button.chip", { type: "button", "aria-pressed": String(on), title: customer.name, "aria-label": count ? `${customer.name}, ${count} new` : customer.name, onclick: () => this.be(customer) },
        avatar(customer.id, customer.name, ".small"), el("span.chip-name", {}, customer.name.split(" ")[0]), count ? el("span.count", {}, String(count)) : null);
    }));
    this.chips.querySelector(".on")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  async add() {
    const name = await ask("A new customer", "Name", NAMES[this.customers.length % NAMES.length]);
    if (!name) return;
    const [first_name, ...rest] = name.split(/\s+/);
    const made = await attempt(() => order("customers", { first_name, last_name: rest.join(" ") || undefined }), this.node);
    if (!made) return;
    this.customers.push(made);
    await this.be(made);
    this.composer.focus();
  }

  async lookAtOthers() {
    if (document.hidden) return;
    const others = this.customers.filter((customer) => customer.id !== this.current?.id);
    const counts = await Promise.all(others.map(async (customer) => {
      const [chat] = await sim(`users/${customer.id}/chats`).catch(() => []);
      return [customer.id, chat?.last_message && chat.last_message.from !== customer.id ? chat.unread : 0];
    }));
    const before = JSON.stringify([...this.unread]);
    // What was there before the page was opened is old news.
    this.baseline ??= new Map(counts);
    this.unread = new Map(counts.map(([id, count]) => [id, count - (this.baseline.get(id) ?? 0)]).filter(([, count]) => count > 0));
    if (JSON.stringify([...this.unread]) !== before) this.drawChips();
  }
}

const NAMES = ["Ada Berg", "Ravi Menon", "Chloé Martin", "Iris Park", "Noah Fischer", "Zoë Lund"];
