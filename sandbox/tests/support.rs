//! A sandbox whose clock stands still until a test moves it, and a bot that is nothing but HTTP and a socket.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use sandbox::{Kind, Sandbox, Setup, Workspace, sample};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// 2026-03-02 12:00 UTC.
pub const START: i64 = 1_772_452_800_000;

pub struct Bench {
    pub slack: Sandbox,
    pub http: reqwest::Client,
    clock: Arc<AtomicI64>,
}

impl Bench {
    pub async fn start() -> Bench {
        Bench::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Workspace)) -> Bench {
        Bench::started(|setup| change(&mut setup.workspace)).await
    }

    pub async fn started(change: impl FnOnce(&mut Setup)) -> Bench {
        let clock = Arc::new(AtomicI64::new(START));
        let hand = clock.clone();
        let mut setup = Setup { now: Arc::new(move || hand.load(Ordering::SeqCst)), ..Setup::new(sample()) };
        change(&mut setup);
        let slack = Sandbox::start(setup).await.expect("a free port");
        Bench { slack, http: http(), clock }
    }

    pub fn now(&self) -> i64 {
        self.clock.load(Ordering::SeqCst)
    }

    pub fn step(&self, milliseconds: i64) {
        self.clock.fetch_add(milliseconds, Ordering::SeqCst);
    }

    pub fn request(&self, method: &str) -> reqwest::RequestBuilder {
        let token = if method == "apps.connections.open" { "xapp-sandbox" } else { "xoxb-sandbox" };
        self.http.post(format!("{}/{method}", self.slack.api_url())).header("authorization", format!("Bearer {token}"))
    }

    /// As JSON where the method reads JSON, else as a form.
    pub async fn call(&self, method: &str, args: Value) -> Value {
        let reads_json = sandbox::spec::method(method).is_none_or(|method| method.json);
        let request = self.request(method);
        let request = if reads_json { request.json(&args) } else { form(request, &args) };
        request.send().await.expect("an answer").json().await.expect("JSON")
    }

    pub async fn ok(&self, method: &str, args: Value) -> Value {
        let answer = self.call(method, args).await;
        assert_eq!(answer["ok"], true, "{method}: {answer}");
        answer
    }

    pub async fn error(&self, method: &str, args: Value) -> String {
        let answer = self.call(method, args).await;
        assert_eq!(answer["ok"], false, "{method}: {answer}");
        answer["error"].as_str().expect("an error code").to_owned()
    }

    pub async fn post(&self, channel: &str, text: &str) -> String {
        let answer = self.ok("chat.postMessage", json!({"channel": channel, "text": text})).await;
        answer["ts"].as_str().expect("a ts").to_owned()
    }

    pub async fn connect(&self) -> Socket {
        let url = self.ok("apps.connections.open", json!({})).await["url"].as_str().expect("an address").to_owned();
        Socket::open(&url).await
    }

    /// Whose devices rang, and why.
    pub fn rung(&self) -> Vec<(String, String)> {
        let rung = |kind: Kind| match kind {
            Kind::Notified { user, why, .. } => Some((user, why)),
            _ => None,
        };
        self.slack.ledger().into_iter().filter_map(|entry| rung(entry.kind)).collect()
    }
}

/// Beside the product, reqwest has no TLS of its own: it takes the one that the process chose.
pub fn http() -> reqwest::Client {
    // An error says that another test of this process was first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}

pub fn form(request: reqwest::RequestBuilder, args: &Value) -> reqwest::RequestBuilder {
    let mut body = form_urlencoded::Serializer::new(String::new());
    for (name, value) in args.as_object().expect("an object") {
        body.append_pair(name, value.as_str().unwrap_or(&value.to_string()));
    }
    request.header("content-type", "application/x-www-form-urlencoded").body(body.finish())
}

pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub hello: Value,
}

impl Socket {
    pub async fn open(url: &str) -> Socket {
        let (stream, _) = tokio_tungstenite::connect_async(url).await.expect("a socket");
        let mut socket = Socket { stream, hello: Value::Null };
        socket.hello = socket.next().await.expect("a first frame");
        socket
    }

    /// The next frame with words in it; None when the connection is over.
    pub async fn next(&mut self) -> Option<Value> {
        loop {
            let frame =
                tokio::time::timeout(Duration::from_secs(8), self.stream.next()).await.expect("a frame in time");
            match frame? {
                Ok(Frame::Text(text)) => return Some(serde_json::from_str(&text).expect("JSON")),
                Ok(Frame::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// Whether nothing comes for this long.
    pub async fn quiet(&mut self, time: Duration) -> bool {
        loop {
            match tokio::time::timeout(time, self.stream.next()).await {
                Err(_) => return true,
                Ok(Some(Ok(Frame::Ping(_) | Frame::Pong(_)))) => {}
                Ok(_) => return false,
            }
        }
    }

    pub async fn ack(&mut self, envelope: &Value, payload: Option<Value>) {
        let mut ack = json!({"envelope_id": envelope["envelope_id"]});
        if let Some(payload) = payload {
            ack["payload"] = payload;
        }
        self.stream.send(Frame::text(ack.to_string())).await.expect("an open socket");
    }

    /// The next interaction, not acknowledged yet; events before it are.
    pub async fn interaction(&mut self) -> Value {
        loop {
            let envelope = self.next().await.expect("an interaction");
            if envelope["type"] == "interactive" {
                return envelope;
            }
            self.ack(&envelope, None).await;
        }
    }

    pub async fn take_interaction(&mut self) -> Value {
        let envelope = self.interaction().await;
        self.ack(&envelope, None).await;
        envelope
    }

    /// The next envelope, acknowledged.
    pub async fn take(&mut self) -> Value {
        let envelope = self.next().await.expect("an envelope");
        self.ack(&envelope, None).await;
        envelope
    }
}

pub fn button(action_id: &str, label: &str) -> Value {
    json!({"type": "button", "action_id": action_id, "text": {"type": "plain_text", "text": label}})
}

pub fn section(text: &str) -> Value {
    json!({"type": "section", "text": {"type": "mrkdwn", "text": text}})
}

pub fn input(block_id: &str, element: Value) -> Value {
    json!({"type": "input", "block_id": block_id, "label": {"type": "plain_text", "text": "Label"}, "element": element})
}

pub fn modal(blocks: Value) -> Value {
    json!({"type": "modal", "title": {"type": "plain_text", "text": "Title"}, "submit": {"type": "plain_text", "text": "Send"},
        "blocks": blocks})
}
