//! The Web API: who may call, how arguments come, what is refused.

use serde_json::{Value, json};

use crate::support::{Bench, button, form, section};

async fn answer(request: reqwest::RequestBuilder) -> Value {
    request.send().await.expect("an answer").json().await.expect("JSON")
}

#[tokio::test]
async fn tokens_count_in_the_header_and_in_forms_only() {
    let bench = Bench::start().await;
    let url = format!("{}/auth.test", bench.slack.api_url());
    let bare = || bench.http.post(&url);
    let cases = [
        ("none", bare(), json!("not_authed")),
        ("wrong", bare().header("authorization", "Bearer xoxb-other"), json!("invalid_auth")),
        ("app-level", bare().header("authorization", "Bearer xapp-sandbox"), json!("not_allowed_token_type")),
        ("query", bench.http.get(format!("{url}?token=xoxb-sandbox")), json!("not_authed")),
        ("json", bare().json(&json!({"token": "xoxb-sandbox"})), json!("not_authed")),
        ("form", form(bare(), &json!({"token": "xoxb-sandbox"})), Value::Null),
        ("header", bare().header("authorization", "Bearer xoxb-sandbox"), Value::Null),
    ];
    for (case, request, error) in cases {
        assert_eq!(answer(request).await["error"], error, "{case}");
    }
    let logged = format!("{:?}", bench.slack.ledger());
    assert!(!logged.contains("xoxb-") && !logged.contains("xapp-"), "the ledger holds no token");
}

#[tokio::test]
async fn arguments_come_by_query_form_or_json_as_the_method_reads_them() {
    let bench = Bench::start().await;
    let get = bench.http.get(format!("{}/users.info?user=U0ANA", bench.slack.api_url()));
    assert_eq!(answer(get.header("authorization", "Bearer xoxb-sandbox")).await["user"]["tz"], "America/New_York");
    assert_eq!(answer(form(bench.request("users.info"), &json!({"user": "U0ANA"}))).await["user"]["name"], "ana");
    // A form-only method does not see a JSON body.
    let unseen = answer(bench.request("users.info").json(&json!({"user": "U0ANA"}))).await;
    assert_eq!(unseen["error"], "invalid_arguments");
    assert_eq!(unseen["response_metadata"]["messages"], json!(["[ERROR] missing required field: user"]));
    let blocks = json!([section("*hi*")]).to_string();
    let posted =
        answer(form(bench.request("chat.postMessage"), &json!({"channel": "C0SUPPORT", "blocks": blocks}))).await;
    assert_eq!(posted["message"]["blocks"][0]["text"]["text"], "*hi*");
    let broken = bench.request("chat.postMessage").header("content-type", "application/json").body("{");
    assert_eq!(answer(broken).await["error"], "invalid_json");
    assert_eq!(answer(bench.request("chat.postMessage").json(&json!([1]))).await["error"], "json_not_object");
    let mistyped = bench.call("chat.postMessage", json!({"channel": 5, "text": "x"})).await;
    assert_eq!(mistyped["error"], "invalid_arguments");
    assert_eq!(bench.error("chat.whisper", json!({})).await, "unknown_method");
}

#[tokio::test]
async fn a_missing_scope_is_named() {
    let bench = Bench::with(|workspace| workspace.app.scopes.retain(|scope| scope == "chat:write")).await;
    let cases = [
        ("users.info", json!({"user": "U0ANA"}), "users:read"),
        ("conversations.open", json!({"users": "U0ANA"}), "im:write"),
        ("conversations.history", json!({"channel": "C0SUPPORT"}), "channels:history"),
        ("conversations.history", json!({"channel": "D0ANA"}), "im:history"),
        ("conversations.info", json!({"channel": "C0LEADS"}), "groups:read"),
        ("team.info", json!({}), "team:read"),
    ];
    for (method, args, needed) in cases {
        let refused = bench.call(method, args).await;
        assert_eq!((&refused["error"], &refused["needed"]), (&json!("missing_scope"), &json!(needed)), "{method}");
        assert_eq!(refused["provided"], "chat:write");
    }
    let response = bench.request("auth.test").send().await.expect("an answer");
    assert_eq!(response.headers()["x-oauth-scopes"], "chat:write");
}

