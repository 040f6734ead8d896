//! Events and interactivity over HTTP: signed requests to the app's request URLs.

use std::sync::Arc;

use axum::body::Bytes;
use axum::http::{HeaderMap, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use crate::Sandbox;
use crate::delivery::{self, ACK_WITHIN, Delivery};
use crate::ledger::Kind;
use crate::parcel::{Parcel, ParcelKind};
use crate::people::{Refused, Result};
use crate::signature::signature;
use crate::state::State;
use crate::world::Inner;

/// As an app's settings have them. Slack has one of each; where several are named they are replicas of the app, and each
/// request goes to any one of them, as behind a balancer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestUrls {
    pub events: Vec<String>,
    pub interactivity: Vec<String>,
    pub commands: Vec<String>,
}

impl RequestUrls {
    /// One for everything.
    pub fn all(url: &str) -> RequestUrls {
        let one = vec![url.to_owned()];
        RequestUrls { events: one.clone(), interactivity: one.clone(), commands: one }
    }

    fn of(&self, kind: ParcelKind) -> &[String] {
        match kind {
            ParcelKind::Event => &self.events,
            ParcelKind::Interaction | ParcelKind::Submission => &self.interactivity,
            ParcelKind::Command => &self.commands,
        }
    }
}

/// A request that is ready to go.
pub(crate) struct Letter {
    id: String,
    kind: ParcelKind,
    url: String,
    headers: HeaderMap,
    body: String,
}

/// Whether somebody is there to take parcels of this kind.
pub(crate) fn serves(urls: &RequestUrls, kind: ParcelKind) -> bool {
    !urls.of(kind).is_empty()
}

/// Sends it to any one of the URLs; a copy to the one after.
pub(crate) fn send(state: &mut State, parcel: &Parcel, copy: bool) {
    let Delivery::Http(urls) = &state.delivery.means else { return };
    let urls = urls.of(parcel.kind).to_vec();
    let chosen = if copy { state.delivery.last_url + 1 } else { state.random() as usize } % urls.len().max(1);
    let Some(url) = urls.get(chosen).cloned() else { return };
    state.delivery.last_url = chosen;
    let (kind, body) = written(parcel);
    let mut headers = signed(state, kind, &body);
    if parcel.attempt > 0 {
        let reason = parcel.envelope["retry_reason"].as_str().unwrap_or("unknown_error").to_owned();
        headers.extend([pair("x-slack-retry-num", &parcel.attempt.to_string()), pair("x-slack-retry-reason", &reason)]);
    }
    delivery::delivered(state, parcel, chosen as u64 + 1);
    let letter = Letter { id: parcel.id.clone(), kind: parcel.kind, url, headers, body };
    if let Some(post) = &state.delivery.post {
        // It is taken for as long as the sandbox lives.
        let _ = post.send(letter);
    }
}

/// Events are JSON, interactions a form with one field that is JSON, commands a form.
fn written(parcel: &Parcel) -> (&'static str, String) {
    const FORM: &str = "application/x-www-form-urlencoded";
    let mut form = form_urlencoded::Serializer::new(String::new());
    match parcel.kind {
        ParcelKind::Event => ("application/json", parcel.payload().to_string()),
        ParcelKind::Interaction | ParcelKind::Submission => {
            (FORM, form.append_pair("payload", &parcel.payload().to_string()).finish())
        }
        ParcelKind::Command => {
            for (name, value) in parcel.payload().as_object().into_iter().flatten() {
                form.append_pair(name, value.as_str().unwrap_or(&value.to_string()));
            }
            (FORM, form.finish())
        }
    }
}

fn pair(name: &'static str, value: &str) -> (Option<header::HeaderName>, header::HeaderValue) {
    let value = header::HeaderValue::from_str(value).unwrap_or(header::HeaderValue::from_static(""));
    (Some(header::HeaderName::from_static(name)), value)
}

fn signed(state: &State, kind: &'static str, body: &str) -> HeaderMap {
    let timestamp = state.at / 1000;
    let signature = signature(&state.app.signing_secret, timestamp, body.as_bytes());
    let mut headers = HeaderMap::new();
    headers.extend([
        pair("content-type", kind),
        pair("accept", "*/*"),
        pair("user-agent", "Slackbot 1.0 (+https://api.slack.com/robots)"),
        pair("x-slack-request-timestamp", &timestamp.to_string()),
        pair("x-slack-signature", &signature),
    ]);
    headers
}

/// Carries every letter, each on its own.
pub(crate) async fn carry(inner: Arc<Inner>, mut letters: mpsc::UnboundedReceiver<Letter>) {
    let mut stopping = inner.stopping.subscribe();
    loop {
        tokio::select! {
            letter = letters.recv() => match letter {
                Some(letter) => drop(tokio::spawn(deliver(inner.clone(), letter))),
                None => return,
            },
            _ = stopping.changed() => return,
        }
    }
}

