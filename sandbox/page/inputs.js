// The interactive elements of Block Kit: buttons, choices, boxes to type in.
//
// A desk is where an element's value lives while a person works on it (a message or a modal has one):
//   desk.name                              begins the ids of labelled inputs
//   desk.valueOf(block_id, element)        what stands in it now
//   desk.keep(block_id, element, value)    remember what was typed or chosen
//   desk.act(block, element, value)        send the action; resolves to false when the person thought better of it
//   desk.errorOf(block_id)                 what is wrong with it, in words
import { confirmed, follow, h } from "./dom.js";
import { textObject } from "./text.js";

/** The value that an element shows when nobody has touched it, in the form in which the sandbox takes values. */
export function initialValue(element) {
  switch (element.type) {
    case "checkboxes":
    case "multi_static_select":
      return (element.initial_options ?? []).map((option) => option.value);
    case "multi_users_select": return element.initial_users ?? [];
    case "radio_buttons":
    case "static_select":
      return element.initial_option?.value ?? null;
    case "users_select": return element.initial_user ?? null;
    case "conversations_select": return element.initial_conversation ?? null;
    case "channels_select": return element.initial_channel ?? null;
    case "datepicker": return element.initial_date ?? null;
    case "timepicker": return element.initial_time ?? null;
    case "datetimepicker": return element.initial_date_time ?? null;
    default: return element.initial_value ?? null;
  }
}

export const takesValue = (element) => element && !["button", "overflow", "image", "workflow_button"].includes(element.type);

/** One element. `field` says how an input block has labelled it. */
export function control(element, spec, desk, place, field = {}) {
  const draw = DRAW[element?.type];
  if (!draw) return h("span", { class: "unknown" }, `[${element?.type}]`);
  return draw({ element, spec, desk, place, field });
}

const DRAW = {
  button,
  overflow,
  static_select: (at) => select(at, optionsOf(at.element)),
  users_select: (at) => select(at, [{ options: peopleOptions(at.place) }]),
  conversations_select: (at) => select(at, [{ options: channelOptions(at.place) }]),
  channels_select: (at) => select(at, [{ options: channelOptions(at.place) }]),
  multi_static_select: (at) => manySelect(at, optionsOf(at.element)),
  multi_users_select: (at) => manySelect(at, [{ options: peopleOptions(at.place) }]),
  radio_buttons: (at) => boxes(at, "radio"),
  checkboxes: (at) => boxes(at, "checkbox"),
  plain_text_input: textInput,
  rich_text_input: textInput,
  email_text_input: (at) => plainInput(at, { type: "email" }),
  url_text_input: (at) => plainInput(at, { type: "url" }),
  number_input: numberInput,
  datepicker: (at) => plainInput(at, { type: "date" }),
  timepicker: (at) => plainInput(at, { type: "time" }),
  datetimepicker: dateTime,
};

const marks = ({ element, spec }) => ({ block: spec.block_id ?? "", action: element.action_id ?? "" });

const naming = ({ element, field }) => ({
  id: field.id,
  "aria-describedby": field.described,
  "aria-invalid": field.invalid ? "true" : undefined,
  "aria-required": field.required ? "true" : undefined,
  "aria-label": field.id ? undefined : element.placeholder?.text ?? element.accessibility_label ?? element.action_id,
});

// Outside an input block a choice is sent at once; inside it waits for the submission unless the block says otherwise.
const sendsAtOnce = (spec) => spec.type !== "input" || spec.dispatch_action === true;

async function choose(at, value, undo) {
  const { element, spec, desk, place } = at;
  if (sendsAtOnce(spec)) {
    if (element.confirm && !(await agreed(element.confirm, place))) return undo?.();
    desk.keep(spec.block_id, element, value);
    await desk.act(spec, element, value);
  } else desk.keep(spec.block_id, element, value);
}

const agreed = (confirm, place) => confirmed({
  title: confirm.title?.text ?? "Are you sure?",
  text: textObject(confirm.text, place),
  confirm: confirm.confirm?.text ?? "Yes",
  deny: confirm.deny?.text ?? "No",
  style: confirm.style,
});