#[tokio::test]
async fn what_cannot_be_posted_is_refused_with_slacks_codes() {
    let bench = Bench::with(|workspace| {
        workspace.channels[0].archived = true;
        workspace.channels[1].members.retain(|member| member != "U0BOT");
        workspace.channels[2].members.retain(|member| member != "U0BOT");
    })
    .await;
    let long = "x".repeat(12_001);
    let many: Vec<Value> = (0..5).map(|_| section(&"x".repeat(2_700))).collect();
    let cases = [
        (json!({"channel": "C0GENERAL", "text": "x"}), "is_archived"),
        (json!({"channel": "C0SUPPORT", "text": "x"}), "not_in_channel"),
        (json!({"channel": "C0LEADS", "text": "x"}), "channel_not_found"),
        (json!({"channel": "C0NOWHERE", "text": "x"}), "channel_not_found"),
        (json!({"channel": "U0NOBODY", "text": "x"}), "channel_not_found"),
        (json!({"channel": "U0BOT", "text": "x"}), "cannot_dm_bot"),
        (json!({"channel": "U0ANA"}), "no_text"),
        (json!({"channel": "U0ANA", "text": ""}), "no_text"),
        (json!({"channel": "U0BEN", "blocks": "{"}), "invalid_blocks_format"),
        (json!({"channel": "U0BEN", "blocks": {"type": "divider"}}), "invalid_blocks_format"),
        (json!({"channel": "U0BEN", "text": "x", "markdown_text": "y"}), "markdown_text_conflict"),
        (json!({"channel": "U0CLEO", "markdown_text": long}), "msg_too_long"),
        (json!({"channel": "U0CLEO", "blocks": many}), "msg_blocks_too_long"),
        (json!({"channel": "U0CLEO", "text": "x", "metadata": {"event_type": "a"}}), "invalid_metadata_format"),
        (json!({"channel": "U0CLEO", "text": "x", "thread_ts": "1.000001"}), "cannot_reply_to_message"),
    ];
    for (args, error) in cases {
        bench.step(1_000);
        assert_eq!(bench.error("chat.postMessage", args.clone()).await, error, "{args}");
    }
    let refused =
        bench.call("chat.postMessage", json!({"channel": "U0JESS", "blocks": [section(&"x".repeat(3_001))]})).await;
    assert_eq!(refused["error"], "invalid_blocks");
    let line = "must be less than 3001 characters [json-pointer:/blocks/0/text/text]";
    assert_eq!(refused["errors"], json!([line]));
    assert_eq!(refused["response_metadata"]["messages"], json!([format!("[ERROR] {line}")]));
}

#[tokio::test]
async fn long_text_is_cut_when_posted_and_refused_when_edited() {
    let bench = Bench::start().await;
    let posted = bench.ok("chat.postMessage", json!({"channel": "U0ANA", "text": "ü".repeat(40_001)})).await;
    assert_eq!(posted["message"]["text"].as_str().map(|text| text.chars().count()), Some(40_000));
    let (channel, ts) = (&posted["channel"], &posted["ts"]);
    let edit = |length: usize| json!({"channel": channel, "ts": ts, "text": "x".repeat(length)});
    assert_eq!(bench.error("chat.update", edit(4_001)).await, "msg_too_long");
    bench.ok("chat.update", edit(4_000)).await;
}

#[tokio::test]
async fn an_edit_without_blocks_removes_them_and_keeps_the_metadata() {
    let bench = Bench::start().await;
    let metadata = json!({"event_type": "posted", "event_payload": {"key": "1"}});
    let posted = bench
        .ok(
            "chat.postMessage",
            json!({"channel": "C0SUPPORT", "text": "a", "blocks": [section("a")], "metadata": metadata}),
        )
        .await;
    let ts = posted["ts"].clone();
    let edit = |more: Value| {
        let mut args = json!({"channel": "C0SUPPORT", "ts": ts, "text": "b"});
        args.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        args
    };
    let edited = bench.ok("chat.update", edit(json!({}))).await;
    assert!(edited["message"]["edited"]["ts"].is_string() && edited["message"].get("blocks").is_none(), "{edited}");
    assert_eq!(edited["message"]["metadata"], metadata);
    assert_eq!(edited["ts"], posted["ts"]);
    let cleared = bench.ok("chat.update", edit(json!({"metadata": {}}))).await;
    assert!(cleared["message"].get("metadata").is_none(), "{cleared}");
}

