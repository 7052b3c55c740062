// Small helpers over the DOM: elements, icons, toasts, menus, dialogs, the picture viewer.

/** `el("button.small", { onclick, title }, "text", node)` */
export function el(shape, props = {}, ...children) {
  const [tag, ...classes] = shape.split(".");
  const node = document.createElement(tag || "div");
  if (classes.length) node.className = classes.join(" ");
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name in node && name !== "list" && name !== "role") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const PATHS = {
  send: "M3 11.5 20.5 4 16 20.5l-4.6-6.2L3 11.5zm8.4 2.8L20.5 4",
  clip: "M20 11.5 12 19.4a5 5 0 0 1-7-7l8.3-8.3a3.4 3.4 0 0 1 4.8 4.8L9.9 17a1.7 1.7 0 0 1-2.4-2.4l7.4-7.4",
  reply: "M10 5 4 11l6 6m-6-6h9a7 7 0 0 1 7 7v1",
  more: "M12 6v.01M12 12v.01M12 18v.01",
  smile: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM8.5 14.5c2 2.4 5 2.4 7 0M9 9.5v.01M15 9.5v.01",
  close: "M6 6l12 12M18 6 6 18",
  back: "M15 5l-7 7 7 7",
  down: "M6 9l6 6 6-6",
  plus: "M12 5v14M5 12h14",
  pin: "M9 4h6l-1 6 3 3H7l3-3-1-6zm3 9v7",
  edit: "M4 20l1-4L16.5 4.5l3 3L8 19l-4 1z",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  copy: "M9 9h10v11H9zM5 15V4h10",
  play: "M8 5l11 7-11 7V5z",
  pause: "M8 5v14M16 5v14",
  file: "M6 3h8l4 4v14H6zM14 3v4h4",
  phone: "M6 3h3l2 5-2.5 1.5a11 11 0 0 0 6 6L16 13l5 2v3a3 3 0 0 1-3 3A15 15 0 0 1 3 6a3 3 0 0 1 3-3z",
  check: "M4 12.5l5 5L20 6.5",
  image: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9v.01",
  album: "M4 8h12v12H4zM8 8V4h12v12h-4M4 17l4-4 3 3 2-2 3 3",
  film: "M3 6h12v12H3zM15 10.5l6-3.5v10l-6-3.5",
  lens: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM10 8.5l5.5 3.5-5.5 3.5z",
  mic: "M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3zM5.5 11a6.5 6.5 0 0 0 13 0M12 17.5V21",
  note: "M9 18V5l11-2v13M9 18a3 3 0 1 1-6 0 3 3 0 0 1 6 0zm11-2a3 3 0 1 1-6 0 3 3 0 0 1 6 0z",
  loop: "M4 11a7 7 0 0 1 12-4l3 3m0-5v5h-5M20 13a7 7 0 0 1-12 4l-3-3m0 5v-5h5",
  place: "M12 21c5-5.5 7-8.5 7-11a7 7 0 1 0-14 0c0 2.5 2 5.5 7 11zM12 12.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
  person: "M12 11.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5a7.5 7.5 0 0 1 15 0",
  poll: "M5 20V11M12 20V4M19 20v-6",
  dice: "M5 4h14a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1zM8.5 8.5v.01M15.5 8.5v.01M12 12v.01M8.5 15.5v.01M15.5 15.5v.01",
  bolt: "M13 3 5 14h6l-1 7 8-11h-6l1-7z",
};

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("icon");
  const path = document.createElementNS(svg.namespaceURI, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

export function iconButton(name, label, onclick, more = "", props = {}) {
  return el(`button.round${more}`, { ...props, type: "button", title: label, "aria-label": label, onclick }, icon(name));
}

/** A short message over the page; `pane` puts it over one side only. */
export function toast(text, { bad = false, pane = document.body, long = false } = {}) {
  let shelf = pane.querySelector(":scope > .toasts");
  if (!shelf) pane.append((shelf = el("div.toasts", { role: "status", "aria-live": "polite" })));
  const card = el(bad ? "div.toast.bad" : "div.toast", {}, text);
  shelf.append(card);
  setTimeout(() => card.classList.add("gone"), long ? 9000 : 4000);
  setTimeout(() => card.remove(), (long ? 9000 : 4000) + 300);
}

/** Runs what a person asked for, and shows the words of a refusal. */
export async function attempt(work, pane) {
  try {
    return await work();
  } catch (error) {
    toast(error.message, { bad: true, pane });
    return undefined;
  }
}

function modal(...content) {
  const box = el("dialog.modal", { onclick: (event) => event.target === box && box.close(), onclose: () => box.remove() }, ...content);
  document.body.append(box);
  box.showModal();
  return box;
}

/** Telegram's alert: a box that must be dismissed. */
export function alertBox(text) {
  const box = modal(el("p", {}, text), el("div.row-end", {}, el("button.plain", { type: "button", autofocus: true, onclick: () => box.close() }, "OK")));
}

/** Asks for a line of text; resolves with it or with nothing. */
export function ask(title, label, value = "") {
  return new Promise((resolve) => {
    const input = el("input", { type: "text", value, maxLength: 64, required: true, autofocus: true, autocomplete: "off" });
    const form = el("form", {
      method: "dialog",
      onsubmit: () => resolve(input.value.trim()),
    }, el("h2", {}, title), el("label", {}, label, input), el("div.row-end", {},
      el("button.plain", { type: "button", onclick: () => box.close() }, "Cancel"), el("button.filled", { type: "submit" }, "OK")));
    const box = modal(form);
    box.addEventListener("close", () => resolve(undefined));
  });
}

export function viewPicture(url, label) {
  const box = modal(el("img", { src: url, alt: label }), iconButton("close", "Close", () => box.close(), ".over"));
  box.classList.add("viewer");
}

let open = null;
export function closeMenu() {
  open?.remove();
  open = null;
}

/** A menu at a point or below an element. Items: `{ label, icon, run, bad }` or nodes. */
export function menu(items, at, label = "Menu") {
  closeMenu();
  const before = document.activeElement;
  const done = (refocus) => {
    closeMenu();
    if (refocus) before?.focus?.();
  };
  const list = el("div.menu", { role: "menu", "aria-label": label });
  for (const item of items.filter(Boolean)) {
    if (item instanceof Node) {
      item.addEventListener("click", () => done(true));
      list.append(item);
      continue;
    }
    list.append(el(item.bad ? "button.bad" : "button", {
      type: "button", role: "menuitem",
      onclick: () => { done(true); item.run(); },
    }, icon(item.icon), item.label));
  }
  list.addEventListener("keydown", (event) => {
    const all = [...list.querySelectorAll("button")];
    const here = all.indexOf(document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1, ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step) all[(here + step + all.length) % all.length]?.focus();
    else if (event.key === "Escape") done(true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  document.body.append(list);
  open = list;
  const box = list.getBoundingClientRect();
  const spot = at instanceof Element ? at.getBoundingClientRect() : { left: at.x, right: at.x, top: at.y, bottom: at.y };
  const above = spot.bottom + box.height + 8 > innerHeight && spot.top > box.height;
  list.style.left = `${Math.max(8, Math.min(spot.left, innerWidth - box.width - 8))}px`;
  list.style.top = `${above ? spot.top - box.height - 4 : Math.min(spot.bottom + 4, innerHeight - box.height - 8)}px`;
  list.querySelector("button")?.focus();
}
addEventListener("pointerdown", (event) => open && !open.contains(event.target) && closeMenu());
addEventListener("blur", closeMenu);
