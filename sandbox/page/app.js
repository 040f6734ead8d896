// The page: who one is, where one looks, and keeping both in step with the sandbox. It knows no bot.
import { Conversation } from "./conversation.js";
import { avatar, follow, get, h, icon, permalink, post, reconcile, toast } from "./dom.js";
import { showView, startModal } from "./modal.js";
import { nameOf, tellTimesIn } from "./text.js";

const at = (id) => document.getElementById(id);
const wide = window.matchMedia("(min-width: 721px)");

let state = null;
let place = { people: [], channels: [], you: null, now: Date.now() };

/** The address is the truth: #as=U0ANA&in=D0ANA&thread=1700000000.000100 */
function read() {
  const hash = new URLSearchParams(location.hash.slice(1));
  return { as: hash.get("as"), in: hash.get("in"), thread: hash.get("thread") };
}

function go(next, replace = false) {
  const parts = Object.entries({ ...read(), ...next }).filter(([, value]) => value);
  const hash = `#${new URLSearchParams(parts)}`;
  if (hash === location.hash) return refresh();
  if (replace) history.replaceState(null, "", hash);
  else history.pushState(null, "", hash);
  return refresh();
}

const where = (thread) => () => ({ as: read().as, channel: read().in, thread: thread ? read().thread : undefined, place });
const openThread = async (ts, focus) => {
  await go({ thread: ts });
  if (focus || wide.matches) at("thread-composer").focus();
};

const main = new Conversation({
  list: at("messages"), scroller: at("scroller"), form: at("composer-form"), newer: at("newer"),
  where: where(false), open: openThread, changed: () => refresh(),
});
const thread = new Conversation({
  list: at("thread-messages"), scroller: at("thread-scroller"), form: at("thread-form"),
  where: where(true), open: openThread, changed: () => refresh(),
});

// One refresh at a time; what changes meanwhile is fetched by one more.
let running = null;
let again = false;

function refresh() {
  if (running) {
    again = true;
    return running;
  }
  running = (async () => {
    do {
      again = false;
      try {
        await fetchAll();
        at("lost").hidden = true;
      } catch (error) {
        if (error instanceof TypeError) at("lost").hidden = false;
        else toast(error.message);
      }
    } while (again);
    running = null;
  })();
  return running;
}

async function fetchAll() {
  const wanted = read();
  const fresh = await get("state", { as: wanted.as ?? undefined });
  state = fresh;
  setPlace(fresh, wanted.as);
  if (settleAddress()) wanted.as = read().as;
  const here = read();
  if (here.as !== (fresh.you)) state = await get("state", { as: here.as });
  setPlace(state, here.as);
  const asked = { as: here.as, channel: here.in };
  const [messages, replies, view] = await Promise.all([
    here.in ? get("messages", asked) : { messages: [] },
    here.in && here.thread ? get("messages", { ...asked, thread: here.thread }) : null,
    get("view", { as: here.as }),
  ]);
  const now = read();
  if (now.as !== here.as || now.in !== here.in || now.thread !== here.thread) return void (again = true);
  drawSides();
  drawHost();
  drawBar();
  main.show(messages.messages);
  at("empty").hidden = messages.messages.length > 0;
  showThread(replies?.messages);
  showView(view, here.as, place);
  Object.assign(document.body.dataset, { as: here.as, in: here.in ?? "", version: state.version });
}

function setPlace(fresh, as) {
  tellTimesIn(fresh.people.find((person) => person.id === as)?.tz);
  place = { people: fresh.people, channels: fresh.conversations, you: as, now: fresh.now };
}

// A link may name nobody or a place that this person cannot see: then the first person, or their first DM.
function settleAddress() {
  const here = read();
  const humans = place.people.filter((person) => !person.is_bot);
  const as = humans.some((person) => person.id === here.as) ? here.as : humans[0]?.id;
  const mine = state.you === as ? state.conversations : null;
  const known = mine?.some((conversation) => conversation.id === here.in);
  const fallback = mine?.find((conversation) => conversation.kind === "dm") ?? mine?.[0];
  const next = { as, in: known || !mine ? here.in : fallback?.id, thread: known || !mine ? here.thread : null };
  if (next.as === here.as && next.in === here.in && next.thread === here.thread) return false;
  history.replaceState(null, "", `#${new URLSearchParams(Object.entries(next).filter(([, value]) => value))}`);
  return true;
}

function showThread(messages) {
  const was = !at("thread").hidden;
  at("thread").hidden = !messages;
  document.body.classList.toggle("with-thread", Boolean(messages));
  if (messages) {
    const count = messages.filter((message) => !message.ephemeral).length - 1;
    at("thread-note").textContent = count > 0 ? (count === 1 ? "1 reply" : `${count} replies`) : "";
    thread.show(messages);
  } else if (was) at("composer").focus({ preventScroll: true });
}

function drawSides() {
  const { as, in: current } = read();
  const humans = place.people.filter((person) => !person.is_bot);
  const person = humans.find((one) => one.id === as);
  reconcile(at("people-list"), humans.map((one) => ({ ...one, current: one.id === as })), (one) => one.id, personRow);
  reconcile(at("you"), [{ team: state.workspace, person }], () => "you", youCard);
  const rows = state.conversations.map((one) => ({ ...one, unread: unread(as, one, current), current: one.id === current }));
  reconcile(at("channel-list"), rows.filter((one) => one.kind !== "dm"), (one) => one.id, conversationRow);
  reconcile(at("dm-list"), rows.filter((one) => one.kind === "dm"), (one) => one.id, conversationRow);
}