function button(at) {
  const { element, spec, desk, place } = at;
  const node = h("button", {
    type: "button",
    class: `button ${element.style ?? ""}`,
    data: marks(at),
    "aria-label": element.accessibility_label,
    onclick: async () => {
      if (node.getAttribute("aria-busy") === "true") return;
      if (element.confirm && !(await agreed(element.confirm, place))) return;
      if (element.url) follow(element.url);
      node.setAttribute("aria-busy", "true");
      await desk.act(spec, element).finally(() => node.removeAttribute("aria-busy"));
    },
  }, textObject(element.text, place));
  return node;
}

function overflow(at) {
  const { element, spec, desk, place } = at;
  const pick = async (option) => {
    node.open = false;
    if (element.confirm && !(await agreed(element.confirm, place))) return;
    if (option.url) follow(option.url);
    await desk.act(spec, element, option.value);
  };
  const items = element.options.map((option) =>
    h("button", { type: "button", class: "menu-item", "data-value": option.value, onclick: () => pick(option) },
      textObject(option.text, place)));
  const node = h("details", { class: "overflow" },
    h("summary", { class: "button", "aria-label": "More actions", data: marks(at) }, "⋯"),
    h("div", { class: "menu" }, items));
  return closesItself(node);
}

// A folded list closes when the focus leaves it and on Escape, which must not close the modal around it.
function closesItself(node) {
  node.addEventListener("focusout", (event) => {
    if (!node.contains(event.relatedTarget)) node.open = false;
  });
  node.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !node.open) return;
    event.preventDefault();
    event.stopPropagation();
    node.open = false;
    node.querySelector("summary").focus();
  });
  return node;
}

const optionsOf = (element) =>
  element.option_groups?.map((group) => ({ label: group.label?.text, options: group.options })) ?? [{ options: element.options ?? [] }];

const asOption = (value, label) => ({ value, text: { type: "plain_text", text: label, emoji: false } });
const peopleOptions = (place) => place.people.filter((p) => !p.is_bot).map((p) => asOption(p.id, p.name));
const channelOptions = (place) => place.channels.map((c) => asOption(c.id, c.kind === "dm" ? c.name : `#${c.name}`));

function select(at, groups) {
  const { element, spec, desk, field } = at;
  const value = desk.valueOf(spec.block_id, element);
  const draw = (option) => h("option", { value: option.value, selected: option.value === value }, option.text.text);
  const empty = h("option", { value: "", selected: !value }, element.placeholder?.text ?? (field.required === false ? "—" : "Choose…"));
  const lists = groups.map((group) =>
    group.label ? h("optgroup", { label: group.label }, group.options.map(draw)) : group.options.map(draw));
  const node = h("select", {
    class: "select",
    data: marks(at),
    ...naming(at),
    onchange: () => choose(at, node.value || null, () => (node.value = value ?? "")),
  }, empty, lists);
  return node;
}

function manySelect(at, groups) {
  const { element, spec, desk } = at;
  const options = groups.flatMap((group) => group.options);
  const chosen = () => desk.valueOf(spec.block_id, element) ?? [];
  const shown = () => options.filter((o) => chosen().includes(o.value)).map((o) => o.text.text).join(", ");
  const words = h("span", {}, shown() || element.placeholder?.text || "Choose…");
  const items = options.map((option) => tickBox(at, "checkbox", option, chosen().includes(option.value), async () => {
    const before = chosen();
    const next = before.includes(option.value) ? before.filter((v) => v !== option.value) : [...before, option.value];
    await choose(at, next);
    words.textContent = shown() || element.placeholder?.text || "Choose…";
  }));
  return closesItself(h("details", { class: "many" }, h("summary", { class: "select", "data-role": "many" }, words),
    h("div", { class: "menu" }, items)));
}

