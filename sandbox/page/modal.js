// The modal that is open at a person: drawn from its view, half-filled fields kept while it changes below the person's hands.
import { block } from "./blocks.js";
import { h, icon, post, reconcile, toast, trapTab } from "./dom.js";
import { initialValue, takesValue } from "./inputs.js";
import { textObject } from "./text.js";

const NOT_ANSWERED = "This app did not respond in time. Try again.";

const dialog = document.getElementById("modal");
const keyOf = (blockId, element) => `${blockId}\n${element.action_id}`;

// What was typed, per view: a view below another one keeps its fields until it is on top again.
const kept = new Map();
let shown = null; // { view, as, errors, opener }
let place = null;
let changed = () => {};

export function startModal(onChange) {
  changed = onChange;
  trapTab(dialog);
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    close();
  });
  // A browser may close a dialog without asking: the sandbox must hear of that too.
  dialog.addEventListener("close", () => shown && close());
}

/** Brings the dialog in step with what the sandbox says is open at this person. */
export function showView(answer, as, newPlace) {
  place = newPlace;
  const view = answer.view;
  if (!view) return hide();
  if (shown && (shown.as !== as || shown.view.id !== view.id)) forgetDrawing();
  const fresh = !shown;
  const errors = answerErrors(view);
  const opener = shown?.opener ?? document.activeElement;
  const changedErrors = fresh || JSON.stringify(shown.serverErrors) !== JSON.stringify(errors);
  shown = { ...shown, view, as, opener, serverErrors: errors, errors: changedErrors ? errors : shown.errors, depth: answer.depth };
  adoptServerValues(view);
  draw();
  if (!dialog.open) dialog.showModal();
  if (fresh) focusFirst();
}

const answerErrors = (view) => view.errors ?? {};

function hide() {
  if (!shown) return;
  const { opener } = shown;
  kept.clear();
  forgetDrawing();
  if (dialog.open) dialog.close();
  if (opener?.isConnected) opener.focus({ preventScroll: true });
}

function forgetDrawing() {
  shown = null;
  dialog.replaceChildren();
}

function fieldsOf(viewId) {
  if (!kept.has(viewId)) kept.set(viewId, { values: new Map(), touched: new Set(), seen: new Map() });
  return kept.get(viewId);
}

// What the sandbox knows of a field is taken unless the person here has typed over it; a field that is gone is forgotten.
function adoptServerValues(view) {
  const fields = fieldsOf(view.id);
  const present = new Set(view.view.blocks.flatMap((spec) => elementsOf(spec).map((element) => keyOf(spec.block_id, element))));
  for (const key of [...fields.values.keys(), ...fields.seen.keys()]) {
    if (!present.has(key)) for (const kind of [fields.values, fields.touched, fields.seen]) kind.delete(key);
  }
  for (const [blockId, actions] of Object.entries(view.values ?? {})) {
    for (const [actionId, value] of Object.entries(actions)) {
      const key = `${blockId}\n${actionId}`;
      const said = JSON.stringify(value);
      if (fields.seen.get(key) === said) continue;
      fields.seen.set(key, said);
      if (!fields.touched.has(key)) fields.values.set(key, value);
    }
  }
}

const desk = {
  name: "modal",
  valueOf(blockId, element) {
    const { values } = fieldsOf(shown.view.id);
    const key = keyOf(blockId, element);
    if (!values.has(key)) values.set(key, initialValue(element));
    return values.get(key);
  },
  keep(blockId, element, value) {
    const fields = fieldsOf(shown.view.id);
    fields.values.set(keyOf(blockId, element), value);
    fields.touched.add(keyOf(blockId, element));
  },
  async act(spec, element, value) {
    const { view, as } = shown;
    warn(null);
    try {
      const body = { as, view_id: view.id, block_id: spec.block_id, action_id: element.action_id, value, values: typed() };
      const answer = await post("act", body);
      if (answer.acked === false) warn(answer.warning ?? NOT_ANSWERED);
    } catch (error) {
      warn(error.message);
    }
    changed();
  },
  errorOf: (blockId) => shown.errors[blockId],
};

function elementsOf(spec) {
  return [spec.element, spec.accessory, ...(spec.type === "actions" ? spec.elements : [])].filter(takesValue);
}

