// Puts the page together.
import { own, setRoot, sim } from "./api.js";
import { Calls } from "./calls.js";
import { CustomerPane } from "./customer.js";
import { el, toast } from "./dom.js";
import { unmarked } from "./format.js";
import { HostBar } from "./host.js";
import { OperatorsPane } from "./operators.js";

const TABS = [["customer", "Customer"], ["operators", "Operators"]];

async function start() {
  const stage = await own("stage");
  setRoot(stage.sim);
  const customer = new CustomerPane(stage);
  const operators = new OperatorsPane(stage);
  const host = new HostBar(stage, { customer, operators });
  const topicName = (thread) => {
    const topic = operators.topics.find((it) => it.thread === thread);
    return topic ? `topic of ${unmarked(topic.name)}` : `topic ${thread}`;
  };
  const place = (chat, thread) => {
    if (chat === null || chat === undefined) return "";
    if (chat > 0) return customer.customers.find((it) => it.id === chat)?.name.replace(/$/, "'s chat") ?? String(chat);
    return thread ? topicName(thread) : "the group";
  };
  const calls = new Calls(place, stage.beside);

  const tabs = el("div.tabs", { role: "tablist", "aria-label": "Side" }, TABS.map(([id, label]) => el("button", {
    type: "button", role: "tab", id: `tab-${id}`, "aria-controls": id, onclick: () => choose(id),
    onkeydown: (event) => ["ArrowLeft", "ArrowRight"].includes(event.key) && choose(id === "customer" ? "operators" : "customer", true),
  }, label)));
  function choose(id, focus) {
    document.body.dataset.side = id;
    for (const tab of tabs.children) {
      const on = tab.id === `tab-${id}`;
      tab.setAttribute("aria-selected", String(on));
      tab.tabIndex = on ? 0 : -1;
      if (on && focus) tab.focus();
    }
  }
  choose("customer");

  document.body.replaceChildren(host.node, tabs, el("main", {}, customer.node, operators.node), calls.node);
  const faults = await sim("faults");
  host.faults.input.checked = faults.rules.length > 0;
  await Promise.all([customer.be(stage.customers[0]), operators.be(stage.operators[0])]);
  await calls.start();
  document.body.dataset.ready = "yes";
}

start().catch((error) => toast(`The page cannot start: ${error.message}`, { bad: true, long: true }));
