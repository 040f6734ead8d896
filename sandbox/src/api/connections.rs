//! apps.connections.open: a fresh address for one web socket.

use serde_json::json;

use super::{Answer, Refusal};
use crate::state::State;

pub(crate) fn open(state: &mut State) -> Answer {
    if state.delivery.link_disabled {
        return Err(Refusal::new("forbidden_team"));
    }
    let ticket = format!("{:016x}{:016x}", state.random(), state.random());
    let path = format!("socket?ticket={ticket}&app_id={}", state.app.app_id);
    let url = state.delivery.address("ws", &path);
    state.delivery.tickets.insert(ticket);
    Ok(json!({"ok": true, "url": url}))
}
