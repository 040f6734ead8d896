//! A web socket, opened by the client that makes all our connections. Its address holds a ticket,
//! which no error shows.

use reqwest::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE};
use reqwest::{StatusCode, Upgraded};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use url::Url;

use super::Slack;
use super::transport::LONGEST_ANSWER;
use super::way::cause;
use crate::slack::quoted::quoted;

pub type Stream = WebSocketStream<Upgraded>;

impl Slack {
    /// Opens the socket at an address that Slack gave; or tells why it does not open.
    pub async fn open_socket(&self, address: &str) -> std::result::Result<Stream, String> {
        let url = over_http(address).ok_or("Slack gave an address that is no web socket's")?;
        let host = quoted(url.host_str().unwrap_or_default());
        if !self.client.http_api.connector.address.lets(&url) {
            return Err(format!("the socket at {host} was not opened: its ticket would go there in the clear"));
        }
        self.upgrade(url).await.map_err(|why| format!("the socket at {host} did not open: {why}"))
    }

    async fn upgrade(&self, url: Url) -> std::result::Result<Stream, String> {
        let key = generate_key();
        let http = &self.client.http_api.connector.http;
        let asked = http.get(url).header(CONNECTION, "Upgrade").header(UPGRADE, "websocket");
        let asked = asked.header(SEC_WEBSOCKET_VERSION, "13").header(SEC_WEBSOCKET_KEY, &key);
        let answer = asked.send().await.map_err(cause)?;
        if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Err(format!("http {}", answer.status().as_u16()));
        }
        let accepted = derive_accept_key(key.as_bytes());
        if answer.headers().get(SEC_WEBSOCKET_ACCEPT).is_none_or(|told| told.as_bytes() != accepted.as_bytes()) {
            return Err("what answers is no web socket".to_owned());
        }
        let upgraded = answer.upgrade().await.map_err(cause)?;
        let limits = WebSocketConfig::default();
        let limits = limits.max_message_size(Some(LONGEST_ANSWER)).max_frame_size(Some(LONGEST_ANSWER));
        Ok(WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(limits)).await)
    }
}

/// A web socket begins as a request over HTTP.
fn over_http(address: &str) -> Option<Url> {
    let mut url = Url::parse(address).ok()?;
    let scheme = match url.scheme() {
        "wss" => "https",
        "ws" => "http",
        _ => return None,
    };
    url.set_scheme(scheme).ok()?;
    Some(url)
}