function boxes(at, type) {
  const { element, spec, desk, field } = at;
  const current = () => desk.valueOf(spec.block_id, element);
  const isOn = (option) => (type === "radio" ? current() === option.value : (current() ?? []).includes(option.value));
  const options = element.options ?? [];
  const draw = (option) => tickBox(at, type, option, isOn(option), async (box) => {
    if (type === "radio") return choose(at, option.value, () => (box.checked = false));
    const before = current() ?? [];
    const next = options.map((o) => o.value).filter((v) => (v === option.value ? box.checked : before.includes(v)));
    return choose(at, next, () => (box.checked = !box.checked));
  });
  // A few short words stand in one row; a form of forty such choices is then half as long.
  const short = type === "radio" && options.length <= 4 && options.every((o) => !o.description && o.text.text.length <= 20);
  return h("div", {
    class: short ? "boxes row" : "boxes",
    role: field.id ? undefined : type === "radio" ? "radiogroup" : "group",
    "aria-label": field.id ? undefined : spec.text?.text ?? "Choices",
  }, options.map(draw));
}

function tickBox(at, type, option, checked, changed) {
  const { element, spec, desk, place } = at;
  const box = h("input", {
    type,
    name: type === "radio" ? `${desk.name}-${spec.block_id}-${element.action_id}` : undefined,
    value: option.value,
    checked,
    data: marks(at),
    onchange: () => changed(box),
  });
  box.setAttribute("value", option.value);
  const description = option.description ? h("span", { class: "description" }, textObject(option.description, place)) : null;
  return h("label", { class: "tick" }, box, h("span", { class: "tick-words" }, textObject(option.text, place), description));
}

/** Makes a text box as tall as what is in it, up to what its style allows. */
export function grow(area) {
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight + 2}px`;
}

function textInput(at) {
  const { element, spec, desk } = at;
  const tall = element.multiline || element.type === "rich_text_input";
  if (!tall) return plainInput(at, { type: "text" });
  const counter = h("span", { class: "counter", "aria-hidden": "true" });
  const area = h("textarea", {
    class: "input",
    rows: 3,
    placeholder: element.placeholder?.text,
    data: marks(at),
    ...naming(at),
    value: desk.valueOf(spec.block_id, element) ?? "",
    oninput: () => {
      desk.keep(spec.block_id, element, area.value);
      count(element, area, counter);
      grow(area);
    },
    onchange: () => spec.dispatch_action && desk.act(spec, element, area.value),
  });
  count(element, area, counter);
  requestAnimationFrame(() => area.isConnected && grow(area));
  return h("div", { class: "counted" }, area, counter);
}

// The number of letters left is said once it matters.
function count(element, area, counter) {
  const left = (element.max_length ?? Infinity) - area.value.length;
  counter.textContent = left < 200 && left < element.max_length / 2 ? String(left) : "";
  counter.classList.toggle("over", left < 0);
}

function plainInput(at, kind) {
  const { element, spec, desk } = at;
  const node = h("input", {
    class: "input",
    ...kind,
    placeholder: element.placeholder?.text,
    data: marks(at),
    ...naming(at),
    value: desk.valueOf(spec.block_id, element) ?? "",
    oninput: () => desk.keep(spec.block_id, element, node.value || null),
    onchange: () => sendsAtOnce(spec) && choose(at, node.value || null),
  });
  if (kind.type === "text") node.autocomplete = "off";
  return node;
}

function numberInput(at) {
  const { element } = at;
  return plainInput(at, { type: "number", step: element.is_decimal_allowed ? "any" : "1", min: element.min_value, max: element.max_value });
}

// Block Kit's date and time is a number of seconds; the browser's is a local civil time.
function dateTime(at) {
  const { element, spec, desk } = at;
  const seconds = desk.valueOf(spec.block_id, element);
  const local = (at) => new Date(at * 1000 - new Date(at * 1000).getTimezoneOffset() * 60000).toISOString().slice(0, 16);
  const node = h("input", {
    class: "input",
    type: "datetime-local",
    data: marks(at),
    ...naming(at),
    value: seconds ? local(seconds) : "",
    onchange: () => choose(at, node.value ? Math.floor(new Date(node.value).getTime() / 1000) : null),
  });
  return node;
}
