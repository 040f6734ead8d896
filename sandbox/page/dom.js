// Making elements, keeping lists in step with data, and talking to the sandbox. Text only ever becomes text nodes.

/** h("button", { class: "x", data: { ts }, onclick }, "label"): an element; strings become text nodes. */
export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "data") Object.assign(node.dataset, defined(value));
    else if (name === "vars") for (const [k, v] of Object.entries(value)) node.style.setProperty(k, v);
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked" || name === "selected") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const defined = (object) => Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));

const ICONS = {
  menu: "M4 6h16M4 12h16M4 18h16",
  close: "M6 6l12 12M18 6L6 18",
  back: "M15 5l-7 7 7 7",
  reply: "M5 5h14v10h-8l-4 4v-4H5z",
  edit: "M5 19l1-4L16 5l3 3L9 18zM14 7l3 3",
  trash: "M5 7h14M10 7V5h4v2M7 7l1 12h8l1-12",
  send: "M4 12l16-7-6 15-3-6z",
  eye: "M3 12s3-6 9-6 9 6 9 6-3 6-9 6-9-6-9-6zM12 9.5a2.5 2.5 0 110 5 2.5 2.5 0 010-5z",
  lock: "M6 11h12v8H6zM8.5 11V8a3.5 3.5 0 017 0v3",
  hash: "M9 4L7 20M17 4l-2 16M5 9h15M4 15h15",
  down: "M12 5v14M6 13l6 6 6-6",
};

/**
 * What a link to a message of this workspace names (Slack's permalinks: …/archives/C0SUPPORT/p1700000000000100), or null.
 * Such a message is shown here; the workspace has no other place.
 */
export function permalink(url) {
  const found = /^https:\/\/[\w-]+\.slack\.com\/archives\/(\w+)\/p(\d+)(\d{6})(?:\?(.*))?$/.exec(url);
  if (!found) return null;
  const [, channel, seconds, micros, query] = found;
  return { in: channel, thread: new URLSearchParams(query).get("thread_ts") ?? `${seconds}.${micros}` };
}

/** Follows a link as a click on it does. */
export function follow(url) {
  const here = new CustomEvent("permalink", { detail: permalink(url) });
  if (here.detail) document.dispatchEvent(here);
  else window.open(url, "_blank", "noopener");
}

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** A coloured square with initials: the same person has the same colour everywhere. */
export function avatar(id, name, bot) {
  let hue = 0;
  for (const letter of id) hue = (hue * 31 + letter.charCodeAt(0)) % 360;
  const initials = name.split(/\s+/).filter(Boolean).slice(0, bot ? 1 : 2).map((word) => [...word][0].toUpperCase());
  return h("span", { class: bot ? "avatar bot" : "avatar", "aria-hidden": "true", vars: { "--hue": hue } }, initials.join(""));
}

/**
 * Makes `parent`'s children show `items`, touching only what changed: an untouched node keeps its focus, its caret and
 * its half-typed text, and a replaced one hands its focus on.
 */
export function reconcile(parent, items, keyOf, build) {
  const keys = new Set(items.map(keyOf));
  for (const node of [...parent.children]) if (!keys.has(node.listKey)) node.remove();
  const have = new Map([...parent.children].map((node) => [node.listKey, node]));
  let at = parent.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    const signature = JSON.stringify(item);
    let node = have.get(key);
    if (!node || node.listSignature !== signature) {
      const fresh = build(item);
      fresh.listKey = key;
      fresh.listSignature = signature;
      if (node) {
        if (at === node) at = fresh;
        replaceKeepingFocus(node, fresh);
      }
      node = fresh;
    }
    if (at === node) at = at.nextElementSibling;
    else parent.insertBefore(node, at);
  }
}

function replaceKeepingFocus(old, fresh) {
  const active = document.activeElement;
  const held = old.contains(active) ? active : null;
  const path = held && pathTo(held);
  const caret = held && "selectionStart" in held ? caretOf(held) : null;
  old.replaceWith(fresh);
  if (!held) return;
  const again = (path && fresh.querySelector(path)) || fresh.querySelector("button, input, select, textarea");
  again?.focus({ preventScroll: true });
  if (again && caret && again.tagName === held.tagName) restoreCaret(again, caret);
}

function pathTo(node) {
  const { block, action, role } = node.dataset;
  if (action !== undefined) {
    const value = node.type === "checkbox" || node.type === "radio" ? `[value="${CSS.escape(node.value)}"]` : "";
    return `[data-block="${CSS.escape(block ?? "")}"][data-action="${CSS.escape(action)}"]${value}`;
  }
  return role ? `[data-role="${role}"]` : null;
}

// Some inputs (dates, numbers) have no caret and throw when asked for it.
function caretOf(node) {
  try {
    return node.selectionStart === null ? null : [node.selectionStart, node.selectionEnd];
  } catch {
    return null;
  }
}

function restoreCaret(node, [start, end]) {
  try {
    node.setSelectionRange(start, end);
  } catch {
    // The new input has no caret: nothing to restore.
  }
}

/** Keeps Tab inside a dialog: the browser alone would wander off into its own bars. */
export function trapTab(dialog) {
  dialog.addEventListener("keydown", (event) => {
    if (event.key !== "Tab") return;
    const all = [...dialog.querySelectorAll("a[href], button, input, select, textarea, summary")];
    const stops = all.filter((node) => !node.disabled && node.tabIndex >= 0 && node.getClientRects().length > 0);
    if (stops.length === 0) return;
    const [first, last] = [stops[0], stops[stops.length - 1]];
    if (event.shiftKey && document.activeElement === first) {
      event.preventDefault();
      last.focus();
    } else if (!event.shiftKey && document.activeElement === last) {
      event.preventDefault();
      first.focus();
    }
  });
}

export async function get(path, query = {}) {
  const url = `/sandbox/${path}?${new URLSearchParams(defined(query))}`;
  return answerOf(await fetch(url, { cache: "no-store" }));
}

export async function post(path, body) {
  const headers = { "content-type": "application/json" };
  return answerOf(await fetch(`/sandbox/${path}`, { method: "POST", headers, body: JSON.stringify(body) }));
}

async function answerOf(response) {
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error ?? `The sandbox answered ${response.status}.`);
  return answer;
}

let toastTimer = 0;

/** Tells a person in one line what went wrong. */
export function toast(text) {
  const line = document.getElementById("toast");
  line.textContent = text;
  line.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => (line.hidden = true), 6000);
}

/** Slack's confirmation dialog (Block Kit's confirm object): resolves to whether the person agreed. */
export function confirmed({ title, text, confirm, deny, style }) {
  const dialog = document.getElementById("confirm");
  return new Promise((resolve) => {
    const answer = (yes) => () => {
      resolve(yes);
      dialog.close();
    };
    dialog.onclose = () => resolve(false);
    dialog.replaceChildren(
      h("h2", { id: "confirm-title" }, title),
      h("div", { class: "confirm-text" }, text),
      h("div", { class: "dialog-buttons" },
        h("button", { type: "button", id: "confirm-no", class: "button", onclick: answer(false) }, deny),
        h("button", { type: "button", id: "confirm-yes", onclick: answer(true),
          class: style === "danger" ? "button danger" : "button primary" }, confirm)),
    );
    dialog.showModal();
    dialog.querySelector("#confirm-yes").focus();
  });
}