// The sandbox counts what others wrote; what of it was seen here is this window's own business.
function unread(as, conversation, current) {
  const key = `seen ${as} ${conversation.id}`;
  const looking = conversation.id === current && !document.hidden;
  const seen = looking ? conversation.unread : Math.min(Number(sessionStorage.getItem(key) ?? 0), conversation.unread);
  sessionStorage.setItem(key, String(seen));
  return conversation.unread - seen;
}

function personRow(person) {
  return h("li", {}, h("button", {
    type: "button", class: "person", data: { person: person.id, role: "person" },
    "aria-current": person.current ? "true" : undefined,
    title: [person.real_name, person.title, person.tz].filter(Boolean).join(" · "),
    onclick: () => become(person.id),
  }, avatar(person.id, person.real_name || person.name), h("span", { class: "person-words" },
    h("span", { class: "person-name" }, person.name), h("span", { class: "person-title" }, person.title ?? ""))));
}

function youCard({ team, person }) {
  return h("div", {}, h("p", { class: "team" }, team ?? ""),
    h("p", { class: "you" }, "You are ", h("strong", {}, person?.name ?? "nobody")),
    h("p", { class: "you-note" }, [person?.title, person?.tz.split("/").pop().replace(/_/g, " ")].filter(Boolean).join(" · ")));
}

function conversationRow(one) {
  const mark = one.kind === "dm" ? avatar(one.id, one.name, true) : icon(one.kind === "private" ? "lock" : "hash");
  const badge = one.unread
    ? h("span", { class: "badge" }, String(one.unread), h("span", { class: "hidden-label" }, " unread")) : null;
  return h("li", {}, h("button", {
    type: "button", class: one.unread ? "conversation unread" : "conversation",
    data: { conversation: one.id, role: "conversation", unread: one.unread || undefined },
    "aria-current": one.current ? "page" : undefined,
    onclick: () => enter(one.id),
  }, mark, h("span", { class: "conversation-name" }, one.name), badge));
}

async function become(id) {
  const here = read();
  const inChannel = state.conversations.find((one) => one.id === here.in && one.kind !== "dm");
  await go({ as: id, in: inChannel ? here.in : null, thread: inChannel ? here.thread : null });
}

async function enter(id) {
  fold();
  await go({ in: id, thread: null });
  if (wide.matches) at("composer").focus();
}

// A link to a message of the workspace: its conversation, with the thread beside it.
function visit(target) {
  if (!state.conversations.some((one) => one.id === target.in)) return toast("You cannot see the place of this link.");
  return go(target);
}

function drawBar() {
  const here = state.conversations.find((one) => one.id === read().in);
  const name = here ? (here.kind === "dm" ? here.name : `${here.kind === "private" ? "🔒 " : "#"}${here.name}`) : "Nothing here";
  if (at("conversation-name").textContent !== name) at("conversation-name").textContent = name;
  const as = nameOf(place.people, read().as);
  at("conversation-note").textContent = `as ${as}`;
  document.title = `${name} · ${as}`;
  at("composer-form").hidden = at("composer-hint").hidden = !here;
  at("composer").placeholder = `Message ${name}`;
  at("composer-label").textContent = `Message ${name} as ${as}`;
}

function drawHost() {
  const { host } = state;
  at("host").hidden = !host;
  if (!host) return;
  at("host-title").textContent = host.title;
  const [status, ...next] = host.status.split("\n");
  at("host-status").textContent = status;
  at("host-next").textContent = next.join(" ");
  reconcile(at("host-controls"), host.controls, (control) => control.id, hostControl);
}

function hostControl(control) {
  const button = h("button", {
    type: "button", class: "button", data: { control: control.id, role: `control-${control.id}` },
    onclick: async () => {
      if (button.getAttribute("aria-busy") === "true") return;
      button.setAttribute("aria-busy", "true");
      try {
        at("host-said").textContent = (await post("control", { id: control.id })).message ?? "";
      } catch (error) {
        toast(error.message);
      } finally {
        button.removeAttribute("aria-busy");
        refresh();
      }
    },
  }, control.label);
  return button;
}

function fold(open = false) {
  document.body.classList.toggle("lists-open", open);
  at("menu").setAttribute("aria-expanded", String(open));
  if (open) (at("sides").querySelector("[aria-current]") ?? at("sides").querySelector("button"))?.focus();
}

const closeThread = () => go({ thread: null });

// Up and down walk through a list of people or conversations.
function walk(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const buttons = [...event.currentTarget.querySelectorAll("button")];
  const next = buttons[buttons.indexOf(document.activeElement) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

function start() {
  at("menu").append(icon("menu"));
  at("thread-close").append(icon("close"));
  for (const button of document.querySelectorAll(".send")) button.append(icon("send"));
  at("newer").prepend(icon("down"));
  at("menu").addEventListener("click", () => fold(!document.body.classList.contains("lists-open")));
  at("scrim").addEventListener("click", () => fold());
  at("thread-close").addEventListener("click", closeThread);
  at("skip").addEventListener("click", (event) => { event.preventDefault(); at("composer").focus(); });
  for (const id of ["people", "conversations"]) at(id).addEventListener("keydown", walk);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open], .editor, details[open]")) return;
    if (document.body.classList.contains("lists-open")) {
      fold();
      at("menu").focus();
    } else if (at("thread").contains(document.activeElement)) closeThread();
  });
  document.addEventListener("permalink", (event) => visit(event.detail));
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || !permalink(link.href) || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    follow(link.href);
  });
  window.addEventListener("popstate", refresh);
  document.addEventListener("visibilitychange", refresh);
  window.addEventListener("hashchange", refresh);
  startModal(refresh);
  // The host's clock goes on while nothing else changes.
  setInterval(() => document.hidden || refresh(), 15000);
  const changes = new EventSource("/sandbox/changes");
  changes.onmessage = refresh;
  changes.onopen = refresh;
  changes.onerror = () => (at("lost").hidden = false);
  refresh();
}

start();
