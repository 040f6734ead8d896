//! What the app sends is kept, once for each shape, and is held against Slack's own types.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::official::runner;
use crate::support::{Bench, section};

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        Folder(std::env::temp_dir().join(format!("sandbox-{name}-{}", std::process::id())))
    }

    fn names(&self) -> Vec<String> {
        let files = std::fs::read_dir(&self.0).expect("a folder");
        let mut names: Vec<String> =
            files.map(|file| file.expect("a file").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left is the machine's to clear away.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn each_shape_is_kept_once_and_nothing_that_slack_refuses() {
    let folder = Folder::new("shapes");
    let bench = Bench::started(|setup| setup.record = Some(folder.0.clone())).await;
    for text in ["one", "two"] {
        bench.post("C0SUPPORT", text).await;
    }
    bench.error("chat.postMessage", json!({"channel": "C0NOWHERE", "text": "x", "thread_ts": "1.2"})).await;
    bench.error("chat.postMessage", json!({"channel": "C0SUPPORT", "text": "x", "blocks": [{"type": "header"}]})).await;
    assert_eq!(folder.names().len(), 1);
    for blocks in [json!([section("a")]), json!([section("b"), section("c")])] {
        bench.ok("chat.postMessage", json!({"channel": "C0SUPPORT", "text": "x", "blocks": blocks})).await;
    }
    assert_eq!(folder.names().len(), 2, "however many sections");
    bench.ok("users.list", json!({"limit": 2})).await;
    let name = folder.names().pop().expect("a file");
    assert!(name.starts_with("users.list-") && name.ends_with(".json"), "{name}");
    let kept: Value = serde_json::from_slice(&std::fs::read(folder.0.join(name)).expect("a file")).expect("JSON");
    assert_eq!(
        (&kept["what"], &kept["payload"]),
        (&json!("users.list"), &json!({"limit": 2})),
        "a number, though in a form"
    );
}

#[tokio::test]
async fn a_payload_that_does_not_fit_slacks_types_is_named() {
    let folder = Folder::new("types");
    std::fs::create_dir_all(&folder.0).expect("a folder");
    let keep = |number: u32, what: &str, payload: Value| {
        let file = json!({"what": what, "test": format!("test number {number}"), "payload": payload}).to_string();
        std::fs::write(folder.0.join(format!("{what}-{number}.json")), file).expect("a file");
    };
    let post = |blocks: Value| json!({"channel": "C", "text": "x", "blocks": blocks});
    let button = |style: &str| {
        json!([{"type": "actions", "elements": [{"type": "button", "action_id": "a", "style": style,
        "text": {"type": "plain_text", "text": "x"}}]}])
    };
    keep(1, "chat.postMessage", post(json!([section("fine")])));
    keep(2, "chat.postMessage", post(button("primary")));
    keep(3, "chat.postMessage", post(button("blue")));
    keep(4, "chat.postMessage", post(json!([{"type": "section", "text": {"type": "mrkdwn", "text": "x"}, "txt": 1}])));
    keep(5, "chat.postMessage", json!({"channel": "C", "text": "x", "unfurl_links": "no"}));
    keep(6, "view_submission", json!({"response_action": "errors", "errors": {"what": "Not that."}}));
    keep(7, "view_submission", json!({"response_action": "errors"}));
    keep(8, "response_url", json!({"text": "x", "replace_original": false, "thread_ts": "1.2"}));
    keep(9, "users.list", json!({"limit": "2"}));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/official/types.mjs");
    let checked = tokio::process::Command::new(runner("types.mjs")).arg(script).arg(&folder.0).output().await;
    let checked = checked.expect("it starts");
    let told = String::from_utf8_lossy(&checked.stderr);
    let named: Vec<u32> = (1..=9).filter(|number| told.contains(&format!("(test: test number {number})"))).collect();
    assert_eq!((checked.status.success(), named), (false, vec![3, 4, 5, 7, 9]), "{told}");
}
