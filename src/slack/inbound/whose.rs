//! Whose a payload is. Slack names the app and the workspace in all that it sends; what names
//! another, or none, is not ours to act on. A person's own workspace says nothing: whoever comes
//! through a shared channel has another one.

use super::{first, is_true, text};
use crate::slack::client::{AppId, Identity};
use serde_json::Value;

/// Who we are to Slack.
#[derive(Clone, Debug)]
pub struct Ours {
    workspace: String,
    /// Of an app that is installed for a whole organisation: what comes from any of its workspaces
    /// is for our token.
    organisation: Option<String>,
    app: AppId,
}

/// Whose a payload says it is; empty where it does not say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whose {
    app: String,
    /// Events are told apart by the app too: one that names none is nobody's.
    names_its_app: bool,
    workspaces: Vec<String>,
    organisation: String,
}

/// Why a payload is not ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    App,
    Workspace,
}

impl Foreign {
    pub const ALL: [Foreign; 2] = [Foreign::App, Foreign::Workspace];

    pub fn word(self) -> &'static str {
        match self {
            Foreign::App => "app",
            Foreign::Workspace => "workspace",
        }
    }
}

impl Ours {
    pub fn new(identity: &Identity, app: AppId) -> Ours {
        Ours { workspace: identity.workspace.clone(), organisation: identity.organisation.clone(), app }
    }

    /// Why it is not ours; None where it is. While our app is not known, only the workspace is
    /// compared.
    pub fn foreign(&self, whose: &Whose) -> Option<Foreign> {
        let app = whose.app.as_str();
        if self.app.get().is_some_and(|ours| app != ours && (whose.names_its_app || !app.is_empty())) {
            return Some(Foreign::App);
        }
        let of_workspace = whose.workspaces.contains(&self.workspace);
        let of_organisation = self.organisation.as_ref().is_some_and(|ours| *ours == whose.organisation);
        (!of_workspace && !of_organisation).then_some(Foreign::Workspace)
    }
}

pub fn read(payload: &Value) -> Whose {
    if payload.get("event").is_some() {
        return event(payload);
    }
    let interaction = payload.get("user").is_some();
    Whose {
        app: text(payload, "/api_app_id").to_owned(),
        names_its_app: false,
        workspaces: vec![if interaction { installed_in(payload) } else { text(payload, "/team_id") }.to_owned()],
        organisation: of_organisation(payload, "", &["/enterprise/id", "/enterprise_id"]),
    }
}

/// In a shared channel the first workspace is that of whoever wrote, and the authorization names
/// the one in which we are.
fn event(payload: &Value) -> Whose {
    Whose {
        app: text(payload, "/api_app_id").to_owned(),
        names_its_app: true,
        workspaces: ["/team_id", "/authorizations/0/team_id"].map(|place| text(payload, place).to_owned()).into(),
        organisation: of_organisation(
            payload,
            "/authorizations/0",
            &["/authorizations/0/enterprise_id", "/enterprise_id"],
        ),
    }
}

/// The workspace of an interaction. An app of an organisation gets none by that name: then what was
/// acted on tells.
fn installed_in(payload: &Value) -> &str {
    first(payload, &["/team/id", "/view/app_installed_team_id", "/view/team_id", "/message/team"])
}

