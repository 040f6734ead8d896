//! Behind a company's proxy: Web API and Socket Mode go the same way.

use super::front::{Asked, Front, Proxy};
use crate::program::Program;
use crate::world;
use sandbox::{Sandbox, Setup};

/// A Slack that gives its sockets an address under this name, and the program as its operator sets
/// it up.
async fn behind(front: Front, name: &str, trusted: bool) -> (Sandbox, Program) {
    let setup = Setup { front: Some(name.to_owned()), ..Setup::new(world::workspace()) };
    let slack = Sandbox::start(setup).await.expect("a sandbox");
    let program = Program::on(&slack).set("SLACK_API_URL", "https://slack.test/api");
    let maker = front.writes_maker(&program.folder);
    front.before(slack.address());
    (slack, if trusted { program.set("SSL_CERT_FILE", maker) } else { program })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_go_through_the_proxy_and_trust_what_the_machine_trusts() {
    // No name of .test can be looked up: whoever gets there went through the proxy.
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
        let front = Front::new().await;
        let proxy = Proxy::before(front.address, |_| 200).await;
        let (slack, program) = behind(front, "wss.slack.test", true).await;
        let program = program.set(name, format!("http://ana:pa%24s@{}", proxy.address));
        let mut running = program.start(&["serve"]);
        running.until("two sockets", |_| (slack.connections() == 2).then_some(())).await;
        slack.says("U0ANA", &slack.dm("U0ANA"), "hello").expect("typed");
        let acked = |slack: &Sandbox| slack.ledger().iter().any(|one| matches!(one.kind, sandbox::Kind::Acked { .. }));
        running.until("an acknowledgement", |_| acked(&slack).then_some(())).await;
        for target in ["slack.test:443", "wss.slack.test:443"] {
            let asked = Asked { target: target.to_owned(), by: "Basic YW5hOnBhJHM=".to_owned() };
            assert!(proxy.asked().contains(&asked), "{name}: {:?}", proxy.asked());
        }
        let log = running.err();
        assert!(!log.contains("pa$s") && !log.contains("pa%24s") && !log.contains("ticket"), "{log}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_proxy_is_kept_by_both() {
    let front = Front::new().await;
    let address = front.address;
    let proxy = Proxy::before(address, |_| 403).await;
    let (slack, program) = behind(front, &address.to_string(), true).await;
    let program = program.set("SLACK_API_URL", format!("https://{address}/api"));
    let program = program.set("HTTPS_PROXY", format!("http://{}", proxy.address)).set("NO_PROXY", "127.0.0.1");
    let mut running = program.start(&["serve"]);
    running.until("two sockets", |_| (slack.connections() == 2).then_some(())).await;
    assert_eq!(proxy.asked(), []);
    drop(running);
    // Without it the proxy is asked for this machine, too.
    let refused = program.unset("NO_PROXY").run(&["serve"]).await;
    assert!(refused.code == 1 && refused.err.contains("the proxy refuses to connect"), "{}", refused.err);
    assert_eq!(proxy.asked()[0].target, address.to_string());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_keeps_it_from_slack_is_told_in_plain_words() {
    let front = Front::new().await;
    let needs_name = Proxy::before(front.address, |_| 407).await;
    let lets_through = Proxy::before(front.address, |_| 200).await;
    let (_slack, mut program) = behind(front, "wss.slack.test", false).await;
    let nobody = "127.0.0.1:9";
    for (proxy, words) in [
        (needs_name.address.to_string(), "the proxy wants a name and a password (407)"),
        (nobody.to_owned(), "the proxy cannot be reached: Connection refused"),
        (lets_through.address.to_string(), "SSL_CERT_FILE can name whom to trust"),
    ] {
        program = program.set("HTTPS_PROXY", format!("http://ana:hush@{proxy}"));
        let ended = program.run(&["serve"]).await;
        let last = ended.err.lines().last().unwrap_or_default();
        assert!(last.starts_with("unstuck: Slack cannot be reached (") && last.contains(words), "{}", ended.err);
        assert!(!ended.err.contains("hush"), "{}", ended.err);
    }
}

/// What is spoken in the clear with a program of this machine is nobody else's to hear, a token least.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_local_slack_is_not_looked_for_through_a_proxy() {
    let front = Front::new().await;
    let proxy = Proxy::before(front.address, |_| 403).await;
    let slack = crate::program::slack(|_| {}).await;
    let mut program = Program::on(&slack);
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        program = program.set(name, format!("http://{}", proxy.address));
    }
    let mut running = program.start(&["serve"]);
    running.until("two sockets", |_| (slack.connections() == 2).then_some(())).await;
    assert_eq!(proxy.asked(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_that_cannot_be_read_is_named_and_not_passed_by() {
    let (_slack, mut program) = behind(Front::new().await, "wss.slack.test", true).await;
    for wrong in ["nonsense proxy", " http://127.0.0.1:9 ", "http://", "http://[::1", "ftp://127.0.0.1:9"] {
        program = program.set("HTTPS_PROXY", wrong);
        let ended = program.run(&["serve"]).await;
        let last = ended.err.lines().last().unwrap_or_default();
        assert!(last.starts_with("unstuck: HTTPS_PROXY is no address of a proxy"), "{wrong:?}: {}", ended.err);
    }
}

/// A proxy that knows Slack's API and not the hosts of its sockets, as a list of allowed names
/// easily does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_that_does_not_open_is_told_without_its_ticket() {
    let front = Front::new().await;
    let judge = |asked: &Asked| if asked.target.starts_with("wss.") { 403 } else { 200 };
    let proxy = Proxy::before(front.address, judge).await;
    let (_slack, program) = behind(front, "wss.slack.test", true).await;
    let program = program.set("HTTPS_PROXY", format!("http://{}", proxy.address)).set("RUST_LOG", "trace");
    let mut running = program.start(&["serve"]);
    running.until("a refusal", |seen| seen.err().contains("not_connected").then_some(())).await;
    let log = running.err();
    assert!(log.contains("the socket at wss.slack.test did not open: the proxy refuses to connect (403"), "{log}");
    assert!(!log.contains("ticket="), "{log}");
}