#[tokio::test]
async fn only_the_bots_own_messages_may_be_changed() {
    let bench = Bench::start().await;
    let theirs = bench.slack.says("U0ANA", "C0SUPPORT", "mine").expect("a member");
    let at = |channel: &str, ts: &str| json!({"channel": channel, "ts": ts, "text": "x"});
    assert_eq!(bench.error("chat.update", at("C0SUPPORT", &theirs)).await, "cant_update_message");
    assert_eq!(bench.error("chat.delete", at("C0SUPPORT", &theirs)).await, "cant_delete_message");
    assert_eq!(bench.error("chat.update", at("C0SUPPORT", "1.000000")).await, "message_not_found");
    let own = bench.post("U0ANA", "hello").await;
    // A post opens a DM by the person's id; an edit needs the D….
    assert_eq!(bench.error("chat.update", at("U0ANA", &own)).await, "channel_not_found");
    bench.ok("chat.update", at("D0ANA", &own)).await;
    bench.ok("chat.delete", at("D0ANA", &own)).await;
    assert!(bench.slack.history("U0ANA", "D0ANA").is_empty());
    let last = bench.post("C0GENERAL", "x").await;
    bench.slack.archives("C0GENERAL", "U0JESS");
    assert_eq!(bench.error("chat.update", at("C0GENERAL", &last)).await, "is_inactive");
}