fn of_organisation(payload: &Value, at: &str, places: &[&str]) -> String {
    let installed = is_true(payload, &format!("{at}/is_enterprise_install"));
    if installed { first(payload, places).to_owned() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn ours(organisation: Option<&str>, app: &str) -> Ours {
        let known = AppId::default();
        known.learn(app);
        Ours { workspace: "T1".into(), organisation: organisation.map(str::to_owned), app: known }
    }

    fn judged(payload: &Value) -> Option<Foreign> {
        ours(None, "A1").foreign(&read(payload))
    }

    const WORKSPACE: Option<Foreign> = Some(Foreign::Workspace);
    const APP: Option<Foreign> = Some(Foreign::App);

    #[test]
    fn an_event_is_ours_by_app_and_workspace() {
        let event = |app: Value, team: Value, authorized: Value| {
            json!({"type": "event_callback", "api_app_id": app, "team_id": team, "event": {"user": "U1", "team": "T1"},
                "authorizations": [{"team_id": authorized, "enterprise_id": null, "is_enterprise_install": false}]})
        };
        let (a1, t1, t2) = (json!("A1"), json!("T1"), json!("T2"));
        for (payload, why) in [
            (event(a1.clone(), t1.clone(), t1.clone()), None),
            (event(a1.clone(), t2.clone(), t1.clone()), None),
            (event(a1.clone(), t1.clone(), t2.clone()), None),
            (event(a1.clone(), t1.clone(), Value::Null), None),
            (event(a1.clone(), Value::Null, t1.clone()), None),
            (event(a1.clone(), t2.clone(), t2.clone()), WORKSPACE),
            (event(a1.clone(), Value::Null, Value::Null), WORKSPACE),
            (event(a1.clone(), json!(1), json!(["T1"])), WORKSPACE),
            (event(a1, json!("t1"), json!("T1 ")), WORKSPACE),
            (event(json!("A2"), t1.clone(), t1.clone()), APP),
            (event(Value::Null, t1.clone(), t1.clone()), APP),
            (json!({"type": "event_callback", "api_app_id": "A1", "event": {}}), WORKSPACE),
            (json!({"type": "app_rate_limited", "api_app_id": "A1", "team_id": "T1"}), None),
            (json!({}), WORKSPACE),
        ] {
            assert_eq!(judged(&payload), why, "{payload}");
        }
        // Before Slack has said which app is ours.
        let unknown = Ours { app: AppId::default(), ..ours(None, "A1") };
        assert_eq!(unknown.foreign(&read(&event(json!("A2"), t1.clone(), t1))), None);
        assert_eq!(unknown.foreign(&read(&event(json!("A1"), t2.clone(), t2))), WORKSPACE);
    }

    #[test]
    fn an_interaction_is_ours_by_its_team_and_never_by_its_person() {
        let press = |team: Value, person: &str| {
            json!({"type": "block_actions", "api_app_id": "A1", "team": team, "enterprise": null,
                "user": {"id": "U1", "team_id": person}})
        };
        assert_eq!(judged(&press(json!({"id": "T1"}), "T1")), None);
        assert_eq!(judged(&press(json!({"id": "T1"}), "T2")), None, "a guest presses in our channel");
        assert_eq!(judged(&press(json!({"id": "T2"}), "T1")), WORKSPACE);
        assert_eq!(judged(&press(Value::Null, "T1")), WORKSPACE);
        assert_eq!(judged(&press(json!({}), "T1")), WORKSPACE);
        let mut other = press(json!({"id": "T1"}), "T1");
        other["api_app_id"] = json!("A2");
        assert_eq!(judged(&other), APP);
        // Without a team, what was acted on tells where it is installed.
        for (place, value) in [("view", json!({"team_id": "T1"})), ("message", json!({"team": "T1"}))] {
            let mut acted = press(Value::Null, "T2");
            acted[place] = value;
            assert_eq!(judged(&acted), None, "{acted}");
        }
        let mut view = press(Value::Null, "T1");
        view["view"] = json!({"app_installed_team_id": "T2", "team_id": "T1"});
        assert_eq!(judged(&view), WORKSPACE);
        let mut view = press(json!({"id": "T2"}), "T1");
        view["view"] = json!({"app_installed_team_id": "T1", "team_id": "T1"});
        assert_eq!(judged(&view), WORKSPACE, "a team that is named decides");
    }

    #[test]
    fn an_app_of_an_organisation_hears_all_of_its_workspaces() {
        let event = |organisation: &str, whole: bool| {
            json!({"api_app_id": "A1", "team_id": "T2", "enterprise_id": organisation, "event": {},
                "authorizations": [{"team_id": null, "enterprise_id": organisation, "is_enterprise_install": whole}]})
        };
        let press = |organisation: &str, whole: bool| {
            json!({"api_app_id": "A1", "team": null, "user": {"id": "W1", "team_id": "T2"},
                "enterprise": {"id": organisation}, "is_enterprise_install": whole})
        };
        let org = ours(Some("E1"), "A1");
        for (organisation, whole, why) in [("E1", true, None), ("E1", false, WORKSPACE), ("E2", true, WORKSPACE)] {
            assert_eq!(org.foreign(&read(&event(organisation, whole))), why);
            assert_eq!(org.foreign(&read(&press(organisation, whole))), why);
            assert_eq!(judged(&event(organisation, whole)), WORKSPACE, "we are installed in one workspace");
            assert_eq!(judged(&press(organisation, whole)), WORKSPACE);
        }
    }

    #[test]
    fn a_command_names_both() {
        let command = |app: &str, team: &str| json!({"command": "/unstuck", "api_app_id": app, "team_id": team});
        assert_eq!(judged(&command("A1", "T1")), None);
        assert_eq!(judged(&command("A2", "T1")), APP);
        assert_eq!(judged(&command("A1", "T2")), WORKSPACE);
    }
}
