//! The page and its JSON: a window on the sandbox, nothing more.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{Path, Query, State as Shared};
use axum::http::{StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::Stream;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::blocks::values::Values;
use crate::interactivity::{Act, Place, Submitted};
use crate::message::Message;
use crate::people::{self, Refused};
use crate::request_url::RequestUrls;
use crate::state::State;
use crate::world::Inner;
use crate::{Sandbox, setup};

const FILES: &[(&str, &str, &str)] = &[
    ("app.js", "text/javascript", include_str!("../page/app.js")),
    ("blocks.js", "text/javascript", include_str!("../page/blocks.js")),
    ("conversation.js", "text/javascript", include_str!("../page/conversation.js")),
    ("dom.js", "text/javascript", include_str!("../page/dom.js")),
    ("emoji.js", "text/javascript", include_str!("../page/emoji.js")),
    ("inputs.js", "text/javascript", include_str!("../page/inputs.js")),
    ("modal.js", "text/javascript", include_str!("../page/modal.js")),
    ("text.js", "text/javascript", include_str!("../page/text.js")),
    ("style.css", "text/css", include_str!("../page/style.css")),
];

type World = Shared<Arc<Inner>>;

pub(crate) fn router() -> Router<Arc<Inner>> {
    Router::new()
        .route("/", get(|| async { file("text/html", include_str!("../page/index.html")) }))
        .route("/{file}", get(asset))
        .route("/sandbox/state", get(state))
        .route("/sandbox/messages", get(messages))
        .route("/sandbox/view", get(view))
        .route("/sandbox/changes", get(changes))
        .route("/sandbox/say", post(say))
        .route("/sandbox/edit", post(edit))
        .route("/sandbox/delete", post(delete))
        .route("/sandbox/act", post(act))
        .route("/sandbox/submit", post(submit))
        .route("/sandbox/close", post(close))
        .route("/sandbox/command", post(command))
        .route("/sandbox/request_urls", post(request_urls))
        .route("/sandbox/control", post(control))
}

fn file(kind: &str, text: &'static str) -> Response {
    let headers =
        [(header::CONTENT_TYPE, format!("{kind}; charset=utf-8")), (header::CACHE_CONTROL, "no-cache".to_owned())];
    (headers, text).into_response()
}

async fn asset(Path(name): Path<String>) -> Response {
    match FILES.iter().find(|(file, ..)| *file == name) {
        Some((_, kind, text)) => file(kind, text),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// A refusal in plain words, as the page shows it.
struct Wrong(String);

impl From<Refused> for Wrong {
    fn from(refused: Refused) -> Wrong {
        Wrong(refused.0)
    }
}

impl IntoResponse for Wrong {
    fn into_response(self) -> Response {
        (StatusCode::BAD_REQUEST, Json(json!({"error": self.0}))).into_response()
    }
}

type Told = Result<Json<Value>, Wrong>;

#[derive(Deserialize)]
struct Asked {
    #[serde(rename = "as", default)]
    user: String,
    #[serde(default)]
    channel: String,
    thread: Option<String>,
}

async fn state(Shared(inner): World, Query(asked): Query<Asked>) -> Told {
    let host = inner.host.as_ref().map(shown_host);
    Ok(Json(inner.with(|state| {
        let you = if state.user(&asked.user).is_some() { asked.user.clone() } else { first_person(state) };
        let person = |user: &setup::User| {
            json!({"id": user.id, "name": user.shown(), "real_name": user.real_name, "title": user.title, "tz": user.tz,
                "is_bot": user.is_bot})
        };
        let people: Vec<Value> = state.users.iter().filter(|user| !user.deleted).map(person).collect();
        let conversations = conversations(state, &you);
        json!({"now": state.at, "workspace": state.team_name, "you": you, "people": people,
            "conversations": conversations, "host": host, "version": state.version})
    })))
}

fn first_person(state: &State) -> String {
    state.users.iter().find(|user| !user.is_bot && !user.deleted).map(|user| user.id.clone()).unwrap_or_default()
}

fn shown_host(host: &setup::Host) -> Value {
    let controls: Vec<Value> =
        host.controls.iter().map(|control| json!({"id": control.id, "label": control.label})).collect();
    json!({"title": host.title, "status": (host.status)(), "controls": controls})
}

/// The channels that this person may see, then their DM with the app.
fn conversations(state: &mut State, user: &str) -> Vec<Value> {
    let dm = state.dm(user);
    let count = |place: &str| people::written_by_others(state, user, place);
    let visible = state.channels.iter().filter(|channel| !channel.archived && state.may_see(user, &channel.id));
    let shown = visible.map(|channel| {
        let kind = if channel.private { "private" } else { "channel" };
        json!({"id": channel.id, "name": channel.name, "kind": kind, "unread": count(&channel.id)})
    });
    let mut all: Vec<Value> = shown.collect();
    all.push(json!({"id": dm, "name": state.app.name, "kind": "dm", "unread": count(&dm)}));
    all
}

async fn messages(Shared(inner): World, Query(asked): Query<Asked>) -> Told {
    Ok(Json(inner.with(|state| {
        let thread = asked.thread.as_deref();
        let mut shown = match thread {
            Some(ts) => people::thread(state, &asked.user, &asked.channel, ts),
            None => people::history(state, &asked.user, &asked.channel),
        };
        let here = |message: &Message| {
            let own_thread = message.thread_ts.as_deref().filter(|_| message.is_reply());
            message.channel == asked.channel && own_thread == thread
        };
        shown.extend(people::ephemerals(state, &asked.user).into_iter().filter(here));
        // The parent stays first: it is the oldest.
        shown.sort_by(|one, other| one.ts.cmp(&other.ts));
        let told: Vec<Value> = shown.iter().map(|message| told(state, message)).collect();
        json!({"messages": told})
    })))
}

fn told(state: &State, message: &Message) -> Value {
    let name = state.user(&message.user).map_or("", |user| user.shown());
    json!({
        "ts": message.ts, "user": message.user, "name": name, "bot": message.by_bot(), "text": message.text,
        "blocks": message.blocks, "edited": message.edited, "thread_ts": message.thread_ts,
        "reply_count": message.reply_count, "subtype": message.subtype, "ephemeral": message.ephemeral_to.is_some(),
        "deleted": message.deleted, "ticks": plain_values(&message.ticks),
    })
}

/// Option values, ids and texts instead of Slack's state objects; boxes always as a list.
fn plain_values(values: &Values) -> Value {
    let bare = |state: &Value| {
        let object = state.as_object()?;
        let (_, chosen) = object.iter().find(|(key, _)| *key != "type")?;
        Some(match chosen {
            Value::Array(many) => many.iter().map(|one| one.get("value").unwrap_or(one).clone()).collect(),
            Value::Object(option) if option.contains_key("value") => option["value"].clone(),
            other => other.clone(),
        })
    };
    let blocks = values.iter().map(|(block_id, actions)| {
        let actions = actions.iter().map(|(action_id, state)| (action_id.clone(), bare(state).unwrap_or_default()));
        (block_id.clone(), Value::Object(actions.collect()))
    });
    Value::Object(blocks.collect())
}

async fn view(Shared(inner): World, Query(asked): Query<Asked>) -> Told {
    Ok(Json(inner.with(|state| {
        let stack = state.views.get(&asked.user).map(Vec::as_slice).unwrap_or_default();
        let top = stack.last().map(|view| {
            json!({"id": view.id, "hash": view.hash, "view": view.view, "values": plain_values(&view.values), "errors": view.errors})
        });
        json!({"view": top, "depth": stack.len()})
    })))
}

async fn changes(Shared(inner): World) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let (watching, stopping) = (inner.changed.subscribe(), inner.stopping.subscribe());
    let stream =
        futures_util::stream::unfold((watching, stopping, true), |(mut watching, mut stopping, first)| async move {
            if !first {
                tokio::select! {
                    changed = watching.changed() => changed.ok()?,
                    _ = stopping.changed() => return None,
                }
            }
            let version = *watching.borrow_and_update();
            Some((Ok(Event::default().data(version.to_string())), (watching, stopping, false)))
        });
    Sse::new(stream).keep_alive(KeepAlive::default())
}

#[derive(Deserialize)]
struct Written {
    #[serde(rename = "as")]
    user: String,
    channel: String,
    #[serde(default)]
    ts: String,
    #[serde(default)]
    text: String,
    thread: Option<String>,
    #[serde(default)]
    broadcast: bool,
}

async fn say(Shared(inner): World, Json(it): Json<Written>) -> Told {
    let ts = inner.with(|state| {
        let said = people::say(state, &it.user, &it.channel, it.thread.as_deref(), &it.text, it.broadcast);
        people::noted(state, &it.user, "say", said)
    })?;
    Ok(Json(json!({"ts": ts})))
}

async fn edit(Shared(inner): World, Json(it): Json<Written>) -> Told {
    Sandbox { inner }.edits(&it.user, &it.channel, &it.ts, &it.text)?;
    Ok(Json(json!({"ts": it.ts})))
}

async fn delete(Shared(inner): World, Json(it): Json<Written>) -> Told {
    Sandbox { inner }.deletes(&it.user, &it.channel, &it.ts)?;
    Ok(Json(json!({"ts": it.ts})))
}

#[derive(Deserialize)]
struct Acted {
    #[serde(rename = "as")]
    user: String,
    channel: Option<String>,
    ts: Option<String>,
    view_id: Option<String>,
    block_id: Option<String>,
    action_id: String,
    #[serde(default)]
    value: Value,
    /// What is typed in the modal at that moment: Slack sends it along with every action.
    #[serde(default)]
    values: BTreeMap<String, BTreeMap<String, Value>>,
}

async fn act(Shared(inner): World, Json(it): Json<Acted>) -> Told {
    let place = match (it.view_id, it.channel, it.ts) {
        (Some(id), ..) => Place::View { id },
        (None, Some(channel), Some(ts)) => Place::Message { channel, ts },
        _ => return Err(Wrong("say where: channel and ts, or view_id".to_owned())),
    };
    let sandbox = Sandbox { inner };
    fill(&sandbox, &it.user, it.values)?;
    let act = Act { place, block_id: it.block_id, action_id: it.action_id, value: it.value };
    let outcome = sandbox.acts(&it.user, act).await?;
    Ok(Json(json!(outcome)))
}

fn fill(sandbox: &Sandbox, user: &str, values: BTreeMap<String, BTreeMap<String, Value>>) -> Result<(), Refused> {
    for (block_id, actions) in values {
        for (action_id, value) in actions {
            sandbox.fills(user, &block_id, &action_id, value)?;
        }
    }
    Ok(())
}

#[derive(Deserialize)]
struct Filled {
    #[serde(rename = "as")]
    user: String,
    view_id: String,
    #[serde(default)]
    values: BTreeMap<String, BTreeMap<String, Value>>,
}

async fn submit(Shared(inner): World, Json(it): Json<Filled>) -> Told {
    let sandbox = Sandbox { inner };
    if sandbox.views(&it.user).last().map(|view| view.id.clone()) != Some(it.view_id) {
        return Err(Wrong("this form is closed".to_owned()));
    }
    fill(&sandbox, &it.user, it.values)?;
    Ok(Json(match sandbox.submits(&it.user).await? {
        Submitted::Closed => json!({"closed": true}),
        Submitted::Errors(errors) => json!({"errors": errors}),
        Submitted::Updated => json!({"updated": true}),
        Submitted::Warned(warning) => json!({"warning": warning}),
    }))
}

async fn close(Shared(inner): World, Json(it): Json<Filled>) -> Told {
    let sandbox = Sandbox { inner };
    if sandbox.views(&it.user).last().map(|view| view.id.clone()) == Some(it.view_id) {
        sandbox.closes(&it.user);
    }
    Ok(Json(json!({"closed": true})))
}

#[derive(Deserialize)]
struct Ordered {
    #[serde(rename = "as")]
    user: String,
    channel: String,
    command: String,
    #[serde(default)]
    text: String,
}

async fn command(Shared(inner): World, Json(it): Json<Ordered>) -> Told {
    let outcome = Sandbox { inner }.commands(&it.user, &it.channel, &it.command, &it.text).await?;
    Ok(Json(json!(outcome)))
}

async fn request_urls(Shared(inner): World, Json(urls): Json<RequestUrls>) -> Told {
    Sandbox { inner }.saves_request_urls(urls.clone()).await?;
    Ok(Json(json!(urls)))
}

#[derive(Deserialize)]
struct Pressed {
    id: String,
}

async fn control(Shared(inner): World, Json(it): Json<Pressed>) -> Told {
    let controls = inner.host.iter().flat_map(|host| &host.controls);
    let control = controls
        .into_iter()
        .find(|control| control.id == it.id)
        .ok_or_else(|| Wrong("there is no such control".into()))?;
    let message = (control.press)().await;
    // What the host did may show in its status line alone.
    inner.with(|state| state.version += 1);
    Ok(Json(json!({"message": message})))
}