#[tokio::test]
async fn history_pages_newest_first_and_shows_metadata_only_when_asked() {
    let bench = Bench::start().await;
    for number in 0..5 {
        bench.step(2_000);
        let metadata = json!({"event_type": "posted", "event_payload": {"number": number}});
        bench
            .ok("chat.postMessage", json!({"channel": "C0SUPPORT", "text": number.to_string(), "metadata": metadata}))
            .await;
    }
    let (mut seen, mut cursor, mut stamps) = (Vec::new(), String::new(), Vec::new());
    loop {
        let page =
            bench.ok("conversations.history", json!({"channel": "C0SUPPORT", "limit": 2, "cursor": cursor})).await;
        for message in page["messages"].as_array().expect("messages") {
            seen.push(message["text"].as_str().expect("a text").to_owned());
            stamps.push(message["ts"].as_str().expect("a ts").to_owned());
            assert_eq!(message["metadata"], json!({"event_type": "posted"}));
        }
        cursor = page["response_metadata"]["next_cursor"].as_str().unwrap_or_default().to_owned();
        assert_eq!(page["has_more"] == true, !cursor.is_empty());
        if cursor.is_empty() {
            break;
        }
    }
    assert_eq!(seen, ["4", "3", "2", "1", "0"]);
    let texts = |page: Value| -> Vec<String> {
        page["messages"].as_array().expect("messages").iter().map(|message| message["text"].to_string()).collect()
    };
    let span = json!({"channel": "C0SUPPORT", "oldest": stamps[3], "latest": stamps[1]});
    assert_eq!(texts(bench.ok("conversations.history", span.clone()).await), [r#""2""#]);
    let mut whole = span;
    whole["inclusive"] = json!(true);
    whole["include_all_metadata"] = json!(true);
    let page = bench.ok("conversations.history", whole).await;
    assert_eq!(page["messages"][0]["metadata"]["event_payload"]["number"], 3);
    assert_eq!(texts(page).len(), 3);
    assert_eq!(
        bench.error("conversations.history", json!({"channel": "C0SUPPORT", "cursor": "?"})).await,
        "invalid_cursor"
    );
    assert_eq!(
        bench.error("conversations.history", json!({"channel": "C0SUPPORT", "oldest": "noon"})).await,
        "invalid_ts_oldest"
    );
}

#[tokio::test]
async fn threads_hold_replies_and_broadcasts_stand_in_the_channel_too() {
    let bench = Bench::start().await;
    let parent = bench.post("C0SUPPORT", "parent").await;
    let reply = |text: &str, broadcast: bool| json!({"channel": "C0SUPPORT", "text": text, "thread_ts": parent, "reply_broadcast": broadcast});
    let first = bench.ok("chat.postMessage", reply("in the thread", false)).await;
    bench.ok("chat.postMessage", reply("for all", true)).await;
    // A reply's own ts leads to the same thread.
    let nested = json!({"channel": "C0SUPPORT", "text": "third", "thread_ts": first["ts"]});
    assert_eq!(bench.ok("chat.postMessage", nested).await["message"]["thread_ts"], json!(parent));
    let texts = |messages: Vec<sandbox::Message>| messages.into_iter().map(|message| message.text).collect::<Vec<_>>();
    assert_eq!(texts(bench.slack.history("U0ANA", "C0SUPPORT")), ["parent", "for all"]);
    assert_eq!(
        texts(bench.slack.thread("U0ANA", "C0SUPPORT", &parent)),
        ["parent", "in the thread", "for all", "third"]
    );
    let replies = bench.ok("conversations.replies", json!({"channel": "C0SUPPORT", "ts": parent})).await;
    assert_eq!(replies["messages"].as_array().map(Vec::len), Some(4));
    assert_eq!(replies["messages"][0]["reply_count"], 3);
    assert_eq!(
        bench.error("conversations.replies", json!({"channel": "C0SUPPORT", "ts": "1.0"})).await,
        "thread_not_found"
    );
    let link = bench.ok("chat.getPermalink", json!({"channel": "C0SUPPORT", "message_ts": first["ts"]})).await;
    assert!(
        link["permalink"].as_str().is_some_and(|link| link.contains(&format!("?thread_ts={parent}&cid=C0SUPPORT"))),
        "{link}"
    );
    // A parent that had replies leaves a tombstone.
    bench.ok("chat.delete", json!({"channel": "C0SUPPORT", "ts": parent})).await;
    assert_eq!(bench.slack.history("U0ANA", "C0SUPPORT")[0].subtype.as_deref(), Some("tombstone"));
}

#[tokio::test]
async fn people_channels_and_dms_are_told_as_they_are() {
    let bench = Bench::start().await;
    bench.slack.changes_user("U0OMAR", |user| user.deleted = true);
    let cases = [
        ("conversations.open", json!({"users": "U0NOBODY"}), "user_not_found"),
        ("conversations.open", json!({"users": "U0OMAR"}), "user_disabled"),
        ("conversations.open", json!({}), "users_list_not_supplied"),
        ("conversations.open", json!({"users": "1,2,3,4,5,6,7,8,9"}), "too_many_users"),
        ("users.info", json!({"user": "U0NOBODY"}), "user_not_found"),
        ("conversations.info", json!({"channel": "C0NOWHERE"}), "channel_not_found"),
        ("conversations.list", json!({"types": "walls"}), "invalid_types"),
        ("chat.postEphemeral", json!({"channel": "C0LEADS", "user": "U0ANA", "text": "x"}), "user_not_in_channel"),
    ];
    for (method, args, error) in cases {
        assert_eq!(bench.error(method, args.clone()).await, error, "{method} {args}");
    }
    let opened = bench.ok("conversations.open", json!({"users": "U0ANA"})).await;
    assert_eq!(opened["channel"]["id"], "D0ANA");
    assert_eq!(bench.ok("conversations.open", json!({"users": "U0ANA"})).await["already_open"], true);
    // Slack takes posts to people who have left.
    bench.post("U0OMAR", "are you there?").await;
    let members = bench.ok("conversations.members", json!({"channel": "C0LEADS", "limit": 1})).await;
    assert_eq!((&members["members"], members["response_metadata"]["next_cursor"] == ""), (&json!(["U0JESS"]), false));
    let listed = bench.ok("users.list", json!({})).await;
    assert_eq!(listed["members"].as_array().map(Vec::len), Some(6));
    let ana = bench.ok("users.info", json!({"user": "U0ANA"})).await["user"].clone();
    assert_eq!((&ana["tz_offset"], &ana["profile"]["title"]), (&json!(-18_000), &json!("Agent")));
    let places = bench.ok("users.conversations", json!({"types": "public_channel,private_channel,im"})).await;
    assert_eq!(places["channels"].as_array().map(Vec::len), Some(5));
}

#[tokio::test]
async fn after_an_uninstall_every_call_is_refused() {
    let bench = Bench::start().await;
    bench.slack.uninstalls();
    assert_eq!(bench.error("auth.test", json!({})).await, "account_inactive");
}

#[tokio::test]
async fn every_refusal_is_one_that_slack_names_for_the_method() {
    let bench = Bench::start().await;
    let blocks = json!([{"type": "actions", "elements": [button("a", "")]}]);
    for (method, args) in [
        ("chat.postMessage", json!({"channel": "C0SUPPORT", "blocks": blocks})),
        ("chat.update", json!({"channel": "C0SUPPORT", "ts": "1.0", "text": "x"})),
        ("chat.postEphemeral", json!({"channel": "C0LEADS", "user": "U0ANA", "text": "x"})),
        ("views.open", json!({"trigger_id": "1.2.3", "view": crate::support::modal(json!([section("x")]))})),
        ("views.update", json!({"view_id": "V1", "view": crate::support::modal(json!([section("x")]))})),
    ] {
        let error = bench.error(method, args).await;
        let named = &sandbox::spec::method(method).expect("served").errors;
        assert!(named.contains(&error), "{method} does not know {error}");
    }
}
