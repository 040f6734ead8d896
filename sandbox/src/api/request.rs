//! From an HTTP request to a call: where the arguments stand, who asks, and whether they may.

use axum::http::{HeaderMap, Method as Verb, Uri, header};
use serde_json::{Map, Value, json};

use super::Refusal;
use crate::spec::{self, Method};
use crate::state::State;

pub(crate) struct Call {
    pub method: &'static Method,
    pub args: Map<String, Value>,
    /// It came as a form or a query, in which everything is a string.
    pub form: bool,
}

impl Call {
    pub fn str(&self, name: &str) -> Option<&str> {
        self.args.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    pub fn flag(&self, name: &str) -> bool {
        match self.args.get(name) {
            Some(Value::Bool(set)) => *set,
            Some(Value::String(text)) => matches!(text.as_str(), "true" | "1"),
            Some(Value::Number(number)) => number.as_i64() == Some(1),
            _ => false,
        }
    }

    pub fn has(&self, name: &str) -> bool {
        self.args.get(name).is_some_and(|value| !value.is_null())
    }

    /// An argument that is JSON itself: in a form always a string, in a JSON body a string or the thing itself.
    pub fn json(&self, name: &str) -> Result<Option<Value>, ()> {
        match self.args.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) => serde_json::from_str(text).map(Some).map_err(drop),
            Some(value) => Ok(Some(value.clone())),
        }
    }

    pub fn number(&self, name: &str) -> Option<Option<usize>> {
        match self.args.get(name)? {
            Value::Number(number) => Some(number.as_u64().map(|number| number as usize)),
            Value::String(text) => Some(text.parse().ok()),
            _ => Some(None),
        }
    }

    /// For the ledger: the arguments, with JSON strings opened up.
    pub fn told(&self) -> Value {
        let open = |(name, value): (&String, &Value)| {
            let opened = if STRUCTURED.contains(&name.as_str()) { self.json(name).ok().flatten() } else { None };
            (name.clone(), opened.unwrap_or_else(|| value.clone()))
        };
        Value::Object(self.args.iter().map(open).collect())
    }
}

impl Call {
    /// The arguments as a JSON body would have them.
    pub fn typed(&self) -> Value {
        let mut told = self.told();
        for (name, value) in told.as_object_mut().into_iter().flatten() {
            let types = self.method.properties.get(name).map(|property| property.types.as_slice()).unwrap_or_default();
            let is = |kind: &str| types.iter().any(|one| one == kind);
            let text = value.as_str().filter(|_| self.form).unwrap_or_default().to_owned();
            match text.parse::<i64>() {
                _ if is("boolean") && matches!(text.as_str(), "true" | "false") => *value = json!(text == "true"),
                Ok(number) if is("integer") || is("number") => *value = json!(number),
                _ => {}
            }
        }
        told
    }
}

/// Arguments that are JSON, whatever the specification calls their type.
const STRUCTURED: &[&str] =
    &["blocks", "view", "metadata", "attachments", "message", "unfurled_attachments", "file_ids"];

type Refused = (Value, Refusal);

