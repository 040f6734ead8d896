//! Modals: the stack of each person.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use crate::blocks::plain;
use crate::blocks::values::{self, Values};
use crate::interactivity::Act;
use crate::ledger::Kind;
use crate::message::Names;
use crate::state::State;

/// A modal as a person has it open.
#[derive(Clone, Debug, Serialize)]
pub struct View {
    pub id: String,
    pub hash: String,
    /// The view itself: title, submit, blocks, private_metadata and all.
    pub view: Value,
    /// What is typed and chosen in it now.
    pub values: Values,
    /// What the app said is wrong with it, by block_id.
    pub errors: BTreeMap<String, String>,
    #[serde(skip)]
    pub(crate) names: Names,
}

impl View {
    pub fn blocks(&self) -> &[Value] {
        self.view["blocks"].as_array().map(Vec::as_slice).unwrap_or_default()
    }

    pub fn title(&self) -> &str {
        self.view["title"]["text"].as_str().unwrap_or_default()
    }

    /// What a person reads.
    pub fn plain(&self) -> String {
        let button =
            |name: &str| self.view[name]["text"].as_str().map(|label| format!("[{label}]")).unwrap_or_default();
        let body = plain::blocks(self.blocks(), &self.values, &self.names);
        format!("{}\n{body}\n{} {}", self.title(), button("close"), button("submit")).trim().to_owned()
    }

    /// A press of the button with this label.
    pub fn press(&self, label: &str) -> Option<Act> {
        let found = values::elements(self.blocks())
            .find(|found| found.element["type"] == "button" && found.element["text"]["text"] == label)?;
        Some(Act::view(&self.id, found.action_id()).block(found.block_id()))
    }

    /// block_id and action_id of the input whose label contains these words; the first that does.
    pub fn input(&self, words: &str) -> Option<(String, String)> {
        let labelled = |found: &values::Found<'_>| {
            found.block["type"] == "input"
                && found.block["label"]["text"].as_str().is_some_and(|label| label.contains(words))
        };
        let found = values::elements(self.blocks()).find(labelled)?;
        Some((found.block_id().to_owned(), found.action_id().to_owned()))
    }
}

pub(crate) struct OpenView {
    pub id: String,
    pub hash: String,
    pub view: Value,
    pub values: Values,
    pub errors: BTreeMap<String, String>,
    pub root: String,
    pub previous: Option<String>,
}

impl OpenView {
    pub fn blocks(&self) -> &[Value] {
        self.view["blocks"].as_array().map(Vec::as_slice).unwrap_or_default()
    }

    pub fn external_id(&self) -> &str {
        self.view["external_id"].as_str().unwrap_or_default()
    }

    pub fn says(&self, flag: &str) -> bool {
        self.view[flag] == true
    }

    pub fn shown(&self, names: Names) -> View {
        View {
            id: self.id.clone(),
            hash: self.hash.clone(),
            view: self.view.clone(),
            values: self.values.clone(),
            errors: self.errors.clone(),
            names,
        }
    }

    /// As the API and the payloads tell it.
    pub fn json(&self, state: &State) -> Value {
        let mut told = self.view.clone();
        for (name, empty) in [
            ("private_metadata", json!("")),
            ("callback_id", json!("")),
            ("external_id", json!("")),
            ("submit", Value::Null),
            ("close", Value::Null),
            ("clear_on_close", json!(false)),
            ("notify_on_close", json!(false)),
            ("submit_disabled", json!(false)),
        ] {
            if told.get(name).is_none() {
                told[name] = empty;
            }
        }
        told["id"] = json!(self.id);
        told["hash"] = json!(self.hash);
        told["team_id"] = json!(state.team_id);
        told["app_id"] = json!(state.app.app_id);
        told["bot_id"] = json!(state.app.bot_id);
        told["app_installed_team_id"] = json!(state.team_id);
        told["root_view_id"] = json!(self.root);
        told["previous_view_id"] = json!(self.previous);
        told["state"] = values::payload(&self.values);
        told
    }
}

fn new_hash(state: &mut State) -> String {
    format!("{}.{:08x}", state.at / 1000, state.random() & 0xFFFF_FFFF)
}

/// Opens it above what is there already.
pub(crate) fn push(state: &mut State, user: &str, view: Value) -> String {
    let (id, hash) = (state.next_id("V"), new_hash(state));
    let stack = state.views.entry(user.to_owned()).or_default();
    let previous = stack.last().map(|view| view.id.clone());
    let root = stack.first().map_or_else(|| id.clone(), |view| view.id.clone());
    let mut opened =
        OpenView { id: id.clone(), hash, view, values: Values::new(), errors: BTreeMap::new(), root, previous };
    opened.values = values::initial(opened.blocks());
    stack.push(opened);
    state.record(Kind::ViewOpened { user: user.to_owned(), view_id: id.clone() });
    id
}

/// What was typed stays where block_id and action_id are the same.
pub(crate) fn replace(state: &mut State, user: &str, id: &str, view: Value) {
    let hash = new_hash(state);
    let Some(open) = find_mut(state, user, id) else { return };
    open.view = view;
    open.hash = hash;
    open.errors.clear();
    open.values = values::kept(&open.values, open.blocks());
    state.record(Kind::ViewUpdated { user: user.to_owned(), view_id: id.to_owned() });
}

/// Takes it off the stack, with all that lies above it.
pub(crate) fn close(state: &mut State, user: &str, id: &str) -> Vec<OpenView> {
    let stack = state.views.entry(user.to_owned()).or_default();
    let closed = match stack.iter().position(|view| view.id == id) {
        Some(place) => stack.split_off(place),
        None => Vec::new(),
    };
    for view in &closed {
        state.record(Kind::ViewClosed { user: user.to_owned(), view_id: view.id.clone() });
    }
    closed
}

pub(crate) fn find<'a>(state: &'a State, user: &str, id: &str) -> Option<&'a OpenView> {
    state.views.get(user)?.iter().find(|view| view.id == id)
}

pub(crate) fn find_mut<'a>(state: &'a mut State, user: &str, id: &str) -> Option<&'a mut OpenView> {
    state.views.get_mut(user)?.iter_mut().find(|view| view.id == id)
}

/// Whose stack it stands on, by its id or the app's own.
pub(crate) fn holder(state: &State, id: Option<&str>, external_id: Option<&str>) -> Option<(String, String)> {
    state.views.iter().find_map(|(user, stack)| {
        let wanted = |view: &&OpenView| {
            id.is_some_and(|id| view.id == id) || id.is_none() && external_id.is_some_and(|id| view.external_id() == id)
        };
        stack.iter().find(wanted).map(|view| (user.clone(), view.id.clone()))
    })
}
