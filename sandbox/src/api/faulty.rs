//! Calls that go wrong because somebody asked for it.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use serde_json::{Value, json};

use super::paging;
use super::request::Call;
use super::{Refusal, record, reply, too_fast};
use crate::faults::{Fault, When};
use crate::ledger::Kind;
use crate::state::State;
use crate::world::Inner;

const MAINTENANCE: &str =
    "<!DOCTYPE html><html><head><title>Server error</title></head><body>Try again later</body></html>";

/// A call that its client has given up, and that takes effect nevertheless.
pub(crate) struct LateCall {
    pub due: i64,
    pub call: Call,
}

/// Plays a fault that a test asked for. None means that the call goes on. `done` is what the call was to be answered.
pub(crate) async fn misbehave(
    inner: &Arc<Inner>,
    name: &str,
    args: &Value,
    fault: &Fault,
    done: Option<&Value>,
) -> Option<Response> {
    let note = |status: u16, answer: &Value| record(inner, name, args.clone(), status, done.unwrap_or(answer));
    match fault {
        Fault::Error(code) => {
            let answer = Refusal::new(code).answer();
            note(200, &answer);
            Some(reply(inner, 200, &answer, None))
        }
        Fault::Status(status) => {
            note(*status, &Value::Null);
            Some(reply(inner, *status, &json!({}), None))
        }
        Fault::RateLimited(seconds) => Some(too_fast(inner, name, args, &seconds.to_string())),
        Fault::RetryAfter(words) => Some(too_fast(inner, name, args, words)),
        Fault::Late(time) => {
            tokio::time::sleep(*time).await;
            None
        }
        Fault::Hang => {
            note(0, &Value::Null);
            inner.faults.cleared().await;
            Some(cut())
        }
        Fault::Cut => {
            note(0, &Value::Null);
            Some(cut())
        }
        Fault::Html => {
            note(200, &Value::Null);
            Some(Html(MAINTENANCE).into_response())
        }
        Fault::Truncated => {
            note(200, &Value::Null);
            Some(half(done.unwrap_or(&json!({"ok": true}))))
        }
        // These change the answer or the time of a call that goes on.
        Fault::UnknownBlock | Fault::NextPageFails(_) | Fault::Longer(_) | Fault::ExecutedLate { .. } => None,
    }
}

/// The first half of the JSON, with a length that fits it.
pub(crate) fn half(answer: &Value) -> Response {
    let text = answer.to_string();
    let half: String = text.chars().take(text.chars().count() / 2).collect();
    ([(axum::http::header::CONTENT_TYPE, "application/json; charset=utf-8")], half).into_response()
}

/// The client hears nothing good; the call waits for its time.
pub(crate) fn defer(inner: &Arc<Inner>, call: Call, args: Value, ms: i64, status: Option<u16>) -> Response {
    let name = call.method.name;
    inner.with(|state| {
        let due = state.at + ms;
        state.late.push(LateCall { due, call });
    });
    record(inner, name, args, status.unwrap_or(0), &Value::Null);
    status.map_or_else(cut, |status| reply(inner, status, &json!({}), None))
}

/// Executes the first of the calls that are due by now.
pub(crate) fn execute_late(state: &mut State) {
    let now = state.at;
    let due = state.late.iter().enumerate().filter(|(_, late)| late.due <= now);
    if let Some((place, _)) = due.min_by_key(|(_, late)| late.due) {
        let call = state.late.remove(place).call;
        let answer = super::dispatch(state, &call).unwrap_or_else(Refusal::answer);
        state.record(Kind::ExecutedLate { method: call.method.name.to_owned(), args: call.told(), answer });
    }
}

/// What a fault makes of a proper answer.
pub(crate) fn spoil(inner: &Inner, call: &Call, fault: &Fault, answer: &mut Value) {
    match fault {
        Fault::UnknownBlock => {
            let unknown = json!({"type": "block_of_tomorrow", "block_id": "tomorrow", "elements": [{"type": "thing_of_tomorrow"}]});
            let listed = answer.get_mut("messages").and_then(Value::as_array_mut).into_iter().flatten();
            for message in listed {
                add_block(message, &unknown);
            }
            if let Some(message) = answer.get_mut("message").filter(|message| message.is_object()) {
                add_block(message, &unknown);
            }
        }
        Fault::Longer(bytes) => answer["padding"] = json!("x".repeat(*bytes)),
        Fault::NextPageFails(code) => {
            let Some(messages) = answer.get_mut("messages").and_then(Value::as_array_mut) else { return };
            messages.truncate(messages.len().div_ceil(2));
            let from = paging::read(call, 0, usize::MAX).map_or(0, |page| page.from);
            let cursor = paging::cursor(from + messages.len());
            answer["has_more"] = json!(true);
            answer["response_metadata"] = paging::next(&cursor);
            let fits = move |args: &Value| args["cursor"] == cursor.as_str();
            inner.faults.next_where(call.method.name, 1, When::Before, Fault::Error(code.clone()), fits);
        }
        _ => {}
    }
}

fn add_block(message: &mut Value, block: &Value) {
    match message.get_mut("blocks").and_then(Value::as_array_mut) {
        Some(blocks) => blocks.push(block.clone()),
        None => message["blocks"] = json!([block]),
    }
}

/// An answer that breaks off: the server closes the connection before the body is whole.
pub(crate) fn cut() -> Response {
    let broken = futures_util::stream::once(async {
        tokio::time::sleep(Duration::from_millis(1)).await;
        Err::<Bytes, _>(std::io::Error::from(std::io::ErrorKind::ConnectionAborted))
    });
    let mut response = Response::new(Body::from_stream(broken));
    *response.status_mut() = StatusCode::OK;
    response
}
