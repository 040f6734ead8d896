//! users.info and users.list.

use serde_json::{Value, json};

use super::request::Call;
use super::{Answer, Refusal, paging, shapes};
use crate::state::State;

pub(crate) fn info(state: &mut State, call: &Call) -> Answer {
    let user = state.user(call.str("user").unwrap_or_default()).ok_or_else(|| Refusal::new("user_not_found"))?;
    Ok(json!({"ok": true, "user": shapes::user(state, user)}))
}

pub(crate) fn list(state: &mut State, call: &Call) -> Answer {
    let all: Vec<Value> = state.users.iter().map(|user| shapes::user(state, user)).collect();
    let (members, cursor) = paging::read(call, usize::MAX / 2, 1000)?.cut(all);
    let (cache_ts, next) = (state.at / 1000, paging::next(&cursor));
    Ok(json!({"ok": true, "members": members, "cache_ts": cache_ts, "response_metadata": next}))
}
