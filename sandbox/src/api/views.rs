//! views.open, views.push, views.update and blocks.validate.

use serde_json::{Value, json};

use super::request::Call;
use super::{Answer, Refusal};
use crate::blocks::validate::{self, Problem, Surface};
use crate::blocks::{limits, normal};
use crate::state::State;
use crate::views;

pub(crate) fn open(state: &mut State, call: &Call) -> Answer {
    let view = read(state, call)?;
    let user = trigger(state, call)?.0;
    // A modal that the app opens anew takes the place of the stack that it had open.
    state.views.remove(&user);
    let id = views::push(state, &user, view);
    told(state, &user, &id)
}

pub(crate) fn push(state: &mut State, call: &Call) -> Answer {
    let view = read(state, call)?;
    let (user, from) = trigger(state, call)?;
    if from.is_none_or(|from| views::find(state, &user, &from).is_none()) {
        return Err(Refusal::new("not_found"));
    }
    if state.views.get(&user).map_or(0, Vec::len) >= limits::VIEWS_IN_STACK {
        return Err(Refusal::new("push_limit_reached"));
    }
    let id = views::push(state, &user, view);
    told(state, &user, &id)
}

pub(crate) fn update(state: &mut State, call: &Call) -> Answer {
    let found = views::holder(state, call.str("view_id"), call.str("external_id"));
    let (user, id) = found.ok_or_else(|| Refusal::new("not_found"))?;
    let view = read_beside(state, call, Some(&id))?;
    let hash = views::find(state, &user, &id).map(|open| open.hash.as_str());
    if call.str("hash").is_some_and(|wanted| Some(wanted) != hash) {
        return Err(Refusal::new("hash_conflict"));
    }
    views::replace(state, &user, &id, view);
    told(state, &user, &id)
}

fn told(state: &State, user: &str, id: &str) -> Answer {
    let open = views::find(state, user, id).ok_or_else(|| Refusal::new("not_found"))?;
    Ok(json!({"ok": true, "view": open.json(state)}))
}

/// Whom the trigger belongs to, and the modal that gave it.
fn trigger(state: &mut State, call: &Call) -> Result<(String, Option<String>), Refusal> {
    let Some(wanted) = call.str("trigger_id") else {
        return Err(Refusal::saying("invalid_arguments", vec!["[ERROR] missing required field: trigger_id".into()]));
    };
    let trigger = state.triggers.get(wanted).ok_or_else(|| Refusal::new("invalid_trigger_id"))?;
    if trigger.used {
        return Err(Refusal::new("exchanged_trigger_id"));
    }
    if state.has_expired(trigger) {
        return Err(Refusal::new("expired_trigger_id"));
    }
    let trigger = state.triggers.get_mut(wanted).ok_or_else(|| Refusal::new("invalid_trigger_id"))?;
    trigger.used = true;
    Ok((trigger.user.clone(), trigger.view_id.clone()))
}

fn read(state: &mut State, call: &Call) -> Result<Value, Refusal> {
    read_beside(state, call, None)
}

/// `own` may keep its external_id.
fn read_beside(state: &mut State, call: &Call, own: Option<&str>) -> Result<Value, Refusal> {
    let view = match call.json("view") {
        Ok(Some(view @ Value::Object(_))) => view,
        _ => {
            return Err(Refusal::saying(
                "invalid_arguments",
                vec!["[ERROR] must be a valid view [json-pointer:/view]".into()],
            ));
        }
    };
    checked(state, view, own)
}

/// A view that came by the API or in an acknowledgement.
pub(crate) fn checked(state: &mut State, mut view: Value, own: Option<&str>) -> Result<Value, Refusal> {
    if view.to_string().len() > limits::VIEW_BYTES {
        return Err(Refusal::new("view_too_large"));
    }
    let problems = validate::view(&view, "/view");
    if !problems.is_empty() {
        return Err(Refusal::saying("invalid_arguments", problems.iter().map(Problem::line).collect()));
    }
    if let Some(external) = view["external_id"].as_str().filter(|id| !id.is_empty())
        && views::holder(state, None, Some(external)).is_some_and(|(_, id)| Some(id.as_str()) != own)
    {
        return Err(Refusal::new("duplicate_external_id"));
    }
    if let Some(blocks) = view["blocks"].as_array_mut() {
        normal::normalise(blocks, &mut || state.short_id());
    }
    Ok(view)
}

/// Needs no token. Exactly one of `blocks`, `view` or `message`, as a JSON string.
pub(crate) fn validate(call: &Call) -> Answer {
    let given: Vec<&str> = ["blocks", "view", "message"].into_iter().filter(|name| call.has(name)).collect();
    let unclear = |why: &str| Refusal::saying("invalid_arguments", vec![why.to_owned()]);
    let [name] = given.as_slice() else {
        return Err(unclear("must provide exactly one of `blocks`, `view`, or `message`"));
    };
    let text = call.args.get(*name).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    if text.is_some_and(|text| limits::count(&text) > limits::VALIDATE_INPUT) {
        return Err(unclear(&format!("`{name}` must be less than 100001 characters")));
    }
    let value = call.json(name).map_err(|()| unclear(&format!("`{name}` must be valid JSON")))?.unwrap_or_default();
    let items = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let problems = match *name {
        "blocks" => validate::blocks(&items(&value), Surface::Any, ""),
        "message" => validate::blocks(&items(&value["blocks"]), Surface::Message, "/blocks"),
        _ => validate::view(&value, ""),
    };
    if problems.is_empty() {
        return Ok(json!({"ok": true}));
    }
    let errors: Vec<Value> = problems.iter().map(Problem::json).collect();
    Err(Refusal::with(&format!("invalid_{name}"), json!({"errors": errors})))
}
