//! The address that comes with a press: a line to it is seen by the person who pressed alone. It
//! stands in a payload, so it is believed only where it is Slack's own; a request to any other
//! could go into the operator's own network.

use super::{CallError, Result, Slack, Transport};
use crate::rules::id::Ts;
use serde_json::{Value, json};
use slack_morphism::{SlackClientApiCallContext, SlackClientHttpConnector};
use url::Url;

/// Slack's API, and where such addresses stand; each of its two worlds has its own.
const WORLDS: [(&str, &str); 2] = [("slack.com", "hooks.slack.com"), ("slack-gov.com", "hooks.slack-gov.com")];

impl Slack {
    /// A line that only the person who pressed sees, through the press's own address; it takes no
    /// token.
    pub async fn respond(&self, response_url: &str, text: &str, thread_ts: Option<&Ts>) -> Result<()> {
        let connector: &Transport = &self.client.http_api.connector;
        let api = connector.create_method_uri_path("response_url").map_err(super::classify)?;
        let url = Url::parse(response_url).ok().filter(|url| is_slacks(url, &api));
        let url = url.ok_or_else(|| CallError::Refused("response_url is not Slack's".into()))?;
        let mut body: Value =
            json!({"response_type": "ephemeral", "replace_original": false, "text": text, "parse": "none"});
        if let Some(thread_ts) = thread_ts {
            body["thread_ts"] = json!(thread_ts);
        }
        let span = tracing::Span::none();
        let context = SlackClientApiCallContext {
            rate_control_params: None,
            token: None,
            tracing_span: &span,
            is_sensitive_url: true,
        };
        let sent = connector.http_post_uri::<_, super::Nothing>(url, &body, context);
        self.timed("response_url", sent).await.map(drop)
    }
}

/// Slack's host over TLS; or, where SLACK_API_URL is neither of Slack's, also exactly that place: a
/// test's Slack gives such addresses itself. Nothing is compared as a text: an address can be
/// written in many ways, and the client reads it like this.
fn is_slacks(url: &Url, api: &Url) -> bool {
    let plain = url.username().is_empty() && url.password().is_none();
    let world = WORLDS.iter().find(|(domain, _)| api.host_str().is_some_and(|host| is_within(host, domain)));
    let (_, hooks) = world.unwrap_or(&WORLDS[0]);
    let of_slack = url.scheme() == "https" && url.host_str() == Some(hooks) && url.port_or_known_default() == Some(443);
    let of_test = world.is_none() && url.origin() == api.origin();
    plain && (of_slack || of_test)
}

fn is_within(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slack::client::Token;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    const OURS: &str = "https://slack.com/api/x";
    const GOVERNMENT: &str = "https://slack-gov.com/api/x";
    const TEST: &str = "http://127.0.0.1:7801/api/x";

    fn called(url: &str, api: &str) -> bool {
        let api = Url::parse(api).expect("an address");
        Url::parse(url).is_ok_and(|url| is_slacks(&url, &api))
    }

    #[test]
    fn only_slacks_own_host_is_called() {
        for url in [
            "https://hooks.slack.com/actions/T1/2/abc",
            "https://hooks.slack.com:443/actions/T1/2/abc",
            "HTTPS://Hooks.Slack.COM/actions/T1/2/abc",
        ] {
            assert!(called(url, OURS) && called(url, TEST) && !called(url, GOVERNMENT), "{url}");
        }
        let government = "https://hooks.slack-gov.com/actions/T1/2/abc";
        assert!(called(government, GOVERNMENT) && !called(government, OURS) && !called(government, TEST));
        let test = "http://127.0.0.1:7801/response/abc";
        assert!(called(test, TEST) && !called(test, OURS) && !called(test, GOVERNMENT));
        for url in [
            "http://hooks.slack.com/actions/1",
            "https://hooks.slack.com:8443/actions/1",
            "https://hooks.slack.com./actions/1",
            "https://hooks.slack.com.evil.example/actions/1",
            "https://evilhooks.slack.com/actions/1",
            "https://slack.com/api/chat.postMessage",
            "https://hooks.slack.com@evil.example/actions/1",
            "https://hooks.slack.com:443@evil.example/actions/1",
            "https://anybody@hooks.slack.com/actions/1",
            "https://:secret@hooks.slack.com/actions/1",
            "https://evil.example\\@hooks.slack.com/actions/1",
            "https://evil.example/#@hooks.slack.com/",
            "https://evil.example?hooks.slack.com",
            "https://169.254.169.254/latest/meta-data",
            "http://127.0.0.1:7802/response/abc",
            "http://127.0.0.1/response/abc",
            "http://localhost:7801/response/abc",
            "https://127.0.0.1:7801/response/abc",
            "http://0x7f000001:7802/response/abc",
            "http://[::1]:7801/response/abc",
            "file:///etc/passwd",
            "ftp://hooks.slack.com/actions/1",
            "hooks.slack.com/actions/1",
            "//hooks.slack.com/actions/1",
            "",
        ] {
            assert!(!called(url, OURS) && !called(url, GOVERNMENT) && !called(url, TEST), "{url}");
        }
    }

    /// Answers each request with these bytes, and counts them.
    async fn listens(answer: String) -> (String, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let (address, asked) = (listener.local_addr().expect("an address"), Arc::new(AtomicUsize::new(0)));
        let count = asked.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        (format!("http://{address}"), asked)
    }

    #[tokio::test]
    async fn nobody_else_is_asked_and_no_redirect_is_followed() {
        let (other, asked_other) = listens("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok".to_owned()).await;
        let moved = format!("HTTP/1.1 307 Temporary Redirect\r\nlocation: {other}\r\ncontent-length: 0\r\n\r\n");
        let (slack, asked) = listens(moved).await;
        let client = Slack::new(&format!("{slack}/api"), Token::new("xoxb"), None).expect("a client");
        let said = client.respond(&format!("{other}/response/1"), "a line", None).await;
        assert_eq!(said, Err(CallError::Refused("response_url is not Slack's".into())));
        let said = client.respond(&format!("{slack}/response/1"), "a line", None).await;
        assert_eq!(said, Err(CallError::Ambiguous("http 307".into())));
        assert_eq!((asked.load(Ordering::SeqCst), asked_other.load(Ordering::SeqCst)), (1, 0));
    }
}
