use super::*;
use std::time::Duration;

#[test]
fn secrets_are_never_shown() {
    let slack = Slack::new("http://127.0.0.1:1/api", Token::new("xoxb-secret"), Some(Token::new("xapp-secret")))
        .expect("a client");
    let shown = format!("{slack:?} {:?}", Token::new("xoxb-secret"));
    assert!(!shown.contains("secret"), "{shown}");
}

#[tokio::test]
async fn a_refused_connection_sent_nothing() {
    let slack = Slack::new("http://127.0.0.1:1/api", Token::new("xoxb"), None).expect("a client");
    assert!(matches!(slack.auth_test().await, Err(CallError::Unsent(_))));
    assert!(matches!(slack.open_connection().await, Err(CallError::Refused(_))));
    assert!(Slack::new("nonsense", Token::new("xoxb"), None).is_err());
}

/// Answers the next request with these bytes and closes.
async fn server(answer: &'static str) -> Slack {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}/api", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut buffer = [0; 65536];
            let _ = stream.read(&mut buffer).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    Slack::new(&base, Token::new("xoxb"), None).expect("a client")
}

async fn post_to(answer: &'static str) -> Result<Posted> {
    let content = Content { text: "hello", blocks: &json!([]), key: "k", hash: "h" };
    server(answer).await.post(Post { channel: "C1", thread_ts: None, broadcast: false, content }).await
}

#[tokio::test]
async fn answers_that_break_off_or_make_no_sense_are_ambiguous() {
    let ambiguous = [
        "",
        "HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"ok\":true,",
        "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n<html>",
        "HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{\"ok\":true}",
        "HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n{\"ok\":false}",
        "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n",
    ];
    for answer in ambiguous {
        let got = post_to(answer).await;
        assert!(matches!(got, Err(CallError::Ambiguous(_))), "{answer:?}: {got:?}");
    }
    let limited = post_to("HTTP/1.1 429 Too Many\r\nretry-after: 7\r\ncontent-length: 2\r\n\r\n{}").await;
    assert_eq!(limited, Err(CallError::RateLimited(Some(Duration::from_secs(7)))));
    let refused =
        post_to("HTTP/1.1 200 OK\r\ncontent-length: 34\r\n\r\n{\"ok\":false,\"error\":\"is_archived\"}").await;
    assert_eq!(refused, Err(CallError::Refused("is_archived".into())));
}
