//! Users and channels as the API and the events tell them.

use serde_json::{Value, json};

use crate::setup::{Channel, User};
use crate::state::State;

pub(crate) fn user(state: &State, user: &User) -> Value {
    let (offset, label) = zone(&user.tz, state.at);
    let is_bot = user.is_bot;
    let mut told = json!({
        "id": user.id, "team_id": state.team_id, "name": user.name, "deleted": user.deleted,
        "is_bot": is_bot, "is_app_user": false, "updated": 0,
        "profile": {
            "real_name": user.real_name, "real_name_normalized": user.real_name,
            "display_name": user.display_name, "display_name_normalized": user.display_name,
            "title": user.title, "phone": "", "skype": "", "avatar_hash": "", "team": state.team_id,
            "status_text": "", "status_emoji": "", "status_expiration": 0,
        },
    });
    if is_bot && user.id == state.app.bot_user_id {
        told["profile"]["api_app_id"] = json!(state.app.app_id);
        told["profile"]["bot_id"] = json!(state.app.bot_id);
    }
    // Slack leaves these out for people who have left.
    if !user.deleted {
        let living = json!({
            "real_name": user.real_name, "tz": user.tz, "tz_label": label, "tz_offset": offset, "color": "4bbe2e",
            "is_admin": false, "is_owner": false, "is_primary_owner": false, "is_restricted": false,
            "is_ultra_restricted": false, "is_email_confirmed": !is_bot, "who_can_share_contact_card": "EVERYONE",
        });
        for (key, value) in living.as_object().into_iter().flatten() {
            told[key] = value.clone();
        }
    }
    told
}

/// Seconds east of UTC now, and what the zone is called.
fn zone(name: &str, now: i64) -> (i32, String) {
    let instant = jiff::Timestamp::from_millisecond(now).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let zone = jiff::tz::TimeZone::get(name).unwrap_or(jiff::tz::TimeZone::UTC);
    let info = zone.to_offset_info(instant);
    (info.offset().seconds(), info.abbreviation().to_owned())
}

pub(crate) fn channel(state: &State, channel: &Channel) -> Value {
    json!({
        "id": channel.id, "name": channel.name, "name_normalized": channel.name, "context_team_id": state.team_id,
        "is_channel": !channel.private, "is_group": channel.private, "is_im": false, "is_mpim": false,
        "is_private": channel.private, "is_archived": channel.archived, "is_general": false, "is_shared": false,
        "is_ext_shared": false, "is_org_shared": false, "is_pending_ext_shared": false, "unlinked": 0,
        "is_member": channel.members.contains(&state.app.bot_user_id), "num_members": channel.members.len(),
        "created": 0, "updated": 0, "creator": "", "shared_team_ids": [state.team_id], "previous_names": [],
        "topic": {"value": "", "creator": "", "last_set": 0}, "purpose": {"value": "", "creator": "", "last_set": 0},
    })
}

pub(crate) fn dm(state: &State, id: &str, user: &str) -> Value {
    json!({
        "id": id, "user": user, "created": 0, "updated": 0, "is_im": true, "is_org_shared": false, "is_archived": false,
        "context_team_id": state.team_id, "priority": 0,
        "is_user_deleted": state.user(user).is_some_and(|user| user.deleted),
    })
}
