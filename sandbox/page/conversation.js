// A list of messages and the box below it: the conversation in the middle and the thread at its side are the same thing twice.
import { block } from "./blocks.js";
import { avatar, confirmed, h, icon, post, reconcile, toast } from "./dom.js";
import { grow, initialValue } from "./inputs.js";
import { bareTime, clockTime, dayOf, longDay, mrkdwn, nameOf, nearDay, slackToTyped, spoken, stamp, typedToSlack } from "./text.js";

const NOT_ANSWERED = "This app did not respond in time. Try again.";
const SAME_BREATH = 5 * 60 * 1000;

const instant = (ts) => new Date(Number(ts) * 1000);
const announcer = document.getElementById("announcer");

/** What a person has begun and not sent stays here while they look elsewhere. */
const drafts = new Map();
const warnings = new Map();
const choices = new Map();

export class Conversation {
  /** `where()` tells {as, channel, thread, place}; `open` opens a thread; `changed` asks for fresh data. */
  constructor({ list, scroller, form, newer, where, open, changed }) {
    Object.assign(this, { list, scroller, form, newer, where, open, changed });
    this.box = form.querySelector("textarea");
    this.alsoInChannel = form.querySelector("input[type=checkbox]");
    this.editing = null;
    this.messages = [];
    form.addEventListener("submit", (event) => this.send(event));
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.box.addEventListener("input", () => this.keepDraft());
    newer?.addEventListener("click", () => this.toEnd());
    // When a panel opens or a keyboard slides up, who was reading the end still reads the end.
    new ResizeObserver(() => this.wasAtEnd && this.toEnd()).observe(scroller);
    scroller.addEventListener("scroll", () => {
      this.wasAtEnd = this.atEnd();
      if (this.wasAtEnd) this.hideNewer();
    });
  }

  /** The identity of what is shown; when it changes, the list starts anew at its end. */
  get address() {
    const { as, channel, thread } = this.where();
    return [as, channel, thread ?? ""].join(" ");
  }

  show(messages) {
    const moved = this.address !== this.shownAddress;
    const stay = !moved && !this.atEnd();
    const known = new Set(this.messages.map((message) => message.ts));
    const news = moved ? [] : messages.filter((message) => !known.has(message.ts));
    if (moved) this.enter();
    this.messages = messages;
    this.draw();
    if (!stay) this.toEnd();
    const foreign = news.filter((message) => message.user !== this.where().as);
    if (stay && news.length && this.newer) this.newer.hidden = false;
    if (news.some((message) => message.user === this.where().as)) this.toEnd();
    this.announce(foreign);
  }

  enter() {
    this.shownAddress = this.address;
    this.editing = null;
    this.list.replaceChildren();
    this.hideNewer();
    this.box.value = drafts.get(this.address) ?? "";
    grow(this.box);
  }

  draw() {
    const { now } = this.where().place;
    let before = null;
    const rows = this.messages.flatMap((message, index) => {
      const at = instant(message.ts);
      const day = !before || dayOf(at) !== dayOf(instant(before.ts));
      const joined = !day && before.user === message.user && !before.ephemeral === !message.ephemeral
        && !before.subtype && !message.subtype && at - instant(before.ts) < SAME_BREATH;
      before = message;
      const key = `${message.ts}${message.ephemeral ? "e" : ""}`;
      const row = { key, message, joined, editing: this.editing === message.ts, warning: warnings.get(this.keyOf(message)) ?? null };
      if (index === 1 && this.where().thread) return [{ key: "replies", day: "Replies" }, { ...row, joined: false }];
      return day ? [{ key: `day ${dayOf(at)}`, day: nearDay(at, now) ?? longDay(at) }, row] : [row];
    });
    const people = this.where().place.people.map((person) => person.name).join();
    reconcile(this.list, rows.map((row) => ({ ...row, people })), (row) => row.key, (row) => (row.day ? divider(row.day) : this.row(row)));
  }

  keyOf(message) {
    return `${this.where().as} ${this.where().channel} ${message.ts}`;
  }

