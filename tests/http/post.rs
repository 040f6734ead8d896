//! A request as Slack signs it, or as somebody else would like to; byte by byte.

use sandbox::signature;
use serde_json::Value;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub const SECRET: &str = "secret";
pub const EVENTS: &str = "/slack/events";
pub const INTERACTIVITY: &str = "/slack/interactivity";
pub const COMMANDS: &str = "/slack/commands";

/// What is sent; a test changes what it is about.
#[derive(Clone)]
pub struct Post {
    pub path: &'static str,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Post {
    /// As Slack sends it at this instant.
    pub fn signed(path: &'static str, body: impl Into<Vec<u8>>, now: i64) -> Post {
        let body = body.into();
        let kind = if path == EVENTS { "application/json" } else { "application/x-www-form-urlencoded" };
        let post = Post { path, headers: vec![("content-type".into(), kind.into())], body };
        post.signed_at(now / 1000)
    }

    pub fn event(event: &Value, now: i64) -> Post {
        Post::signed(EVENTS, event.to_string(), now)
    }

    pub fn interaction(payload: &Value, now: i64) -> Post {
        let payload = payload.to_string();
        let body: String =
            url::form_urlencoded::Serializer::new(String::new()).append_pair("payload", &payload).finish();
        Post::signed(INTERACTIVITY, body, now)
    }

    /// Signed (again) with this time, in seconds.
    pub fn signed_at(self, seconds: i64) -> Post {
        let code = signature(SECRET, seconds, &self.body);
        self.with("x-slack-request-timestamp", &seconds.to_string()).with("x-slack-signature", &code)
    }

    pub fn with(mut self, name: &str, value: &str) -> Post {
        self = self.without(name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn without(mut self, name: &str) -> Post {
        self.headers.retain(|(known, _)| known != name);
        self
    }

    pub async fn to(&self, address: &str) -> Answer {
        let length = self.body.len().to_string();
        let head = self.head(&[("content-length", &length)]);
        exchange(address, &[head.as_bytes(), &self.body]).await
    }

    /// With this `content-length`, and no body at all.
    pub async fn announced(&self, address: &str, length: usize) -> Answer {
        exchange(address, &[self.head(&[("content-length", &length.to_string())]).as_bytes()]).await
    }

    /// Its length is not told before: the body comes in pieces.
    pub async fn in_pieces(&self, address: &str) -> Answer {
        let head = self.head(&[("transfer-encoding", "chunked")]);
        let mut pieces = vec![head.into_bytes()];
        for piece in self.body.chunks(16 * 1024) {
            let mut framed = format!("{:x}\r\n", piece.len()).into_bytes();
            framed.extend_from_slice(piece);
            framed.extend_from_slice(b"\r\n");
            pieces.push(framed);
        }
        pieces.push(b"0\r\n\r\n".to_vec());
        let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
        exchange(address, &pieces).await
    }

    pub fn head(&self, more: &[(&str, &str)]) -> String {
        let mut head = format!("POST {} HTTP/1.1\r\nhost: bot.example\r\n", self.path);
        let own = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in own.chain(more.iter().copied()) {
            head += &format!("{name}: {value}\r\n");
        }
        head + "\r\n"
    }
}

/// A page, as Prometheus or a balancer asks for it.
pub async fn get(address: &str, path: &str) -> Answer {
    exchange(address, &[format!("GET {path} HTTP/1.1\r\nhost: bot.example\r\n\r\n").as_bytes()]).await
}

pub async fn connect(address: &str) -> TcpStream {
    let host = address.strip_prefix("http://").expect("a plain address");
    TcpStream::connect(host).await.expect("somebody listens")
}

async fn exchange(address: &str, pieces: &[&[u8]]) -> Answer {
    let mut stream = connect(address).await;
    for piece in pieces {
        // Whoever is refused while he speaks finds the line cut.
        if stream.write_all(piece).await.is_err() {
            break;
        }
    }
    read(stream).await
}

/// To the end of the connection, which the bot closes after each answer.
pub async fn read(mut stream: TcpStream) -> Answer {
    let mut bytes = Vec::new();
    let end = tokio::time::timeout(Duration::from_secs(30), stream.read_to_end(&mut bytes)).await;
    // A reset may follow the answer where it came before the body was through.
    let _ = end.expect("it ends within half a minute");
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    Answer { status, head: head.to_lowercase(), body: body.to_owned() }
}