pub(crate) fn read(
    state: &State,
    name: &str,
    verb: &Verb,
    uri: &Uri,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Call, Refused> {
    let plain = |refusal: Refusal| (json!({}), refusal);
    let Some(method) = spec::method(name) else {
        return Err(plain(Refusal::with("unknown_method", json!({"req_method": name}))));
    };
    if verb != Verb::GET && verb != Verb::POST {
        return Err(plain(Refusal::new("method_not_allowed")));
    }
    let (mut args, form_token) = arguments(method, uri, headers, body).map_err(plain)?;
    args.remove("token");
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = bearer.and_then(|value| value.strip_prefix("Bearer ")).map(|token| token.trim().to_owned());
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let call = Call { method, args, form: !kind.starts_with("application/json") };
    let checked = authorise(state, method, bearer.or(form_token), verb)
        .and_then(|()| required(&call))
        .and_then(|()| typed(&call))
        .and_then(|()| scoped(state, &call));
    match checked {
        Ok(()) => Ok(call),
        Err(refusal) => Err((call.told(), refusal)),
    }
}

/// Query, form and JSON arguments. A token counts only in the header or in a form, never in a query or in JSON.
fn arguments(
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(Map<String, Value>, Option<String>), Refusal> {
    let mut args = pairs(uri.query().unwrap_or_default());
    args.remove("token");
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let mut token = None;
    if kind.starts_with("application/json") {
        if method.json && !body.is_empty() {
            let parsed: Value = serde_json::from_slice(body).map_err(|_| Refusal::new("invalid_json"))?;
            let Value::Object(parsed) = parsed else { return Err(Refusal::new("json_not_object")) };
            args.extend(parsed);
        }
    } else if kind.starts_with("application/x-www-form-urlencoded") {
        let text = std::str::from_utf8(body).map_err(|_| Refusal::new("invalid_form_data"))?;
        let form = pairs(text);
        token = form.get("token").and_then(Value::as_str).map(str::to_owned);
        args.extend(form);
    } else if !body.is_empty() {
        return Err(Refusal::new(if kind.is_empty() { "missing_post_type" } else { "invalid_post_type" }));
    }
    Ok((args, token))
}

fn pairs(text: &str) -> Map<String, Value> {
    let pairs = form_urlencoded::parse(text.as_bytes());
    pairs.map(|(name, value)| (name.into_owned(), Value::String(value.into_owned()))).collect()
}

fn authorise(state: &State, method: &Method, token: Option<String>, verb: &Verb) -> Result<(), Refusal> {
    // Only these two work for anybody.
    if matches!(method.name, "api.test" | "blocks.validate") {
        return Ok(());
    }
    let token = token.ok_or_else(|| Refusal::new("not_authed"))?;
    let app_level = method.name == "apps.connections.open";
    if app_level && verb != Verb::POST {
        return Err(Refusal::new("insecure_request"));
    }
    let (wanted, other) = if app_level {
        (&state.app.app_token, &state.app.bot_token)
    } else {
        (&state.app.bot_token, &state.app.app_token)
    };
    if token == *other {
        return Err(Refusal::new("not_allowed_token_type"));
    }
    if token != *wanted {
        return Err(Refusal::new("invalid_auth"));
    }
    state.revoked.map_or(Ok(()), |why| Err(Refusal::new(why)))
}

fn required(call: &Call) -> Result<(), Refusal> {
    let missing = call.method.required.iter().filter(|name| *name != "token" && !call.has(name));
    let messages: Vec<String> = missing.map(|name| format!("[ERROR] missing required field: {name}")).collect();
    if messages.is_empty() { Ok(()) } else { Err(Refusal::saying("invalid_arguments", messages)) }
}

/// In a JSON body an argument has to be of the type that Slack's specification names.
fn typed(call: &Call) -> Result<(), Refusal> {
    let wrong = call.args.iter().filter(|(name, value)| {
        let property = call.method.properties.get(*name);
        !STRUCTURED.contains(&name.as_str()) && property.is_some_and(|property| !fits(value, &property.types))
    });
    let messages: Vec<String> = wrong
        .map(|(name, _)| {
            let expected = call.method.properties[name].types.first().map_or("string", String::as_str);
            format!("[ERROR] must be a {expected} [json-pointer:/{name}]")
        })
        .collect();
    if messages.is_empty() { Ok(()) } else { Err(Refusal::saying("invalid_arguments", messages)) }
}

fn fits(value: &Value, types: &[String]) -> bool {
    let is = |kind: &str| types.iter().any(|one| one == kind);
    match value {
        _ if types.is_empty() => true,
        Value::String(_) | Value::Null => true,
        Value::Bool(_) => is("boolean"),
        Value::Number(_) => is("number") || is("integer") || is("boolean"),
        Value::Array(_) => is("array"),
        Value::Object(_) => is("object"),
    }
}

/// Scopes that depend on the place (`channels:read` or `groups:read`) are narrowed to the one that this place needs.
fn scoped(state: &State, call: &Call) -> Result<(), Refusal> {
    let all = &call.method.scopes;
    if all.is_empty() || matches!(call.method.name, "conversations.list" | "users.conversations") && any(state, all) {
        return Ok(());
    }
    let narrowed: Vec<&String> = match place_prefix(state, call) {
        Some(prefix) => all.iter().filter(|scope| scope.starts_with(prefix)).collect(),
        None => all.iter().collect(),
    };
    if narrowed.iter().any(|scope| state.app.may(scope)) {
        return Ok(());
    }
    let needed = narrowed.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(",");
    Err(missing_scope(state, &needed))
}

pub(crate) fn missing_scope(state: &State, needed: &str) -> Refusal {
    Refusal::with("missing_scope", json!({"needed": needed, "provided": state.app.scopes.join(",")}))
}

fn any(state: &State, scopes: &[String]) -> bool {
    scopes.iter().any(|scope| state.app.may(scope))
}

fn place_prefix(state: &State, call: &Call) -> Option<&'static str> {
    if !call.method.name.starts_with("conversations.") {
        return None;
    }
    if call.method.name == "conversations.open" {
        return Some("im:");
    }
    let channel = call.str("channel")?;
    match state.channel(channel) {
        None if channel.starts_with('D') => Some("im:"),
        None => None,
        Some(channel) if channel.private => Some("groups:"),
        Some(_) => Some("channels:"),
    }
}
