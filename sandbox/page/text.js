// Slack's text as a person reads it: mrkdwn, rich text, dates and emoji, built as DOM nodes and never as HTML.
import { h } from "./dom.js";
import { emojiNamed } from "./emoji.js";

export const unescape = (text) => text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");

/** What a person typed, as the sandbox takes it: `@name` of a known person is a mention, the rest stays as it is. */
export function typedToSlack(text, people) {
  const names = people.flatMap((p) => [[p.name, p.id], [p.real_name, p.id]]).filter(([name]) => name);
  names.sort((a, b) => b[0].length - a[0].length);
  let sent = text;
  for (const [name, id] of names) {
    const pattern = name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    sent = sent.replace(new RegExp(`(^|[\\s(])@${pattern}(?![\\w>])`, "giu"), `$1<@${id}>`);
  }
  return sent;
}

/** The same way back, for the box in which a message is edited. */
export function slackToTyped(text, people) {
  return unescape(text.replace(/<@(\w+)(?:\|[^>]*)?>/g, (_, id) => `@${nameOf(people, id)}`)
    .replace(/<([a-z]+:[^>|]+)(?:\|[^>]*)?>/g, "$1"));
}

export function nameOf(people, id) {
  return people.find((person) => person.id === id)?.name ?? id;
}

/** A text object (plain_text or mrkdwn) or nothing. */
export function textObject(object, place) {
  if (!object) return null;
  if (object.type === "mrkdwn") return mrkdwn(object.text ?? "", place);
  return withBreaks(object.emoji === false ? object.text ?? "" : withEmoji(object.text ?? ""));
}

const withEmoji = (text) => text.replace(/:([a-z0-9_+-]+):/g, (whole, name) => emojiNamed(name) ?? whole);
const withBreaks = (text) => text.split("\n").flatMap((line, index) => (index ? [h("br"), line] : [line]));

/** mrkdwn as an array of nodes. `place` knows the people, the channels, the time and whether a mention is of oneself. */
export function mrkdwn(text, place) {
  return text.split(/```\n?([\s\S]*?)```/g).flatMap((part, index) => {
    if (index % 2 === 1) return [h("pre", {}, unescape(part.replace(/\n$/, "")))];
    return quotesAndLines(index > 0 ? part.replace(/^\n/, "") : part, place);
  });
}

function quotesAndLines(text, place) {
  const nodes = [];
  let quoted = null;
  for (const line of text.split("\n")) {
    const quote = /^(?:&gt;|>) ?(.*)$/.exec(line);
    if (quote) {
      if (quoted) quoted.append(h("br"));
      else nodes.push((quoted = h("blockquote")));
      quoted.append(...inline(quote[1], place));
    } else {
      if (!quoted && nodes.length) nodes.push(h("br"));
      quoted = null;
      nodes.push(...inline(line, place));
    }
  }
  return nodes;
}

const MARKS = { "*": "b", _: "i", "~": "s" };
const isWord = (letter) => letter !== undefined && /[\p{L}\p{N}_]/u.test(letter);

function inline(text, place) {
  const nodes = [];
  let plain = "";
  const flush = () => {
    if (plain) nodes.push(...linked(unescape(plain)));
    plain = "";
  };
  for (let i = 0; i < text.length; ) {
    const found = spanAt(text, i, place);
    if (!found) {
      plain += text[i++];
      continue;
    }
    flush();
    nodes.push(...[found.node].flat());
    i = found.end;
  }
  flush();
  return nodes;
}

function spanAt(text, i, place) {
  const letter = text[i];
  if (letter === "<") {
    const end = text.indexOf(">", i);
    return end > i + 1 ? { node: angled(text.slice(i + 1, end), place), end: end + 1 } : null;
  }
  if (letter === "`") {
    const end = text.indexOf("`", i + 1);
    return end > i + 1 ? { node: h("code", {}, unescape(text.slice(i + 1, end))), end: end + 1 } : null;
  }
  if (letter === ":") {
    const name = /^:([a-z0-9_+-]+):/.exec(text.slice(i, i + 60));
    const emoji = name && emojiNamed(name[1]);
    return emoji ? { node: emojiNode(emoji, name[1]), end: i + name[0].length } : null;
  }
  const tag = MARKS[letter];
  if (!tag || isWord(text[i - 1]) || text[i + 1] === undefined || /\s/.test(text[i + 1])) return null;
  const end = closing(text, i, letter);
  return end ? { node: h(tag, {}, inline(text.slice(i + 1, end), place)), end: end + 1 } : null;
}

