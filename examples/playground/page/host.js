// The header: what this is, how the host is doing, and what can be done to it.
import { order, own, put } from "./api.js";
import { attempt, el, icon, iconButton, menu, toast } from "./dom.js";
import { statusOf, unmarked } from "./format.js";

const CALM_MS = 1500;
const ALERT_MS = 150;
const BURST = 20;
const BURST_GAP_MS = 12;
const BURST_WAIT_MS = 60_000;

/** A tenth of the calls: answered too late, refused, or cut off before or after they took effect. */
const FAULTS = [
  { fault: "latency", method: "*", chance: 0.15, delay_ms: 400 },
  { fault: "error_before", method: "send*|copy*|forward*|edit*", chance: 0.08 },
  { fault: "reset_before", method: "send*|copy*|forward*|edit*", chance: 0.08 },
  { fault: "reset_after", method: "send*|copy*|forward*", chance: 0.06 },
  { fault: "too_many", method: "send*|copy*", chance: 0.04 },
];
const DIRECT = "Customers write to a bot at the left; operators answer from topics at the right. Between them runs the real host, beside a simulated Telegram.";
const BESIDE = "A customer talks to a shop's own bot, which knows nothing of Switchboard. /operator opens a topic: operators see both sides and answer; /takeover holds the bot back, /release lets it go on.";
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class HostBar {
  constructor(stage, { customer, operators }) {
    this.stage = stage;
    this.customer = customer;
    this.operators = operators;
    this.lamp = el("span.lamp", { "aria-hidden": "true" });
    this.words = el("b", {}, "Host");
    this.detail = el("span.host-detail");
    this.killButton = el("button.filled.danger", { type: "button", title: "SIGKILL: no time to say good-bye. It is started again at once.", onclick: () => this.kill() }, "kill -9 the host");
    this.burstButton = el("button.plain.tonal", { type: "button", title: `The customer sends ${BURST} messages; the host is killed amid them; then they are counted in the topic.`, onclick: () => this.burst() }, "kill amid 20 messages");
    this.limit = this.switch("Group limit", `Telegram's 20 messages a minute for a bot in a group, three times as fast (${stage.limit.rate}). The host starts anew with that pace.`, (on) => this.setLimit(on));
    this.faults = this.switch("Faults", "About a fifth of the calls get late, refused or cut off, before or after they took effect.", (on) => this.setFaults(on));
    this.limit.input.checked = stage.limit.on;
    this.node = el("header.top", {},
      el("div.brand", {}, el("span.logo", { "aria-hidden": "true" }, icon("bolt")), el("div", {}, el("h1", {}, "Switchboard", el("span", {}, " playground")),
        el("p", {}, stage.beside ? BESIDE : DIRECT))),
      el("div.knobs", {}, el("div.host", { role: "status", "aria-live": "polite" }, this.lamp, el("span.host-words", {}, this.words, this.detail)), el("div.buttons", {}, this.killButton, this.burstButton), this.limit.node, this.faults.node,
        iconButton("more", "Try on the host", (event) => this.menu(event.currentTarget), ".knobs-more")));
    document.addEventListener("look", () => this.look());
    this.loop();
  }

  switch(label, title, change) {
    const input = el("input", { type: "checkbox", role: "switch", onchange: () => change(input.checked) });
    return { input, node: el("label.switch", { title }, input, el("span.track", { "aria-hidden": "true" }), label) };
  }

  menu(button) {
    menu([
      { label: "kill -9 the host", icon: "bolt", bad: true, run: () => this.kill() },
      { label: `kill -9 amid ${BURST} messages`, icon: "bolt", bad: true, run: () => this.burst() },
      { label: `Group limit ${this.limit.input.checked ? "off" : "on"}`, icon: "poll", run: () => this.limit.input.click() },
      { label: `Faults ${this.faults.input.checked ? "off" : "on"}`, icon: "loop", run: () => this.faults.input.click() },
    ], button, "Host");
  }

  async loop() {
    for (;;) {
      const calm = await this.look();
      await sleep(document.hidden ? CALM_MS * 2 : calm ? CALM_MS : ALERT_MS);
    }
  }

  async look() {
    let answer;
    try {
      answer = await own("host");
    } catch {
      this.show("down", "The playground was stopped");
      return true;
    }
    const { state, code, health, shop } = answer;
    this.customer.showShop(shop);
    this.state = state;
    if (state.phase === "ready" && code === 200) {
      this.show("ready", "Host ready", state.kills === this.burstKills ? this.burstWords : state.back_after_ms === null ? "" : ` · back ${state.back_after_ms} ms after kill no. ${state.kills}`);
      return shop?.phase !== "starting";
    }
    if (state.phase === "ready") {
      const reasons = Object.values(health?.connections ?? {}).map((reason) => (Array.isArray(reason) ? reason.join(": ") : reason)).join("; ");
      this.show("starting", code ? `Host not ready${reasons ? `: ${reasons}` : ""}` : "Host does not answer");
      return true;
    }
    this.show(state.phase, state.phase === "down" ? "Host is down" : "Host starting…");
    return false;
  }

  show(kind, words, detail = "") {
    this.lamp.className = `lamp ${kind}`;
    if (this.words.textContent !== words) this.words.textContent = words;
    if (this.detail.textContent !== detail) this.detail.textContent = detail;
  }

  async kill() {
    const kills = this.state?.kills ?? 0;
    if (!(await attempt(() => order("host/kill")))) return undefined;
    const back = await this.back(kills);
    if (back !== undefined) toast(`The host was killed and took updates again after ${back} ms. What was accepted is in its database.`);
    return back;
  }

  /** How long the host was away after a kill. */
  async back(kills) {
    for (const until = Date.now() + BURST_WAIT_MS; Date.now() < until; await sleep(ALERT_MS)) {
      await this.look();
      if (this.state?.kills > kills && this.state.phase === "ready") return this.state.back_after_ms;
    }
    return undefined;
  }

  /** Twenty messages, a kill amid them, and the count of what reached the topic. */
  async burst() {
    const { feed } = this.customer;
    const { feed: desk } = this.operators;
    this.burstButton.disabled = true;
    const name = `#${Math.floor(Math.random() * 900 + 100)}`;
    const texts = Array.from({ length: BURST }, (_, at) => `Burst ${name}: ${at + 1} of ${BURST}`);
    const kills = this.state?.kills ?? 0;
    try {
      await this.opened();
      for (const [at, text] of texts.entries()) {
        await feed.act("send", { text });
        if (at === BURST / 2) await order("host/kill");
        await sleep(BURST_GAP_MS);
      }
      const arrived = () => desk.list().filter((message) => message.text.includes(`Burst ${name}:`)).map((message) => Number(/: (\d+) of/.exec(message.text)?.[1]));
      const began = Date.now();
      while (new Set(arrived()).size < BURST && Date.now() - began < BURST_WAIT_MS) await sleep(ALERT_MS);
      const list = arrived();
      const all = new Set(list).size;
      const sequence = list.every((number, at) => at === 0 || list[at - 1] <= number) ? "in order" : "not in order";
      const twice = list.length - all;
      const back = await this.back(kills);
      toast(`${all} of ${BURST} messages are in the topic, ${sequence}, ${twice} repeated. The host was killed amid them and back after ${back} ms.`, { bad: all < BURST, long: true });
      this.burstWords = ` · ${all} of ${BURST} arrived ${sequence}, ${twice} repeated, back in ${back} ms`;
      this.burstKills = this.state?.kills;
      await this.look();
    } catch (error) {
      toast(error.message, { bad: true });
    } finally {
      this.burstButton.disabled = false;
    }
  }

  /** Beside a program of the bot's own only an open dialog is shown. */
  async opened() {
    const { customer, operators, stage } = this;
    const open = () => operators.topics.some((topic) => unmarked(topic.name) === customer.current.name && statusOf(topic.name) !== "closed");
    if (!stage.beside || open()) return;
    await customer.feed.act("send", { text: "/operator" });
    for (const until = Date.now() + BURST_WAIT_MS; !open() && Date.now() < until;) await sleep(ALERT_MS);
  }

  async setLimit(on) {
    this.limit.input.disabled = true;
    const done = await attempt(() => order("limit", { on }));
    this.limit.input.disabled = false;
    if (!done) this.limit.input.checked = !on;
    else toast(on ? `Group limit on: ${this.stage.limit.rate}. The host starts anew with that pace.` : "Group limit off.");
  }

  async setFaults(on) {
    const done = await attempt(() => put("faults", { seed: Date.now() % 100_000, rules: on ? FAULTS : [] }));
    if (!done) this.faults.input.checked = !on;
    else toast(on ? "Faults on. Where nobody can know whether a message arrived, the operator is asked in the topic." : "Faults off.");
  }
}
