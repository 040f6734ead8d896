//! response_url: five answers within thirty minutes, into the place where somebody acted.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use serde_json::Value;

use crate::api::content::{self, Content};
use crate::api::request::Call;
use crate::api::{Refusal, cut, half};
use crate::blocks::limits;
use crate::faults::{Fault, When};
use crate::ledger::Kind;
use crate::message::{Message, Ts};
use crate::posting::{self, By, Draft};
use crate::spec;
use crate::state::State;
use crate::world::{Inner, Serving};

pub(crate) struct ResponseUrl {
    pub user: String,
    pub channel: String,
    /// The message that was acted on.
    pub ts: String,
    pub thread_ts: Option<String>,
    pub ephemeral: bool,
    pub issued: i64,
    pub uses: u32,
}

pub(crate) fn issue(state: &mut State, user: &str, message: &Message) -> String {
    let url = ResponseUrl {
        user: user.to_owned(),
        channel: message.channel.clone(),
        ts: message.ts.clone(),
        thread_ts: message.thread_ts.clone(),
        ephemeral: message.ephemeral_to.is_some(),
        issued: state.at,
        uses: 0,
    };
    let id = keep(state, url);
    address(state, &id)
}

/// Of a slash command: there is no message that it belongs to. Returns its id.
pub(crate) fn issue_for_command(state: &mut State, user: &str, channel: &str) -> String {
    let (user, channel, issued) = (user.to_owned(), channel.to_owned(), state.at);
    keep(state, ResponseUrl { user, channel, ts: Ts::new(), thread_ts: None, ephemeral: true, issued, uses: 0 })
}

fn keep(state: &mut State, url: ResponseUrl) -> String {
    let id = format!("{:016x}{:016x}", state.random(), state.random());
    state.response_urls.insert(id.clone(), url);
    id
}

pub(crate) fn address(state: &State, id: &str) -> String {
    state.delivery.address("http", &format!("response/{id}"))
}

pub(crate) async fn serve(Shared(inner): Shared<Arc<Inner>>, Path(id): Path<String>, body: Bytes) -> Response {
    let _serving = Serving::begin(&inner);
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let fault = inner.with(|state| inner.faults.take("response_url", &body, state.at));
    if let Some((When::Before, fault)) = &fault
        && let Some(response) = misbehave(&inner, fault).await
    {
        return response;
    }
    let (status, answer) = inner.with(|state| {
        let (status, answer) = match use_once(state, &id, &body) {
            Ok(()) => {
                state.recorder.keep("response_url", || body.clone());
                (200, "ok".to_owned())
            }
            Err(refusal) if refusal.error == "used_url" => (404, "used_url".to_owned()),
            Err(refusal) => (400, refusal.answer().to_string()),
        };
        state.record(Kind::Responded { url: id.clone(), body: body.clone(), status });
        (status, answer)
    });
    if let Some((When::After, fault)) = &fault
        && let Some(response) = misbehave(&inner, fault).await
    {
        return response;
    }
    (StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST), answer).into_response()
}

async fn misbehave(inner: &Inner, fault: &Fault) -> Option<Response> {
    match fault {
        Fault::Error(code) => Some((StatusCode::BAD_REQUEST, code.clone()).into_response()),
        Fault::Status(status) => Some(StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_GATEWAY).into_response()),
        Fault::RateLimited(seconds) => Some(too_fast(seconds.to_string())),
        Fault::RetryAfter(words) => Some(too_fast(words.clone())),
        Fault::Late(time) => {
            tokio::time::sleep(*time).await;
            None
        }
        Fault::Hang => {
            inner.faults.cleared().await;
            Some(cut())
        }
        Fault::Cut | Fault::ExecutedLate { status: None, .. } => Some(cut()),
        Fault::ExecutedLate { status: Some(status), .. } => {
            Some(StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_GATEWAY).into_response())
        }
        Fault::Html => Some(Html("<html><body>Try again later</body></html>").into_response()),
        Fault::Truncated => Some(half(&Value::Bool(true))),
        // It answers with no message.
        Fault::UnknownBlock | Fault::NextPageFails(_) | Fault::Longer(_) => None,
    }
}

fn too_fast(retry_after: String) -> Response {
    (StatusCode::TOO_MANY_REQUESTS, [("retry-after", retry_after)], "rate_limited").into_response()
}

pub(crate) fn use_once(state: &mut State, id: &str, body: &Value) -> Result<(), Refusal> {
    let now = state.at;
    let url = state.response_urls.get_mut(id).ok_or_else(|| Refusal::new("used_url"))?;
    if url.uses >= limits::RESPONSE_URL_USES || now - url.issued > limits::RESPONSE_URL_LIVES_MS {
        return Err(Refusal::new("used_url"));
    }
    url.uses += 1;
    let (user, channel, ts, ephemeral) = (url.user.clone(), url.channel.clone(), url.ts.clone(), url.ephemeral);
    let home = url.thread_ts.clone();
    let flag = |name: &str| body[name] == true || body[name] == "true";
    let Some(args) = body.as_object() else { return Err(Refusal::new("invalid_payload")) };
    if flag("delete_original") {
        delete_original(state, &user, &channel, &ts, ephemeral);
        return Ok(());
    }
    let method = spec::method("chat.postMessage").ok_or_else(|| Refusal::new("unknown_method"))?;
    let Content { text, blocks, metadata, link_names } =
        content::read(state, &Call { method, args: args.clone(), form: false })?;
    if flag("replace_original") {
        replace_original(state, &user, &channel, &ts, ephemeral, text, blocks);
        return Ok(());
    }
    let asked = body["thread_ts"].as_str().map(str::to_owned);
    let thread_ts = asked.or(home.filter(|home| *home != ts));
    if body["response_type"] == "in_channel" {
        let (user, by, broadcast) = (state.app.bot_user_id.clone(), By::Bot, false);
        posting::post(state, Draft { channel, thread_ts, broadcast, user, by, text, blocks, metadata, link_names });
    } else {
        posting::ephemeral(state, &channel, &user, thread_ts, text, blocks);
    }
    Ok(())
}

fn delete_original(state: &mut State, user: &str, channel: &str, ts: &str, ephemeral: bool) {
    if ephemeral {
        state.ephemerals.retain(|message| message.ts != ts);
        let (channel, ts, user) = (channel.to_owned(), ts.to_owned(), user.to_owned());
        state.record(Kind::Deleted { channel, ts, user });
    } else {
        let bot = state.app.bot_user_id.clone();
        posting::delete(state, channel, ts, &bot);
    }
}

fn replace_original(
    state: &mut State,
    user: &str,
    channel: &str,
    ts: &str,
    ephemeral: bool,
    text: String,
    blocks: Vec<Value>,
) {
    if !ephemeral {
        let bot = state.app.bot_user_id.clone();
        posting::change(state, channel, ts, &bot, text, blocks, None);
        return;
    }
    let said = text.clone();
    if let Some(message) = state.ephemerals.iter_mut().find(|message| message.ts == ts) {
        message.ticks = crate::blocks::values::kept(&message.ticks, &blocks);
        message.text = text;
        message.blocks = blocks;
    }
    let (channel, ts, user) = (channel.to_owned(), ts.to_owned(), user.to_owned());
    state.record(Kind::Ephemeral { channel, ts, user, text: said });
}
