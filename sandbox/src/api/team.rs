//! Who we are: api.test, auth.test, team.info, bots.info.

use serde_json::{Value, json};

use super::request::Call;
use super::{Answer, Refusal};
use crate::state::State;

pub(crate) fn api_test(call: &Call) -> Answer {
    let args = Value::Object(call.args.clone());
    match call.str("error") {
        Some(error) => Err(Refusal::with(error, json!({"args": args}))),
        None => Ok(json!({"ok": true, "args": args})),
    }
}

pub(crate) fn auth_test(state: &State) -> Answer {
    let user = state.user(&state.app.bot_user_id).map(|user| user.name.as_str());
    Ok(json!({
        "ok": true, "url": format!("https://{}.slack.com/", state.domain), "team": state.team_name, "user": user,
        "team_id": state.team_id, "user_id": state.app.bot_user_id, "bot_id": state.app.bot_id,
        "is_enterprise_install": false,
    }))
}

pub(crate) fn info(state: &State) -> Answer {
    let (id, name, domain) = (&state.team_id, &state.team_name, &state.domain);
    let url = format!("https://{domain}.slack.com/");
    Ok(json!({"ok": true, "team": {"id": id, "name": name, "domain": domain, "url": url,
        "email_domain": "", "icon": {"image_default": true}}}))
}

pub(crate) fn bot_info(state: &State, call: &Call) -> Answer {
    let app = &state.app;
    if call.str("bot").is_some_and(|bot| bot != app.bot_id) {
        return Err(Refusal::new("bot_not_found"));
    }
    Ok(json!({"ok": true, "bot": {"id": app.bot_id, "deleted": false, "name": app.name, "updated": 0,
        "app_id": app.app_id, "user_id": app.bot_user_id, "icons": {}}}))
}