// Every value of the view as the sandbox takes it: {block_id: {action_id: value}}.
function typed() {
  const values = {};
  for (const spec of shown.view.view.blocks) {
    for (const element of elementsOf(spec)) {
      values[spec.block_id] ??= {};
      values[spec.block_id][element.action_id] = desk.valueOf(spec.block_id, element);
    }
  }
  return values;
}

function draw() {
  const spec = shown.view.view;
  if (!dialog.firstElementChild) dialog.append(frame());
  dialog.dataset.view = shown.view.id;
  dialog.dataset.callback = spec.callback_id ?? "";
  dialog.querySelector("#modal-title").replaceChildren(...[textObject(spec.title, place)].flat());
  dialog.querySelector("#modal-close").textContent = spec.close?.text ?? "Close";
  dialog.querySelector("#modal-back").hidden = !(shown.depth > 1);
  const submit = dialog.querySelector("#modal-submit");
  submit.hidden = !spec.submit && !spec.blocks.some((block) => block.type === "input");
  submit.textContent = spec.submit?.text ?? "Submit";
  const items = spec.blocks.map((block, index) => ({ block, index: block.block_id ?? index, error: shown.errors[block.block_id] ?? null }));
  reconcile(dialog.querySelector("#modal-blocks"), items, (item) => item.index, (item) => block(item.block, desk, place));
}

function frame() {
  return h("form", { id: "modal-form", novalidate: true, onsubmit: submit, onkeydown: submitByKey },
    h("header", { class: "modal-bar" },
      h("button", { type: "button", id: "modal-back", class: "icon-button", "aria-label": "Back", onclick: close }, icon("back")),
      h("h2", { id: "modal-title" }),
      h("button", { type: "button", id: "modal-x", class: "icon-button", "aria-label": "Close", onclick: close }, icon("close"))),
    h("div", { id: "modal-blocks" }),
    h("p", { id: "modal-warning", class: "warning", role: "alert", hidden: true }),
    h("footer", { class: "dialog-buttons" },
      h("button", { type: "button", id: "modal-close", class: "button", onclick: close }),
      h("button", { type: "submit", id: "modal-submit", class: "button primary" })));
}

function warn(text) {
  const line = dialog.querySelector("#modal-warning");
  if (!line) return;
  line.textContent = text ?? "";
  line.hidden = !text;
}

function focusFirst() {
  const inputs = "input:not([type=radio]), input:checked, textarea, select";
  const first = dialog.querySelector(`#modal-blocks :is(${inputs})`) ?? dialog.querySelector("#modal-blocks :is(button, input)")
    ?? dialog.querySelector("#modal-submit:not([hidden])") ?? dialog.querySelector("#modal-close");
  first?.focus();
  dialog.querySelector("#modal-blocks").scrollTop = 0;
}

function submitByKey(event) {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    event.currentTarget.requestSubmit();
  }
}

async function submit(event) {
  event.preventDefault();
  const button = dialog.querySelector("#modal-submit");
  if (button.hidden || button.getAttribute("aria-busy") === "true") return;
  warn(null);
  const { view, as } = shown;
  button.setAttribute("aria-busy", "true");
  try {
    const answer = await post("submit", { as, view_id: view.id, values: typed() });
    if (answer.errors) showErrors(answer.errors);
    else if (shown) showErrors({}, false);
    if (answer.warning) warn(answer.warning);
  } catch (error) {
    warn(error.message);
  } finally {
    button.removeAttribute("aria-busy");
    changed();
  }
}

function showErrors(errors, focus = true) {
  if (!shown) return;
  shown.errors = errors;
  draw();
  const first = dialog.querySelector(".field.invalid :is(input, textarea, select, summary)");
  if (focus) first?.focus();
  const known = new Set(shown.view.view.blocks.map((block) => block.block_id));
  const elsewhere = Object.entries(errors).filter(([id]) => !known.has(id)).map(([, text]) => text);
  if (elsewhere.length) warn(elsewhere.join(" "));
}

async function close() {
  if (!shown) return;
  const { view, as } = shown;
  try {
    await post("close", { as, view_id: view.id });
  } catch (error) {
    toast(error.message);
  }
  changed();
}
