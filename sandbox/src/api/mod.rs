//! The Web API: one request in, one answer out.

pub mod chat;
pub mod connections;
pub mod content;
pub mod conversations;
pub mod faulty;
pub mod paging;
pub mod request;
pub mod shapes;
pub mod team;
pub mod users;
pub mod views;

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State as Shared};
use axum::http::{HeaderMap, HeaderValue, Method as Verb, StatusCode, Uri, header};
use axum::response::Response;
use serde_json::{Value, json};

use crate::faults::{Fault, When};
use crate::ledger::Kind;
use crate::state::{State, dm_of};
use crate::world::{Inner, Serving};
use faulty::misbehave;
pub(crate) use faulty::{cut, half};
use request::Call;

/// A refusal in Slack's words, with what else stands in its answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    pub error: String,
    pub extra: Value,
}

impl Refusal {
    pub fn new(error: &str) -> Refusal {
        Refusal { error: error.to_owned(), extra: json!({}) }
    }

    pub fn with(error: &str, extra: Value) -> Refusal {
        Refusal { error: error.to_owned(), extra }
    }

    /// `invalid_arguments` and its like, with Slack's `[ERROR] …` lines.
    pub fn saying(error: &str, messages: Vec<String>) -> Refusal {
        Refusal::with(error, json!({"response_metadata": {"messages": messages}}))
    }

    pub fn answer(self) -> Value {
        let mut answer = self.extra;
        answer["ok"] = json!(false);
        answer["error"] = json!(self.error);
        answer
    }
}

pub(crate) type Answer = Result<Value, Refusal>;

pub(crate) async fn serve(
    Shared(inner): Shared<Arc<Inner>>,
    Path(name): Path<String>,
    verb: Verb,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let _serving = Serving::begin(&inner);
    let parsed = inner.with(|state| request::read(state, &name, &verb, &uri, &headers, &body));
    let call = match parsed {
        Ok(call) => call,
        Err((args, refusal)) => {
            let answer = refusal.answer();
            record(&inner, &name, args, 200, &answer);
            return reply(&inner, 200, &answer, None);
        }
    };
    let args = call.told();
    let fault = inner.with(|state| inner.faults.take(&name, &args, state.at));
    if let Some((When::Before, fault)) = &fault
        && let Some(response) = misbehave(&inner, &name, &args, fault, None).await
    {
        return response;
    }
    if let Err(seconds) = inner.with(|state| pace(state, &call)) {
        return too_fast(&inner, &name, &args, &seconds.max(1).to_string());
    }
    if let Some((_, Fault::ExecutedLate { ms, status })) = fault {
        return faulty::defer(&inner, call, args, ms, status);
    }
    let mut answer = inner.with(|state| dispatch(state, &call)).unwrap_or_else(Refusal::answer);
    if let Some((_, fault)) = &fault {
        faulty::spoil(&inner, &call, fault, &mut answer);
    }
    if let Some((When::After, fault)) = &fault
        && let Some(response) = misbehave(&inner, &name, &args, fault, Some(&answer)).await
    {
        return response;
    }
    record(&inner, &name, args, 200, &answer);
    reply(&inner, 200, &answer, None)
}

fn dispatch(state: &mut State, call: &Call) -> Answer {
    let answer = execute(state, call)?;
    state.recorder.keep(call.method.name, || call.typed());
    Ok(answer)
}

fn execute(state: &mut State, call: &Call) -> Answer {
    match call.method.name {
        "api.test" => team::api_test(call),
        "auth.test" => team::auth_test(state),
        "team.info" => team::info(state),
        "bots.info" => team::bot_info(state, call),
        "apps.connections.open" => connections::open(state),
        "chat.postMessage" => chat::post(state, call),
        "chat.update" => chat::update(state, call),
        "chat.delete" => chat::delete(state, call),
        "chat.postEphemeral" => chat::post_ephemeral(state, call),
        "chat.getPermalink" => chat::permalink(state, call),
        "conversations.open" => conversations::open(state, call),
        "conversations.info" => conversations::info(state, call),
        "conversations.history" => conversations::history(state, call),
        "conversations.replies" => conversations::replies(state, call),
        "conversations.members" => conversations::members(state, call),
        "conversations.list" => conversations::list(state, call),
        "users.conversations" => conversations::of_user(state, call),
        "users.info" => users::info(state, call),
        "users.list" => users::list(state, call),
        "views.open" => views::open(state, call),
        "views.push" => views::push(state, call),
        "views.update" => views::update(state, call),
        "blocks.validate" => views::validate(call),
        _ => Err(Refusal::new("unknown_method")),
    }
}

/// A post to a person is a post to their DM, and shares its pace.
fn pace(state: &mut State, call: &Call) -> Result<(), u64> {
    let place =
        call.str("channel").map(|place| if place.starts_with(['U', 'W']) { dm_of(place) } else { place.to_owned() });
    let now = state.at;
    state.buckets.take(call.method, place.as_deref(), now)
}

fn too_fast(inner: &Arc<Inner>, name: &str, args: &Value, retry_after: &str) -> Response {
    let answer = Refusal::new("ratelimited").answer();
    record(inner, name, args.clone(), 429, &answer);
    reply(inner, 429, &answer, Some(retry_after))
}

pub(crate) fn record(inner: &Arc<Inner>, name: &str, args: Value, status: u16, answer: &Value) {
    let kind = Kind::Called { method: name.to_owned(), args, status, answer: answer.clone() };
    inner.with(|state| state.record(kind));
}

fn reply(inner: &Arc<Inner>, status: u16, answer: &Value, retry_after: Option<&str>) -> Response {
    let mut response = Response::new(Body::from(answer.to_string()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    let scopes = inner.with(|state| state.app.scopes.join(","));
    if let Ok(scopes) = HeaderValue::from_str(&scopes) {
        headers.insert("x-oauth-scopes", scopes);
    }
    if let Some(Ok(retry_after)) = retry_after.map(HeaderValue::from_str) {
        headers.insert(header::RETRY_AFTER, retry_after);
    }
    response
}
