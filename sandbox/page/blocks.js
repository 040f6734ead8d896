// Block Kit as it is read. What takes a value is in inputs.js.
import { h } from "./dom.js";
import { control } from "./inputs.js";
import { richText, textObject } from "./text.js";

/**
 * One block. `desk` is where its controls find their values and send their actions (see inputs.js); `place` is what
 * text needs to know: people, channels, you, now.
 */
export function block(spec, desk, place) {
  const body = bodyOf(spec, desk, place);
  body.classList.add("block", `block-${spec.type}`);
  body.dataset.block = spec.block_id ?? "";
  return body;
}

function bodyOf(spec, desk, place) {
  switch (spec.type) {
    case "header": return h("h3", {}, textObject(spec.text, place));
    case "section": return section(spec, desk, place);
    case "actions": return h("div", {}, (spec.elements ?? []).map((element) => control(element, spec, desk, place)));
    case "context": return h("div", {}, (spec.elements ?? []).map((element) => contextPart(element, place)));
    case "divider": return h("hr");
    case "image": return image(spec, place);
    case "rich_text": return h("div", {}, richText(spec.elements ?? [], place));
    case "input": return input(spec, desk, place);
    case "markdown": return h("div", { class: "preformatted" }, spec.text ?? "");
    default: return h("p", { class: "unknown" }, `This page does not draw blocks of type “${spec.type}”.`);
  }
}

function section(spec, desk, place) {
  const words = h("div", { class: "section-words" });
  if (spec.text) words.append(h("div", { class: "words" }, textObject(spec.text, place)));
  if (spec.fields) {
    const fields = spec.fields.map((field) => h("div", { class: "words" }, textObject(field, place)));
    words.append(h("div", { class: "fields" }, fields));
  }
  if (!spec.accessory) return h("div", {}, words);
  const accessory = spec.accessory.type === "image"
    ? picture(spec.accessory, "thumb")
    : control(spec.accessory, spec, desk, place);
  const wide = ["checkboxes", "radio_buttons"].includes(spec.accessory.type);
  return h("div", {}, words, h("div", { class: wide ? "accessory wide" : "accessory" }, accessory));
}

function contextPart(element, place) {
  if (element.type === "image") return picture(element, "tiny");
  return h("span", { class: "words" }, textObject(element, place));
}

function image(spec, place) {
  const title = spec.title ? h("figcaption", {}, textObject(spec.title, place)) : null;
  return h("figure", {}, title, picture(spec, "picture"));
}

const picture = (spec, kind) => h("img", { class: kind, src: spec.image_url, alt: spec.alt_text ?? "", loading: "lazy" });

// An input block: the label is bound to its control, a group of boxes is a fieldset with a legend.
function input(spec, desk, place) {
  const id = `${desk.name}-${spec.block_id ?? ""}`;
  const optional = spec.optional ? h("span", { class: "optional" }, " (optional)") : null;
  const label = [textObject(spec.label, place), optional];
  const error = desk.errorOf(spec.block_id);
  const hint = spec.hint ? h("p", { class: "field-hint", id: `${id}-hint` }, textObject(spec.hint, place)) : null;
  const warning = h("p", { class: "field-error", id: `${id}-error`, hidden: !error }, error ?? "");
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ") || undefined;
  const inner = control(spec.element, spec, desk, place, { id, described, invalid: Boolean(error), required: !spec.optional });
  const grouped = ["radio_buttons", "checkboxes", "multi_static_select", "multi_users_select"].includes(spec.element?.type);
  const holder = grouped
    ? h("fieldset", { class: error ? "field invalid" : "field", "aria-describedby": described }, h("legend", {}, label), inner)
    : h("div", { class: error ? "field invalid" : "field" }, h("label", { for: id }, label), inner);
  holder.append(...[hint, warning].filter(Boolean));
  return holder;
}