  row({ message, joined, editing, warning }) {
    const { as, channel, place } = this.where();
    const at = instant(message.ts);
    const name = message.name ?? nameOf(place.people, message.user);
    const mine = message.user === as && !message.bot && !message.ephemeral;
    const classes = ["message", joined && "joined", message.ephemeral && "ephemeral", mine && "mine"].filter(Boolean).join(" ");
    const time = h("time", { datetime: at.toISOString(), title: stamp(at) }, clockTime(at));
    const head = joined ? null : h("div", { class: "message-head" },
      h("strong", { class: "author" }, name), message.bot ? h("span", { class: "app-mark" }, "App") : null, time);
    return h("li", { class: classes, data: { ts: message.ts, channel, user: message.user, thread: message.thread_ts ?? undefined } },
      h("div", { class: "gutter" }, joined ? h("time", { title: stamp(at) }, bareTime(at)) : avatar(message.user ?? name, place.people.find((one) => one.id === message.user)?.real_name || name, message.bot)),
      h("div", { class: "message-body" },
        message.ephemeral ? h("div", { class: "note" }, icon("eye"), "Only visible to you") : null,
        this.broadcastNote(message),
        head,
        editing ? this.editor(message) : this.content(message),
        warning ? h("p", { class: "warning", role: "alert" }, warning) : null,
        this.replies(message)),
      editing ? null : this.tools(message, mine));
  }

  broadcastNote(message) {
    if (message.subtype !== "thread_broadcast" || this.where().thread) return null;
    return h("button", { type: "button", class: "note linkish", onclick: () => this.open(message.thread_ts) }, icon("reply"), "Replied to a thread");
  }

  content(message) {
    const { place } = this.where();
    if (message.deleted || message.subtype === "tombstone") return h("p", { class: "gone" }, "This message was deleted.");
    const edited = message.edited && !message.bot ? h("span", { class: "edited" }, " (edited)") : null;
    if (!message.blocks?.length) return h("div", { class: "words" }, mrkdwn(message.text ?? "", place), edited);
    const desk = this.desk(message);
    const drawn = h("div", { class: "blocks" }, message.blocks.map((spec) => block(spec, desk, place)));
    if (edited) ([...drawn.querySelectorAll(".rich-section")].at(-1) ?? drawn).append(edited);
    return drawn;
  }

  replies(message) {
    if (!message.reply_count || this.where().thread) return null;
    const words = message.reply_count === 1 ? "1 reply" : `${message.reply_count} replies`;
    return h("button", { type: "button", class: "replies", "data-role": "replies", onclick: () => this.open(message.ts) },
      icon("reply"), words);
  }

  tools(message, mine) {
    if (message.ephemeral || message.deleted) return null;
    const tool = (role, label, onclick) => h("button", { type: "button", class: "icon-button", "data-role": role, "aria-label": label, title: label, onclick }, icon(role));
    const all = [
      this.where().thread ? null : tool("reply", "Reply in a thread", () => this.open(message.thread_ts ?? message.ts, true)),
      mine ? tool("edit", "Edit message", () => this.edit(message)) : null,
      mine ? tool("trash", "Delete message", () => this.remove(message)) : null,
    ].filter(Boolean);
    return all.length ? h("div", { class: "tools" }, all) : null;
  }

  /** Where the controls of a message keep their values: what was just chosen here, else what the sandbox keeps. */
  desk(message) {
    const { as, channel } = this.where();
    const key = (blockId, element) => `${this.keyOf(message)} ${blockId} ${element.action_id}`;
    const latest = () => this.messages.find((one) => one.ts === message.ts) ?? message;
    return {
      name: `m${message.ts.replace(".", "-")}`,
      valueOf: (blockId, element) => {
        const ticks = latest().ticks?.[blockId]?.[element.action_id];
        const single = !["checkboxes", "multi_static_select", "multi_users_select"].includes(element.type);
        const told = ticks === undefined || ticks === null ? initialValue(element) : single && Array.isArray(ticks) ? ticks[0] ?? null : ticks;
        const chosen = choices.get(key(blockId, element));
        return chosen && chosen.told === JSON.stringify(told) ? chosen.value : told;
      },
      keep(blockId, element, value) {
        choices.delete(key(blockId, element));
        choices.set(key(blockId, element), { value, told: JSON.stringify(this.valueOf(blockId, element)) });
      },
      errorOf: () => null,
      act: async (spec, element, value) => {
        this.warn(message, null);
        try {
          const answer = await post("act", { as, channel, ts: message.ts, block_id: spec.block_id, action_id: element.action_id, value });
          if (answer.acked === false || answer.warning) this.warn(message, answer.warning ?? NOT_ANSWERED);
        } catch (error) {
          this.warn(message, error.message);
        }
        this.changed();
      },
    };
  }