// The place where a mark closes: not after a space, not before a word, not inside a link or a piece of code.
function closing(text, start, mark) {
  let inside = null;
  for (let i = start + 1; i < text.length; i++) {
    const letter = text[i];
    if (inside) {
      if (letter === inside) inside = null;
    } else if (letter === "<") inside = ">";
    else if (letter === "`" && text.indexOf("`", i + 1) > 0) inside = "`";
    else if (letter === mark && i > start + 1 && !/\s/.test(text[i - 1]) && !isWord(text[i + 1])) return i;
  }
  return null;
}

const emojiNode = (emoji, name) => h("span", { class: "emoji", role: "img", "aria-label": name.replace(/_/g, " ") }, emoji);

function linked(text) {
  return text.split(/(https?:\/\/[^\s<>]*[^\s<>.,;:!?)'"\]])/g)
    .flatMap((part, index) => (index % 2 ? [link(part, part)] : part ? [part] : []));
}

function link(url, label) {
  if (!/^(https?|mailto|tel|slack):/i.test(url)) return label;
  return h("a", { href: url, target: "_blank", rel: "noreferrer noopener" }, label);
}

// What stands between < and >: a mention, a channel, a date, a broadcast or a link.
function angled(body, place) {
  const bar = body.indexOf("|");
  const [head, label] = bar < 0 ? [body, null] : [body.slice(0, bar), unescape(body.slice(bar + 1))];
  if (head.startsWith("@")) return mention(head.slice(1), place);
  if (head.startsWith("#")) return channelLink(head.slice(1), label, place);
  if (head.startsWith("!date^")) {
    const [, seconds, format, url] = head.split("^");
    return dateNode(Number(seconds), format, url, label, place);
  }
  if (head.startsWith("!")) {
    const name = head.slice(1).split("^")[0];
    return h("span", { class: "mention me" }, label ?? `@${name}`);
  }
  return link(unescape(head), label ?? unescape(head).replace(/^mailto:/, ""));
}

function mention(id, place) {
  return h("span", { class: id === place.you ? "mention me" : "mention", data: { user: id } }, `@${nameOf(place.people, id)}`);
}

function channelLink(id, label, place) {
  const name = place.channels.find((channel) => channel.id === id)?.name ?? label ?? id;
  const hash = new URLSearchParams({ as: place.you, in: id });
  return h("a", { class: "mention", href: `#${hash}` }, `#${name}`);
}

function dateNode(seconds, format, url, fallback, place) {
  if (!Number.isFinite(seconds)) return fallback ?? "";
  const at = new Date(seconds * 1000);
  const text = (format ?? "{date_short_pretty} {time}").replace(/\{(\w+)\}/g, (whole, token) => dateToken(token, at, place) ?? whole);
  const node = h("time", { datetime: at.toISOString(), title: stamp(at) }, text);
  return url ? h("a", { href: url, target: "_blank", rel: "noreferrer noopener" }, node) : node;
}

/** Times are told in the zone of the person one is, as Slack does, and not in the browser's. */
let zone;
export function tellTimesIn(name) {
  zone = name || undefined;
}

const asText = (at, options) => new Intl.DateTimeFormat(undefined, { timeZone: zone, ...options }).format(at);
/** The civil date, such as 2026-05-22. */
export const dayOf = (at) => new Intl.DateTimeFormat("en-CA", { timeZone: zone }).format(at);
export const clockTime = (at) => asText(at, { timeStyle: "short" });
export const bareTime = (at) => clockTime(at).replace(/\s*[ap]\.?m\.?/i, "");
export const stamp = (at) => asText(at, { dateStyle: "full", timeStyle: "short" });

/** "Today", "Yesterday" or nothing, by the sandbox's own clock. */
export function nearDay(at, now) {
  const days = Math.round((Date.parse(dayOf(now)) - Date.parse(dayOf(at))) / 86400000);
  return { 0: "Today", 1: "Yesterday", "-1": "Tomorrow" }[days] ?? null;
}

export function longDay(at) {
  return asText(at, { weekday: "long", day: "numeric", month: "long" });
}

function dateToken(token, at, place) {
  const pretty = (options) => nearDay(at, place.now)?.toLowerCase() ?? asText(at, options);
  const short = { day: "numeric", month: "short", year: "numeric" };
  const long = { weekday: "long", day: "numeric", month: "long", year: "numeric" };
  const middle = { day: "numeric", month: "long", year: "numeric" };
  const writers = {
    time: () => clockTime(at),
    time_secs: () => asText(at, { timeStyle: "medium" }),
    date_num: () => dayOf(at),
    date: () => asText(at, middle),
    date_short: () => asText(at, short),
    date_long: () => asText(at, long),
    date_pretty: () => pretty(middle),
    date_short_pretty: () => pretty(short),
    date_long_pretty: () => pretty(long),
    date_slash: () => asText(at, { day: "2-digit", month: "2-digit", year: "numeric" }),
    ago: () => ago(at, place.now),
    day_divider_pretty: () => nearDay(at, place.now) ?? longDay(at),
  };
  return writers[token]?.();
}

function ago(at, now) {
  const minutes = Math.round((at - now) / 60000);
  const [count, unit] = Math.abs(minutes) < 60 ? [minutes, "minute"]
    : Math.abs(minutes) < 1440 ? [Math.round(minutes / 60), "hour"] : [Math.round(minutes / 1440), "day"];
  return new Intl.RelativeTimeFormat(undefined, { numeric: "auto" }).format(count, unit);
}

/** A rich_text block's elements. */
export function richText(elements, place) {
  return elements.map((element) => {
    const nodes = () => (element.elements ?? []).map((part) => richPart(part, place));
    switch (element.type) {
      case "rich_text_section": return h("div", { class: "rich-section" }, nodes());
      case "rich_text_quote": return h("blockquote", {}, nodes());
      case "rich_text_preformatted": return h("pre", {}, nodes());
      case "rich_text_list": return richList(element, place);
      default: return h("div", {}, nodes());
    }
  });
}

function richList(list, place) {
  const items = (list.elements ?? []).map((item) => h("li", {}, (item.elements ?? []).map((part) => richPart(part, place))));
  const start = list.style === "ordered" && list.offset ? list.offset + 1 : undefined;
  const classes = `rich-list indent-${Math.min(list.indent ?? 0, 8)}${list.border ? " bordered" : ""}`;
  return h(list.style === "ordered" ? "ol" : "ul", { class: classes, start }, items);
}

function richPart(part, place) {
  let node = richLeaf(part, place);
  const style = part.style ?? {};
  for (const [name, tag] of [["code", "code"], ["strike", "s"], ["italic", "i"], ["bold", "b"], ["underline", "u"]]) {
    if (style[name]) node = h(tag, {}, node);
  }
  return node;
}

function richLeaf(part, place) {
  switch (part.type) {
    case "text": return withBreaks(part.text ?? "");
    case "link": return link(part.url ?? "", part.text ?? part.url ?? "");
    case "user": return mention(part.user_id, place);
    case "channel": return channelLink(part.channel_id, null, place);
    case "usergroup": return h("span", { class: "mention" }, `@${part.usergroup_id}`);
    case "broadcast": return h("span", { class: "mention me" }, `@${part.range}`);
    case "date": return dateNode(part.timestamp, part.format, part.url, part.fallback, place);
    case "color": return part.value ?? "";
    case "emoji": {
      const drawn = part.unicode && String.fromCodePoint(...part.unicode.split("-").map((code) => parseInt(code, 16)));
      return emojiNode(drawn ?? emojiNamed(part.name) ?? `:${part.name}:`, part.name ?? "");
    }
    default: return part.text ?? "";
  }
}

/** The words of a message in one line, for notifications read aloud. */
export function spoken(text, place) {
  return mrkdwn(text ?? "", place).map((node) => node.textContent ?? node).join(" ").replace(/\s+/g, " ").slice(0, 300);
}