async fn deliver(inner: Arc<Inner>, letter: Letter) {
    let Letter { id, kind, url, headers, body } = letter;
    let answer = post(&url, headers, body).await;
    inner.with(|state| match answer {
        Ok(answer) if answer.status.is_success() => {
            delivery::acked(state, &id, answer.payload(kind));
        }
        Ok(answer) if answer.no_retry => delivery::given_up(state, &id),
        Ok(_) => drop(delivery::failed(state, &id, "http_error")),
        Err(why) => drop(delivery::failed(state, &id, why)),
    });
}

struct Answer {
    status: StatusCode,
    no_retry: bool,
    body: Bytes,
}

impl Answer {
    /// Only forms and commands are answered with more than a status; a command also with mere words.
    fn payload(&self, kind: ParcelKind) -> Option<Value> {
        let text = String::from_utf8_lossy(&self.body);
        let parsed = serde_json::from_str::<Value>(&text).ok().filter(Value::is_object);
        match kind {
            ParcelKind::Event | ParcelKind::Interaction => None,
            ParcelKind::Submission => parsed,
            ParcelKind::Command => parsed.or_else(|| (!text.trim().is_empty()).then(|| json!({"text": text}))),
        }
    }
}

/// The answer within three seconds, or why there is none, in the words of `X-Slack-Retry-Reason`.
async fn post(url: &str, headers: HeaderMap, body: String) -> std::result::Result<Answer, &'static str> {
    tokio::time::timeout(ACK_WITHIN, exchange(url, headers, body)).await.unwrap_or(Err("http_timeout"))
}

async fn exchange(url: &str, headers: HeaderMap, body: String) -> std::result::Result<Answer, &'static str> {
    let uri: Uri = url.parse().map_err(|_| "unknown_error")?;
    let host = uri.host().ok_or("unknown_error")?;
    let stream = TcpStream::connect((host, uri.port_u16().unwrap_or(80))).await.map_err(|_| "connection_failed")?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|_| "connection_failed")?;
    // It ends with the exchange; an error shows there.
    tokio::spawn(connection);
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut request = Request::post(path).body(Full::new(Bytes::from(body))).map_err(|_| "unknown_error")?;
    *request.headers_mut() = headers;
    let authority = uri.authority().map_or(host, |authority| authority.as_str());
    request.headers_mut().extend([pair("host", authority)]);
    let response = sender.send_request(request).await.map_err(|_| "connection_failed")?;
    let status = response.status();
    let no_retry = response.headers().get("x-slack-no-retry").is_some_and(|value| value == "1");
    let body = response.into_body().collect().await.map_err(|_| "connection_failed")?.to_bytes();
    Ok(Answer { status, no_retry, body })
}

impl Sandbox {
    /// As on the settings page of the app: each URL for events has to answer a challenge, or nothing is saved. From then on
    /// events and interactions go out over HTTP and no longer over sockets.
    pub async fn saves_request_urls(&self, urls: RequestUrls) -> Result<()> {
        for url in urls.events.iter().chain(&urls.interactivity).chain(&urls.commands) {
            if !url.starts_with("http://") {
                return Err(Refused(format!("{url} is no address that the sandbox can reach: it speaks plain HTTP")));
            }
        }
        for url in &urls.events {
            verify(&self.inner, url).await?;
        }
        self.inner.with(|state| {
            state.delivery.means = Delivery::Http(urls);
            state.record(Kind::Changed { what: "request URLs saved".to_owned() });
        });
        Ok(())
    }
}

async fn verify(inner: &Inner, url: &str) -> Result<()> {
    let (challenge, headers, body) = inner.with(|state| {
        let challenge = format!("{:016x}{:016x}", state.random(), state.random());
        let body = json!({"token": "sandbox-verification-token", "challenge": challenge, "type": "url_verification"});
        let body = body.to_string();
        (challenge, signed(state, "application/json", &body), body)
    });
    let refused = |why: &str| Err(Refused(format!("{url} did not answer the challenge: {why}")));
    match post(url, headers, body).await {
        Ok(answer) if answer.status != StatusCode::OK => refused(&format!("status {}", answer.status.as_u16())),
        Ok(answer) if told_challenge(&answer.body).as_deref() == Some(&challenge) => Ok(()),
        Ok(_) => refused("the body is not the challenge"),
        Err(why) => refused(why),
    }
}

/// As plain text, as a form or as JSON.
fn told_challenge(body: &[u8]) -> Option<String> {
    if let Ok(told) = serde_json::from_slice::<Value>(body) {
        return told["challenge"].as_str().map(str::to_owned);
    }
    let text = std::str::from_utf8(body).ok()?.trim();
    let field = form_urlencoded::parse(text.as_bytes()).find(|(name, _)| name == "challenge");
    Some(field.map_or_else(|| text.to_owned(), |(_, value)| value.into_owned()))
}
