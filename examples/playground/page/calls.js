// "What happened": the Bot API calls that the host makes, for itself and for the bot's own program, as they come.
import { sim } from "./api.js";
import { el } from "./dom.js";

const OPEN_MS = 700;
const CLOSED_MS = 2500;
const KEPT = 200;
/** Calls before the page was opened that are shown. */
const PAST = 60;
const END = Number.MAX_SAFE_INTEGER;

const NAMES = ["getUpdates", "sendMessage", "copyMessage", "copyMessages", "forwardMessage", "forwardMessages", "editMessageText", "editMessageCaption", "editMessageMedia", "editMessageReplyMarkup",
  "sendPhoto", "sendVideo", "sendDocument", "sendMediaGroup", "sendChatAction", "answerCallbackQuery", "setMessageReaction", "createForumTopic", "editForumTopic", "closeForumTopic", "reopenForumTopic", "deleteForumTopic",
  "getMe", "getChat", "getChatMember", "getFile", "deleteMessage", "deleteMessages", "deleteWebhook", "setWebhook", "getWebhookInfo", "setMyCommands", "deleteMyCommands", "getMyCommands", "pinChatMessage", "unpinChatMessage", "sendSticker", "sendVoice", "sendAnimation", "sendAudio", "sendVideoNote", "sendLocation", "sendVenue", "sendContact", "sendPoll", "sendDice"];
const named = new Map(NAMES.map((name) => [name.toLowerCase(), name]));
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 1, hourCycle: "h23" });

/** Longer than any call takes: one without an answer was cut off. */
const LONGEST_MS = 70_000;
const underWay = (call) => call.code === 0 && !call.fault && Date.now() - call.at < LONGEST_MS;

export class Calls {
  /** `place(chat, thread)` names where a call went. */
  constructor(place, beside) {
    this.place = place;
    this.whose = beside ? "of the host and the bot's program" : "of the host";
    this.rows = new Map();
    this.total = 0;
    this.body = el("tbody");
    this.polls = el("input", { type: "checkbox" });
    this.polls.onchange = () => this.table.classList.toggle("with-polls", this.polls.checked);
    this.table = el("table", {}, el("thead", {}, el("tr", {}, ["Time", "Call", "Where", "Answer", "Took"].map((name) => el("th", { scope: "col" }, name)))), this.body);
    this.count = el("span.calls-count");
    this.flow = el("span.calls-flow", { "aria-hidden": "true" });
    this.toggle = el("button.calls-toggle", { type: "button", "aria-expanded": "false", "aria-controls": "calls-list", onclick: () => this.open(this.list.hidden) }, el("b", {}, "What happened"), this.count, this.flow);
    this.option = el("label.calls-option", { hidden: true }, this.polls, " show getUpdates too");
    this.list = el("div.calls-list", { id: "calls-list", hidden: true, tabIndex: 0, role: "region", "aria-label": "Bot API calls" }, this.table);
    this.node = el("section.calls", { "aria-label": "What happened" }, el("div.calls-bar", {}, this.toggle, this.option), this.list);
  }

  open(on) {
    this.list.hidden = !on;
    this.option.hidden = !on;
    this.list.scrollTop = this.list.scrollHeight;
    this.toggle.setAttribute("aria-expanded", String(on));
    document.body.classList.toggle("calls-open", on);
    this.read();
  }

  async start() {
    const { last } = await sim(`calls?after=${END}&limit=0`);
    this.after = Math.max(0, last - PAST);
    this.loop();
  }

  async loop() {
    if (!document.hidden) await this.read();
    setTimeout(() => this.loop(), this.list.hidden ? CLOSED_MS : OPEN_MS);
  }

  async read() {
    const { calls } = await sim(`calls?after=${this.after}&limit=500`).catch(() => ({ calls: [] }));
    if (!calls.length) return;
    // A call under way comes again until it has its answer.
    const pending = calls.find(underWay);
    const atEnd = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 60;
    for (const call of calls) {
      if (!this.rows.has(call.n) && call.method !== "getupdates") this.total += 1;
      this.draw(call);
    }
    this.after = pending ? pending.n - 1 : calls.at(-1).n;
    while (this.body.children.length > KEPT) {
      this.rows.delete(Number(this.body.firstChild.dataset.n));
      this.body.firstChild.remove();
    }
    this.count.textContent = `${this.total} calls ${this.whose} to the Bot API`;
    const latest = calls.findLast((call) => call.method !== "getupdates");
    if (latest) this.flow.textContent = `${this.name(latest)} → ${this.place(latest.chat, latest.thread)}`;
    if (atEnd) this.list.scrollTop = this.list.scrollHeight;
  }

  name(call) {
    return named.get(call.method) ?? call.method;
  }

  draw(call) {
    const known = this.rows.get(call.n);
    const state = `${call.code} ${call.fault}`;
    if (known?.state === state) return;
    const good = call.code >= 200 && call.code < 300;
    const answer = [
      el(`span.code.${underWay(call) ? "wait" : good ? "good" : "bad"}`, {}, underWay(call) ? "…" : call.code === 0 ? "cut" : String(call.code)),
      call.fault ? el("span.fault", { title: call.effect ? "The call took effect all the same" : "The call had no effect" }, `⚡ ${call.fault.replaceAll("_", " ")}${call.effect ? ", took effect" : ""}`) : null,
      !good && call.description ? el("span.description", {}, call.description) : null,
    ];
    const row = el(call.method === "getupdates" ? "tr.poll-row" : "tr", { "data-n": call.n },
      el("td", {}, clock.format(call.at)), el("td", {}, el("code", {}, this.name(call)), call.cost > 1 ? el("small", {}, ` ×${call.cost}`) : null),
      el("td", {}, this.place(call.chat, call.thread)), el("td", {}, answer.filter(Boolean)), el("td.number", {}, call.code === 0 ? "" : call.took_us < 1000 ? "<1 ms" : `${Math.round(call.took_us / 1000)} ms`));
    if (known) known.row.replaceWith(row);
    else this.body.append(row);
    this.rows.set(call.n, { row, state });
  }
}
