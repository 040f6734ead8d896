//! How often: 429 with Retry-After, on the sandbox's clock.

use serde_json::json;

use crate::support::Bench;

/// Calls until it is refused; how many went through and what Retry-After says then.
async fn spend(bench: &Bench, method: &str, args: serde_json::Value, most: usize) -> (usize, u64) {
    for done in 0..most {
        let response = bench.request(method).json(&args).send().await.expect("an answer");
        if response.status() == 429 {
            let wait = response.headers()["retry-after"].to_str().expect("a number").parse().expect("a number");
            let body: serde_json::Value = response.json().await.expect("JSON");
            assert_eq!(body, json!({"ok": false, "error": "ratelimited"}));
            return (done, wait);
        }
    }
    (most, 0)
}

#[tokio::test]
async fn a_tier_is_a_minutes_worth_at_once_and_then_a_steady_drip() {
    let bench = Bench::start().await;
    let edit = json!({"channel": "C0SUPPORT", "ts": "1.0", "text": "x"});
    let cases = [
        ("chat.update", edit.clone(), 50, 2),
        ("views.update", json!({"view": {}}), 100, 1),
        ("users.list", json!({}), 20, 3),
        ("team.info", json!({}), 50, 2),
    ];
    for (method, args, burst, wait) in cases {
        assert_eq!(spend(&bench, method, args, 200).await, (burst, wait), "{method}");
    }
    bench.step(1_200);
    assert_eq!(spend(&bench, "chat.update", edit.clone(), 200).await.0, 1);
    bench.step(600_000);
    assert_eq!(spend(&bench, "chat.update", edit, 200).await.0, 50);
}

#[tokio::test]
async fn posts_are_paced_by_channel_and_by_workspace() {
    let bench = Bench::start().await;
    let to = |channel: &str| json!({"channel": channel, "text": "x"});
    assert_eq!(spend(&bench, "chat.postMessage", to("U0ANA"), 50).await, (5, 1));
    // The person and their DM are one place, and another place is another pace.
    assert_eq!(spend(&bench, "chat.postMessage", to("D0ANA"), 50).await, (0, 1));
    assert_eq!(spend(&bench, "chat.postMessage", to("C0SUPPORT"), 50).await, (5, 1));
    bench.step(2_000);
    assert_eq!(spend(&bench, "chat.postMessage", to("U0ANA"), 50).await, (2, 1));
    bench.step(60_000);
    let mut sent = 0;
    for place in 0..40 {
        sent += spend(&bench, "chat.postMessage", to(&format!("C{place}")), 5).await.0;
    }
    assert_eq!(sent, 100);
}