  warn(message, text) {
    if (text === null ? !warnings.delete(this.keyOf(message)) : false) return;
    if (text !== null) warnings.set(this.keyOf(message), text);
    this.draw();
  }

  edit(message) {
    this.editing = message.ts;
    this.draw();
    const area = this.list.querySelector(".editor textarea");
    area.focus();
    area.setSelectionRange(area.value.length, area.value.length);
    grow(area);
    area.scrollIntoView({ block: "nearest" });
  }

  editor(message) {
    const { people } = this.where().place;
    const key = `edit ${this.keyOf(message)}`;
    const area = h("textarea", {
      class: "input", rows: 1, "aria-label": "Edit your message", "data-role": "editor",
      value: drafts.get(key) ?? slackToTyped(message.text ?? "", people),
      oninput: () => { drafts.set(key, area.value); grow(area); },
      onkeydown: (event) => {
        if (event.key === "Escape") stop();
        if (event.key === "Enter" && !event.shiftKey && !event.isComposing) save(event);
      },
    });
    const stop = () => {
      drafts.delete(key);
      this.editing = null;
      this.draw();
      this.box.focus();
    };
    const save = async (event) => {
      event.preventDefault();
      const text = typedToSlack(area.value.trim(), people);
      if (!text) return this.remove(message);
      await this.tell("edit", { ts: message.ts, text });
      stop();
    };
    return h("form", { class: "editor", onsubmit: save }, area,
      h("div", { class: "dialog-buttons" },
        h("button", { type: "button", class: "button", onclick: stop }, "Cancel"),
        h("button", { type: "submit", class: "button primary" }, "Save")));
  }

  async remove(message) {
    const { place } = this.where();
    const text = h("blockquote", {}, mrkdwn(message.text ?? "", place));
    const sure = await confirmed({ title: "Delete this message?", text, confirm: "Delete", deny: "Cancel", style: "danger" });
    if (sure) await this.tell("delete", { ts: message.ts });
  }

  async tell(path, body) {
    const { as, channel } = this.where();
    try {
      await post(path, { as, channel, ...body });
      return true;
    } catch (error) {
      toast(error.message);
      return false;
    } finally {
      this.changed();
    }
  }

  key(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.form.requestSubmit();
    } else if (event.key === "ArrowUp" && !this.box.value) {
      const { as } = this.where();
      const last = this.messages.findLast((message) => message.user === as && !message.bot && !message.ephemeral && !message.deleted);
      if (last) {
        event.preventDefault();
        this.edit(last);
      }
    }
  }

  keepDraft() {
    drafts.set(this.address, this.box.value);
    grow(this.box);
  }

  async send(event) {
    event.preventDefault();
    const typed = this.box.value;
    const { thread, place } = this.where();
    const address = this.address;
    if (!typed.trim()) return;
    const broadcast = this.alsoInChannel?.checked || undefined;
    this.box.value = "";
    if (broadcast) this.alsoInChannel.checked = false;
    this.keepDraft();
    const sent = await this.tell("say", { text: typedToSlack(typed.trim(), place.people), thread, broadcast });
    if (sent || drafts.get(address)) return;
    drafts.set(address, typed);
    if (this.address === address) this.box.value = typed;
  }

  atEnd() {
    return this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight < 60;
  }

  toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.wasAtEnd = true;
    this.hideNewer();
  }

  hideNewer() {
    if (this.newer) this.newer.hidden = true;
  }

  announce(news) {
    if (!news.length) return;
    const { place } = this.where();
    announcer.textContent = news.map((m) => `${m.name ?? nameOf(place.people, m.user)}: ${spoken(m.text, place)}`).join(". ");
  }
}

const divider = (words) => h("li", { class: "day", role: "separator" }, h("span", {}, words));
