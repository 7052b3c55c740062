// What one person sees of one chat, kept up to date by the long poll of the simulated Telegram.
import { act, allMessages, sim } from "./api.js";

const WAIT_S = 25;
const RETRY_MS = 1000;
/** Beyond the last event: asks only for its number. */
const END = Number.MAX_SAFE_INTEGER;

export class Feed extends EventTarget {
  constructor(user, chat) {
    super();
    this.user = user;
    this.chat = chat;
    this.messages = new Map();
    this.info = null;
    this.stopped = new AbortController();
  }

  async start() {
    await this.reload();
    this.follow();
    return this;
  }

  stop() {
    this.stopped.abort();
  }

  async reload() {
    const { last } = await sim(`users/${this.user}/events?after=${END}&timeout=0`);
    this.last = last;
    const all = await allMessages(this.user, this.chat);
    this.messages = new Map(all.map((message) => [message.message_id, message]));
    await this.refreshInfo();
    this.tell("all");
  }

  async refreshInfo() {
    this.info = await sim(`users/${this.user}/chats/${this.chat}`).catch(() => null);
  }

  async follow() {
    const { signal } = this.stopped;
    while (!signal.aborted) {
      try {
        const answer = await sim(`users/${this.user}/events?after=${this.last}&timeout=${WAIT_S}`, { signal });
        if (signal.aborted) return;
        this.last = answer.last;
        if (answer.lost) await this.reload();
        else answer.events.filter((event) => event.chat === this.chat).forEach((event) => this.take(event));
      } catch {
        if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  take(event) {
    if (event.type === "deleted") this.messages.delete(event.message_id);
    else if (event.type === "topic_deleted") this.list(event.thread).forEach((message) => this.messages.delete(message.message_id));
    else if (event.message) this.messages.set(event.message.message_id, event.message);
    if (event.type === "chat") this.refreshInfo().then(() => this.tell("chat", event));
    else this.tell(event.type, event);
  }

  tell(kind, event = {}) {
    this.dispatchEvent(new CustomEvent("change", { detail: { kind, event } }));
  }

  /** Messages oldest first; `thread`: a topic, 1 is General, nothing is all. */
  list(thread) {
    const wanted = thread === 1 ? null : thread;
    const all = [...this.messages.values()].filter((message) => thread === undefined || message.thread === wanted);
    return all.sort((a, b) => a.message_id - b.message_id);
  }

  get(id) {
    return this.messages.get(id);
  }

  act(what, body) {
    return act(this.user, what, { chat: this.chat, ...body });
  }
}
